// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/scan/program.h"

#include <clocale>
#include <cstdint>
#include <ctime>
#include <fcntl.h>
#include <iconv.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>
#include <vector>

#include "app/inspection/scan/supervisor.h"

namespace sealgate::app {
namespace {

constexpr int kControlDescriptor = 3;

// Character sets in which names of attachments come. A worker cannot load one.
constexpr const char* kCharsets[] = {
    "WINDOWS-1250", "WINDOWS-1251", "WINDOWS-1252", "WINDOWS-1253", "WINDOWS-1254", "WINDOWS-1255",
    "WINDOWS-1256", "WINDOWS-1257", "WINDOWS-1258", "ISO-8859-2",   "ISO-8859-5",   "ISO-8859-7",
    "ISO-8859-9",   "ISO-8859-15",  "KOI8-R",       "KOI8-U",       "GBK",          "GB18030",
    "GB2312",       "BIG5",         "SHIFT_JIS",    "CP932",        "EUC-JP",       "ISO-2022-JP",
    "EUC-KR",       "CP949",        "ISO-2022-KR",  "UTF-7",        "UTF-16",       "UTF-16LE",
    "UTF-16BE",     "UTF-32",       "CP437",        "CP850",        "IBM037",       "TIS-620",
};

// Keeps them loaded as long as it lives.
class LoadedCharsets {
 public:
  LoadedCharsets() {
    for (const char* const charset : kCharsets) {
      const iconv_t converter = iconv_open("UTF-8", charset);
      if (converter != kFailed) converters_.push_back(converter);
    }
  }
  ~LoadedCharsets() {
    for (const iconv_t converter : converters_) iconv_close(converter);
  }
  LoadedCharsets(const LoadedCharsets&) = delete;
  LoadedCharsets& operator=(const LoadedCharsets&) = delete;

 private:
  inline static const iconv_t kFailed = reinterpret_cast<iconv_t>(std::intptr_t{-1});
  std::vector<iconv_t> converters_;
};

bool take_null_as_standard_streams() {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  return null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0 &&
         (null <= STDERR_FILENO || close(null) == 0);
}

bool is_socket(int descriptor) {
  struct stat status {};
  return fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode);
}

}  // namespace

int run_scan_program(const ScanFunction& scan) {
  if (!is_socket(kControlDescriptor)) {
    constexpr std::string_view kText = "sealgate-scan is started by sealgated, not by hand.\n";
    static_cast<void>(!write(STDERR_FILENO, kText.data(), kText.size()));
    return EX_USAGE;
  }
  close_range(kControlDescriptor + 1, ~0U, 0);
  if (chdir("/") != 0 || !take_null_as_standard_streams()) return EX_OSERR;
  std::setlocale(LC_ALL, "C.UTF-8");
  tzset();
  const LoadedCharsets charsets;
  return Supervisor::run(kControlDescriptor, scan);
}

}  // namespace sealgate::app
