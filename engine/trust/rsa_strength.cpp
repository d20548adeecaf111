// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/rsa_strength.h"

#include <array>
#include <bitset>
#include <limits>

#include <openssl/bn.h>
#include <openssl/core_names.h>

#include "engine/trust/openssl_error.h"

namespace sealgate::engine::trust {
namespace {

using NumberOwner = std::unique_ptr<BIGNUM, OpensslDeleter<BN_free>>;

// The odd primes up to 167: those in the primorial of the shortest vulnerable keys, and so in that
// of every longer one.
constexpr std::array<std::uint32_t, 38> kPrimes = {
    3,  5,  7,  11, 13, 17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
    73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
constexpr std::size_t kResiduesMax = 168;

// Nemec, Sys, Svenda, Klinec, Matyas, "The Return of Coppersmith's Attack", ACM CCS 2017, 3: the
// primes are k * M + (65537^a mod M), M a product of small primes. So is the modulus modulo M: for
// each small prime its residue is a power of 65537. Other moduli pass for every prime with a
// probability of about 2^-28.
constexpr std::uint32_t kGenerator = 65537;

using Residues = std::bitset<kResiduesMax>;

std::array<Residues, kPrimes.size()> powers_of_generator() {
  std::array<Residues, kPrimes.size()> powers;
  for (std::size_t i = 0; i < kPrimes.size(); ++i) {
    std::uint32_t power = 1;
    while (!powers[i].test(power)) {
      powers[i].set(power);
      power = power * kGenerator % kPrimes[i];
    }
  }
  return powers;
}

// The residues of `number` modulo each of kPrimes. One division serves as many of them as their
// product lets it.
std::array<std::uint32_t, kPrimes.size()> residues_of(const BIGNUM* number) {
  std::array<std::uint32_t, kPrimes.size()> residues{};
  std::size_t next = 0;
  while (next < kPrimes.size()) {
    std::uint32_t product = 1;
    std::size_t end = next;
    while (end < kPrimes.size() &&
           product <= std::numeric_limits<std::uint32_t>::max() / kPrimes[end]) {
      product *= kPrimes[end];
      ++end;
    }
    const BN_ULONG rest = BN_mod_word(number, product);
    for (; next < end; ++next) {
      residues[next] = static_cast<std::uint32_t>(rest % kPrimes[next]);
    }
  }
  return residues;
}

// An exponent of 1 leaves the message as it is, an even one has no inverse. 3 and 17 stand in real
// certificates and are safe with the paddings of RFC 8017 as we make and check them. A long one
// makes every use cost as much as a private-key operation; none is met in practice.
bool is_fit_exponent(const BIGNUM* exponent) {
  constexpr int kExponentBitsMax = 64;
  return BN_is_odd(exponent) == 1 && BN_is_one(exponent) == 0 &&
         BN_num_bits(exponent) <= kExponentBitsMax;
}

RsaFault fault_of(const BIGNUM* modulus, const BIGNUM* exponent) {
  if (!is_fit_exponent(exponent)) return RsaFault::Exponent;
  if (BN_is_odd(modulus) == 0) return RsaFault::SmallFactor;
  static const std::array<Residues, kPrimes.size()> kPowers = powers_of_generator();
  bool are_all_powers = true;
  const auto residues = residues_of(modulus);
  for (std::size_t i = 0; i < kPrimes.size(); ++i) {
    if (residues[i] == 0) return RsaFault::SmallFactor;
    are_all_powers = are_all_powers && kPowers[i].test(residues[i]);
  }
  return are_all_powers ? RsaFault::Roca : RsaFault::None;
}

NumberOwner number_of(ByteView big_endian) {
  NumberOwner number(BN_bin2bn(big_endian.data(), static_cast<int>(big_endian.size()), nullptr));
  SG_CHECK(number != nullptr);
  return number;
}

NumberOwner parameter_of(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  SG_CHECK(EVP_PKEY_get_bn_param(key, name, &number) == 1);
  return NumberOwner(number);
}

}  // namespace

RsaFault rsa_fault(const EVP_PKEY* key) {
  return fault_of(parameter_of(key, OSSL_PKEY_PARAM_RSA_N).get(),
                  parameter_of(key, OSSL_PKEY_PARAM_RSA_E).get());
}

RsaFault rsa_fault(ByteView modulus, ByteView exponent) {
  return fault_of(number_of(modulus).get(), number_of(exponent).get());
}

}  // namespace sealgate::engine::trust
