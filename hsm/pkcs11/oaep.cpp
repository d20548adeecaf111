// SPDX-License-Identifier: Apache-2.0

// OpenSSL 3 has the constant-time check of a decrypted block in its older interface alone.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "hsm/pkcs11/oaep.h"

#include <array>
#include <utility>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

namespace sealgate::hsm {

OaepDigests oaep_digests_of(Mechanism mechanism) {
  const std::array digests = {
      std::pair{Mechanism::RsaOaepSha1Decrypt, OaepDigests{EVP_sha1(), EVP_sha1()}},
      std::pair{Mechanism::RsaOaepSha256Decrypt, OaepDigests{EVP_sha256(), EVP_sha256()}},
      std::pair{Mechanism::RsaOaepSha384Decrypt, OaepDigests{EVP_sha384(), EVP_sha384()}},
      std::pair{Mechanism::RsaOaepSha512Decrypt, OaepDigests{EVP_sha512(), EVP_sha512()}},
      std::pair{Mechanism::RsaOaepSha256Mgf1Sha1Decrypt, OaepDigests{EVP_sha256(), EVP_sha1()}},
  };
  for (const auto& [each, found] : digests) {
    if (each == mechanism) return found;
  }
  return {};
}

int undo_oaep(Mechanism mechanism, ByteView block, MutableBytes to) {
  const OaepDigests digests = oaep_digests_of(mechanism);
  const int size = static_cast<int>(block.size());
  const int found =
      RSA_padding_check_PKCS1_OAEP_mgf1(to.data(), static_cast<int>(to.size()), block.data(), size,
                                        size, nullptr, 0, digests.digest, digests.mgf1);
  ERR_clear_error();  // The thread's queue: what is left there is taken for another's error.
  return found;
}

}  // namespace sealgate::hsm
