// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/enveloped_data.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/secret.h"
#include "engine/cms/algorithm_identifiers.h"
#include "engine/cms/algorithms.h"
#include "engine/cms/base64_lines.h"
#include "engine/cms/der_frame.h"
#include "engine/cms/errors.h"
#include "engine/cms/oids.h"
#include "engine/cms/openssl_ptr.h"
#include "engine/cms/recipient_info.h"

namespace sealgate::engine::cms {
namespace {

constexpr std::size_t kBlockBytes = 16;
constexpr std::size_t kGcmNonceBytes = 12;
constexpr std::size_t kGcmTagBytes = 16;
// Plain text, cipher text and base64 of one chunk fit into a first-level cache of 32 KiB.
constexpr std::size_t kChunkBytes = 8 * 1024;

std::uint64_t sealed_size(ContentCipher cipher, std::uint64_t content_size) {
  if (is_authenticated(cipher)) return content_size;
  // RFC 5652, 6.3: one to sixteen bytes of padding.
  return (content_size / kBlockBytes + 1) * kBlockBytes;
}

}  // namespace

struct EnvelopeSealer::State {
  ContentCipher cipher;
  std::uint64_t content_size;
  std::uint64_t missing;
  RandomSource* random;
  SecretBytes content_key;  // Empty once the cipher has it.
  std::vector<Bytes> recipients;
  std::uint32_t version = 0;
  CipherContextPtr state;
  ChainWriter writer;
  Base64Lines lines;
  std::array<std::uint8_t, kChunkBytes + kBlockBytes> scratch{};

  State(ContentCipher chosen, std::uint64_t size, RandomSource& source, SegmentPool& pool)
      : cipher(chosen),
        content_size(size),
        missing(size),
        random(&source),
        content_key(key_size(chosen)),
        state(EVP_CIPHER_CTX_new()),
        writer(pool) {}

  bool has_begun() const { return content_key.is_empty(); }
  Result<void> begin();
  Bytes encode_front();
  Result<void> seal(ByteView chunk);
  Result<void> seal_end();
};

// Version and RecipientInfos. RFC 5652, 6.1; RFC 5083, 2.1: AuthEnvelopedData is version 0.
Bytes EnvelopeSealer::State::encode_front() {
  DerWriter front;
  front.add_integer(is_authenticated(cipher) ? 0 : version);
  front.add_set_of(tag::kSet, std::exchange(recipients, {}));
  return front.take();
}

// Fixes the recipients, writes what stands before the content, and forgets the content key.
Result<void> EnvelopeSealer::State::begin() {
  SG_CHECK(!recipients.empty());
  const bool has_tag = is_authenticated(cipher);
  std::array<std::uint8_t, kBlockBytes> iv_bytes{};
  const MutableBytes iv = MutableBytes(iv_bytes).first(has_tag ? kGcmNonceBytes : kBlockBytes);
  random->fill(iv);
  if (EVP_EncryptInit_ex2(state.get(), implementation_of(cipher), content_key.reveal().data(),
                          iv.data(), nullptr) != 1) {
    return Error(kCryptoUnavailable, take_openssl_error());
  }
  content_key = SecretBytes();

  DerWriter types;
  types.add(tag::kOid, has_tag ? ByteView(oid::kAuthEnvelopedData) : ByteView(oid::kEnvelopedData));
  const Bytes outer_type = types.take();
  const Bytes front = encode_front();
  types.add(tag::kOid, oid::kData);
  add_content_algorithm(types, cipher, iv);
  const Bytes inner_type = types.take();
  const std::size_t tag_size = has_tag ? der_header_size(kGcmTagBytes) + kGcmTagBytes : 0;
  const std::array<FrameLevel, 5> levels{{
      {.identifier = tag::kSequence, .front = outer_type, .after = 0},
      {.identifier = tag::context_constructed(0), .front = {}, .after = 0},
      {.identifier = tag::kSequence, .front = front, .after = tag_size},
      {.identifier = tag::kSequence, .front = inner_type, .after = 0},
      {.identifier = tag::context(0), .front = {}, .after = 0},
  }};
  return lines.update(encode_frame(levels, sealed_size(cipher, content_size)), writer);
}

Result<void> EnvelopeSealer::State::seal(ByteView chunk) {
  int size = 0;
  if (EVP_EncryptUpdate(state.get(), scratch.data(), &size, chunk.data(),
                        static_cast<int>(chunk.size())) != 1) {
    return Error(kCryptoUnavailable, take_openssl_error());
  }
  return lines.update(ByteView(scratch).first(static_cast<std::size_t>(size)), writer);
}

// The padding of CBC, the tag of GCM.
Result<void> EnvelopeSealer::State::seal_end() {
  int size = 0;
  if (EVP_EncryptFinal_ex(state.get(), scratch.data(), &size) != 1) {
    return Error(kCryptoUnavailable, take_openssl_error());
  }
  SG_TRY(lines.update(ByteView(scratch).first(static_cast<std::size_t>(size)), writer));
  if (!is_authenticated(cipher)) return {};
  std::array<std::uint8_t, kGcmTagBytes> mac{};
  if (EVP_CIPHER_CTX_ctrl(state.get(), EVP_CTRL_AEAD_GET_TAG, kGcmTagBytes, mac.data()) != 1) {
    return Error(kCryptoUnavailable, take_openssl_error());
  }
  DerWriter mac_element;
  mac_element.add(tag::kOctetString, mac);
  return lines.update(mac_element.take(), writer);
}

Result<EnvelopeSealer> EnvelopeSealer::create(ContentCipher cipher, std::uint64_t content_size,
                                              RandomSource& random, SegmentPool& pool) {
  if (content_size > kMessageBytesMax) return kContentTooLarge;
  auto state = std::make_unique<State>(cipher, content_size, random, pool);
  if (state->state == nullptr || implementation_of(cipher) == nullptr) return kCryptoUnavailable;
  random.fill(state->content_key.reveal());
  return EnvelopeSealer(std::move(state));
}

EnvelopeSealer::EnvelopeSealer(std::unique_ptr<State> state) : state_(std::move(state)) {}
EnvelopeSealer::EnvelopeSealer(EnvelopeSealer&&) noexcept = default;
EnvelopeSealer& EnvelopeSealer::operator=(EnvelopeSealer&&) noexcept = default;
EnvelopeSealer::~EnvelopeSealer() = default;

Result<void> EnvelopeSealer::add_recipient(const EnvelopeRecipient& recipient) {
  SG_CHECK(!state_->has_begun());
  if (state_->recipients.size() >= kRecipientsMax) return kTooManyRecipients;
  RecipientInfo encoded = SG_TRY(encode_recipient(recipient, state_->content_key.reveal()));
  // RFC 5652, 6.1: 2 as soon as one RecipientInfo is not version 0.
  if (encoded.version != 0) state_->version = 2;
  state_->recipients.push_back(std::move(encoded.der));
  return {};
}

Result<void> EnvelopeSealer::update(ByteView bytes) {
  SG_CHECK(bytes.size() <= state_->missing);
  if (!state_->has_begun()) SG_TRY(state_->begin());
  state_->missing -= bytes.size();
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), kChunkBytes);
    SG_TRY(state_->seal(bytes.first(size)));
    bytes = bytes.subspan(size);
  }
  return {};
}

Result<Chain> EnvelopeSealer::finish() {
  SG_CHECK(state_->missing == 0);
  if (!state_->has_begun()) SG_TRY(state_->begin());
  SG_TRY(state_->seal_end());
  SG_TRY(state_->lines.finish(state_->writer));
  return state_->writer.take();
}

}  // namespace sealgate::engine::cms
