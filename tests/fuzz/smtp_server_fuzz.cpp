// SPDX-License-Identifier: Apache-2.0
//
// A client that says anything. The first byte chooses the listener, the second where the rest is
// cut; the rest is what the client sends. Whatever it is, each message ends once (MailHarness
// checks that), and what the server replies and takes does not depend on the cut.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "netio/smtp/mail_harness.h"

namespace {

using namespace sealgate;         // NOLINT(google-build-using-namespace): a program of one file.
using namespace sealgate::netio;  // NOLINT(google-build-using-namespace)

struct Seen {
  std::string replies;
  std::string taken;
};

void answer_all(MailHarness& harness) {
  for (std::size_t i = 0; i < harness.messages.size(); ++i) {
    const MailHarness::Message& message = harness.messages[i];
    if (!message.has_ended || message.is_abandoned) continue;
    harness.messages[i].is_abandoned = true;  // Marks it as answered.
    harness.answer(message.id, {{.code = 250, .enhanced = "2.0.0", .text = "Taken"}});
  }
}

Seen play(std::uint8_t choice, std::string_view first, std::string_view second) {
  MailServiceSettings settings = plain_settings();
  settings.listeners[0].speaks_lmtp = (choice & 1U) != 0;
  settings.listeners[0].message_bytes_max = 300;
  settings.listeners[0].recipients_max = 3;
  MailHarness harness(settings, 64);
  const ConnectionId client =
      harness.connect_client((choice & 2U) != 0 ? "192.0.2.7" : "192.0.2.1");
  Seen seen;
  for (const std::string_view piece : {first, second}) {
    if (harness.transport.is_closed(client)) break;
    harness.transport.deliver(client, piece);
    harness.run();
    answer_all(harness);
  }
  seen.replies = harness.transport.take_text(client);
  for (const auto& message : harness.messages) {
    if (message.has_ended) seen.taken += message.envelope.sender + "{" + message.content + "}";
  }
  if (!harness.transport.is_closed(client)) {
    harness.transport.lose(client, 0);
    harness.run();
  }
  SG_CHECK(harness.service->counters().clients_open == 0);
  SG_CHECK(harness.service->counters().messages_open == 0);
  for (const auto& message : harness.messages) SG_CHECK(message.is_abandoned);
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 2 || size > 4096) return 0;
  const std::string_view text = as_text({bytes + 2, size - 2});
  const std::size_t cut = text.size() * bytes[1] / 256;
  const Seen whole = play(bytes[0], text, {});
  const Seen parts = play(bytes[0], text.substr(0, cut), text.substr(cut));
  SG_CHECK(whole.replies == parts.replies);
  SG_CHECK(whole.taken == parts.taken);
  return 0;
}
