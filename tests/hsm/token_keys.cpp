// SPDX-License-Identifier: Apache-2.0
#include "tests/hsm/token_keys.h"

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "base/check.h"
#include "hsm/pkcs11/way_finder.h"

namespace sealgate::hsm {
namespace {

// A template with the values that it points to.
class Attributes {
 public:
  Attributes& flag(CK_ATTRIBUTE_TYPE type, bool value) {
    return bytes(type, Bytes{static_cast<std::uint8_t>(value ? CK_TRUE : CK_FALSE)});
  }
  Attributes& number(CK_ATTRIBUTE_TYPE type, CK_ULONG value) {
    Bytes little_endian;
    for (std::size_t i = 0; i < sizeof value; ++i) {
      little_endian.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
    return bytes(type, std::move(little_endian));
  }
  Attributes& text(CK_ATTRIBUTE_TYPE type, const std::string& value) {
    return bytes(type, Bytes(value.begin(), value.end()));
  }
  Attributes& bytes(CK_ATTRIBUTE_TYPE type, Bytes value) {
    values_.push_back(std::move(value));
    made_.push_back({type, values_.back().data(), values_.back().size()});
    return *this;
  }
  std::vector<CK_ATTRIBUTE>& get() { return made_; }

 private:
  std::deque<Bytes> values_;
  std::vector<CK_ATTRIBUTE> made_;
};

Bytes number_of(EVP_PKEY* key, const char* name, std::size_t size = 0) {
  BIGNUM* number = nullptr;
  SG_CHECK(EVP_PKEY_get_bn_param(key, name, &number) == 1);
  Bytes bytes(std::max(size, static_cast<std::size_t>(BN_num_bytes(number))));
  SG_CHECK(BN_bn2binpad(number, bytes.data(), static_cast<int>(bytes.size())) >= 0);
  BN_free(number);
  return bytes;
}

Bytes point_in_octet_string(EVP_PKEY* key) {
  std::uint8_t* point = nullptr;
  const std::size_t size = EVP_PKEY_get1_encoded_public_key(key, &point);
  SG_CHECK(size != 0 && size < 0x100);
  Bytes wrapped = {0x04};
  if (size >= 0x80) wrapped.push_back(0x81);
  wrapped.push_back(static_cast<std::uint8_t>(size));
  wrapped.insert(wrapped.end(), point, point + size);
  OPENSSL_free(point);
  return wrapped;
}

Bytes ec_parameters_of(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "X25519") == 1) return {6, 3, 0x2b, 0x65, 0x6e};
  switch (EVP_PKEY_get_bits(key)) {
    case 256:
      return {6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7};
    case 384:
      return {6, 5, 0x2b, 0x81, 4, 0, 0x22};
    default:
      return {6, 5, 0x2b, 0x81, 4, 0, 0x23};
  }
}

Attributes half(CK_OBJECT_CLASS object_class, CK_KEY_TYPE type, const std::string& name) {
  Attributes made;
  made.number(CKA_CLASS, object_class).number(CKA_KEY_TYPE, type).flag(CKA_TOKEN, false);
  made.text(CKA_ID, name).text(CKA_LABEL, name);
  if (object_class == CKO_PRIVATE_KEY) {
    made.flag(CKA_PRIVATE, true).flag(CKA_SENSITIVE, true).flag(CKA_EXTRACTABLE, false);
  }
  return made;
}

}  // namespace

TokenKeys::TokenKeys(std::shared_ptr<Module> module, const std::string& token_label,
                     const std::string& pin)
    : module_(std::move(module)) {
  std::array<CK_SLOT_ID, 16> slots{};
  CK_ULONG count = slots.size();
  SG_CHECK(functions().C_GetSlotList(CK_TRUE, slots.data(), &count) == CKR_OK);
  bool is_found = false;
  for (CK_ULONG i = 0; i < count; ++i) {
    CK_TOKEN_INFO token_info{};
    if (functions().C_GetTokenInfo(slots[i], &token_info) != CKR_OK) continue;
    const std::string_view label = as_text({token_info.label, sizeof token_info.label});
    if (label.substr(0, label.find_last_not_of(' ') + 1) != token_label) continue;
    slot_ = slots[i];
    is_found = true;
  }
  SG_CHECK(is_found);
  CK_SESSION_HANDLE handle = 0;
  SG_CHECK(functions().C_OpenSession(slot_, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr,
                                     &handle) == CKR_OK);
  session_ = Session(module_, handle, nullptr);
  Bytes secret(pin.begin(), pin.end());
  const CK_RV rv = functions().C_Login(handle, CKU_USER, secret.data(), secret.size());
  SG_CHECK(rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN);
}

void TokenKeys::generate_curve_key(const std::string& label, ByteView ec_parameters) {
  Attributes public_half;
  public_half.flag(CKA_TOKEN, true).text(CKA_ID, label).text(CKA_LABEL, label);
  public_half.bytes(CKA_EC_PARAMS, Bytes(ec_parameters.begin(), ec_parameters.end()));
  Attributes private_half;
  private_half.flag(CKA_TOKEN, true).text(CKA_ID, label).text(CKA_LABEL, label);
  private_half.flag(CKA_PRIVATE, true).flag(CKA_SENSITIVE, true).flag(CKA_EXTRACTABLE, false);
  private_half.flag(CKA_DERIVE, true);
  CK_MECHANISM mechanism{CKM_EC_KEY_PAIR_GEN, nullptr, 0};
  CK_OBJECT_HANDLE handles[2] = {};
  const CK_RV rv = functions().C_GenerateKeyPair(
      session_.handle(), &mechanism, public_half.get().data(), public_half.get().size(),
      private_half.get().data(), private_half.get().size(), &handles[0], &handles[1]);
  SG_CHECK(rv == CKR_OK);
}

