// SPDX-License-Identifier: Apache-2.0
//
// Reads the parameters of MAIL and RCPT: SIZE (RFC 1870), BODY (RFC 6152, RFC 3030), SMTPUTF8
// (RFC 6531), RET, ENVID, NOTIFY and ORCPT (RFC 3461). Both fail with kParameterUnknown or
// kParameterMalformed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/api/envelope.h"

namespace sealgate::netio {

struct MailParameters {
  std::uint64_t size = 0;  // 0: not declared.
  engine::BodyType body = engine::BodyType::SevenBit;
  bool needs_smtputf8 = false;
  engine::DsnReturn dsn_return = engine::DsnReturn::Unset;
  std::string dsn_id;
};

struct RecipientParameters {
  engine::DsnNotify notify;
  std::string original;
};

Result<MailParameters> parse_mail_parameters(std::string_view text);
Result<RecipientParameters> parse_recipient_parameters(std::string_view text);

}  // namespace sealgate::netio
