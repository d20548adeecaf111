// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

namespace sealgate::engine {

inline constexpr ErrorKind kTooManyMessages{
    ErrorClass::Exhausted, "message.too_many_messages",
    "As many messages are in flight as `messages_max` allows; raise it if this lasts."};
inline constexpr ErrorKind kTooManyBytes{
    ErrorClass::Exhausted, "message.too_many_bytes",
    "The messages in flight hold as much content as `bytes_max` allows; raise it if this lasts."};
inline constexpr ErrorKind kReserveReached{
    ErrorClass::Exhausted, "message.reserve_reached",
    "Too few message buffers are free to begin another message; raise `segments` if this lasts."};
inline constexpr ErrorKind kMailLoop{
    ErrorClass::InvalidInput, "message.mail_loop",
    "The message has passed too many hosts; look for a route that leads back to this gateway."};
inline constexpr ErrorKind kHeaderUnusable{
    ErrorClass::InvalidInput, "message.header_unusable",
    "The message header is too large or not a header; the sending program has to be repaired."};
inline constexpr ErrorKind kTokenUnavailable{
    ErrorClass::Unavailable, "message.token_unavailable",
    "The token that holds the signing key does not answer; see `sealgate doctor`."};
inline constexpr ErrorKind kKeyUnknown{
    ErrorClass::Misconfigured, "message.key_unknown",
    "No token holds the private key of the signing certificate; see `sealgate keys list`."};
inline constexpr ErrorKind kKeyInputRefused{
    ErrorClass::InvalidInput, "message.key_input_refused",
    "The token refuses to sign this; the key or the profile's algorithm does not fit it."};
inline constexpr ErrorKind kPatienceOver{
    ErrorClass::Unavailable, "message.patience_over",
    "The message could not be finished in time and is not lost; the client tries again."};
inline constexpr ErrorKind kStillOnItsWay{
    ErrorClass::Unavailable, "message.still_on_its_way",
    "An earlier attempt to send this message has not ended yet; the client tries again."};
inline constexpr ErrorKind kCopiesTooLarge{
    ErrorClass::InvalidInput, "message.copies_too_large",
    "The message needs more separately encrypted copies than there is memory for; send it to "
    "fewer hidden recipients at a time, or raise `segments`."};
inline constexpr ErrorKind kCopyNotAsDecided{
    ErrorClass::Unavailable, "message.copy_not_as_decided",
    "A copy was not sealed as policy decided, so none was sent; this is a fault of the gateway, "
    "report it with the line of the audit log."};
inline constexpr ErrorKind kExplainTooLarge{
    ErrorClass::InvalidInput, "message.explain_too_large",
    "The file is larger than any message the gateway takes."};

}  // namespace sealgate::engine
