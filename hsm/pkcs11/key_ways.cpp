// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/key_ways.h"

#include "base/check.h"

namespace sealgate::hsm {

std::size_t KeyWays::place_of(Mechanism mechanism) {
  const auto place = static_cast<std::size_t>(mechanism);
  constexpr auto kFirst = static_cast<std::size_t>(Mechanism::RsaPkcs1Decrypt);
  SG_CHECK(place >= kFirst && place < kFirst + std::tuple_size_v<decltype(rsa_)>);
  return place - kFirst;
}

}  // namespace sealgate::hsm
