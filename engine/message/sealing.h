// SPDX-License-Identifier: Apache-2.0
//
// Makes the copies of a plan, in steps of bounded cost: canonical form, digests, then a wait for
// the token, envelopes, headers. All copies come out at once or none: what fails on the way
// fails the message as a whole, and nothing has left.
//
// Threading: one shard. Owns its shares in segments; freed with the object.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/segment.h"
#include "engine/api/envelope.h"
#include "engine/cms/chain_cursor.h"
#include "engine/cms/digest.h"
#include "engine/cms/enveloped_data.h"
#include "engine/cms/signed_data.h"
#include "engine/message/last_check.h"
#include "engine/message/outgoing_header.h"
#include "engine/message/plan.h"
#include "hsm/api/key_operation.h"

namespace sealgate::engine {

// What a shard lends to every message it seals. All outlive the sealing.
struct SealingTools {
  SegmentPool& pool;
  RandomSource& random;
  ChainWriter& writer;  // For small pieces; its chain is empty between calls.
};

struct SealedCopy {
  Chain content;
  BodyType body = BodyType::SevenBit;
};

// A signature that is wanted; tag and deadline are the caller's to set.
struct SignatureRequest {
  std::size_t signature = 0;  // Index into Plan::signatures.
  hsm::KeyOperation operation;
};

class Sealing {
 public:
  // Keeps references to `message`, `envelope` and `plan`.
  Sealing(const ReadMessage& message, const Envelope& envelope, const Plan& plan,
          HeaderAdditions additions, SealingTools tools);

  // Works until `budget` octets of hashing and encryption are spent or nothing is left to do
  // without the token. Fails with kSegmentsExhausted and the kinds of engine/mime and
  // engine/cms; then throw the sealing away.
  Result<void> advance(std::size_t& budget, WallTime now);
  // Whether advance() would find something to do.
  bool has_work() const;
  bool is_finished() const;

  // The recipient certificate that made advance() fail, or null.
  const trust::Certificate* refused_certificate() const { return refused_certificate_; }

  // The requests made since the last call.
  std::vector<SignatureRequest> take_requests();
  // Requires: `signature` was requested and has not been given. Fails with kSignatureMissing.
  Result<void> give_signature(std::size_t signature, ByteView bytes);

  // In the order of the plan, each looked at once more (last_check.h): what is not as `wanted`,
  // with one entry for each recipient of the envelope, never gets out. Fails with
  // kCopyNotAsDecided. Requires: is_finished().
  Result<std::vector<SealedCopy>> take_copies(std::span<const Wanted> wanted);
  // What made take_copies() fail, or "". Static storage.
  std::string_view copy_fault() const { return copy_fault_; }

 private:
  // A MIME entity in the making: its fields (without the empty line), and its body.
  struct Entity {
    std::string fields;
    Chain body;
  };
  struct SignatureWork {
    enum class Step : std::uint8_t { Hash, Token, Opaque, Done };
    Step step = Step::Hash;
    std::optional<cms::Digest> digest;
    cms::ChainCursor cursor;
    Bytes attributes;
    std::optional<cms::OpaqueSigner> opaque;
    Entity entity;
  };
  struct CopyWork {
    enum class Step : std::uint8_t { Begin, Recipients, Encrypt, Done };
    Step step = Step::Begin;
    std::size_t recipients_added = 0;
    cms::ChainCursor cursor;
    std::optional<cms::EnvelopeSealer> sealer;
    SealedCopy copy;
  };

  Result<void> prepare(std::size_t& budget);
  Result<void> hash(std::size_t signature, std::size_t& budget, WallTime now);
  Result<void> request(std::size_t signature, WallTime now);
  Result<void> wrap_opaque(std::size_t signature, std::size_t& budget);
  bool can_begin(std::size_t copy) const;
  Result<void> advance_copy(std::size_t copy, std::size_t& budget);
  Result<void> begin_copy(std::size_t copy);
  Result<Chain> joined(const Entity& entity);
  Result<void> assemble(std::size_t copy, const Entity& entity);
  Result<void> pass(std::size_t copy);

  const ReadMessage& message_;
  const Envelope& envelope_;
  const Plan& plan_;
  HeaderAdditions additions_;
  SealingTools tools_;
  bool is_prepared_ = false;
  Chain safe_;      // The canonical entity that is signed.
  Chain as_it_is_;  // The entity that is encrypted without a signature of ours.
  std::vector<SignatureWork> signatures_;
  std::vector<CopyWork> copies_;
  std::vector<SignatureRequest> requests_;
  const trust::Certificate* refused_certificate_ = nullptr;
  std::string_view copy_fault_;
};

}  // namespace sealgate::engine
