// SPDX-License-Identifier: Apache-2.0
//
// Addresses as certificates and operators write them, brought to the one form in which they are
// compared: the domain as lower-case A-labels, the local part exactly as it is (RFC 9598, 5).
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace sealgate::engine::trust {

// "local@domain" in normal form, as SMTP and operators give addresses: quotes that are not needed
// are taken off, one dot after the domain too. kAddressMalformed for white space, control or
// invisible characters, invalid UTF-8, an invalid domain, a local part that needs quotes, or more
// than kAddressBytesMax octets.
Result<std::string> normal_address(std::string_view address);

enum class NameForm : std::uint8_t { Rfc822Name, SmtpUtf8Mailbox };

// The same for a name in a certificate, which gets no tolerance: no quotes, no dot at the end, no
// address literal; ASCII alone in rfc822Name (RFC 5280, 4.2.1.6), a non-ASCII local part in
// SmtpUTF8Mailbox (RFC 9598, 3).
Result<std::string> certificate_address(std::string_view address, NameForm form);

// "@domain" or "domain" as "@domain" in normal form.
Result<std::string> normal_domain(std::string_view domain);

// The "@domain" in normal form of an address as SMTP gives it, whatever its local part is: one that
// needs quotes has no normal form, but its domain has. kAddressMalformed also where there is none.
Result<std::string> normal_domain_of(std::string_view address);

// The "@domain" of an address in normal form.
std::string_view domain_of(std::string_view normal_address);

// The address of whoever signs for the whole domain of `normal_address` (RFC 3183, 3.1.1).
std::string domain_authority_of(std::string_view normal_address);

}  // namespace sealgate::engine::trust
