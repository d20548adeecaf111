// SPDX-License-Identifier: Apache-2.0
//
// Judges certificates against trust anchors: RFC 5280 paths by OpenSSL with purpose S/MIME and
// 112-bit security, and revocation by the lists given. A verdict says nothing about the use of
// the certificate itself (key usage, address): selection.h does.
//
// Threading: immutable after create(); verify() may be called from any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "engine/trust/certificate.h"
#include "engine/trust/revocation_list.h"

namespace sealgate::engine::trust {

enum class ChainOutcome : std::uint8_t {
  Trusted,
  NotYetValid,  // The certificate itself.
  Expired,      // The certificate itself.
  Revoked,      // It or one above it is on a revocation list.
  NoTrustPath,  // Anything else: the reason says what.
};

struct ChainVerdict {
  ChainOutcome outcome = ChainOutcome::NoTrustPath;
  std::string reason;  // One sentence for people; "" where trusted and nothing is to be said.
  // The certificates above it: its issuer first, the anchor last. Empty where the certificate
  // is an anchor itself, or no path was built.
  std::vector<CertificatePointer> chain;
  // While this holds, the verdict may be used again. Both ends included.
  WallTime valid_from{};
  WallTime valid_until{};

  bool is_trusted() const { return outcome == ChainOutcome::Trusted; }
};

struct TrustStoreSource {
  std::vector<CertificatePointer> anchors;  // Self-signed or not: a path may end at any of them.
  std::vector<CertificatePointer> intermediates = {};
  std::vector<std::shared_ptr<const RevocationList>> revocation_lists = {};
};

class TrustStore {
 public:
  explicit TrustStore(TrustStoreSource source);
  TrustStore(const TrustStore&) = delete;
  TrustStore& operator=(const TrustStore&) = delete;
  ~TrustStore();

  // Judges `certificate` at `at`, taking intermediates from the store and from `extra` (at most
  // kCertificatesMax are looked at, nearest issuers first).
  ChainVerdict verify(const Certificate& certificate, std::span<const CertificatePointer> extra,
                      WallTime at) const;

  // SHA-256 over everything that verdicts depend on, in the order given.
  const Sha256& fingerprint() const { return fingerprint_; }

  const std::vector<CertificatePointer>& anchors() const { return source_.anchors; }

  // Lists that no certificate of the store has signed: without effect unless the signer's
  // certificate comes as an extra one.
  std::vector<const RevocationList*> lists_without_signer() const;

 private:
  struct List {
    const RevocationList* list = nullptr;
    bool has_known_signer = false;
  };

  void index();
  std::vector<const CertificatePointer*> gather(const Certificate& certificate,
                                                std::span<const CertificatePointer> extra) const;
  const CertificatePointer* find_known(const X509& certificate,
                                       std::span<const CertificatePointer* const> issuers) const;
  bool has_signer(const RevocationList& list) const;
  bool is_in_force(const List& list, const Certificate& issuer) const;
  void check_revocation(const Certificate& certificate, ChainVerdict& verdict, WallTime at) const;

  TrustStoreSource source_;
  X509_STORE* store_ = nullptr;  // Owned; holds the anchors.
  // Anchors and intermediates, by hash of the subject.
  std::multimap<std::uint64_t, const CertificatePointer*> authorities_;
  std::multimap<std::uint64_t, List> lists_;  // By hash of their issuer.
  std::vector<List> indirect_lists_;          // RFC 5280, 5.2.5: of any issuer.
  Sha256 fingerprint_{};
};

}  // namespace sealgate::engine::trust
