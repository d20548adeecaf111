// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/trust_store.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "base/limits.h"
#include "engine/trust/name_text.h"
#include "engine/trust/openssl_error.h"

namespace sealgate::engine::trust {
namespace {

// Certificates between leaf and anchor: real paths have one to three.
constexpr int kDepthMax = 10;
// 112 bits: RSA and DSA from 2048, EC from 224, no SHA-1 signatures, along the whole path.
constexpr int kSecurityLevel = 2;
// A failure may end before any date we know of (a contact's path is completed elsewhere).
constexpr std::chrono::minutes kFailureKept{5};

// The certificate's own usage is judged in selection.cpp, by the use at hand; OpenSSL's S/MIME
// purposes know no key agreement. Everything above it must be fit for S/MIME.
int overlook_own_purpose(int is_ok, X509_STORE_CTX* path) {
  if (is_ok == 1) return 1;
  const bool is_own = X509_STORE_CTX_get_error_depth(path) == 0;
  if (!is_own || X509_STORE_CTX_get_error(path) != X509_V_ERR_INVALID_PURPOSE) return 0;
  X509_STORE_CTX_set_error(path, X509_V_OK);
  return 1;
}

std::string failure_text(X509_STORE_CTX* path) {
  const int error = X509_STORE_CTX_get_error(path);
  switch (error) {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "it is self-signed and not a trust anchor";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT: {
      X509* last = X509_STORE_CTX_get_current_cert(path);
      const std::string issuer =
          last == nullptr ? "its issuer" : name_text(X509_get_issuer_name(last));
      return "no certificate of " + issuer + " is known; add it to anchors or intermediates";
    }
    default:
      break;
  }
  std::string text = X509_verify_cert_error_string(error);
  X509* at_fault = X509_STORE_CTX_get_current_cert(path);
  if (X509_STORE_CTX_get_error_depth(path) > 0 && at_fault != nullptr) {
    text += " (" + name_text(X509_get_subject_name(at_fault)) + ")";
  }
  return text;
}

ChainVerdict dated_failure(const Certificate& certificate, WallTime at) {
  if (at < certificate.not_before()) {
    return {.outcome = ChainOutcome::NotYetValid,
            .reason = "it is valid only from " + time_text(certificate.not_before()),
            .chain = {},
            .valid_from = WallTime::min(),
            .valid_until = certificate.not_before() - std::chrono::seconds(1)};
  }
  return {.outcome = ChainOutcome::Expired,
          .reason = "it expired at " + time_text(certificate.not_after()),
          .chain = {},
          .valid_from = certificate.not_after() + std::chrono::seconds(1),
          .valid_until = WallTime::max()};
}

void narrow(ChainVerdict& verdict, const Certificate& certificate) {
  verdict.valid_from = std::max(verdict.valid_from, certificate.not_before());
  verdict.valid_until = std::min(verdict.valid_until, certificate.not_after());
}

// Of the canonical form, in which names are compared (RFC 5280, 7.1): case, white space and
// string type do not matter.
std::uint64_t name_hash(const X509_NAME* name) {
  int is_ok = 0;
  const std::uint64_t hash = X509_NAME_hash_ex(name, nullptr, nullptr, &is_ok);
  SG_CHECK(is_ok == 1);
  return hash;
}

void append(Bytes& to, const Sha256& digest) {
  to.insert(to.end(), digest.begin(), digest.end());
}

}  // namespace

TrustStore::TrustStore(TrustStoreSource source)
    : source_(std::move(source)), store_(X509_STORE_new()) {
  SG_CHECK(store_ != nullptr);
  X509_VERIFY_PARAM* rules = X509_STORE_get0_param(store_);
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
  X509_VERIFY_PARAM_set_depth(rules, kDepthMax);
  X509_VERIFY_PARAM_set_auth_level(rules, kSecurityLevel);
  X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SMIME_SIGN);
  X509_STORE_set_verify_cb(store_, overlook_own_purpose);
  index();
  ERR_clear_error();
}

TrustStore::~TrustStore() {
  X509_STORE_free(store_);
}

void TrustStore::index() {
  Bytes contents;
  for (const CertificatePointer& anchor : source_.anchors) {
    SG_CHECK(X509_STORE_add_cert(store_, anchor->x509()) == 1);
    authorities_.emplace(name_hash(X509_get_subject_name(anchor->x509())), &anchor);
    append(contents, anchor->sha256());
  }
  contents.push_back('|');
  for (const CertificatePointer& intermediate : source_.intermediates) {
    authorities_.emplace(name_hash(X509_get_subject_name(intermediate->x509())), &intermediate);
    append(contents, intermediate->sha256());
  }
  contents.push_back('|');
  for (const auto& list : source_.revocation_lists) {
    const List entry{.list = list.get(), .has_known_signer = has_signer(*list)};
    if (list->is_indirect()) indirect_lists_.push_back(entry);
    lists_.emplace(name_hash(list->issuer()), entry);
    append(contents, list->sha256());
  }
  SG_CHECK(EVP_Digest(contents.data(), contents.size(), fingerprint_.data(), nullptr, EVP_sha256(),
                      nullptr) == 1);
}

bool TrustStore::has_signer(const RevocationList& list) const {
  const auto [begin, end] = authorities_.equal_range(name_hash(list.issuer()));
  return std::any_of(begin, end,
                     [&](const auto& entry) { return list.is_signed_by(**entry.second); });
}

