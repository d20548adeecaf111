// SPDX-License-Identifier: Apache-2.0
//
// What we sign is judged by OpenSSL; what OpenSSL 3.0 cannot read (Ed25519) is checked here
// against its primitives and by other tools in the interop tests.
#include "engine/cms/signed_data.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "engine/cms/chain_cursor.h"
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
using testing::Signed;

const std::string kEntity =
    "Content-Type: text/plain\r\n\r\nHello.\r\n\r\nA second paragraph, and no last line end";

SignedDataInput input_of(const testing::Identity& signer, const Signed& made) {
  return {.signer = signer.certificate.get(),
          .intermediates = {},
          .scheme = made.scheme,
          .signed_attributes = made.attributes,
          .signature = made.signature};
}

std::string clear_signed(const testing::Identity& signer, DigestAlgorithm digest,
                         RsaPadding padding) {
  const auto pool = SegmentPool::create(16).value();
  SystemRandom random;
  const Signed made = testing::sign_entity(signer, kEntity, digest, padding);
  const Bytes der = encode_detached(input_of(signer, made)).value();
  const std::string boundary = make_boundary(random);
  Chain entity;
  entity.append_static(kEntity);
  ChainWriter writer(*pool);
  EXPECT_TRUE(write_clear_signed_body(writer, boundary, entity, der));
  return testing::entity_of(clear_signed_fields(made.scheme.digest, boundary), writer.take());
}

std::string opaque_signed(const testing::Identity& signer, std::string_view content,
                          std::size_t step) {
  const auto pool = SegmentPool::create(2048).value();
  const Signed made =
      testing::sign_entity(signer, content, DigestAlgorithm::Sha256, RsaPadding::Pkcs1);
  OpaqueSigner opaque = OpaqueSigner::create(input_of(signer, made), content.size(), *pool).value();
  for (ByteView rest = as_bytes(content); !rest.empty();) {
    const std::size_t size = std::min(step, rest.size());
    EXPECT_TRUE(opaque.update(rest.first(size)));
    rest = rest.subspan(size);
  }
  return testing::entity_of(pkcs7_fields(SmimeType::SignedData), opaque.finish().value());
}

struct SignCase {
  KeyType key;
  DigestAlgorithm digest;
  RsaPadding padding;
  hsm::Mechanism mechanism;
};

class ClearSigned : public ::testing::TestWithParam<SignCase> {};

