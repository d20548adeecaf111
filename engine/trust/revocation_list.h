// SPDX-License-Identifier: Apache-2.0
//
// A CRL (RFC 5280, 5), parsed once. Entries are sorted at parse time; a look-up is a binary
// search, whatever the list's size.
//
// Threading: immutable; may be read from any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <openssl/types.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "engine/trust/certificate.h"

namespace sealgate::engine::trust {

inline constexpr std::size_t kRevocationListBytesMax = 64ULL << 20U;

class RevocationList {
 public:
  // Fails with kRevocationListTooLarge or kRevocationListMalformed. The signature is not
  // checked here: that takes an issuer.
  static Result<std::shared_ptr<const RevocationList>> parse(ByteView der);

  RevocationList(const RevocationList&) = delete;
  RevocationList& operator=(const RevocationList&) = delete;
  ~RevocationList();

  const X509_NAME* issuer() const;
  const std::string& issuer_text() const { return issuer_text_; }
  const Sha256& sha256() const { return sha256_; }
  WallTime this_update() const { return this_update_; }
  std::optional<WallTime> next_update() const { return next_update_; }
  bool is_stale_at(WallTime at) const { return next_update_ && *next_update_ < at; }

  // RFC 5280, 5.2.5: it may list certificates of other issuers.
  bool is_indirect() const { return is_indirect_; }

  // Whether `issuer` has signed the list and may sign lists (key usage cRLSign).
  bool is_signed_by(const Certificate& issuer) const;

  struct Entry {
    WallTime revoked_at{};
    std::string reason;  // "keyCompromise", or "no reason given".
  };
  // The entry for `certificate`, indirect lists (RFC 5280, 5.3.3) included. An entry that was
  // removed again (removeFromCRL) is none.
  std::optional<Entry> find(const Certificate& certificate) const;

 private:
  RevocationList() = default;

  X509_CRL* list_ = nullptr;  // Owned.
  std::string issuer_text_;
  Sha256 sha256_{};
  WallTime this_update_{};
  std::optional<WallTime> next_update_;
  bool is_indirect_ = false;
};

}  // namespace sealgate::engine::trust