std::vector<const RevocationList*> TrustStore::lists_without_signer() const {
  std::vector<const RevocationList*> lists;
  for (const auto& list : source_.revocation_lists) {
    if (!has_signer(*list)) lists.push_back(list.get());
  }
  return lists;
}

std::vector<const CertificatePointer*> TrustStore::gather(
    const Certificate& certificate, std::span<const CertificatePointer> extra) const {
  std::vector<const CertificatePointer*> gathered;
  std::set<const Certificate*> seen = {&certificate};
  const auto take = [&](const CertificatePointer& issuer) {
    const bool has_room = gathered.size() < kCertificatesMax;
    if (has_room && seen.insert(issuer.get()).second) gathered.push_back(&issuer);
  };
  const auto take_issuers_of = [&](const Certificate& subject) {
    const X509_NAME* name = X509_get_issuer_name(subject.x509());
    for (const CertificatePointer& one : extra) {
      if (X509_NAME_cmp(X509_get_subject_name(one->x509()), name) == 0) take(one);
    }
    const auto [begin, end] = authorities_.equal_range(name_hash(name));
    for (auto issuer = begin; issuer != end; ++issuer) take(*issuer->second);
  };
  take_issuers_of(certificate);
  for (std::size_t i = 0; i < gathered.size(); ++i) take_issuers_of(**gathered[i]);
  return gathered;
}

ChainVerdict TrustStore::verify(const Certificate& certificate,
                                std::span<const CertificatePointer> extra, WallTime at) const {
  if (!certificate.is_valid_at(at)) return dated_failure(certificate, at);

  const std::vector<const CertificatePointer*> issuers = gather(certificate, extra);
  const StackOwner untrusted(sk_X509_new_null());
  const X509StoreContextOwner path(X509_STORE_CTX_new());
  SG_CHECK(untrusted != nullptr && path != nullptr);
  for (const CertificatePointer* issuer : issuers) {
    SG_CHECK(sk_X509_push(untrusted.get(), (*issuer)->x509()) > 0);
  }
  SG_CHECK(X509_STORE_CTX_init(path.get(), store_, certificate.x509(), untrusted.get()) == 1);
  X509_STORE_CTX_set_time(path.get(), 0, at.time_since_epoch().count());

  ChainVerdict verdict{.outcome = ChainOutcome::NoTrustPath,
                       .reason = "",
                       .chain = {},
                       .valid_from = at,
                       .valid_until = at + kFailureKept};
  if (X509_verify_cert(path.get()) != 1) {
    verdict.reason = failure_text(path.get());
    ERR_clear_error();
    return verdict;
  }
  verdict.outcome = ChainOutcome::Trusted;
  verdict.valid_from = certificate.not_before();
  verdict.valid_until = certificate.not_after();
  const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(path.get());
  for (int i = 1; i < sk_X509_num(chain); ++i) {
    const X509* above = sk_X509_value(chain, i);
    const CertificatePointer* known = find_known(*above, issuers);
    SG_CHECK(known != nullptr);  // A path is made of what was handed in, and of anchors.
    verdict.chain.push_back(*known);
    narrow(verdict, **known);
  }
  check_revocation(certificate, verdict, at);
  return verdict;
}

const CertificatePointer* TrustStore::find_known(
    const X509& certificate, std::span<const CertificatePointer* const> issuers) const {
  const auto is_it = [&](const CertificatePointer* one) {
    return X509_cmp((*one)->x509(), &certificate) == 0;
  };
  const auto found = std::find_if(issuers.begin(), issuers.end(), is_it);
  if (found != issuers.end()) return *found;
  const auto [begin, end] =
      authorities_.equal_range(name_hash(X509_get_subject_name(&certificate)));
  const auto authority =
      std::find_if(begin, end, [&](const auto& entry) { return is_it(entry.second); });
  return authority == end ? nullptr : authority->second;
}

bool TrustStore::is_in_force(const List& list, const Certificate& issuer) const {
  return list.has_known_signer || list.list->is_signed_by(issuer);
}

void TrustStore::check_revocation(const Certificate& certificate, ChainVerdict& verdict,
                                  WallTime at) const {
  const Certificate* subject = &certificate;
  for (const CertificatePointer& issuer : verdict.chain) {
    const auto [begin, end] = lists_.equal_range(name_hash(X509_get_issuer_name(subject->x509())));
    std::vector<List> lists = indirect_lists_;
    for (auto list = begin; list != end; ++list) lists.push_back(list->second);
    for (const List& entry : lists) {
      if (!is_in_force(entry, *issuer)) continue;
      const RevocationList& list = *entry.list;
      if (const std::optional<RevocationList::Entry> found = list.find(*subject)) {
        verdict.outcome = ChainOutcome::Revoked;
        verdict.reason = (subject == &certificate ? "it" : subject->subject_text() + " above it") +
                         " was revoked at " + time_text(found->revoked_at) + " (" + found->reason +
                         ")";
        return;
      }
      if (list.is_stale_at(at)) {
        verdict.reason = "the revocation list of " + list.issuer_text() + " is out of date since " +
                         time_text(*list.next_update());
      } else if (list.next_update()) {
        verdict.valid_until = std::min(verdict.valid_until, *list.next_update());
      }
    }
    subject = issuer.get();
  }
}

}  // namespace sealgate::engine::trust
