// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/name_text.h"

#include <array>
#include <cstdio>
#include <ctime>

#include "base/check.h"
#include "engine/trust/openssl_error.h"
#include "engine/trust/utf8.h"

namespace sealgate::engine::trust {
namespace {
constexpr std::size_t kNameTextBytesMax = 400;
}

std::string name_text(const X509_NAME* name) {
  const BioOwner text(BIO_new(BIO_s_mem()));
  SG_CHECK(text != nullptr);
  constexpr unsigned long kForm =
      XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  if (X509_NAME_print_ex(text.get(), name, 0, kForm) < 0) ERR_clear_error();
  char* begin = nullptr;
  const auto size = BIO_ctrl(text.get(), BIO_CTRL_INFO, 0, &begin);
  if (size <= 0 || begin == nullptr) return "(no name)";
  return printable({begin, static_cast<std::size_t>(size)}, kNameTextBytesMax);
}

std::optional<WallTime> wall_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  using namespace std::chrono;  // NOLINT(google-build-using-namespace): calendar arithmetic.
  const year_month_day date{year{parts.tm_year + 1900},
                            month{static_cast<unsigned>(parts.tm_mon + 1)},
                            day{static_cast<unsigned>(parts.tm_mday)}};
  if (!date.ok()) return std::nullopt;
  return WallTime(sys_days(date)) + hours(parts.tm_hour) + minutes(parts.tm_min) +
         seconds(parts.tm_sec);
}

std::string time_text(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02d:%02d:%02d UTC",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

}  // namespace sealgate::engine::trust
