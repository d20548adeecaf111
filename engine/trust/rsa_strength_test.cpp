// SPDX-License-Identifier: Apache-2.0
//
// Keys of the vulnerable form are made here as the paper says that the chip made them; ordinary
// ones are products of OpenSSL's primes.
#include "engine/trust/rsa_strength.h"

#include <memory>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/bn.h>

#include "engine/trust/certificate_maker_test.h"

namespace sealgate::engine::trust {
namespace {

struct NumberFree {
  void operator()(BIGNUM* number) const { BN_free(number); }
};
using Number = std::unique_ptr<BIGNUM, NumberFree>;

class RsaStrengthTest : public ::testing::Test {
 protected:
  void SetUp() override { workspace_ = BN_CTX_new(); }
  void TearDown() override { BN_CTX_free(workspace_); }

  static Number number(unsigned long value) {
    Number made(BN_new());
    BN_set_word(made.get(), value);
    return made;
  }
  static Bytes octets(const Number& number) {
    Bytes bytes(static_cast<std::size_t>(BN_num_bytes(number.get())));
    BN_bn2bin(number.get(), bytes.data());
    return bytes;
  }
  static Number prime(int bits) {
    Number made(BN_new());
    SG_CHECK(BN_generate_prime_ex(made.get(), bits, 0, nullptr, nullptr, nullptr) == 1);
    return made;
  }
  Number product(const Number& left, const Number& right) {
    Number made(BN_new());
    BN_mul(made.get(), left.get(), right.get(), workspace_);
    return made;
  }
  // The product of the first `count` primes.
  Number primorial(int count) {
    Number made = number(1);
    for (unsigned long candidate = 2; count > 0; ++candidate) {
      if (BN_check_prime(number(candidate).get(), workspace_, nullptr) != 1) continue;
      BN_mul_word(made.get(), candidate);
      --count;
    }
    return made;
  }
  // k * M + (65537^a mod M), prime, of `bits` bits.
  Number vulnerable_prime(const Number& primorial, int bits) {
    Number made(BN_new());
    const Number exponent(BN_new());
    const Number factor(BN_new());
    do {
      BN_rand(exponent.get(), 62, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY);
      BN_mod_exp(made.get(), number(65537).get(), exponent.get(), primorial.get(), workspace_);
      BN_rand(factor.get(), bits - BN_num_bits(primorial.get()) + 1, BN_RAND_TOP_ONE,
              BN_RAND_BOTTOM_ANY);
      BN_mul(factor.get(), factor.get(), primorial.get(), workspace_);
      BN_add(made.get(), made.get(), factor.get());
    } while (BN_check_prime(made.get(), workspace_, nullptr) != 1);
    return made;
  }
  RsaFault fault(const Number& modulus, unsigned long exponent) {
    return rsa_fault(octets(modulus), octets(number(exponent)));
  }

  BN_CTX* workspace_ = nullptr;
};

// Bits of a prime, and how many primes its M has: 1024-, 2048- and 4096-bit keys of the chip.
TEST_F(RsaStrengthTest, FindsKeysOfTheVulnerableForm) {
  for (const auto& [bits, count] : {std::pair{512, 71}, {1024, 126}, {2048, 225}}) {
    const Number primes = primorial(count);
    const Number modulus = product(vulnerable_prime(primes, bits), vulnerable_prime(primes, bits));
    EXPECT_EQ(fault(modulus, 65537), RsaFault::Roca) << bits;
    const Number half = product(vulnerable_prime(primes, bits), prime(bits));
    EXPECT_EQ(fault(half, 65537), RsaFault::None) << bits;
  }
}

TEST_F(RsaStrengthTest, TakesAThousandOrdinaryModuli) {
  std::vector<Number> primes;
  for (int i = 0; i < 46; ++i) primes.push_back(prime(512));
  int count = 0;
  for (std::size_t i = 0; i < primes.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j, ++count) {
      EXPECT_EQ(fault(product(primes[i], primes[j]), 65537), RsaFault::None);
    }
  }
  EXPECT_GT(count, 1000);
}

TEST_F(RsaStrengthTest, FindsSmallFactors) {
  const Number large = prime(1024);
  for (const unsigned long factor : {2UL, 3UL, 101UL, 167UL}) {
    EXPECT_EQ(fault(product(large, number(factor)), 65537), RsaFault::SmallFactor) << factor;
  }
  // The first prime that is not looked for.
  EXPECT_EQ(fault(product(large, number(173)), 65537), RsaFault::None);
  EXPECT_EQ(fault(number(0), 65537), RsaFault::SmallFactor);
}

TEST_F(RsaStrengthTest, WantsAnExponentThatEncryptsAndIsCheap) {
  const Number modulus = product(prime(512), prime(512));
  for (const unsigned long exponent : {0UL, 1UL, 2UL, 4UL, 65536UL, ~0UL - 1}) {
    EXPECT_EQ(fault(modulus, exponent), RsaFault::Exponent) << exponent;
  }
  for (const unsigned long exponent : {3UL, 17UL, 65537UL, ~0UL}) {
    EXPECT_EQ(fault(modulus, exponent), RsaFault::None) << exponent;
  }
  const Bytes long_exponent = {1, 0, 0, 0, 0, 0, 0, 0, 1};
  EXPECT_EQ(rsa_fault(octets(modulus), long_exponent), RsaFault::Exponent);
}

TEST_F(RsaStrengthTest, ReadsKeysOfOpenssl) {
  EXPECT_EQ(rsa_fault(testing::make_rsa(2048).get()), RsaFault::None);
  EXPECT_EQ(rsa_fault(testing::make_pss().get()), RsaFault::None);
}

}  // namespace
}  // namespace sealgate::engine::trust
