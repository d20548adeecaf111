// SPDX-License-Identifier: Apache-2.0
#include "app/cli/certificate_report.h"

#include <ostream>

#include "app/config/utc.h"
#include "engine/trust/selection.h"
#include "engine/trust/usage.h"

namespace sealgate::app {
namespace {

using engine::trust::Certificate;
using engine::trust::Use;

std::string key_text(const Certificate& certificate) {
  using engine::trust::KeyKind;
  switch (certificate.key_kind()) {
    case KeyKind::Rsa:
      return (certificate.is_pss_key() ? "RSA-PSS " : "RSA ") +
             std::to_string(certificate.key_bits());
    case KeyKind::P256:
      return "P-256";
    case KeyKind::P384:
      return "P-384";
    case KeyKind::P521:
      return "P-521";
    case KeyKind::X25519:
      return "X25519";
    case KeyKind::Ed25519:
      return "Ed25519";
    case KeyKind::Unsupported:
      return "unsupported";
  }
  return "";
}

std::string whom(const Certificate& certificate, const std::string& address) {
  if (!address.empty()) {
    return address.starts_with('@') ? "everybody at " + address.substr(1) : address;
  }
  std::string text;
  for (const std::string& own : certificate.addresses()) {
    text += (text.empty() ? "" : ", ") + own;
  }
  return text.empty() ? "nobody (it holds no mail address)" : text;
}

void judge_dates(CertificateReport& report, WallTime now) {
  const Certificate& certificate = *report.certificate;
  if (now < certificate.not_before()) {
    report.warnings.push_back("it is not valid before " + utc_text(certificate.not_before()));
  } else if (now > certificate.not_after()) {
    report.warnings.push_back("it has expired on " + utc_text(certificate.not_after()) +
                              " and is not used");
  } else if (now + std::chrono::days(kExpiryWarningDays) > certificate.not_after()) {
    const auto days =
        std::chrono::duration_cast<std::chrono::days>(certificate.not_after() - now).count();
    report.warnings.push_back("it expires in " + std::to_string(days) + " days, on " +
                              utc_text(certificate.not_after()));
  }
}

void judge_member(const ReportScope& scope, CertificateReport& report, CertKind kind) {
  const Certificate& certificate = *report.certificate;
  const engine::trust::Candidate sign = check_use(certificate, Use::Sign, {}, scope.compromised);
  const engine::trust::Candidate encrypt =
      check_use(certificate, Use::Encrypt, {}, scope.compromised);
  report.can_sign = sign.outcome == engine::trust::Outcome::Chosen;
  report.can_encrypt = encrypt.outcome == engine::trust::Outcome::Chosen;
  const std::string who = whom(certificate, report.address);
  if (report.can_sign) {
    report.uses.push_back(kind == CertKind::Identity ? "signs mail from " + who
                                                     : "verifies signatures of " + who);
  }
  if (report.can_encrypt) {
    report.uses.push_back(kind == CertKind::Identity ? "opens mail to " + who
                                                     : "encrypts mail to " + who);
  }
  const bool is_wanted = kind == CertKind::Identity ? report.can_sign : report.can_encrypt;
  if (!is_wanted) {
    const engine::trust::Candidate& missing = kind == CertKind::Identity ? sign : encrypt;
    report.warnings.push_back((kind == CertKind::Identity ? "cannot sign: " : "cannot encrypt: ") +
                              missing.reason);
  }
  if (report.address.empty() && certificate.addresses().empty()) {
    report.warnings.push_back("it holds no mail address; say whom it is for with --for");
  }
  if (certificate.malformed_addresses() != 0) {
    report.warnings.push_back("it holds malformed addresses, which are not used");
  }
  if (certificate.is_authority()) {
    report.warnings.push_back("it is an authority's certificate; did you mean --anchor?");
  }
}

// That it has expired is nothing to warn of.
void judge_retired(CertificateReport& report) {
  const std::string fault = engine::trust::key_usage_fault(*report.certificate, Use::Encrypt);
  if (fault.empty()) {
    report.uses.emplace_back("for mail that was sealed to it");
  } else {
    report.warnings.push_back("opens no mail, since " + fault);
  }
}

}  // namespace

CertificateReport report_on(const ReportScope& scope, engine::trust::CertificatePointer certificate,
                            CertKind kind, std::string origin, std::string address) {
  CertificateReport report;
  report.certificate = std::move(certificate);
  report.origin = std::move(origin);
  report.address = std::move(address);
  if (kind == CertKind::Retired) {
    judge_retired(report);
    return report;
  }
  judge_dates(report, scope.now);
  if (kind == CertKind::Identity || kind == CertKind::Contact) {
    judge_member(scope, report, kind);
    return report;
  }
  report.uses.push_back(kind == CertKind::Anchor ? "is the end of trust paths"
                                                 : "helps to build trust paths");
  if (!report.certificate->is_authority()) {
    report.warnings.push_back(
        kind == CertKind::Anchor
            ? "it is not an authority's certificate: it makes only itself trusted"
            : "it is not an authority's certificate: it cannot be part of a path");
  }
  return report;
}

Json json_of(const CertificateReport& report) {
  const Certificate& certificate = *report.certificate;
  return Json{{"origin", report.origin},
              {"for", report.address},
              {"subject", certificate.subject_text()},
              {"issuer", certificate.issuer_text()},
              {"serial", certificate.serial_text()},
              {"sha256", to_hex(certificate.sha256())},
              {"key_id", to_hex(certificate.key_id().digest)},
              {"key", key_text(certificate)},
              {"addresses", certificate.addresses()},
              {"not_before", utc_text(certificate.not_before())},
              {"not_after", utc_text(certificate.not_after())},
              {"is_authority", certificate.is_authority()},
              {"can_sign", report.can_sign},
              {"can_encrypt", report.can_encrypt},
              {"uses", report.uses},
              {"warnings", report.warnings}};
}

void print_report(const CertificateReport& report, std::ostream& to) {
  const Certificate& certificate = *report.certificate;
  to << report.origin << "\n"
     << "  subject    " << certificate.subject_text() << "\n"
     << "  issuer     " << certificate.issuer_text() << "\n"
     << "  serial     " << certificate.serial_text() << "\n"
     << "  sha256     " << to_hex(certificate.sha256()) << "\n"
     << "  key        " << key_text(certificate) << ", id "
     << to_hex(ByteView(certificate.key_id().digest).first(8)) << "...\n"
     << "  valid      " << utc_text(certificate.not_before()) << " to "
     << utc_text(certificate.not_after()) << "\n";
  if (!report.address.empty()) {
    to << "  bound to   " << report.address << "\n";
  }
  for (const std::string& address : certificate.addresses()) {
    to << "  address    " << address << "\n";
  }
  for (const std::string& use : report.uses) {
    to << "  use        " << use << "\n";
  }
  for (const std::string& warning : report.warnings) {
    to << "  WARNING    " << warning << "\n";
  }
}

}  // namespace sealgate::app
