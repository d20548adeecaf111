// SPDX-License-Identifier: Apache-2.0
//
// What policy decides for one recipient, and why. A decision is what is wanted; protection.h
// says what comes of it with the certificates there are.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/policy/profile.h"

namespace sealgate::engine::policy {

enum class Treatment : std::uint8_t {
  Seal,    // Sign and encrypt as `sign` and `encrypt` say.
  Pass,    // Leaves as it came.
  Refuse,  // Does not leave for this recipient.
};

enum class SignWish : std::uint8_t { Always, IfPossible, Never };

enum class EncryptWish : std::uint8_t {
  Required,    // A recipient without usable certificate does not get the message.
  Known,       // So it is for contacts we know; others get it unencrypted.
  IfPossible,  // Unencrypted where no usable certificate is there.
  Never,
};

enum class TlsWish : std::uint8_t { AsRouted, Required, Verified };

// What of a message from outside goes inside.
enum class DeliverWish : std::uint8_t {
  Opened,    // What its sender has encrypted arrives open.
  Original,  // The body as it came; the verdict is told all the same.
};

// What becomes of a signature on mail from outside.
enum class SignatureWish : std::uint8_t {
  Keep,    // Its bytes are not touched: the reader's own client verifies it too.
  Strip,   // For clients that cannot cope with it.
  Resign,  // Stripped, and signed at the border by an identity of ours.
};

// How mail from outside is shown to its reader. Recipients with equal presentations can share a
// copy.
struct Presentation {
  DeliverWish deliver = DeliverWish::Opened;
  SignatureWish signature = SignatureWish::Keep;
  bool marks_subject = false;  // The verdict's tag stands in front of the subject.
  bool defuses_html = false;   // HTML that nothing has authenticated can fetch and send nothing.
  std::string banner;          // Put before the text; "" for none. One line, UTF-8.
  auto operator<=>(const Presentation&) const = default;
};

// As configured: "if_possible".
std::string_view name_of(Treatment treatment);
std::string_view name_of(SignWish wish);
std::string_view name_of(EncryptWish wish);
std::string_view name_of(TlsWish wish);
std::string_view name_of(DeliverWish wish);
std::string_view name_of(SignatureWish wish);

// One rule as it was looked at.
struct RuleTrace {
  std::string rule;
  bool has_matched = false;
  // The first condition that failed, or what made it match: one sentence.
  std::string reason;
};

struct Decision {
  std::string rule;  // The one that matched; "" where none did: then refused.
  Treatment treatment = Treatment::Refuse;
  SignWish sign = SignWish::Always;
  EncryptWish encrypt = EncryptWish::Known;
  TlsWish tls = TlsWish::AsRouted;
  const Profile* profile = nullptr;  // Owned by the policy. Never null.
  // The Subject without the tag, UTF-8, where the rule removes it.
  std::optional<std::string> subject;
  Presentation presentation;  // Of mail from outside.
  // The address whose identity signs at the border; "" leaves it to From.
  std::string signer;
  std::string refusal;               // For the sender; where refused.
  std::vector<std::string> reasons;  // In order; one sentence each.
};

}  // namespace sealgate::engine::policy
