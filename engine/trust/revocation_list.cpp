// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/revocation_list.h"

#include "engine/trust/errors.h"
#include "engine/trust/name_text.h"
#include "engine/trust/openssl_error.h"

namespace sealgate::engine::trust {
namespace {

std::string reason_text(const X509_REVOKED* entry) {
  const EnumeratedOwner reason(static_cast<ASN1_ENUMERATED*>(
      X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, nullptr, nullptr)));
  if (reason == nullptr) return "no reason given";
  // RFC 5280, 5.3.1.
  switch (ASN1_ENUMERATED_get(reason.get())) {
    case 1:
      return "keyCompromise";
    case 2:
      return "cACompromise";
    case 3:
      return "affiliationChanged";
    case 4:
      return "superseded";
    case 5:
      return "cessationOfOperation";
    case 6:
      return "certificateHold";
    case 9:
      return "privilegeWithdrawn";
    case 10:
      return "aACompromise";
    default:
      return "reason unspecified";
  }
}

bool says_indirect(const X509_CRL* list) {
  int critical = 0;
  auto* point = static_cast<ISSUING_DIST_POINT*>(
      X509_CRL_get_ext_d2i(list, NID_issuing_distribution_point, &critical, nullptr));
  const bool is_indirect = point != nullptr && point->indirectCRL > 0;
  ISSUING_DIST_POINT_free(point);
  return is_indirect;
}

// OpenSSL sorts the entries at the first look-up, under a lock: better here than on a shard.
void sort_entries(X509_CRL* list) {
  const IntegerOwner zero(ASN1_INTEGER_new());
  X509_REVOKED* entry = nullptr;
  X509_CRL_get0_by_serial(list, &entry, zero.get());
}

}  // namespace

Result<std::shared_ptr<const RevocationList>> RevocationList::parse(ByteView der) {
  if (der.size() > kRevocationListBytesMax) return kRevocationListTooLarge;
  ERR_clear_error();
  const std::uint8_t* next = der.data();
  std::shared_ptr<RevocationList> result(new RevocationList());
  result->list_ = d2i_X509_CRL(nullptr, &next, static_cast<long>(der.size()));
  if (result->list_ == nullptr) return openssl_error(kRevocationListMalformed);
  if (next != der.data() + der.size()) return kRevocationListMalformed;

  const X509_NAME* issuer = X509_CRL_get_issuer(result->list_);
  result->issuer_text_ = name_text(issuer);
  const std::optional<WallTime> this_update = wall_time(X509_CRL_get0_lastUpdate(result->list_));
  if (!this_update) return kRevocationListMalformed;
  result->this_update_ = *this_update;
  if (const ASN1_TIME* next_update = X509_CRL_get0_nextUpdate(result->list_)) {
    result->next_update_ = wall_time(next_update);
    if (!result->next_update_) return kRevocationListMalformed;
  }
  result->is_indirect_ = says_indirect(result->list_);
  SG_CHECK(EVP_Digest(der.data(), der.size(), result->sha256_.data(), nullptr, EVP_sha256(),
                      nullptr) == 1);
  sort_entries(result->list_);
  ERR_clear_error();
  return std::shared_ptr<const RevocationList>(result);
}

RevocationList::~RevocationList() {
  X509_CRL_free(list_);
}

const X509_NAME* RevocationList::issuer() const {
  return X509_CRL_get_issuer(list_);
}

bool RevocationList::is_signed_by(const Certificate& issuer) const {
  if (X509_NAME_cmp(X509_get_subject_name(issuer.x509()), this->issuer()) != 0) return false;
  if (issuer.public_key() == nullptr || !issuer.key_usage().crl_sign) return false;
  const bool is_signed = X509_CRL_verify(list_, issuer.public_key()) == 1;
  ERR_clear_error();
  return is_signed;
}

std::optional<RevocationList::Entry> RevocationList::find(const Certificate& certificate) const {
  constexpr int kRevoked = 1;  // 0: not listed; 2: removed from the list again.
  X509_REVOKED* entry = nullptr;
  if (X509_CRL_get0_by_cert(list_, &entry, certificate.x509()) != kRevoked) return std::nullopt;
  const std::optional<WallTime> revoked_at = wall_time(X509_REVOKED_get0_revocationDate(entry));
  return Entry{.revoked_at = revoked_at.value_or(this_update_), .reason = reason_text(entry)};
}

}  // namespace sealgate::engine::trust
