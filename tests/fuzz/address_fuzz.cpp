// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as an address field: what is read can be written and is read again the same; no
// address holds a control character; the normal form is its own normal form.
#include <algorithm>
#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "engine/mime/address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealgate;
  using namespace sealgate::engine::mime;
  const std::string_view text = as_text(ByteView(data, size));
  const Result<AddressList> list = parse_address_list(text);
  if (list) {
    const auto& mailboxes = list.value().mailboxes;
    for (const Mailbox& mailbox : mailboxes) {
      const std::string address = mailbox.address();
      SG_CHECK(std::none_of(address.begin(), address.end(), [](char c) {
        return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7F;
      }));
      const Result<Mailbox> again = parse_address(address);
      SG_CHECK(again && again.value().local == mailbox.local &&
               again.value().domain == mailbox.domain);
      const Result<std::string> normal = normal_form(address);
      if (normal) SG_CHECK(normal_form(normal.value()).value() == normal.value());
    }
    const Result<AddressList> again = parse_address_list(format_address_list(mailboxes, 4));
    SG_CHECK(again && again.value().mailboxes.size() == mailboxes.size());
    for (std::size_t i = 0; i < mailboxes.size(); ++i) {
      SG_CHECK(again.value().mailboxes[i].address() == mailboxes[i].address());
    }
  }
  return 0;
}