TEST_P(ClearSigned, IsVerifiedByOpenssl) {
  const testing::Identity& signer = identity(GetParam().key);
  EXPECT_EQ(signature_scheme(*signer.certificate, GetParam().digest, GetParam().padding)
                .value()
                .mechanism,
            GetParam().mechanism);
  const std::string entity = clear_signed(signer, GetParam().digest, GetParam().padding);
  EXPECT_EQ(testing::openssl_verify(entity), kEntity);

  std::string changed = entity;
  changed.replace(changed.find("Hello"), 5, "hello");
  EXPECT_EQ(testing::openssl_verify(changed), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(
    All, ClearSigned,
    ::testing::Values(SignCase{KeyType::Rsa2048, DigestAlgorithm::Sha256, RsaPadding::Pkcs1,
                               hsm::Mechanism::RsaPkcs1Sha256},
                      SignCase{KeyType::Rsa2048, DigestAlgorithm::Sha384, RsaPadding::Pkcs1,
                               hsm::Mechanism::RsaPkcs1Sha384},
                      SignCase{KeyType::Rsa2048, DigestAlgorithm::Sha512, RsaPadding::Pkcs1,
                               hsm::Mechanism::RsaPkcs1Sha512},
                      SignCase{KeyType::Rsa2048, DigestAlgorithm::Sha256, RsaPadding::Pss,
                               hsm::Mechanism::RsaPssSha256},
                      SignCase{KeyType::Rsa2048, DigestAlgorithm::Sha384, RsaPadding::Pss,
                               hsm::Mechanism::RsaPssSha384},
                      SignCase{KeyType::Rsa2048, DigestAlgorithm::Sha512, RsaPadding::Pss,
                               hsm::Mechanism::RsaPssSha512},
                      // A key bound to PSS does not take the other padding, whatever was asked for.
                      SignCase{KeyType::RsaPss2048, DigestAlgorithm::Sha256, RsaPadding::Pkcs1,
                               hsm::Mechanism::RsaPssSha256},
                      SignCase{KeyType::P256, DigestAlgorithm::Sha256, RsaPadding::Pkcs1,
                               hsm::Mechanism::EcdsaSha256},
                      SignCase{KeyType::P384, DigestAlgorithm::Sha384, RsaPadding::Pkcs1,
                               hsm::Mechanism::EcdsaSha384},
                      SignCase{KeyType::P521, DigestAlgorithm::Sha512, RsaPadding::Pkcs1,
                               hsm::Mechanism::EcdsaSha512},
                      SignCase{KeyType::P384, DigestAlgorithm::Sha256, RsaPadding::Pkcs1,
                               hsm::Mechanism::EcdsaSha256}));

TEST(SignatureScheme, TakesSha512ForEd25519AndTheAttributesAsInput) {
  const testing::Identity& signer = identity(KeyType::Ed25519);
  const Signed made =
      testing::sign_entity(signer, kEntity, DigestAlgorithm::Sha256, RsaPadding::Pkcs1);
  EXPECT_EQ(made.scheme.digest, DigestAlgorithm::Sha512);
  EXPECT_EQ(made.scheme.mechanism, hsm::Mechanism::Ed25519);
  const auto input = signature_input(made.scheme, made.attributes).value();
  EXPECT_TRUE(equal_bytes(input.view(), made.attributes));
  EXPECT_NE(clear_signed(signer, DigestAlgorithm::Sha256, RsaPadding::Pkcs1).find("sha-512"),
            std::string::npos);
}

// RFC 8419, 2.3: the signature is over the DER of the attributes as a SET OF, read here from
// what was sent, without any digest before.
TEST(EncodeDetached, CarriesAnEd25519SignatureThatItsPrimitiveAccepts) {
  const testing::Identity& signer = identity(KeyType::Ed25519);
  const Signed made =
      testing::sign_entity(signer, kEntity, DigestAlgorithm::Sha256, RsaPadding::Pkcs1);
  const Bytes der = encode_detached(input_of(signer, made)).value();
  DerReader reader(der, Encoding::Der);
  DerReader content_info = reader.enter(tag::kSequence).value();
  ASSERT_TRUE(content_info.next(tag::kOid));
  DerReader explicit_content = content_info.enter(tag::context_constructed(0)).value();
  DerReader signed_data = explicit_content.enter(tag::kSequence).value();
  ASSERT_TRUE(signed_data.next(tag::kInteger));
  ASSERT_TRUE(signed_data.next(tag::kSet));
  ASSERT_TRUE(signed_data.next(tag::kSequence));
  ASSERT_TRUE(signed_data.next(tag::context_constructed(0)));
  DerReader infos = signed_data.enter(tag::kSet).value();
  DerReader info = infos.enter(tag::kSequence).value();
  ASSERT_TRUE(info.next(tag::kInteger));
  ASSERT_TRUE(info.next(tag::kSequence));
  // SHA-512 and Ed25519, both without parameters.
  EXPECT_EQ(to_hex(info.next(tag::kSequence).value().whole), "300b0609608648016503040203");
  const ByteView sent = info.next(tag::context_constructed(0)).value().whole;
  Bytes attributes(sent.begin(), sent.end());
  attributes.front() = tag::kSet;
  EXPECT_EQ(to_hex(info.next(tag::kSequence).value().whole), "300506032b6570");
  const ByteView signature = info.next(tag::kOctetString).value().content;
  EXPECT_TRUE(info.finish());

  const DigestContextPtr state(EVP_MD_CTX_new());
  ASSERT_EQ(EVP_DigestVerifyInit(state.get(), nullptr, nullptr, nullptr, signer.key.get()), 1);
  EXPECT_EQ(EVP_DigestVerify(state.get(), signature.data(), signature.size(), attributes.data(),
                             attributes.size()),
            1);
}

TEST(SignatureScheme, RefusesKeysThatDoNotSign) {
  const auto refused = signature_scheme(*identity(KeyType::X25519).certificate,
                                        DigestAlgorithm::Sha256, RsaPadding::Pkcs1);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(kSignerKeyUnsupported));
}

TEST(SignatureInput, RefusesAttributesThatDoNotFitIntoAnOperation) {
  const SignatureScheme scheme{.mechanism = hsm::Mechanism::Ed25519,
                               .digest = DigestAlgorithm::Sha512};
  EXPECT_TRUE(signature_input(scheme, Bytes(kKeyInputBytesMax)));
  const auto refused = signature_input(scheme, Bytes(kKeyInputBytesMax + 1));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(kSignedAttributesTooLarge));
}

