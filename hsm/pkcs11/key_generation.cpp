// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/key_generation.h"

#include <array>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "hsm/api/errors.h"
#include "hsm/pkcs11/ck_outcome.h"

namespace sealgate::hsm {
namespace {

constexpr std::size_t kLabelBytesMax = 64;
constexpr std::size_t kIdBytesMax = 64;

// A template whose values live beside it.
class Template {
 public:
  void add_flag(CK_ATTRIBUTE_TYPE type, CK_BBOOL value) { add_bytes(type, ByteView(&value, 1)); }
  void add_number(CK_ATTRIBUTE_TYPE type, CK_ULONG value) {
    std::array<std::uint8_t, sizeof value> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {  // In the machine's order: x86-64 and arm64.
      bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
    add_bytes(type, bytes);
  }
  void add_bytes(CK_ATTRIBUTE_TYPE type, ByteView value) {
    types_.push_back(type);
    values_.emplace_back(value.begin(), value.end());
  }

  // Valid until the next add.
  std::vector<CK_ATTRIBUTE>& attributes() {
    attributes_.clear();
    for (std::size_t i = 0; i < types_.size(); ++i) {
      attributes_.push_back({types_[i], values_[i].data(), values_[i].size()});
    }
    return attributes_;
  }

 private:
  std::vector<CK_ATTRIBUTE_TYPE> types_;
  std::vector<Bytes> values_;
  std::vector<CK_ATTRIBUTE> attributes_;
};

struct Recipe {
  CK_MECHANISM_TYPE mechanism;
  CK_ULONG modulus_bits;                // RSA.
  std::vector<ByteView> ec_parameters;  // Else: spellings, the first that the token takes.
};

constexpr std::array<std::uint8_t, 10> kP256 = {6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7};
constexpr std::array<std::uint8_t, 7> kP384 = {6, 5, 0x2b, 0x81, 4, 0, 0x22};
// PKCS#11 3.0, 2.3.5 allows the object identifier or the curve's name.
constexpr std::array<std::uint8_t, 5> kEd25519 = {6, 3, 0x2b, 0x65, 0x70};
constexpr std::array<std::uint8_t, 14> kEd25519Name = {0x13, 12,  'e', 'd', 'w', 'a', 'r',
                                                       'd',  's', '2', '5', '5', '1', '9'};
constexpr std::array<std::uint8_t, 3> kF4 = {1, 0, 1};

Recipe recipe_of(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::Rsa2048:
      return {CKM_RSA_PKCS_KEY_PAIR_GEN, 2048, {}};
    case KeyAlgorithm::Rsa3072:
      return {CKM_RSA_PKCS_KEY_PAIR_GEN, 3072, {}};
    case KeyAlgorithm::Rsa4096:
      return {CKM_RSA_PKCS_KEY_PAIR_GEN, 4096, {}};
    case KeyAlgorithm::P256:
      return {CKM_EC_KEY_PAIR_GEN, 0, {kP256}};
    case KeyAlgorithm::P384:
      return {CKM_EC_KEY_PAIR_GEN, 0, {kP384}};
    case KeyAlgorithm::Ed25519:
      return {CKM_EC_EDWARDS_KEY_PAIR_GEN, 0, {kEd25519, kEd25519Name}};
  }
  SG_CHECK(false);
}

void add_names(Template& to, const KeySpec& spec) {
  to.add_flag(CKA_TOKEN, CK_TRUE);
  to.add_bytes(CKA_LABEL, as_bytes(spec.label));
  to.add_bytes(CKA_ID, spec.id);
}

Template public_template(const KeySpec& spec, const Recipe& recipe, ByteView ec_parameters) {
  Template made;
  add_names(made, spec);
  const bool is_rsa = recipe.modulus_bits != 0;
  made.add_flag(CKA_VERIFY, spec.usage == KeyUsage::Sign ? CK_TRUE : CK_FALSE);
  made.add_flag(CKA_ENCRYPT, spec.usage == KeyUsage::Decrypt && is_rsa ? CK_TRUE : CK_FALSE);
  if (is_rsa) {
    made.add_number(CKA_MODULUS_BITS, recipe.modulus_bits);
    made.add_bytes(CKA_PUBLIC_EXPONENT, kF4);
  } else {
    made.add_bytes(CKA_EC_PARAMS, ec_parameters);
  }
  return made;
}

Template private_template(const KeySpec& spec, const Recipe& recipe) {
  Template made;
  add_names(made, spec);
  const bool is_rsa = recipe.modulus_bits != 0;
  const bool decrypts = spec.usage == KeyUsage::Decrypt;
  made.add_flag(CKA_PRIVATE, CK_TRUE);
  made.add_flag(CKA_SENSITIVE, CK_TRUE);
  made.add_flag(CKA_EXTRACTABLE, CK_FALSE);
  made.add_flag(CKA_SIGN, decrypts ? CK_FALSE : CK_TRUE);
  made.add_flag(CKA_DECRYPT, decrypts && is_rsa ? CK_TRUE : CK_FALSE);
  made.add_flag(CKA_DERIVE, decrypts && !is_rsa ? CK_TRUE : CK_FALSE);
  // Some tokens give CKA_UNWRAP to every RSA key that is not told otherwise.
  if (is_rsa) made.add_flag(CKA_UNWRAP, CK_FALSE);
  return made;
}

Error generation_error(CK_RV rv) {
  switch (meaning_of(rv).meaning) {
    case CkClass::InputRefused:
    case CkClass::KeyRefused:
      return Error(kKeyNotGenerated, static_cast<std::int64_t>(rv));
    case CkClass::Ok:
    case CkClass::Busy:
    case CkClass::Gone:
    case CkClass::Ambiguous:
      return management_error(rv);
  }
  SG_CHECK(false);
}

}  // namespace

Result<void> generate_on_token(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                               const KeySpec& spec) {
  if (spec.label.empty() || spec.label.size() > kLabelBytesMax || spec.id.empty() ||
      spec.id.size() > kIdBytesMax) {
    return kKeySpecInvalid;
  }
  // RFC 8410: Ed25519 signs and nothing else.
  if (spec.algorithm == KeyAlgorithm::Ed25519 && spec.usage != KeyUsage::Sign) {
    return kKeyNotGenerated;
  }
  const Recipe recipe = recipe_of(spec.algorithm);
  std::vector<ByteView> spellings = recipe.ec_parameters;
  if (spellings.empty()) spellings.emplace_back();
  CK_RV rv = CKR_OK;
  for (const ByteView spelling : spellings) {
    Template public_half = public_template(spec, recipe, spelling);
    Template private_half = private_template(spec, recipe);
    CK_MECHANISM mechanism{recipe.mechanism, nullptr, 0};
    CK_OBJECT_HANDLE public_key = 0;
    CK_OBJECT_HANDLE private_key = 0;
    rv = functions.C_GenerateKeyPair(session, &mechanism, public_half.attributes().data(),
                                     public_half.attributes().size(),
                                     private_half.attributes().data(),
                                     private_half.attributes().size(), &public_key, &private_key);
    if (rv == CKR_OK) return {};
    if (meaning_of(rv).meaning == CkClass::Gone) break;
  }
  return generation_error(rv);
}

}  // namespace sealgate::hsm
