// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_key_queue.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/check.h"

namespace sealgate::test_support {
namespace {

using hsm::KeyAction;
using hsm::KeyAlgorithm;
using hsm::KeyOutcome;
using hsm::Mechanism;

template <auto Function>
struct Freeing {
  template <typename T>
  void operator()(T* object) const {
    Function(object);
  }
};
using PkeyPtr = std::unique_ptr<EVP_PKEY, Freeing<EVP_PKEY_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Freeing<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freeing<EVP_MD_CTX_free>>;
using BioPtr = std::unique_ptr<BIO, Freeing<BIO_free>>;

PkeyPtr share(EVP_PKEY* key) {
  SG_CHECK(EVP_PKEY_up_ref(key) == 1);
  return PkeyPtr(key);
}

PkeyPtr generate(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::Rsa2048:
      return PkeyPtr(EVP_RSA_gen(2048));
    case KeyAlgorithm::Rsa3072:
      return PkeyPtr(EVP_RSA_gen(3072));
    case KeyAlgorithm::Rsa4096:
      return PkeyPtr(EVP_RSA_gen(4096));
    case KeyAlgorithm::P256:
      return PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    case KeyAlgorithm::P384:
      return PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384"));
    case KeyAlgorithm::Ed25519:
      return PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  }
  SG_CHECK(false);
}

const EVP_MD* digest_of(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::RsaPkcs1Sha256:
    case Mechanism::RsaPssSha256:
    case Mechanism::EcdsaSha256:
    case Mechanism::RsaOaepSha256Decrypt:
    case Mechanism::RsaOaepSha256Mgf1Sha1Decrypt:
      return EVP_sha256();
    case Mechanism::RsaPkcs1Sha384:
    case Mechanism::RsaPssSha384:
    case Mechanism::EcdsaSha384:
    case Mechanism::RsaOaepSha384Decrypt:
      return EVP_sha384();
    case Mechanism::RsaPkcs1Sha512:
    case Mechanism::RsaPssSha512:
    case Mechanism::EcdsaSha512:
    case Mechanism::RsaOaepSha512Decrypt:
      return EVP_sha512();
    case Mechanism::RsaOaepSha1Decrypt:
      return EVP_sha1();
    case Mechanism::Ed25519:
    case Mechanism::RsaPkcs1Decrypt:
    case Mechanism::EcdhDerive:
      return nullptr;
  }
  SG_CHECK(false);
}

// 0 where the mechanism does not pad.
int padding_of(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::RsaPkcs1Sha256:
    case Mechanism::RsaPkcs1Sha384:
    case Mechanism::RsaPkcs1Sha512:
    case Mechanism::RsaPkcs1Decrypt:
      return RSA_PKCS1_PADDING;
    case Mechanism::RsaPssSha256:
    case Mechanism::RsaPssSha384:
    case Mechanism::RsaPssSha512:
      return RSA_PKCS1_PSS_PADDING;
    case Mechanism::RsaOaepSha1Decrypt:
    case Mechanism::RsaOaepSha256Decrypt:
    case Mechanism::RsaOaepSha384Decrypt:
    case Mechanism::RsaOaepSha512Decrypt:
    case Mechanism::RsaOaepSha256Mgf1Sha1Decrypt:
      return RSA_PKCS1_OAEP_PADDING;
    case Mechanism::EcdsaSha256:
    case Mechanism::EcdsaSha384:
    case Mechanism::EcdsaSha512:
    case Mechanism::Ed25519:
    case Mechanism::EcdhDerive:
      return 0;
  }
  SG_CHECK(false);
}

int type_needed(Mechanism mechanism, int key_type) {
  if (padding_of(mechanism) != 0) return EVP_PKEY_RSA;
  if (mechanism == Mechanism::Ed25519) return EVP_PKEY_ED25519;
  if (mechanism == Mechanism::EcdhDerive && key_type == EVP_PKEY_X25519) return EVP_PKEY_X25519;
  return EVP_PKEY_EC;
}

KeyAction action_of(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::RsaPkcs1Decrypt:
    case Mechanism::RsaOaepSha1Decrypt:
    case Mechanism::RsaOaepSha256Decrypt:
    case Mechanism::RsaOaepSha384Decrypt:
    case Mechanism::RsaOaepSha512Decrypt:
    case Mechanism::RsaOaepSha256Mgf1Sha1Decrypt:
      return KeyAction::DecryptKey;
    case Mechanism::EcdhDerive:
      return KeyAction::DeriveSecret;
    default:
      return KeyAction::SignDigest;
  }
}