TEST(SignedAttributes, FitIntoAnOperationAndAreASortedSetOfWhatRfc8551AsksFor) {
  const testing::Identity& signer = identity(KeyType::P256);
  const Signed made =
      testing::sign_entity(signer, kEntity, DigestAlgorithm::Sha512, RsaPadding::Pkcs1);
  EXPECT_LE(made.attributes.size(), kKeyInputBytesMax);

  DerReader reader(made.attributes, Encoding::Der);
  DerReader set = reader.enter(tag::kSet).value();
  EXPECT_TRUE(reader.finish());
  std::vector<std::string> types;
  std::string last;
  while (!set.is_at_end()) {
    const DerElement element = set.next(tag::kSequence).value();
    const std::string hex = to_hex(element.whole);
    EXPECT_LT(last, hex);
    last = hex;
    DerReader attribute = set.enter(element).value();
    types.push_back(to_hex(attribute.next(tag::kOid).value().content));
    DerReader values = attribute.enter(tag::kSet).value();
    EXPECT_TRUE(values.next());
    EXPECT_TRUE(values.finish());
    EXPECT_TRUE(attribute.finish());
  }
  std::sort(types.begin(), types.end(), [](const std::string& left, const std::string& right) {
    return left.size() != right.size() ? left.size() < right.size() : left < right;
  });
  EXPECT_EQ(types,
            (std::vector<std::string>{to_hex(oid::kContentType), to_hex(oid::kMessageDigest),
                                      to_hex(oid::kSigningTime), to_hex(oid::kSmimeCapabilities),
                                      to_hex(oid::kSigningCertificateV2)}));
}

TEST(SignedAttributes, LeaveOutAnEmptyCapabilityList) {
  const Bytes attributes =
      build_signed_attributes({.signer = identity(KeyType::P256).certificate.get(),
                               .content_digest = digest_of(DigestAlgorithm::Sha256, {}).value(),
                               .signing_time = testing::test_time(),
                               .capabilities = {}});
  EXPECT_EQ(to_hex(attributes).find(to_hex(oid::kSmimeCapabilities)), std::string::npos);
}

// RFC 4055, 4.1: default parameters are an empty SEQUENCE; RFC 5753, 7: the wrap is a parameter.
TEST(EncodeCapabilities, KeepsTheOrderAndTheParameters) {
  Capabilities capabilities;
  capabilities.add(Capability::Aes128Cbc);
  capabilities.add(Capability::Aes256Cbc);
  capabilities.add(Capability::EcdhSha256Aes128Wrap);
  capabilities.add(Capability::RsaOaepSha1);
  EXPECT_EQ(to_hex(encode_capabilities(capabilities)),
            "3040"
            "300b060960864801650304012a"
            "300b0609608648016503040102"
            "300d06092a864886f70d0101073000"
            "301506062b8104010b01300b0609608648016503040105");
}

