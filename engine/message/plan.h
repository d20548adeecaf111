// SPDX-License-Identifier: Apache-2.0
//
// What will leave: as few copies as policy allows, and the signatures they share.
//
// Recipients share a copy when everything that can be seen of it is the same: signature, cipher,
// kind of key (RSA or elliptic), TLS need, subject. An encrypted copy names its recipients in its
// RecipientInfos, so whoever is not in To or Cc gets an encrypted copy of his own.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/api/mail_io.h"
#include "engine/cms/enveloped_data.h"
#include "engine/cms/signed_data.h"
#include "engine/message/deciding.h"
#include "engine/message/read_message.h"
#include "engine/policy/profile.h"

namespace sealgate::engine {

// An envelope with more recipients is a header of hundreds of KiB and a stall of milliseconds.
inline constexpr std::size_t kEnvelopeRecipientsMax = 100;

// A signature that some copies share: one key operation.
struct PlannedSignature {
  const trust::Identity* identity = nullptr;  // Not null.
  const policy::Profile* profile = nullptr;   // Not null; of the first recipient that uses it.
  cms::SignatureScheme scheme;
  policy::SignatureForm form = policy::SignatureForm::Clear;
};

struct PlannedCopy {
  std::vector<std::uint32_t> recipients;         // Indices into the envelope, ascending.
  std::optional<std::size_t> signature;          // Index into Plan::signatures.
  std::optional<cms::ContentCipher> cipher;      // Set if it is encrypted.
  std::vector<cms::EnvelopeRecipient> envelope;  // Each certificate once.
  TlsNeed tls = TlsNeed::AsRouted;
  std::optional<std::string> subject;  // Where a tag is removed; UTF-8.
  std::string why_separate;            // One sentence; "" for the first copy.

  bool is_sealed() const { return signature.has_value() || cipher.has_value(); }
};

struct Plan {
  std::vector<PlannedSignature> signatures;
  std::vector<PlannedCopy> copies;  // Copy number = index.
};

// Plans for the recipients that are neither refused nor settled. `decided` has one entry for each
// recipient. Fails with cms::kSignerKeyUnsupported.
Result<Plan> make_plan(const ReadMessage& message, const Envelope& envelope,
                       std::span<const DecidedRecipient> decided);

// Whether all copies of the plan together could fit into `bytes_max`, at their encoded size.
bool fits(const Plan& plan, std::uint64_t content_size, std::uint64_t bytes_max);

}  // namespace sealgate::engine
