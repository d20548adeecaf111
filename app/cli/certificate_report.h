// SPDX-License-Identifier: Apache-2.0
//
// What a certificate is and what it can be used for, in sentences.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "app/cli/command_line.h"
#include "app/cli/json.h"
#include "base/clock.h"
#include "engine/trust/certificate.h"
#include "engine/trust/weak_key.h"

namespace sealgate::app {

struct CertificateReport {
  engine::trust::CertificatePointer certificate;
  std::string origin;
  std::string address;  // Bound by the operator; "" where not.
  bool can_sign = false;
  bool can_encrypt = false;
  std::vector<std::string> uses;      // "can verify signatures of bob@example.org".
  std::vector<std::string> warnings;  // "expires in 12 days".
};

// Days before its end from which a certificate is warned about.
inline constexpr int kExpiryWarningDays = 30;

// What reports are made by.
struct ReportScope {
  WallTime now{};
  engine::trust::CompromisedKeys compromised = {};
};

CertificateReport report_on(const ReportScope& scope, engine::trust::CertificatePointer certificate,
                            CertKind kind, std::string origin, std::string address);

Json json_of(const CertificateReport& report);
void print_report(const CertificateReport& report, std::ostream& to);

}  // namespace sealgate::app