// Each returns false for an input that cannot succeed.
bool sign(EVP_PKEY* key, Mechanism mechanism, ByteView input, std::uint8_t* out,
          std::size_t& size) {
  if (mechanism == Mechanism::Ed25519) {
    const DigestContext context(EVP_MD_CTX_new());
    return EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
           EVP_DigestSign(context.get(), out, &size, input.data(), input.size()) == 1;
  }
  const EVP_MD* digest = digest_of(mechanism);
  if (input.size() != static_cast<std::size_t>(EVP_MD_get_size(digest))) return false;
  const PkeyContext context(EVP_PKEY_CTX_new(key, nullptr));
  if (EVP_PKEY_sign_init(context.get()) != 1) return false;
  const int padding = padding_of(mechanism);
  if (padding != 0 && EVP_PKEY_CTX_set_rsa_padding(context.get(), padding) != 1) return false;
  if (EVP_PKEY_CTX_set_signature_md(context.get(), digest) != 1) return false;
  if (padding == RSA_PKCS1_PSS_PADDING &&
      EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), RSA_PSS_SALTLEN_DIGEST) != 1) {
    return false;
  }
  return EVP_PKEY_sign(context.get(), out, &size, input.data(), input.size()) == 1;
}

bool decrypt(EVP_PKEY* key, Mechanism mechanism, ByteView input, std::uint8_t* out,
             std::size_t& size) {
  const PkeyContext context(EVP_PKEY_CTX_new(key, nullptr));
  if (EVP_PKEY_decrypt_init(context.get()) != 1) return false;
  const int padding = padding_of(mechanism);
  if (EVP_PKEY_CTX_set_rsa_padding(context.get(), padding) != 1) return false;
  if (padding == RSA_PKCS1_OAEP_PADDING) {
    const EVP_MD* digest = digest_of(mechanism);
    const bool is_mixed = mechanism == Mechanism::RsaOaepSha256Mgf1Sha1Decrypt;
    if (EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), digest) != 1 ||
        EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), is_mixed ? EVP_sha1() : digest) != 1) {
      return false;
    }
  }
  return EVP_PKEY_decrypt(context.get(), out, &size, input.data(), input.size()) == 1;
}

// Decrypts with the contract of KeyAction::DecryptKey: PKCS#1 v1.5 always ends with a key of
// `key_bytes`, the same for the same ciphertext.
bool decrypt_key(EVP_PKEY* key, const hsm::KeyOperation& operation, std::uint8_t* out,
                 std::size_t& size) {
  SG_CHECK(operation.key_bytes >= 1 && operation.key_bytes <= kContentKeyBytesMax);
  const ByteView input = operation.input.view();
  const bool is_key =
      decrypt(key, operation.mechanism, input, out, size) && size == operation.key_bytes;
  size = operation.key_bytes;
  if (is_key || operation.mechanism != Mechanism::RsaPkcs1Decrypt) return is_key;
  constexpr std::string_view kSecret = "the fake token's own";
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> synthetic{};
  HMAC(EVP_sha512(), kSecret.data(), static_cast<int>(kSecret.size()), input.data(), input.size(),
       synthetic.data(), nullptr);
  copy_bytes({out, size}, ByteView(synthetic).first(size));
  return true;
}

PkeyPtr peer_of(EVP_PKEY* key, ByteView point) {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_X25519) {
    return PkeyPtr(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, point.data(), point.size()));
  }
  PkeyPtr peer(EVP_PKEY_new());
  if (EVP_PKEY_copy_parameters(peer.get(), key) != 1 ||
      EVP_PKEY_set1_encoded_public_key(peer.get(), point.data(), point.size()) != 1) {
    return nullptr;
  }
  return peer;
}

bool derive(EVP_PKEY* key, ByteView peer_point, std::uint8_t* out, std::size_t& size) {
  const PkeyPtr peer = peer_of(key, peer_point);
  if (peer == nullptr) return false;
  const PkeyContext context(EVP_PKEY_CTX_new(key, nullptr));
  return EVP_PKEY_derive_init(context.get()) == 1 &&
         EVP_PKEY_derive_set_peer(context.get(), peer.get()) == 1 &&
         EVP_PKEY_derive(context.get(), out, &size) == 1;
}

Bytes spki_of(EVP_PKEY* key) {
  const int size = i2d_PUBKEY(key, nullptr);
  SG_CHECK(size > 0);
  Bytes der(static_cast<std::size_t>(size));
  std::uint8_t* end = der.data();
  SG_CHECK(i2d_PUBKEY(key, &end) == size);
  return der;
}

}  // namespace

struct FakeKeyQueue::Key {
  hsm::KeyId id;
  PkeyPtr pkey;
  Bytes spki;
};

FakeKeyQueue::FakeKeyQueue() = default;
FakeKeyQueue::~FakeKeyQueue() = default;

hsm::KeyId FakeKeyQueue::add(std::unique_ptr<Key> key) {
  key->spki = spki_of(key->pkey.get());
  std::size_t size = 0;
  SG_CHECK(EVP_Q_digest(nullptr, "SHA256", nullptr, key->spki.data(), key->spki.size(),
                        key->id.digest.data(), &size) == 1);
  const hsm::KeyId id = key->id;
  if (find(id) == nullptr) keys_.push_back(std::move(key));
  return id;
}

hsm::KeyId FakeKeyQueue::generate_key(KeyAlgorithm algorithm, std::uint32_t index) {
  // Making an RSA key takes a second now and then, which is too long for each of many tests.
  static std::map<std::pair<KeyAlgorithm, std::uint32_t>, PkeyPtr> made;
  PkeyPtr& pkey = made[{algorithm, index}];
  if (pkey == nullptr) pkey = generate(algorithm);
  SG_CHECK(pkey != nullptr);
  auto key = std::make_unique<Key>();
  key->pkey = share(pkey.get());
  return add(std::move(key));
}

