// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

namespace sealgate::engine::mime {

inline constexpr ErrorKind kMessageTooLarge{
    ErrorClass::InvalidInput, "mime.message_too_large",
    "The message is larger than 1 GiB; send the content another way."};
inline constexpr ErrorKind kHeaderTooLarge{
    ErrorClass::InvalidInput, "mime.header_too_large",
    "The header fields of the message exceed 256 KiB or 2000 fields; shorten the header."};
inline constexpr ErrorKind kHeaderNotSafe{
    ErrorClass::InvalidInput, "mime.header_not_safe",
    "A header field of a part holds raw 8-bit octets, NUL or a bare CR that cannot be encoded "
    "without changing its meaning; encode the field by RFC 2047 or RFC 2231."};
inline constexpr ErrorKind kHeaderLineTooLong{
    ErrorClass::InvalidInput, "mime.header_line_too_long",
    "A header field of a part has a line above 998 octets that cannot be folded; shorten it."};
inline constexpr ErrorKind kInnerSignatureNotSafe{
    ErrorClass::InvalidInput, "mime.inner_signature_not_safe",
    "A signed or encrypted part inside the message is not 7-bit safe, and making it safe would "
    "break it; sign with 7-bit content transfer encodings, or let the gateway alone sign."};
inline constexpr ErrorKind kMultipartNotReadable{
    ErrorClass::InvalidInput, "mime.multipart_not_readable",
    "A multipart without usable boundary, nested too deep or with too many parts is not 7-bit "
    "safe and cannot be taken apart; repair its Content-Type or send fewer parts."};
inline constexpr ErrorKind kEncodingNotKnown{
    ErrorClass::InvalidInput, "mime.encoding_not_known",
    "A part with an unknown Content-Transfer-Encoding is not 7-bit safe and cannot be encoded "
    "again; use quoted-printable or base64."};
inline constexpr ErrorKind kPartialNotSafe{
    ErrorClass::InvalidInput, "mime.partial_not_safe",
    "A message/partial fragment is not 7-bit safe (RFC 2046, 5.2.2 demands it); send the message "
    "as a whole."};
inline constexpr ErrorKind kAddressMalformed{
    ErrorClass::InvalidInput, "mime.address_malformed",
    "An address is not of the form local@domain (RFC 5322, 3.4); correct it."};
inline constexpr ErrorKind kAddressListTooLong{
    ErrorClass::InvalidInput, "mime.address_list_too_long",
    "A header field names more than 5000 addresses; split the message."};
inline constexpr ErrorKind kBase64Malformed{
    ErrorClass::InvalidInput, "mime.base64_malformed",
    "The base64 text has characters or padding that RFC 4648 does not allow."};

}  // namespace sealgate::engine::mime
