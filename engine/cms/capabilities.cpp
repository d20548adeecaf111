// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/capabilities.h"

#include <initializer_list>

#include "engine/cms/algorithm_identifiers.h"
#include "engine/cms/der_writer.h"
#include "engine/cms/oids.h"

namespace sealgate::engine::cms {
namespace {

// RFC 5753, 7 and RFC 8418, 8: the scheme with the key wrap as its parameter.
void add_key_agreement(DerWriter& writer, ByteView scheme, ByteView wrap) {
  writer.begin(tag::kSequence);
  writer.add(tag::kOid, scheme);
  add_algorithm(writer, wrap);
  writer.end();
}

void add_capability(DerWriter& writer, Capability capability) {
  switch (capability) {
    case Capability::Aes256Gcm:
      return add_algorithm(writer, oid::kAes256Gcm);
    case Capability::Aes128Gcm:
      return add_algorithm(writer, oid::kAes128Gcm);
    case Capability::Aes256Cbc:
      return add_algorithm(writer, oid::kAes256Cbc);
    case Capability::Aes128Cbc:
      return add_algorithm(writer, oid::kAes128Cbc);
    case Capability::RsaOaepSha256:
      return add_key_transport_algorithm(writer, KeyTransport::RsaOaepSha256);
    case Capability::RsaOaepSha1:
      return add_key_transport_algorithm(writer, KeyTransport::RsaOaepSha1);
    case Capability::EcdhSha256Aes256Wrap:
      return add_key_agreement(writer, oid::kStdDhSha256Kdf, oid::kAes256Wrap);
    case Capability::EcdhSha256Aes128Wrap:
      return add_key_agreement(writer, oid::kStdDhSha256Kdf, oid::kAes128Wrap);
    case Capability::EcdhSha384Aes256Wrap:
      return add_key_agreement(writer, oid::kStdDhSha384Kdf, oid::kAes256Wrap);
    case Capability::EcdhHkdfSha256Aes256Wrap:
      return add_key_agreement(writer, oid::kStdDhHkdfSha256, oid::kAes256Wrap);
    case Capability::EcdhHkdfSha256Aes128Wrap:
      return add_key_agreement(writer, oid::kStdDhHkdfSha256, oid::kAes128Wrap);
  }
}

}  // namespace

Bytes encode_capabilities(Capabilities capabilities) {
  using enum Capability;
  DerWriter writer;
  writer.begin(tag::kSequence);
  for (const Capability capability :
       {Aes256Gcm, Aes128Gcm, Aes256Cbc, Aes128Cbc, RsaOaepSha256, RsaOaepSha1,
        EcdhSha256Aes256Wrap, EcdhSha256Aes128Wrap, EcdhSha384Aes256Wrap, EcdhHkdfSha256Aes256Wrap,
        EcdhHkdfSha256Aes128Wrap}) {
    if (capabilities.has(capability)) add_capability(writer, capability);
  }
  writer.end();
  return writer.take();
}

}  // namespace sealgate::engine::cms
