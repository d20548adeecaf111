// SPDX-License-Identifier: Apache-2.0
//
// TokenUri is a parsed RFC 7512 URI: which token, which object, and where the PIN is.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <p11-kit/pkcs11.h>

#include "base/bytes.h"
#include "base/result.h"
#include "hsm/api/token_report.h"

struct p11_kit_uri;

namespace sealgate::hsm {

class TokenUri {
 public:
  static constexpr std::size_t kBytesMax = 1024;

  // Fails with kUriInvalid (also above kBytesMax), kUriHasPin, kPinSourceUnsupported.
  static Result<TokenUri> parse(std::string_view text);

  bool matches_token(const CK_TOKEN_INFO& token) const;
  bool matches_slot(CK_SLOT_ID slot, const CK_SLOT_INFO& slot_info) const;
  // Whether the URI's object attributes (object=, id=, type=) fit a private key.
  bool matches_key(ByteView label, ByteView id) const;
  // Whether it names the key that has `key_uri` (KeyReport::uri), by token and by object.
  bool covers(const std::string& key_uri) const;

  // The path of pin-source=file:..., or "".
  const std::string& pin_path() const { return pin_path_; }

 private:
  struct Free {
    void operator()(p11_kit_uri* uri) const;
  };
  using Parsed = std::unique_ptr<p11_kit_uri, Free>;
  TokenUri(Parsed parsed, std::string pin_path);

  Parsed parsed_;
  std::string pin_path_;
};

// The URI that names one private key on a token.
std::string format_key_uri(const CK_TOKEN_INFO& token, ByteView label, ByteView id);

}  // namespace sealgate::hsm
