// SPDX-License-Identifier: Apache-2.0
//
// What we encrypt is opened by OpenSSL; X25519, which its CMS code does not know, is opened
// here from its primitives as RFC 8418 describes.
#include "engine/cms/enveloped_data.h"

#include <array>

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "engine/cms/der_reader.h"
#include "engine/cms/der_writer.h"
#include "engine/cms/errors.h"
#include "engine/cms/oids.h"
#include "engine/cms/openssl_judge.h"
#include "engine/cms/openssl_ptr.h"
#include "engine/cms/smime.h"
#include "engine/cms/test_identities.h"

namespace sealgate::engine::cms {
namespace {

using testing::identity;
using testing::KeyType;

struct Options {
  ContentCipher cipher = ContentCipher::Aes256Cbc;
  std::vector<EnvelopeRecipient> recipients;
  std::size_t step = 5000;
};

EnvelopeRecipient to(KeyType key, KeyTransport rsa, RecipientIdKind id) {
  return {.certificate = identity(key).certificate.get(), .rsa = rsa, .id = id};
}

EnvelopeRecipient to(KeyType key) {
  return to(key, KeyTransport::RsaPkcs1, RecipientIdKind::IssuerAndSerial);
}

std::string seal(std::string_view content, const Options& options) {
  const auto pool = SegmentPool::create(2048).value();
  SystemRandom random;
  EnvelopeSealer sealer =
      EnvelopeSealer::create(options.cipher, content.size(), random, *pool).value();
  for (const EnvelopeRecipient& recipient : options.recipients) {
    EXPECT_TRUE(sealer.add_recipient(recipient));
  }
  for (ByteView rest = as_bytes(content); !rest.empty();) {
    const std::size_t size = std::min(options.step, rest.size());
    EXPECT_TRUE(sealer.update(rest.first(size)));
    rest = rest.subspan(size);
  }
  return testing::entity_of(pkcs7_fields(smime_type_of(options.cipher)), sealer.finish().value());
}

constexpr std::array kCiphers{ContentCipher::Aes128Cbc, ContentCipher::Aes256Cbc,
                              ContentCipher::Aes128Gcm, ContentCipher::Aes256Gcm};

class Envelope : public ::testing::TestWithParam<ContentCipher> {};
INSTANTIATE_TEST_SUITE_P(Ciphers, Envelope, ::testing::ValuesIn(kCiphers));

TEST_P(Envelope, IsOpenedByOpensslForEachKeyTransportAndIdentifier) {
  const std::string content = testing::pattern(1000);
  for (const KeyTransport rsa :
       {KeyTransport::RsaPkcs1, KeyTransport::RsaOaepSha1, KeyTransport::RsaOaepSha256}) {
    for (const RecipientIdKind id :
         {RecipientIdKind::IssuerAndSerial, RecipientIdKind::SubjectKeyId}) {
      const std::string entity =
          seal(content, {.cipher = GetParam(), .recipients = {to(KeyType::Rsa2048, rsa, id)}});
      EXPECT_EQ(testing::openssl_decrypt(entity, identity(KeyType::Rsa2048)), content);
      EXPECT_NE(testing::openssl_decrypt(entity, identity(KeyType::P256)), content);
    }
  }
}

TEST_P(Envelope, IsOpenedByOpensslForEachCurveAndIdentifier) {
  const std::string content = testing::pattern(1000);
  for (const KeyType key : {KeyType::P256, KeyType::P384, KeyType::P521}) {
    for (const RecipientIdKind id :
         {RecipientIdKind::IssuerAndSerial, RecipientIdKind::SubjectKeyId}) {
      const std::string entity = seal(
          content, {.cipher = GetParam(), .recipients = {to(key, KeyTransport::RsaPkcs1, id)}});
      EXPECT_EQ(testing::openssl_decrypt(entity, identity(key)), content) << testing::name_of(key);
    }
  }
}

TEST_P(Envelope, IsOpenedByOpensslAtEachLength) {
  const Options options{.cipher = GetParam(), .recipients = {to(KeyType::P256)}};
  for (const std::size_t size :
       {0U,      1U,      15U,     16U,     17U,     56U,     57U,     58U,      111U,
        112U,    113U,    114U,    115U,    127U,    128U,    8191U,   8192U,    8193U,
        24'000U, 24'320U, 32'767U, 32'768U, 32'769U, 65'535U, 65'536U, 1U << 20U}) {
    const std::string content = testing::pattern(size);
    EXPECT_EQ(testing::openssl_decrypt(seal(content, options), identity(KeyType::P256)), content)
        << size;
  }
}

TEST_P(Envelope, IsOpenedByOpensslWhateverTheSteps) {
  const std::string content = testing::pattern(20'000);
  for (const std::size_t step : {1U, 7U, 16U, 57U, 8192U, 8193U, 20'000U}) {
    const Options options{.cipher = GetParam(), .recipients = {to(KeyType::P256)}, .step = step};
    EXPECT_EQ(testing::openssl_decrypt(seal(content, options), identity(KeyType::P256)), content)
        << step;
  }
}

TEST_P(Envelope, IsOpenedByEachOfManyRecipients) {
  const std::string content = testing::pattern(300);
  Options options{
      .cipher = GetParam(),
      .recipients = {
          to(KeyType::Rsa2048, KeyTransport::RsaOaepSha256, RecipientIdKind::SubjectKeyId),
          to(KeyType::P256), to(KeyType::P384), to(KeyType::P521), to(KeyType::X25519)}};
  const std::string entity = seal(content, options);
  for (const KeyType key : {KeyType::Rsa2048, KeyType::P256, KeyType::P384, KeyType::P521}) {
    EXPECT_EQ(testing::openssl_decrypt(entity, identity(key)), content) << testing::name_of(key);
  }
}

TEST(EnvelopeSealer, SealsAMessageOf25MiB) {
  const std::string content = testing::pattern(25U << 20U);
  for (const ContentCipher cipher : {ContentCipher::Aes256Cbc, ContentCipher::Aes256Gcm}) {
    const Options options{
        .cipher = cipher, .recipients = {to(KeyType::P256)}, .step = kSegmentBytes};
    EXPECT_EQ(testing::openssl_decrypt(seal(content, options), identity(KeyType::P256)), content);
  }
}

TEST(EnvelopeSealer, WritesLinesOf76CharactersWithCrlf) {
  const std::string entity = seal(testing::pattern(40'000), {.recipients = {to(KeyType::P256)}});
  std::size_t at = entity.find("\r\n\r\n") + 4;
  while (at < entity.size()) {
    const std::size_t end = entity.find("\r\n", at);
    ASSERT_NE(end, std::string::npos);
    const bool is_last = end + 2 == entity.size();
    EXPECT_TRUE(is_last ? end - at <= 76 : end - at == 76);
    at = end + 2;
  }
}

TEST(EnvelopeSealer, CopiesNextToNothing) {
  const auto pool = SegmentPool::create(64).value();
  SystemRandom random;
  const std::string content = testing::pattern(1U << 20U);
  EnvelopeSealer sealer =
      EnvelopeSealer::create(ContentCipher::Aes256Cbc, content.size(), random, *pool).value();
  ASSERT_TRUE(sealer.add_recipient(to(KeyType::P256)));
  const std::uint64_t before = copied_bytes();
  ASSERT_TRUE(sealer.update(as_bytes(content)));
  ASSERT_TRUE(sealer.finish());
  EXPECT_LT(copied_bytes() - before, content.size() / 20);
}

// RFC 5652, 6.1: the version tells which kinds of RecipientInfo are inside.
TEST(EnvelopeSealer, SaysItsVersion) {
  const auto version_of = [](const std::string& entity) {
    const Bytes der = testing::der_of(entity);
    DerReader reader(der, Encoding::Der);
    DerReader content_info = reader.enter(tag::kSequence).value();
    EXPECT_TRUE(content_info.next(tag::kOid));
    DerReader explicit_content = content_info.enter(tag::context_constructed(0)).value();
    DerReader enveloped = explicit_content.enter(tag::kSequence).value();
    return read_small_integer(enveloped.next(tag::kInteger).value().content).value();
  };
  const EnvelopeRecipient by_serial = to(KeyType::Rsa2048);
  const EnvelopeRecipient by_key_id =
      to(KeyType::Rsa2048, KeyTransport::RsaPkcs1, RecipientIdKind::SubjectKeyId);
  EXPECT_EQ(version_of(seal("x", {.recipients = {by_serial}})), 0U);
  EXPECT_EQ(version_of(seal("x", {.recipients = {by_serial, by_key_id}})), 2U);
  EXPECT_EQ(version_of(seal("x", {.recipients = {to(KeyType::P256), by_serial}})), 2U);
  EXPECT_EQ(version_of(seal("x", {.cipher = ContentCipher::Aes128Gcm,
                                  .recipients = {to(KeyType::P256), by_serial}})),
            0U);
}

TEST(EnvelopeSealer, TellsAChangedMessageByItsTag) {
  const std::string content = testing::pattern(300);
  const std::string entity =
      seal(content, {.cipher = ContentCipher::Aes256Gcm, .recipients = {to(KeyType::P256)}});
  std::string changed = entity;
  char& character = changed[changed.size() - 100];
  character = character == 'A' ? 'B' : 'A';
  EXPECT_EQ(testing::openssl_decrypt(entity, identity(KeyType::P256)), content);
  EXPECT_EQ(testing::openssl_decrypt(changed, identity(KeyType::P256)), std::nullopt);
}

TEST(EnvelopeSealer, RefusesKeysThatDoNotEncryptAndGoesOnWithTheRest) {
  const auto pool = SegmentPool::create(4).value();
  SystemRandom random;
  EnvelopeSealer sealer =
      EnvelopeSealer::create(ContentCipher::Aes256Cbc, 1, random, *pool).value();
  for (const KeyType key : {KeyType::Ed25519, KeyType::RsaPss2048}) {
    const Result<void> refused = sealer.add_recipient(to(key));
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(kRecipientKeyUnsupported));
  }
  ASSERT_TRUE(sealer.add_recipient(to(KeyType::P256)));
  ASSERT_TRUE(sealer.update(as_bytes("x")));
  const std::string entity =
      testing::entity_of(pkcs7_fields(SmimeType::EnvelopedData), sealer.finish().value());
  EXPECT_EQ(testing::openssl_decrypt(entity, identity(KeyType::P256)), "x");
}

TEST(EnvelopeSealer, RefusesAKeyTooShortForItsPaddingAndAMissingKeyIdentifier) {
  const auto pool = SegmentPool::create(4).value();
  SystemRandom random;
  EnvelopeSealer sealer =
      EnvelopeSealer::create(ContentCipher::Aes256Cbc, 1, random, *pool).value();
  EXPECT_TRUE(sealer
                  .add_recipient(to(KeyType::Weak, KeyTransport::RsaOaepSha256,
                                    RecipientIdKind::IssuerAndSerial))
                  .error()
                  .is(kRecipientKeyRefused));
  EXPECT_TRUE(
      sealer.add_recipient(to(KeyType::Weak, KeyTransport::RsaPkcs1, RecipientIdKind::SubjectKeyId))
          .error()
          .is(kRecipientKeyIdMissing));
}

TEST(EnvelopeSealer, RefusesContentAboveTheLimitAndTooManyRecipients) {
  const auto pool = SegmentPool::create(4).value();
  SystemRandom random;
  EXPECT_TRUE(EnvelopeSealer::create(ContentCipher::Aes256Cbc, kMessageBytesMax, random, *pool));
  EXPECT_TRUE(EnvelopeSealer::create(ContentCipher::Aes256Cbc, kMessageBytesMax + 1, random, *pool)
                  .error()
                  .is(kContentTooLarge));

  EnvelopeSealer sealer =
      EnvelopeSealer::create(ContentCipher::Aes256Cbc, 1, random, *pool).value();
  for (std::size_t i = 0; i < kRecipientsMax; ++i) {
    ASSERT_TRUE(sealer.add_recipient(to(KeyType::Rsa2048)));
  }
  EXPECT_TRUE(sealer.add_recipient(to(KeyType::Rsa2048)).error().is(kTooManyRecipients));
}

TEST(EnvelopeSealer, SaysWhenNoSegmentIsLeft) {
  const auto pool = SegmentPool::create(1).value();
  SystemRandom random;
  const std::string content = testing::pattern(kSegmentBytes);
  EnvelopeSealer sealer =
      EnvelopeSealer::create(ContentCipher::Aes256Cbc, content.size(), random, *pool).value();
  ASSERT_TRUE(sealer.add_recipient(to(KeyType::P256)));
  const Result<void> full = sealer.update(as_bytes(content));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().kind().error_class, ErrorClass::Exhausted);
}

TEST(EnvelopeSealer, NeverUsesAKeyTwice) {
  const Options options{.recipients = {to(KeyType::Rsa2048)}};
  EXPECT_NE(seal("the same", options), seal("the same", options));
}

// ---- X25519 ----

struct Agreement {
  Bytes ephemeral_key;
  Bytes wrapped_key;
};

// Takes the one KeyAgreeRecipientInfo apart as RFC 5652, 6.2.2 says it is built.
Agreement read_agreement(DerReader infos) {
  DerReader info = infos.enter(tag::context_constructed(1)).value();
  EXPECT_EQ(read_small_integer(info.next(tag::kInteger).value().content).value(), 3U);
  DerReader originator = info.enter(tag::context_constructed(0)).value();
  DerReader public_key = originator.enter(tag::context_constructed(1)).value();
  DerReader key_algorithm = public_key.enter(tag::kSequence).value();
  EXPECT_EQ(to_hex(key_algorithm.next(tag::kOid).value().content), to_hex(oid::kX25519));
  EXPECT_TRUE(key_algorithm.finish());
  const ByteView bits = public_key.next(tag::kBitString).value().content;
  DerReader scheme = info.enter(tag::kSequence).value();
  // RFC 8418, 7: dhSinglePass-stdDH-hkdf-sha256-scheme, 1.2.840.113549.1.9.16.3.19.
  EXPECT_EQ(to_hex(scheme.next(tag::kOid).value().content), "2a864886f70d0109100313");
  DerReader wrap = scheme.enter(tag::kSequence).value();
  EXPECT_EQ(to_hex(wrap.next(tag::kOid).value().content), to_hex(oid::kAes256Wrap));
  DerReader keys = info.enter(tag::kSequence).value();
  DerReader key = keys.enter(tag::kSequence).value();
  EXPECT_TRUE(key.next(tag::kSequence));
  const ByteView wrapped = key.next(tag::kOctetString).value().content;
  return {.ephemeral_key = Bytes(bits.begin() + 1, bits.end()),
          .wrapped_key = Bytes(wrapped.begin(), wrapped.end())};
}

Bytes derive_x25519(EVP_PKEY* own, const Bytes& peer) {
  const KeyPtr peer_key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, peer.data(), peer.size()));
  const KeyContextPtr operation(EVP_PKEY_CTX_new(own, nullptr));
  Bytes secret(32);
  std::size_t size = secret.size();
  EXPECT_EQ(EVP_PKEY_derive_init(operation.get()), 1);
  EXPECT_EQ(EVP_PKEY_derive_set_peer(operation.get(), peer_key.get()), 1);
  EXPECT_EQ(EVP_PKEY_derive(operation.get(), secret.data(), &size), 1);
  return secret;
}

Bytes hkdf_sha256(Bytes secret, Bytes info) {
  const KeyContextPtr operation(EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr));
  Bytes key(32);
  std::size_t size = key.size();
  EXPECT_EQ(EVP_PKEY_derive_init(operation.get()), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_hkdf_md(operation.get(), EVP_sha256()), 1);
  EXPECT_EQ(
      EVP_PKEY_CTX_set1_hkdf_key(operation.get(), secret.data(), static_cast<int>(secret.size())),
      1);
  EXPECT_EQ(
      EVP_PKEY_CTX_add1_hkdf_info(operation.get(), info.data(), static_cast<int>(info.size())), 1);
  EXPECT_EQ(EVP_PKEY_derive(operation.get(), key.data(), &size), 1);
  return key;
}

Bytes decrypt(const EVP_CIPHER* cipher, const Bytes& key, ByteView iv, ByteView sealed) {
  const CipherContextPtr state(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX_set_flags(state.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  Bytes plain(sealed.size() + 16);
  int size = 0;
  int end_size = 0;
  EXPECT_EQ(EVP_DecryptInit_ex(state.get(), cipher, nullptr, key.data(),
                               iv.empty() ? nullptr : iv.data()),
            1);
  EXPECT_EQ(EVP_DecryptUpdate(state.get(), plain.data(), &size, sealed.data(),
                              static_cast<int>(sealed.size())),
            1);
  EXPECT_EQ(EVP_DecryptFinal_ex(state.get(), plain.data() + size, &end_size), 1);
  plain.resize(static_cast<std::size_t>(size + end_size));
  return plain;
}

TEST(EnvelopeSealer, AgreesWithAnX25519KeyAsRfc8418Says) {
  const std::string content = testing::pattern(1000);
  const Bytes der = testing::der_of(seal(content, {.recipients = {to(KeyType::X25519)}}));
  DerReader reader(der, Encoding::Der);
  DerReader content_info = reader.enter(tag::kSequence).value();
  ASSERT_TRUE(content_info.next(tag::kOid));
  DerReader explicit_content = content_info.enter(tag::context_constructed(0)).value();
  DerReader enveloped = explicit_content.enter(tag::kSequence).value();
  ASSERT_TRUE(enveloped.next(tag::kInteger));
  const Agreement agreement = read_agreement(enveloped.enter(tag::kSet).value());
  DerReader encrypted = enveloped.enter(tag::kSequence).value();
  ASSERT_TRUE(encrypted.next(tag::kOid));
  DerReader algorithm = encrypted.enter(tag::kSequence).value();
  ASSERT_TRUE(algorithm.next(tag::kOid));
  const ByteView iv = algorithm.next(tag::kOctetString).value().content;
  const ByteView sealed = encrypted.next(tag::context(0)).value().content;

  // ECC-CMS-SharedInfo: AES-256 key wrap, no entityUInfo, 256 bits.
  const Bytes info{0x30, 0x15, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
                   0x04, 0x01, 0x2d, 0xa2, 0x06, 0x04, 0x04, 0x00, 0x00, 0x01, 0x00};
  const Bytes secret = derive_x25519(identity(KeyType::X25519).key.get(), agreement.ephemeral_key);
  const Bytes wrapping_key = hkdf_sha256(secret, info);
  const Bytes content_key = decrypt(EVP_aes_256_wrap(), wrapping_key, {}, agreement.wrapped_key);
  const Bytes plain = decrypt(EVP_aes_256_cbc(), content_key, iv, sealed);
  EXPECT_EQ(as_text(plain), content);
}

}  // namespace
}  // namespace sealgate::engine::cms
