// SPDX-License-Identifier: Apache-2.0
//
// Judges who has signed: whether the certificate behind a signature that is mathematically right
// lets anybody believe that the mail comes from its From address.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/trust/certificate.h"
#include "engine/trust/directory.h"
#include "engine/trust/selection.h"

namespace sealgate::engine::trust {

// In the order in which they are looked for, the last two groups apart: of a certificate that is
// not trusted nobody knows whose it is, so that addresses come last.
enum class SignerOutcome : std::uint8_t {
  WeakKey,     // Anybody might have made the signature.
  WrongUsage,  // keyUsage or extendedKeyUsage does not allow signatures of mail.
  NotYetValid,
  Expired,
  Revoked,
  Untrusted,  // No path to an anchor, or one through a weak key.
  KeyShared,  // Somebody else holds the same key.
  Valid,      // It holds the From address.
  // It does not, but the operator has bound this very certificate to the address or its domain, or
  // it is that of the domain's signing authority (RFC 3183).
  ValidForDomain,
  MalformedAddress,  // All its addresses are malformed.
  NoAddress,
  WrongSender,
};

// Stable, for JSON and headers: "valid", "wrong_sender".
std::string_view name_of(SignerOutcome outcome);

struct SignerVerdict {
  SignerOutcome outcome = SignerOutcome::Untrusted;
  std::string reason;  // One sentence for people; where it is not valid, with what to do.
  // The path that was built: the issuer first, the anchor last. Empty where there is none.
  std::vector<CertificatePointer> chain;

  bool is_valid() const {
    return outcome == SignerOutcome::Valid || outcome == SignerOutcome::ValidForDomain;
  }
};

// `extra` are certificates that came with the message. `from` is the message's one From address in
// normal form (address.h); "" is nobody's.
SignerVerdict check_signer(const SelectionScope& scope, const Certificate& signer,
                           std::span<const CertificatePointer> extra, const Directory& contacts,
                           std::string_view from);

}  // namespace sealgate::engine::trust
