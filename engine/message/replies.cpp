// SPDX-License-Identifier: Apache-2.0
#include "engine/message/replies.h"

#include <string>

#include "base/check.h"
#include "engine/message/errors.h"
#include "engine/mime/errors.h"

namespace sealgate::engine {
namespace {

Reply reply_of(std::uint16_t code, std::string enhanced, const Error& error) {
  return {.code = code, .enhanced = std::move(enhanced), .text = std::string(error.kind().text)};
}

}  // namespace

Reply reply_for(const Error& error) {
  if (error.is(kMailLoop)) return reply_of(554, "5.4.6", error);
  if (error.is(mime::kMessageTooLarge) || error.is(kCopiesTooLarge)) {
    return reply_of(552, "5.3.4", error);
  }
  switch (error.kind().error_class) {
    case ErrorClass::InvalidInput:
      return reply_of(554, "5.6.0", error);
    case ErrorClass::Refused:
      return reply_of(550, "5.7.1", error);
    case ErrorClass::Unavailable:
      return reply_of(451, "4.3.0", error);
    case ErrorClass::Exhausted:
      return reply_of(452, "4.3.1", error);
    case ErrorClass::Misconfigured:
      return reply_of(451, "4.3.5", error);
  }
  return reply_of(451, "4.3.0", error);
}

Reply reply_for(hsm::KeyOutcome outcome) {
  switch (outcome) {
    case hsm::KeyOutcome::BadInput:
      return reply_for(Error(kKeyInputRefused));
    case hsm::KeyOutcome::KeyUnknown:
      return reply_for(Error(kKeyUnknown));
    case hsm::KeyOutcome::TokenUnavailable:
    case hsm::KeyOutcome::DeadlinePassed:
      return reply_for(Error(kTokenUnavailable));
    case hsm::KeyOutcome::Done:
      break;
  }
  SG_CHECK(outcome != hsm::KeyOutcome::Done);
  return {};
}

}  // namespace sealgate::engine
