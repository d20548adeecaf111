// SPDX-License-Identifier: Apache-2.0
//
// How a token is named in the configuration.
#pragma once

#include <cstdint>
#include <string>

namespace sealgate::hsm {

struct TokenSettings {
  // A path of a shared object, or a name registered with p11-kit.
  std::string module;
  // RFC 7512: token, serial, manufacturer, model, slot-id; pin-source=file:... is understood,
  // pin-value is refused.
  std::string uri;
  // The file that holds the PIN; goes before the URI's pin-source. "" for none.
  std::string pin_file;
  // Threads that work on the token at once, one session each (1 to 64). As many as the token has
  // engines, plus what is in flight on the wire: 2 for a token in software on two cores.
  std::uint32_t lanes = 2;
};

}  // namespace sealgate::hsm