TEST(EncodeDetached, SendsIntermediatesOnceAndSorted) {
  const testing::Identity& signer = identity(KeyType::P256);
  const Signed made =
      testing::sign_entity(signer, kEntity, DigestAlgorithm::Sha256, RsaPadding::Pkcs1);
  const ByteView root = testing::root().certificate->der();
  const ByteView own = signer.certificate->der();
  const std::vector<Bytes> intermediates{
      {root.begin(), root.end()}, {own.begin(), own.end()}, {root.begin(), root.end()}};
  SignedDataInput input = input_of(signer, made);
  input.intermediates = intermediates;
  const Bytes der = encode_detached(input).value();

  DerReader reader(der, Encoding::Der);
  DerReader content_info = reader.enter(tag::kSequence).value();
  ASSERT_TRUE(content_info.next(tag::kOid));
  DerReader explicit_content = content_info.enter(tag::context_constructed(0)).value();
  DerReader signed_data = explicit_content.enter(tag::kSequence).value();
  ASSERT_TRUE(signed_data.next(tag::kInteger));
  ASSERT_TRUE(signed_data.next(tag::kSet));
  EXPECT_EQ(to_hex(signed_data.next(tag::kSequence).value().content), "0609" + to_hex(oid::kData));
  DerReader certificates = signed_data.enter(tag::context_constructed(0)).value();
  std::size_t count = 0;
  while (!certificates.is_at_end()) {
    ASSERT_TRUE(certificates.next(tag::kSequence));
    ++count;
  }
  EXPECT_EQ(count, 2U);
}

TEST(EncodeDetached, RefusesAMissingSignatureAndTooManyCertificates) {
  const testing::Identity& signer = identity(KeyType::P256);
  const Signed made =
      testing::sign_entity(signer, kEntity, DigestAlgorithm::Sha256, RsaPadding::Pkcs1);
  SignedDataInput input = input_of(signer, made);
  input.signature = {};
  EXPECT_TRUE(encode_detached(input).error().is(kSignatureMissing));

  input = input_of(signer, made);
  std::vector<Bytes> many(kCertificatesMax - 1, Bytes{0x30, 0x00});
  input.intermediates = many;
  EXPECT_TRUE(encode_detached(input));
  many.emplace_back(Bytes{0x30, 0x00});
  input.intermediates = many;
  EXPECT_TRUE(encode_detached(input).error().is(kTooManyCertificates));
}

TEST(OpaqueSigner, IsVerifiedByOpensslAtEachLength) {
  const testing::Identity& signer = identity(KeyType::P256);
  for (const std::size_t size :
       {0U, 1U, 56U, 57U, 58U, 127U, 128U, 24320U, 32767U, 32768U, 65536U, 1U << 20U}) {
    const std::string content = testing::pattern(size);
    EXPECT_EQ(testing::openssl_verify(opaque_signed(signer, content, 4096)), content) << size;
  }
}

TEST(OpaqueSigner, GivesTheSameWhateverTheSteps) {
  const testing::Identity& signer = identity(KeyType::Rsa2048);
  const std::string content = testing::pattern(3000);
  for (const std::size_t step : {1U, 57U, 100U, 3000U}) {
    EXPECT_EQ(testing::openssl_verify(opaque_signed(signer, content, step)), content) << step;
  }
}

TEST(OpaqueSigner, SaysWhenNoSegmentIsLeft) {
  const auto pool = SegmentPool::create(1).value();
  const testing::Identity& signer = identity(KeyType::P256);
  const std::string content = testing::pattern(kSegmentBytes);
  const Signed made =
      testing::sign_entity(signer, content, DigestAlgorithm::Sha256, RsaPadding::Pkcs1);
  OpaqueSigner opaque = OpaqueSigner::create(input_of(signer, made), content.size(), *pool).value();
  const Result<void> full = opaque.update(as_bytes(content));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().kind().error_class, ErrorClass::Exhausted);
}

TEST(OpaqueSigner, RefusesContentAboveTheLimit) {
  const auto pool = SegmentPool::create(1).value();
  const testing::Identity& signer = identity(KeyType::P256);
  const Signed made =
      testing::sign_entity(signer, kEntity, DigestAlgorithm::Sha256, RsaPadding::Pkcs1);
  EXPECT_TRUE(OpaqueSigner::create(input_of(signer, made), kMessageBytesMax, *pool));
  EXPECT_TRUE(OpaqueSigner::create(input_of(signer, made), kMessageBytesMax + 1, *pool)
                  .error()
                  .is(kContentTooLarge));
}

}  // namespace
}  // namespace sealgate::engine::cms
