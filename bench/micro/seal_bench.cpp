// SPDX-License-Identifier: Apache-2.0
//
// Digest, signature and envelope of one message without the private-key operation, beside
// OpenSSL's CMS doing the same work.
#include <benchmark/benchmark.h>
#include <openssl/cms.h>

#include "bench/micro/counters.h"
#include "bench/micro/messages.h"
#include "engine/cms/digest.h"
#include "engine/cms/enveloped_data.h"
#include "engine/cms/signed_data.h"
#include "engine/cms/smime.h"

namespace sealgate::bench {
namespace {

namespace cms = engine::cms;

void digest(benchmark::State& state) {
  const Chain message = message_chain(static_cast<std::uint64_t>(state.range(0)));
  const CostMeter meter;
  for (auto _ : state) {
    cms::Digest hash = cms::Digest::create(cms::DigestAlgorithm::Sha256).value();
    for (const Slice& slice : message.slices()) hash.update(slice);
    benchmark::DoNotOptimize(hash.finish());
  }
  meter.report(state, message.size());
}
BENCHMARK(digest)->Arg(4 << 10)->Arg(75 << 10)->Arg(1 << 20)->Name("cms/sha256");

// Everything of a clear signature but the token's part: digest, attributes, SignedData, MIME.
void clear_sign(benchmark::State& state) {
  const Chain message = message_chain(static_cast<std::uint64_t>(state.range(0)));
  const auto signer = certificate(BenchKey::Rsa2048);
  const Bytes signature(256, 0x42);
  const CostMeter meter;
  for (auto _ : state) {
    cms::Digest hash = cms::Digest::create(cms::DigestAlgorithm::Sha256).value();
    for (const Slice& slice : message.slices()) hash.update(slice);
    const auto scheme =
        cms::signature_scheme(*signer, cms::DigestAlgorithm::Sha256, cms::RsaPadding::Pkcs1)
            .value();
    const Bytes attributes = cms::build_signed_attributes({.signer = signer.get(),
                                                           .content_digest = hash.finish(),
                                                           .signing_time = WallTime{},
                                                           .capabilities = {}});
    benchmark::DoNotOptimize(cms::signature_input(scheme, attributes).value());
    const Bytes signed_data = cms::encode_detached({.signer = signer.get(),
                                                    .intermediates = {},
                                                    .scheme = scheme,
                                                    .signed_attributes = attributes,
                                                    .signature = signature})
                                  .value();
    ChainWriter writer(pool());
    cms::write_clear_signed_body(writer, cms::make_boundary(system_random()), message, signed_data)
        .value();
    benchmark::DoNotOptimize(writer.take());
  }
  meter.report(state, message.size());
}
BENCHMARK(clear_sign)->Arg(4 << 10)->Arg(75 << 10)->Arg(1 << 20)->Name("cms/clear_sign");

void envelope(benchmark::State& state, cms::ContentCipher cipher, BenchKey key) {
  const Chain message = message_chain(static_cast<std::uint64_t>(state.range(0)));
  const auto recipient = certificate(key);
  const CostMeter meter;
  for (auto _ : state) {
    auto sealer =
        cms::EnvelopeSealer::create(cipher, message.size(), system_random(), pool()).value();
    sealer
        .add_recipient({.certificate = recipient.get(),
                        .rsa = cms::KeyTransport::RsaPkcs1,
                        .id = cms::RecipientIdKind::IssuerAndSerial})
        .value();
    for (const Slice& slice : message.slices()) sealer.update(slice.bytes).value();
    benchmark::DoNotOptimize(sealer.finish().value());
  }
  meter.report(state, message.size());
}
BENCHMARK_CAPTURE(envelope, cbc, cms::ContentCipher::Aes256Cbc, BenchKey::Rsa2048)
    ->Arg(4 << 10)
    ->Arg(75 << 10)
    ->Arg(1 << 20)
    ->Name("cms/encrypt_aes256cbc_rsa");
BENCHMARK_CAPTURE(envelope, gcm, cms::ContentCipher::Aes256Gcm, BenchKey::Rsa2048)
    ->Arg(4 << 10)
    ->Arg(75 << 10)
    ->Arg(1 << 20)
    ->Name("cms/encrypt_aes256gcm_rsa");
BENCHMARK_CAPTURE(envelope, ecdh, cms::ContentCipher::Aes256Cbc, BenchKey::P256)
    ->Arg(4 << 10)
    ->Name("cms/encrypt_aes256cbc_p256");

void envelope_openssl(benchmark::State& state) {
  const std::string text = message_text(static_cast<std::uint64_t>(state.range(0)));
  const auto recipient = certificate(BenchKey::Rsa2048);
  STACK_OF(X509)* recipients = sk_X509_new_null();
  sk_X509_push(recipients, recipient->x509());
  const CostMeter meter;
  for (auto _ : state) {
    BIO* in = BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
    CMS_ContentInfo* sealed = CMS_encrypt(recipients, in, EVP_aes_256_cbc(), CMS_BINARY);
    BIO* out = BIO_new(BIO_s_mem());
    SMIME_write_CMS(out, sealed, nullptr, CMS_BINARY);
    BIO_free(out);
    CMS_ContentInfo_free(sealed);
    BIO_free(in);
  }
  meter.report(state, text.size());
  sk_X509_free(recipients);
}
BENCHMARK(envelope_openssl)
    ->Arg(4 << 10)
    ->Arg(75 << 10)
    ->Arg(1 << 20)
    ->Name("cms/encrypt_aes256cbc_rsa_openssl");

}  // namespace
}  // namespace sealgate::bench
