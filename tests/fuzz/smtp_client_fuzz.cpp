// SPDX-License-Identifier: Apache-2.0
//
// A next hop that says anything. The first byte chooses the route and the message, the second how
// the rest is cut; the rest is what the next hop says. Whatever it is, the delivery ends once, with
// a result for each recipient. The same rest, taken for content, goes through dot-stuffing and
// back unchanged.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "netio/smtp/data_reader.h"
#include "netio/smtp/dot_stuffer.h"
#include "netio/smtp/mail_harness.h"

namespace {

using namespace sealgate;         // NOLINT(google-build-using-namespace): a program of one file.
using namespace sealgate::netio;  // NOLINT(google-build-using-namespace)

engine::Delivery make_delivery(MailHarness& harness, std::uint8_t choice) {
  engine::Delivery delivery;
  delivery.sender = "s@b.example";
  for (const char* address : {"1@d.example", "2@d.example", "3@d.example"}) {
    delivery.recipients.push_back({.address = address, .notify = {}, .original = {}});
  }
  delivery.content = harness.chain("A: b\r\n\r\n.x\r\n");
  if ((choice & 4U) != 0) delivery.body = engine::BodyType::BinaryMime;
  // Seldom: each time, OpenSSL reads the system's trust store.
  if ((choice & 0xF8U) == 8U) delivery.tls = engine::TlsNeed::Required;
  return delivery;
}

void deliver(std::uint8_t choice, std::size_t piece, std::string_view said) {
  MailServiceSettings settings = plain_settings();
  settings.routes[0].speaks_lmtp = (choice & 1U) != 0;
  settings.routes[0].sends_xforward = (choice & 2U) != 0;
  MailHarness harness(settings, 64);
  harness.submit(make_delivery(harness, choice));
  std::size_t connection = 0;
  while (connection < harness.transport.connects.size()) {
    SG_CHECK(connection < 20);  // Tries are bounded.
    const ConnectionId hop = harness.transport.connects[connection++].first;
    harness.transport.complete_connect(hop);
    harness.run();
    for (std::string_view rest = said; !rest.empty() && !harness.transport.is_closed(hop);) {
      const std::string_view next = rest.substr(0, piece);
      rest.remove_prefix(next.size());
      harness.transport.deliver(hop, next);
      harness.run();
    }
    if (harness.transport.is_closed(hop)) continue;
    harness.transport.lose(hop, 0);
    harness.run();
  }
  SG_CHECK(harness.finished.size() == 1);
  SG_CHECK(harness.finished[0].results.size() == 3);
  for (const auto& result : harness.finished[0].results) SG_CHECK(result.reply.code >= 200);
  SG_CHECK(harness.service->counters().next_hops_open == 0);
}

void stuff_and_back(std::string_view text) {
  Chain content;
  content.append_static(text.substr(0, text.size() / 2));
  content.append_static(text.substr(text.size() / 2));
  const std::unique_ptr<SegmentPool> pool = SegmentPool::create(1).value();
  ChainWriter writer(*pool);
  const Result<Chain> stuffed = stuff_dots(content, writer);
  if (!stuffed) return;
  DataReader reader;
  std::vector<Slice> pieces;
  for (const Slice& slice : stuffed.value().slices()) {
    SG_CHECK(!reader.has_ended());
    SG_CHECK(reader.read(slice, pieces) == slice.bytes.size());
  }
  SG_CHECK(reader.has_ended() && !reader.is_malformed());
  std::string back;
  for (const Slice& piece : pieces) back += as_text(piece.bytes);
  SG_CHECK(back == text || back == std::string(text) + "\r\n");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 2 || size > 4096) return 0;
  const std::string_view text = as_text({bytes + 2, size - 2});
  deliver(bytes[0], std::size_t{bytes[1]} + 1, text);
  stuff_and_back(text);
  return 0;
}
