// SPDX-License-Identifier: Apache-2.0
//
// Decides, recipient by recipient, what policy wants for a message and what comes of it with the
// certificates there are. The pipeline and explain() both decide here.
//
// Content that its sender has sealed already is not sealed twice: a signature of the sender's
// stands for ours (a second one would only hide it), and content that arrives encrypted passes,
// since nobody here could judge or improve it. The envelope around a sender's signature is made
// as policy wants it.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/api/envelope.h"
#include "engine/message/message_facts.h"
#include "engine/message/read_message.h"
#include "engine/message/snapshot.h"
#include "engine/policy/decision.h"
#include "engine/policy/policy.h"
#include "engine/policy/profile.h"
#include "engine/policy/protection.h"
#include "engine/trust/chain_cache.h"
#include "engine/trust/selection.h"

namespace sealgate::engine {

// Pointers live as long as the snapshot.
struct DecidedRecipient {
  // An earlier attempt of the client has delivered it: nothing is decided, nothing planned.
  bool is_settled = false;
  policy::Decision decision;
  policy::Protection protection;
  trust::Selection contact;                         // Empty where nobody asked.
  const trust::Identity* identity = nullptr;        // Set if protection.is_signed.
  const trust::Certificate* certificate = nullptr;  // Set if protection.is_encrypted.
  policy::ContactAlgorithms algorithms;             // Meaningful if protection.is_encrypted.
  std::vector<policy::RuleTrace> trace;             // Only with Detail::Full.
};

class Decider {
 public:
  enum class Detail : std::uint8_t { Result, Full };

  // Keeps references to all of them.
  Decider(const Snapshot& snapshot, const ReadMessage& message, const Envelope& envelope,
          WallTime at);

  // Requires: recipient < envelope.recipients.size().
  DecidedRecipient decide(std::size_t recipient, trust::ChainCache& cache, Detail detail);

  // Remarks about the message as a whole, for audit and explanation: who signs or why nobody
  // does, whether From and the envelope differ.
  std::vector<std::string> notes() const;

  // Who could sign under `profile`, for explanations; made on demand and kept.
  const trust::SignerSelection& signer(const policy::Profile& profile, trust::ChainCache& cache);

 private:
  void spare_sealed_content(policy::Decision& decision) const;

  const Snapshot& snapshot_;
  const ReadMessage& message_;
  const Envelope& envelope_;
  WallTime at_;
  MessageFacts facts_;
  policy::Policy::Inquiry inquiry_;
  std::map<const policy::Profile*, trust::SignerSelection> signers_;
};

// For audit and explanation: "signed+encrypted", "signed", "encrypted", "none", "refused"; for
// content that its sender has sealed "signed by sender", "encrypted by sender" and "signed by
// sender+encrypted".
std::string protection_name(const policy::Protection& protection, const SenderSeal& seal);

// "rsa-pkcs1-sha256, rsaes-pkcs1, aes-256-cbc": only what is used for this recipient.
std::string algorithm_names(const DecidedRecipient& recipient);

}  // namespace sealgate::engine