hsm::KeyId FakeKeyQueue::add_key_pem(std::string_view pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  auto key = std::make_unique<Key>();
  key->pkey.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  SG_CHECK(key->pkey != nullptr);
  return add(std::move(key));
}

const FakeKeyQueue::Key* FakeKeyQueue::find(const hsm::KeyId& id) const {
  for (const std::unique_ptr<Key>& key : keys_) {
    if (key->id == id) return key.get();
  }
  return nullptr;
}

Bytes FakeKeyQueue::public_key(const hsm::KeyId& key) const {
  const Key* found = find(key);
  SG_CHECK(found != nullptr);
  return found->spki;
}

std::string FakeKeyQueue::private_key_pem(const hsm::KeyId& key) const {
  const Key* found = find(key);
  SG_CHECK(found != nullptr);
  const BioPtr bio(BIO_new(BIO_s_mem()));
  SG_CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), found->pkey.get(), nullptr, nullptr, 0, nullptr,
                                         nullptr) == 1);
  BUF_MEM* memory = nullptr;
  BIO_get_mem_ptr(bio.get(), &memory);
  return {memory->data, memory->length};
}

void FakeKeyQueue::remove_key(const hsm::KeyId& key) {
  std::erase_if(keys_, [&](const std::unique_ptr<Key>& each) { return each->id == key; });
}

void FakeKeyQueue::fail_operation(std::uint64_t nth, KeyOutcome outcome, std::int64_t detail) {
  failures_.push_back({.at = submitted_ + nth, .outcome = outcome, .detail = detail});
}

std::size_t FakeKeyQueue::submit(std::span<const hsm::KeyOperation> operations) {
  const std::size_t room = capacity_ > waiting_.size() ? capacity_ - waiting_.size() : 0;
  const std::size_t count = std::min(room, operations.size());
  for (const hsm::KeyOperation& operation : operations.first(count)) {
    Waiting waiting{.operation = operation,
                    .due_poll = polls_ + 1 + latency_polls_,
                    .scripted = std::nullopt,
                    .detail = 0};
    for (const Failure& failure : failures_) {
      if (failure.at != submitted_) continue;
      waiting.scripted = failure.outcome;
      waiting.detail = failure.detail;
    }
    waiting_.push_back(waiting);
    recorded_.push_back(operation);
    ++submitted_;
  }
  std::erase_if(failures_, [&](const Failure& failure) { return failure.at < submitted_; });
  return count;
}

hsm::KeyCompletion FakeKeyQueue::complete(const Waiting& waiting) const {
  const hsm::KeyOperation& operation = waiting.operation;
  hsm::KeyCompletion completion;
  completion.tag = operation.tag;
  completion.detail = waiting.detail;
  if (waiting.scripted.has_value() && *waiting.scripted != KeyOutcome::Done) {
    completion.outcome = *waiting.scripted;
    return completion;
  }
  if (operation.deadline < now_) {
    completion.outcome = KeyOutcome::DeadlinePassed;
    return completion;
  }
  if (is_token_away_) {
    completion.outcome = KeyOutcome::TokenUnavailable;
    return completion;
  }
  const Key* key = find(operation.key);
  const int type = key == nullptr ? 0 : EVP_PKEY_get_base_id(key->pkey.get());
  if (key == nullptr || type != type_needed(operation.mechanism, type) ||
      action_of(operation.mechanism) != operation.action) {
    completion.outcome = KeyOutcome::KeyUnknown;
    return completion;
  }
  std::size_t size = completion.output.bytes.size();
  std::uint8_t* out = completion.output.bytes.data();
  bool is_done = false;
  switch (operation.action) {
    case KeyAction::SignDigest:
      is_done = sign(key->pkey.get(), operation.mechanism, operation.input.view(), out, size);
      break;
    case KeyAction::DecryptKey:
      is_done = decrypt_key(key->pkey.get(), operation, out, size);
      break;
    case KeyAction::DeriveSecret:
      is_done = derive(key->pkey.get(), operation.input.view(), out, size);
      break;
  }
  if (!is_done) ERR_clear_error();  // OpenSSL's queue is the thread's: leave nothing in it.
  completion.outcome = is_done ? KeyOutcome::Done : KeyOutcome::BadInput;
  completion.output.size = is_done ? static_cast<std::uint16_t>(size) : std::uint16_t{0};
  return completion;
}

std::span<const hsm::KeyCompletion> FakeKeyQueue::poll() {
  ++polls_;
  completions_.clear();
  while (!waiting_.empty() && completions_.size() < completions_max_ &&
         waiting_.front().due_poll <= polls_) {
    completions_.push_back(complete(waiting_.front()));
    waiting_.pop_front();
    ++completed_;
  }
  if (is_reversed_) std::reverse(completions_.begin(), completions_.end());
  return completions_;
}

}  // namespace sealgate::test_support
