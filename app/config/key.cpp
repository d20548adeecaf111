// SPDX-License-Identifier: Apache-2.0
#include "app/config/key.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "base/check.h"
#include "base/limits.h"

namespace sealgate::app {
namespace {

constexpr std::int64_t kMilli = 1'000'000;
constexpr std::int64_t kSecond = 1000 * kMilli;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kKiB = 1024;
constexpr auto kMessageMax = static_cast<std::int64_t>(kMessageBytesMax);
constexpr auto kRecipientMax = static_cast<std::int64_t>(kRecipientsMax);

constexpr std::array kSections = {
    Section{"", false, "The node: one sealgated on one machine."},
    Section{"shards", false,
            "Threads of the data plane, one pinned to each core, and their memory."},
    Section{"listeners", true, "Where mail comes in. Repeat the block for each address."},
    Section{"routes", true,
            "Where mail goes. The first block that names the recipient's domain is taken."},
    Section{"tokens", true,
            "PKCS#11 tokens that hold the organisation's keys, in the order of preference."},
    Section{"hsm", false, "How key operations are handed to the tokens."},
    Section{"limits", false, "What one shard works on at once; what is above waits at the client."},
    Section{"timeouts", false, "How long to wait for others."},
};

using enum KeyKind;
using enum Presence;

constexpr std::array kKeys = {
    // ---- the node ----
    Key{"", "hostname", Text, Optional, "", 0, 0, "",
        "The name in the greeting, in HELO and in Received. Default: the machine's host name.",
        "seal.example.org"},
    Key{"", "user", Text, Optional, "", 0, 0, "",
        "The user that sealgated becomes once sockets are open and tokens are logged in. Default: "
        "stay who started it.",
        "sealgate"},
    Key{"", "state_directory", Path, Optional, "/var/lib/sealgate", 0, 0, "",
        "Holds contacts/, identities/, retired/, anchors/, intermediates/ and crls/ as PEM or DER "
        "files, where `sealgate cert add` writes; and compromised/*.txt.",
        ""},
    Key{"", "policy", Path, Optional, "policy.toml", 0, 0, "",
        "The policy: which mail is signed, encrypted, refused. See sealgate-policy(5).", ""},
    Key{"", "status_socket", Path, Optional, "/run/sealgate/status.sock", 0, 0, "",
        "The Unix socket that answers `sealgate status`.", ""},
    Key{"", "audit_log", Path, Optional, "/var/log/sealgate/audit.jsonl", 0, 0, "",
        "One JSON line for each message: what was decided and why, never content.", ""},
    Key{"", "partial_refusal", Choice, Optional, "refuse_all", 0, 0, "refuse_all|deliver_rest",
        "When policy refuses some recipients of a message: refuse it as a whole, or deliver to the "
        "others and return a report about the refused.",
        ""},
    Key{"", "sandbox", Choice, Optional, "on", 0, 0, "on|off",
        "System calls that sealgated does not need are denied once it has started, and starting "
        "another program kills it. Turn it off only where a vendor's module cannot live with it.",
        ""},
    // ---- shards ----
    Key{"shards", "cores", Counts, Optional, "[]", 0, 1023, "",
        "The cores that carry the data plane, one shard each. An empty list: one shard that is "
        "not pinned.",
        ""},
    Key{"shards", "segments", Count, Optional, "8192", 256, 1 << 20, "",
        "Message buffers of 32 KiB for each shard: this bounds the memory of mail in flight.", ""},
    Key{"shards", "segments_reserve", Count, Optional, "64", 16, 65536, "",
        "Free buffers below which a shard begins no further message and answers 452.", ""},
    Key{"shards", "next_hop_connections_max", Count, Optional, "500", 1, 10000, "",
        "Connections that one shard may hold open to all next hops together.", ""},
    // ---- listeners ----
    Key{"listeners", "address", Text, Required, "", 0, 0, "",
        "Numeric address and port; brackets around IPv6.", "127.0.0.1:10025"},
    Key{"listeners", "direction", Choice, Optional, "outbound", 0, 0, "outbound|inbound",
        "Which way mail that comes in here goes: outbound mail is sealed.", ""},
    Key{"listeners", "lmtp", Flag, Optional, "false", 0, 0, "",
        "Clients speak LMTP and get a reply for each recipient.", ""},
    Key{"listeners", "relay", Texts, Optional, "[]", 0, 0, "",
        "Networks whose clients may send through this listener. An empty list: nobody.",
        "[\"127.0.0.0/8\", \"::1/128\"]"},
    Key{"listeners", "xforward", Texts, Optional, "[]", 0, 0, "",
        "Networks whose XFORWARD is believed: the mail server in front.",
        "[\"127.0.0.0/8\", \"::1/128\"]"},
    Key{"listeners", "message_bytes_max", Size, Optional, "50MiB", 64 * kKiB, kMessageMax, "",
        "The largest message taken, announced as SIZE. A shard needs buffers for three times as "
        "much.",
        ""},
    Key{"listeners", "recipients_max", Count, Optional, "200", 1, kRecipientMax, "",
        "Recipients of one message; the client sends the rest again.", ""},
    Key{"listeners", "connections_max", Count, Optional, "1000", 1, 50000, "",
        "Clients connected to this listener at once, on each shard.", ""},
    Key{"listeners", "connections_per_client_max", Count, Optional, "100", 1, 50000, "",
        "Of these, from one address.", ""},
    // ---- routes ----
    Key{"routes", "domains", Texts, Required, "", 0, 0, "",
        "Recipient domains: \"example.org\", \".example.org\" for its sub-domains, \"*\" for all.",
        "[\"*\"]"},
    Key{"routes", "next_hops", Texts, Required, "", 0, 0, "",
        "\"host:port\", tried in order. Names are looked up once, when sealgated starts; there are "
        "no MX look-ups.",
        "[\"127.0.0.1:10026\"]"},
    Key{"routes", "lmtp", Flag, Optional, "false", 0, 0, "", "The next hop speaks LMTP.", ""},
    Key{"routes", "tls", Choice, Optional, "opportunistic", 0, 0,
        "none|opportunistic|required|verified",
        "Whether STARTTLS is used; verified also checks the certificate against the name.", ""},
    Key{"routes", "tls_ca_file", Path, Optional, "", 0, 0, "",
        "PEM trust anchors for verified. Default: those of the system.",
        "/etc/sealgate/relay-ca.pem"},
    Key{"routes", "connections_max", Count, Optional, "20", 1, 10000, "",
        "Connections to these next hops at once, on each shard.", ""},
    Key{"routes", "xforward", Flag, Optional, "false", 0, 0, "",
        "Tell the next hop who the first client was, where it offers XFORWARD.", ""},
    // ---- tokens ----
    Key{"tokens", "module", Text, Required, "", 0, 0, "",
        "The vendor's PKCS#11 library: a path, or a name known to p11-kit.",
        "/usr/lib/softhsm/libsofthsm2.so"},
    Key{"tokens", "label", Text, Optional, "", 0, 0, "",
        "The token's label. Either this or uri has to be given.", "Organisation"},
    Key{"tokens", "uri", Text, Optional, "", 0, 0, "",
        "The token as a PKCS#11 URI (RFC 7512), where the label is not enough.",
        "pkcs11:token=Organisation;serial=0a1b2c3d"},
    Key{"tokens", "pin_source", Text, Optional, "", 0, 0, "",
        "Where the PIN is: file:/absolute/path, or credential:NAME for a systemd credential. A PIN "
        "itself is never written here.",
        "file:/etc/sealgate/hsm-pin"},
    Key{"tokens", "lanes", Count, Optional, "2", 1, 64, "",
        "Operations that the token works on at once, each with a thread and a session of its own.",
        ""},
    // ---- hsm ----
    Key{"hsm", "batch_operations_max", Count, Optional, "16", 1, 64, "",
        "Key operations that go to a token in one burst.", ""},
    Key{"hsm", "batch_delay_max", Span, Optional, "500us", 1000, 10 * kMilli, "",
        "How long an operation may wait for others to fill a burst while every lane is busy.", ""},
    Key{"hsm", "recovery_pause_min", Span, Optional, "100ms", kMilli, 60 * kSecond, "",
        "The first pause before a lost token is tried again; it doubles each time.", ""},
    Key{"hsm", "recovery_pause_max", Span, Optional, "10s", 10 * kMilli, kHour, "",
        "The longest such pause.", ""},
    // ---- limits ----
    Key{"limits", "messages_max", Count, Optional, "2000", 1, 1'000'000, "",
        "Messages in flight; the next client is answered 452.", ""},
    Key{"limits", "bytes_max", Size, Optional, "1GiB", 1024 * kKiB, 1LL << 40, "",
        "Content of all messages in flight.", ""},
    Key{"limits", "memory_entries_max", Count, Optional, "10000", 0, 10'000'000, "",
        "Deliveries remembered because their client will send the message again, so that nobody "
        "gets it twice.",
        ""},
    Key{"limits", "memory_time", Span, Optional, "24h", 60 * kSecond, 30 * 24 * kHour, "",
        "How long they are remembered: longer than the client's retry interval.", ""},
    // ---- timeouts ----
    Key{"timeouts", "answer", Span, Optional, "4m", kSecond, kHour, "",
        "From the end of a message to its answer; then the client gets 451. Below what clients "
        "wait.",
        ""},
    Key{"timeouts", "command", Span, Optional, "5m", kSecond, kHour, "",
        "A client's next command (RFC 5321 asks for 5 minutes).", ""},
    Key{"timeouts", "data_block", Span, Optional, "3m", kSecond, kHour, "",
        "The next piece of a client's message.", ""},
    Key{"timeouts", "connect", Span, Optional, "30s", 100 * kMilli, kHour, "",
        "The connection to a next hop.", ""},
    Key{"timeouts", "reply", Span, Optional, "5m", kSecond, kHour, "",
        "A next hop's reply to a command.", ""},
    Key{"timeouts", "data_end", Span, Optional, "10m", kSecond, kHour, "",
        "A next hop's reply to a whole message.", ""},
    Key{"timeouts", "idle_reuse", Span, Optional, "30s", 0, kHour, "",
        "How long an idle connection to a next hop is kept for the next message.", ""},
    Key{"timeouts", "key_operation", Span, Optional, "30s", 100 * kMilli, kHour, "",
        "A key operation, with its time in the queue; later the client gets 451.", ""},
    Key{"timeouts", "drain", Span, Optional, "30s", 0, kHour, "",
        "After SIGTERM: how long messages in flight may take to finish.", ""},
};

std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t substituted = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

// A default or example as it is written in the file.
std::string literal(const Key& key, std::string_view text) {
  switch (key.kind) {
    case Texts:
    case Counts:
    case Count:
    case Flag:
      return std::string(text);
    case Text:
    case Path:
    case Size:
    case Span:
    case Choice:
      return "\"" + std::string(text) + "\"";
  }
  return "";
}

void append_comment(std::string& text, std::string_view comment) {
  constexpr std::size_t kColumns = 96;
  std::size_t column = 0;
  while (!comment.empty()) {
    const std::size_t end = std::min(comment.find(' '), comment.size());
    if (column == 0 || column + 1 + end > kColumns) {
      text += column == 0 ? "# " : "\n# ";
      column = 2;
    } else {
      text += ' ';
      ++column;
    }
    text += comment.substr(0, end);
    column += end;
    comment.remove_prefix(std::min(end + 1, comment.size()));
  }
  text += '\n';
}

std::string alternatives(std::string_view choices) {
  std::string text = "One of ";
  for (const char c : choices) {
    text += c == '|' ? std::string(", ") : std::string(1, c);
  }
  return text + ".";
}

}  // namespace

std::span<const Section> config_sections() {
  return kSections;
}

std::span<const Key> config_keys() {
  return kKeys;
}

const Key& config_key(std::string_view section, std::string_view name) {
  for (const Key& key : kKeys) {
    if (key.section == section && key.name == name) {
      return key;
    }
  }
  fail_check("the key is in kKeys", SourceLocation::current());
}

std::string_view closest(std::string_view name, std::span<const std::string_view> candidates) {
  constexpr std::size_t kNameBytesMax = 64;
  if (name.size() > kNameBytesMax) {
    return "";
  }
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string quoted_text(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += "\\u00";
      quoted += kHex[byte >> 4U];
      quoted += kHex[byte & 15U];
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string sample_config(std::span<const Setting> settings) {
  const auto setting_of = [&](const Key& key) -> const Setting* {
    for (const Setting& setting : settings) {
      if (setting.section == key.section && setting.name == key.name) {
        return &setting;
      }
    }
    return nullptr;
  };
  std::string text =
      "# Sealgate's configuration, sealgate.toml(5). Lines that begin with #key show the default "
      "or\n"
      "# an example. Files in conf.d/*.toml beside this one are laid over it in the order of "
      "their\n"
      "# names. Check it with: sealgate config check\n";
  for (const Section& section : kSections) {
    text += '\n';
    append_comment(text, section.help);
    const bool is_set = std::any_of(settings.begin(), settings.end(), [&](const Setting& setting) {
      return setting.section == section.name;
    });
    if (!section.name.empty()) {
      const std::string name(section.name);
      text += is_set ? "" : "#";
      text += section.is_list ? "[[" + name + "]]\n" : "[" + name + "]\n";
    }
    for (const Key& key : kKeys) {
      if (key.section != section.name) {
        continue;
      }
      text += '\n';
      append_comment(text, key.help);
      if (!key.choices.empty()) {
        append_comment(text, alternatives(key.choices));
      }
      const Setting* const setting = setting_of(key);
      const std::string_view shown = key.example.empty() ? key.standard : key.example;
      text += setting == nullptr ? "#" : "";
      text += std::string(key.name) + " = " +
              (setting == nullptr ? literal(key, shown) : setting->literal) + "\n";
    }
  }
  return text;
}

}  // namespace sealgate::app
