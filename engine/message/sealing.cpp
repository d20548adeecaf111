// SPDX-License-Identifier: Apache-2.0
#include "engine/message/sealing.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "engine/cms/smime.h"
#include "engine/message/errors.h"
#include "engine/message/sealing_algorithms.h"
#include "engine/mime/canonical.h"

namespace sealgate::engine {
namespace {

// What one public-key operation counts against a budget of octets to hash or encrypt: about
// 50 µs at half a GB/s.
constexpr std::size_t kRecipientCost = 25 * 1024;

void spend(std::size_t& budget, std::uint64_t cost) {
  budget -= static_cast<std::size_t>(std::min<std::uint64_t>(budget, cost));
}

}  // namespace

Sealing::Sealing(const ReadMessage& message, const Envelope& envelope, const Plan& plan,
                 HeaderAdditions additions, SealingTools tools)
    : message_(message),
      envelope_(envelope),
      plan_(plan),
      additions_(std::move(additions)),
      tools_(tools),
      signatures_(plan.signatures.size()),
      copies_(plan.copies.size()) {}

bool Sealing::has_work() const {
  if (!is_prepared_) return true;
  for (const SignatureWork& work : signatures_) {
    const bool is_parked =
        work.step == SignatureWork::Step::Token || work.step == SignatureWork::Step::Done;
    if (!is_parked) return true;
  }
  for (std::size_t i = 0; i < copies_.size(); ++i) {
    if (copies_[i].step != CopyWork::Step::Done && can_begin(i)) return true;
  }
  return false;
}

bool Sealing::is_finished() const {
  return is_prepared_ && std::all_of(copies_.begin(), copies_.end(), [](const CopyWork& work) {
           return work.step == CopyWork::Step::Done;
         });
}

bool Sealing::can_begin(std::size_t copy) const {
  const std::optional<std::size_t> signature = plan_.copies[copy].signature;
  return !signature || signatures_[*signature].step == SignatureWork::Step::Done;
}

Result<void> Sealing::advance(std::size_t& budget, WallTime now) {
  if (!is_prepared_) SG_TRY(prepare(budget));
  for (std::size_t i = 0; i < signatures_.size() && budget > 0; ++i) {
    if (signatures_[i].step == SignatureWork::Step::Hash) SG_TRY(hash(i, budget, now));
    if (signatures_[i].step == SignatureWork::Step::Opaque) SG_TRY(wrap_opaque(i, budget));
  }
  for (std::size_t i = 0; i < copies_.size() && budget > 0; ++i) {
    if (can_begin(i)) SG_TRY(advance_copy(i, budget));
  }
  return {};
}

Result<void> Sealing::prepare(std::size_t& budget) {
  if (!signatures_.empty()) {
    mime::SafeEntity entity =
        SG_TRY(mime::make_transport_safe(message_.structure, message_.content, tools_.writer));
    const std::uint64_t size = entity.bytes.size();
    // What is not written anew is not even touched.
    spend(budget, entity.leaves_encoded > 0 ? size : size / 64);
    safe_ = std::move(entity.bytes);
  }
  const bool needs_as_it_is =
      std::any_of(plan_.copies.begin(), plan_.copies.end(),
                  [](const PlannedCopy& copy) { return copy.cipher && !copy.signature; });
  if (needs_as_it_is) {
    as_it_is_ = SG_TRY(mime::entity_as_it_is(message_.structure, message_.content, tools_.writer));
  }
  for (std::size_t i = 0; i < signatures_.size(); ++i) {
    signatures_[i].digest = SG_TRY(cms::Digest::create(plan_.signatures[i].scheme.digest));
    signatures_[i].cursor = cms::ChainCursor(safe_);
  }
  is_prepared_ = true;
  return {};
}

Result<void> Sealing::hash(std::size_t signature, std::size_t& budget, WallTime now) {
  SignatureWork& work = signatures_[signature];
  while (budget > 0 && !work.cursor.is_at_end()) {
    const ByteView piece = work.cursor.next(budget);
    budget -= piece.size();
    work.digest->update(piece);
  }
  if (!work.cursor.is_at_end()) return {};
  return request(signature, now);
}

Result<void> Sealing::request(std::size_t signature, WallTime now) {
  SignatureWork& work = signatures_[signature];
  const PlannedSignature& planned = plan_.signatures[signature];
  const trust::Certificate& signer = *planned.identity->certificate;
  work.attributes = cms::build_signed_attributes({.signer = &signer,
                                                  .content_digest = work.digest->finish(),
                                                  .signing_time = now,
                                                  .capabilities = announced_capabilities(signer)});
  work.digest.reset();
  SignatureRequest request{.signature = signature, .operation = {}};
  request.operation.key = signer.key_id();
  request.operation.action = hsm::KeyAction::SignDigest;
  request.operation.mechanism = planned.scheme.mechanism;
  request.operation.priority = hsm::Priority::Mail;
  request.operation.input = SG_TRY(cms::signature_input(planned.scheme, work.attributes));
  requests_.push_back(request);
  work.step = SignatureWork::Step::Token;
  return {};
}

std::vector<SignatureRequest> Sealing::take_requests() {
  return std::exchange(requests_, {});
}

Result<void> Sealing::give_signature(std::size_t signature, ByteView bytes) {
  SignatureWork& work = signatures_[signature];
  SG_CHECK(work.step == SignatureWork::Step::Token);
  const PlannedSignature& planned = plan_.signatures[signature];
  std::vector<Bytes> intermediates;
  for (const trust::CertificatePointer& certificate : planned.identity->intermediates) {
    intermediates.emplace_back(certificate->der().begin(), certificate->der().end());
  }
  const cms::SignedDataInput input{.signer = planned.identity->certificate.get(),
                                   .intermediates = intermediates,
                                   .scheme = planned.scheme,
                                   .signed_attributes = work.attributes,
                                   .signature = bytes};
  if (planned.form == policy::SignatureForm::Opaque) {
    work.opaque = SG_TRY(cms::OpaqueSigner::create(input, safe_.size(), tools_.pool));
    work.cursor = cms::ChainCursor(safe_);
    work.step = SignatureWork::Step::Opaque;
    return {};
  }
  const Bytes signed_data = SG_TRY(cms::encode_detached(input));
  const std::string boundary = cms::make_boundary(tools_.random);
  const Result<void> written =
      cms::write_clear_signed_body(tools_.writer, boundary, safe_, signed_data);
  work.entity.body = tools_.writer.take();
  if (!written) return written.error();
  work.entity.fields = cms::clear_signed_fields(planned.scheme.digest, boundary);
  work.step = SignatureWork::Step::Done;
  return {};
}

Result<void> Sealing::wrap_opaque(std::size_t signature, std::size_t& budget) {
  SignatureWork& work = signatures_[signature];
  while (budget > 0 && !work.cursor.is_at_end()) {
    const ByteView piece = work.cursor.next(budget);
    budget -= piece.size();
    SG_TRY(work.opaque->update(piece));
  }
  if (!work.cursor.is_at_end()) return {};
  work.entity.body = SG_TRY(work.opaque->finish());
  work.entity.fields = cms::pkcs7_fields(cms::SmimeType::SignedData);
  work.opaque.reset();
  work.step = SignatureWork::Step::Done;
  return {};
}

Result<void> Sealing::advance_copy(std::size_t copy, std::size_t& budget) {
  CopyWork& work = copies_[copy];
  const PlannedCopy& planned = plan_.copies[copy];
  if (work.step == CopyWork::Step::Begin) SG_TRY(begin_copy(copy));
  while (work.step == CopyWork::Step::Recipients && budget > 0) {
    if (work.recipients_added == planned.envelope.size()) {
      work.step = CopyWork::Step::Encrypt;
      break;
    }
    const cms::EnvelopeRecipient& recipient = planned.envelope[work.recipients_added];
    const Result<void> added = work.sealer->add_recipient(recipient);
    if (!added) {
      refused_certificate_ = recipient.certificate;
      return added.error();
    }
    ++work.recipients_added;
    spend(budget, kRecipientCost);
  }
  if (work.step != CopyWork::Step::Encrypt) return {};
  while (budget > 0 && !work.cursor.is_at_end()) {
    const ByteView piece = work.cursor.next(budget);
    budget -= piece.size();
    SG_TRY(work.sealer->update(piece));
  }
  if (!work.cursor.is_at_end()) return {};
  Entity entity;
  entity.body = SG_TRY(work.sealer->finish());
  entity.fields = cms::pkcs7_fields(cms::smime_type_of(*planned.cipher));
  work.sealer.reset();
  work.cursor = {};
  return assemble(copy, entity);
}

Result<void> Sealing::begin_copy(std::size_t copy) {
  CopyWork& work = copies_[copy];
  const PlannedCopy& planned = plan_.copies[copy];
  if (!planned.is_sealed()) return pass(copy);
  if (!planned.cipher) return assemble(copy, signatures_[*planned.signature].entity);
  const Chain entity =
      planned.signature ? SG_TRY(joined(signatures_[*planned.signature].entity)) : as_it_is_;
  work.sealer = SG_TRY(
      cms::EnvelopeSealer::create(*planned.cipher, entity.size(), tools_.random, tools_.pool));
  work.cursor = cms::ChainCursor(entity);
  work.step = CopyWork::Step::Recipients;
  return {};
}

Result<Chain> Sealing::joined(const Entity& entity) {
  const Result<void> written = tools_.writer.append(entity.fields);
  tools_.writer.append_static("\r\n");
  tools_.writer.append(entity.body);
  Chain chain = tools_.writer.take();
  if (!written) return written.error();
  return chain;
}

Result<void> Sealing::assemble(std::size_t copy, const Entity& entity) {
  CopyWork& work = copies_[copy];
  work.copy.content =
      SG_TRY(outgoing_header(message_, plan_.copies[copy], additions_, tools_.writer));
  work.copy.content.append(SG_TRY(joined(entity)));
  work.copy.body = body_type_sealed(message_);
  work.step = CopyWork::Step::Done;
  return {};
}

Result<void> Sealing::pass(std::size_t copy) {
  CopyWork& work = copies_[copy];
  work.copy.content =
      SG_TRY(outgoing_header(message_, plan_.copies[copy], additions_, tools_.writer));
  const mime::Span body = message_.structure.part(0).body;
  work.copy.content.append_static("\r\n");
  work.copy.content.append(message_.content.sub_chain(body.offset, body.length));
  work.copy.body = body_type_as_it_came(message_, envelope_);
  work.step = CopyWork::Step::Done;
  return {};
}

Result<std::vector<SealedCopy>> Sealing::take_copies(std::span<const Wanted> wanted) {
  SG_CHECK(is_finished());
  for (std::size_t i = 0; i < copies_.size(); ++i) {
    copy_fault_ = fault_of(copies_[i].copy.content, plan_.copies[i].recipients, wanted);
    if (!copy_fault_.empty()) return kCopyNotAsDecided;
  }
  std::vector<SealedCopy> copies;
  copies.reserve(copies_.size());
  for (CopyWork& work : copies_) copies.push_back(std::move(work.copy));
  return copies;
}

}  // namespace sealgate::engine
