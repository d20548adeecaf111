// SPDX-License-Identifier: Apache-2.0
//
// Addresses of header fields and envelopes: RFC 5322, 3.4 with the tolerance of real mail
// (groups, comments, routes, encoded words in display names, missing or doubled commas), and
// internationalised addresses (RFC 6531, 6532). What is compared is compared exactly: no
// white space, NUL, control character or look-alike separator is ever part of an address.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sealgate::engine::mime {

struct Mailbox {
  std::string display_name;  // UTF-8, decoded; "" where there is none.
  std::string local;         // Without quotes and backslashes.
  std::string domain;        // As written; "[192.0.2.1]" for a literal.

  // local@domain as SMTP and header fields want it: the local part quoted where it must be.
  std::string address() const;
};

struct AddressList {
  std::vector<Mailbox> mailboxes;  // Groups flattened, in their order.
  bool has_group = false;
  bool has_trouble = false;  // Something that is not an address was skipped.
};

inline constexpr std::size_t kHeaderAddressesMax = 5000;

// The mailboxes of a From, To, Cc ... value, raw as it stands in the message. Fails with
// kAddressListTooLong only; a value without any address gives an empty list.
Result<AddressList> parse_address_list(std::string_view raw);

// Exactly one addr-spec, nothing around it: an envelope address or a configured one. Fails with
// kAddressMalformed, also above kAddressBytesMax.
Result<Mailbox> parse_address(std::string_view text);

// The form in which two spellings of one address are equal, and different addresses differ:
// domain as lower-case A-labels (IDNA 2008), local part octet for octet. Fails with
// kAddressMalformed, also where the domain is no IDNA name.
Result<std::string> normal_form(std::string_view address);

// The domain alone in that form. A domain literal stays as it is, in lower case.
Result<std::string> normal_domain(std::string_view domain);

// Header value for `mailboxes`, encoded words where needed, folded after commas.
std::string format_address_list(const std::vector<Mailbox>& mailboxes, std::size_t name_bytes);

}  // namespace sealgate::engine::mime
