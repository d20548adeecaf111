// SPDX-License-Identifier: Apache-2.0
//
// What policy decides for one recipient, and why. A decision is what is wanted; protection.h
// says what comes of it with the certificates there are.
#pragma once

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

// As configured: "if_possible".
std::string_view name_of(Treatment treatment);
std::string_view name_of(SignWish wish);
std::string_view name_of(EncryptWish wish);
std::string_view name_of(TlsWish wish);

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
  std::string refusal;               // For the sender; where refused.
  std::vector<std::string> reasons;  // In order; one sentence each.
};

}  // namespace sealgate::engine::policy
