// SPDX-License-Identifier: Apache-2.0
//
// In which of several ways a token is asked to decrypt or derive. Tokens list mechanisms that
// they then refuse, and differ in how they want a point: so it is tried, once each time the token
// is opened.
#pragma once

#include <array>
#include <optional>
#include <span>

#include "base/result.h"
#include "hsm/api/token_report.h"

namespace sealgate::hsm {

struct TokenKey;
class PrivateKeyCalls;

enum class RsaWay : std::uint8_t {
  Own,  // The token undoes the padding.
  Raw,  // The token does CKM_RSA_X_509, and the padding is undone here.
};

// The second serves where the token refuses the first for one key.
struct RsaWays {
  RsaWay first = RsaWay::Own;
  std::optional<RsaWay> second;
};

// How ECDH takes the peer's point.
enum class PointForm : std::uint8_t {
  Bare,
  Wrapped,  // In a DER OCTET STRING.
};

class KeyWays {
 public:
  // Requires: a mechanism of KeyAction::DecryptKey.
  const RsaWays& rsa(Mechanism mechanism) const { return rsa_[place_of(mechanism)]; }
  void set_rsa(Mechanism mechanism, const RsaWays& ways) { rsa_[place_of(mechanism)] = ways; }
  PointForm point_form(KeyType type) const { return points_[static_cast<std::size_t>(type)]; }
  void set_point_form(KeyType type, PointForm form) {
    points_[static_cast<std::size_t>(type)] = form;
  }

 private:
  static std::size_t place_of(Mechanism mechanism);

  std::array<RsaWays, 6> rsa_;
  std::array<PointForm, static_cast<std::size_t>(KeyType::Other) + 1> points_{};
};

}  // namespace sealgate::hsm