void TokenKeys::create(std::vector<CK_ATTRIBUTE> attributes) {
  CK_OBJECT_HANDLE handle = 0;
  SG_CHECK(functions().C_CreateObject(session_.handle(), attributes.data(), attributes.size(),
                                      &handle) == CKR_OK);
}

void TokenKeys::import_key(const std::string& name, EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    Attributes made = half(CKO_PRIVATE_KEY, CKK_RSA, name);
    made.flag(CKA_DECRYPT, true);
    made.bytes(CKA_MODULUS, number_of(key, OSSL_PKEY_PARAM_RSA_N));
    made.bytes(CKA_PUBLIC_EXPONENT, number_of(key, OSSL_PKEY_PARAM_RSA_E));
    made.bytes(CKA_PRIVATE_EXPONENT, number_of(key, OSSL_PKEY_PARAM_RSA_D));
    made.bytes(CKA_PRIME_1, number_of(key, OSSL_PKEY_PARAM_RSA_FACTOR1));
    made.bytes(CKA_PRIME_2, number_of(key, OSSL_PKEY_PARAM_RSA_FACTOR2));
    made.bytes(CKA_EXPONENT_1, number_of(key, OSSL_PKEY_PARAM_RSA_EXPONENT1));
    made.bytes(CKA_EXPONENT_2, number_of(key, OSSL_PKEY_PARAM_RSA_EXPONENT2));
    made.bytes(CKA_COEFFICIENT, number_of(key, OSSL_PKEY_PARAM_RSA_COEFFICIENT1));
    create(made.get());
    return;
  }
  const bool is_x25519 = EVP_PKEY_is_a(key, "X25519") == 1;
  // SoftHSM 2.6 knows X25519 as an Edwards key.
  const CK_KEY_TYPE type = is_x25519 ? CKK_EC_EDWARDS : CKK_EC;
  const std::size_t size = (static_cast<std::size_t>(EVP_PKEY_get_bits(key)) + 7) / 8;
  Bytes secret(size);
  if (is_x25519) {
    std::size_t raw_size = secret.size();
    SG_CHECK(EVP_PKEY_get_raw_private_key(key, secret.data(), &raw_size) == 1);
  } else {
    secret = number_of(key, OSSL_PKEY_PARAM_PRIV_KEY, size);
  }
  Attributes private_half = half(CKO_PRIVATE_KEY, type, name);
  private_half.flag(CKA_DERIVE, true).bytes(CKA_EC_PARAMS, ec_parameters_of(key));
  create(private_half.bytes(CKA_VALUE, std::move(secret)).get());
  Attributes public_half = half(CKO_PUBLIC_KEY, type, name);
  public_half.bytes(CKA_EC_PARAMS, ec_parameters_of(key));
  create(public_half.bytes(CKA_EC_POINT, point_in_octet_string(key)).get());
}

std::vector<TokenKey> TokenKeys::read() {
  CK_TOKEN_INFO token_info{};
  SG_CHECK(functions().C_GetTokenInfo(slot_, &token_info) == CKR_OK);
  Result<std::vector<TokenKey>> keys = read_keys(functions(), session_.handle(), token_info);
  SG_CHECK(keys.has_value());
  SG_CHECK(find_ways(session_, slot_, keys.value()).has_value());
  std::sort(keys.value().begin(), keys.value().end(), [](const TokenKey& one, const TokenKey& two) {
    return one.report.label < two.report.label;
  });
  return std::move(keys).value();
}

PrivateKey private_key_of_pkcs8(ByteView der) {
  const std::uint8_t* at = der.data();
  EVP_PKEY* const key = d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size()));
  SG_CHECK(key != nullptr);
  return {key, EVP_PKEY_free};
}

PrivateKey private_key_on_curve(const char* curve, ByteView scalar) {
  EC_GROUP* const group = EC_GROUP_new_by_curve_name(EC_curve_nist2nid(curve));
  EC_POINT* const point = EC_POINT_new(group);
  BIGNUM* const number = BN_bin2bn(scalar.data(), static_cast<int>(scalar.size()), nullptr);
  SG_CHECK(EC_POINT_mul(group, point, number, nullptr, nullptr, nullptr) == 1);
  Bytes encoded(133);
  encoded.resize(EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, encoded.data(),
                                    encoded.size(), nullptr));
  OSSL_PARAM_BLD* const builder = OSSL_PARAM_BLD_new();
  OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0);
  OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, number);
  OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, encoded.data(),
                                   encoded.size());
  OSSL_PARAM* const params = OSSL_PARAM_BLD_to_param(builder);
  EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr);
  EVP_PKEY* key = nullptr;
  SG_CHECK(EVP_PKEY_fromdata_init(context) == 1);
  SG_CHECK(EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params) == 1);
  EVP_PKEY_CTX_free(context);
  OSSL_PARAM_free(params);
  OSSL_PARAM_BLD_free(builder);
  BN_free(number);
  EC_POINT_free(point);
  EC_GROUP_free(group);
  return {key, EVP_PKEY_free};
}

PrivateKey private_key_of_x25519(ByteView key) {
  EVP_PKEY* const made =
      EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, key.data(), key.size());
  SG_CHECK(made != nullptr);
  return {made, EVP_PKEY_free};
}

}  // namespace sealgate::hsm
