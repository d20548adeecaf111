// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/line_scan.h"

#include <bit>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/check.h"

namespace sealgate::engine::mime {
namespace {

void scan_from(ByteView bytes, LineScan& scan) {
  for (std::size_t i = scan.length; i < bytes.size(); ++i) {
    const std::uint8_t byte = bytes[i];
    scan.has_eight_bit |= byte >= 0x80;
    scan.has_nul |= byte == 0;
    scan.carriage_returns += byte == '\r' ? 1 : 0;
    if (byte == '\n') {
      scan.length = i + 1;
      scan.has_line_feed = true;
      return;
    }
  }
  scan.length = bytes.size();
}

}  // namespace

LineScan scan_line_scalar(ByteView bytes) {
  LineScan scan;
  scan_from(bytes, scan);
  return scan;
}

#if defined(__x86_64__)

bool has_avx2() {
  return __builtin_cpu_supports("avx2") != 0;
}

__attribute__((target("avx2,bmi,popcnt"))) LineScan scan_line_avx2(ByteView bytes) {
  constexpr std::size_t kBlock = sizeof(__m256i);
  const __m256i line_feeds = _mm256_set1_epi8('\n');
  const __m256i carriage_returns = _mm256_set1_epi8('\r');
  const __m256i nuls = _mm256_setzero_si256();
  LineScan scan;
  std::uint32_t eight_bit = 0;
  std::uint32_t nul = 0;
  const auto mask_of = [](__m256i value) __attribute__((target("avx2"))) {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(value));
  };
  while (bytes.size() - scan.length >= kBlock) {
    const __m256i block =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes.data() + scan.length));
    const std::uint32_t found = mask_of(_mm256_cmpeq_epi8(block, line_feeds));
    // The octets up to and with the LF; all of them where there is none.
    const std::uint32_t taken = found ^ (found - 1);
    eight_bit |= mask_of(block) & taken;
    nul |= mask_of(_mm256_cmpeq_epi8(block, nuls)) & taken;
    scan.carriage_returns += static_cast<std::uint64_t>(
        std::popcount(mask_of(_mm256_cmpeq_epi8(block, carriage_returns)) & taken));
    if (found != 0) {
      scan.length += static_cast<std::size_t>(std::countr_zero(found)) + 1;
      scan.has_line_feed = true;
      scan.has_eight_bit = eight_bit != 0;
      scan.has_nul = nul != 0;
      return scan;
    }
    scan.length += kBlock;
  }
  scan.has_eight_bit = eight_bit != 0;
  scan.has_nul = nul != 0;
  scan_from(bytes, scan);
  return scan;
}

#else

bool has_avx2() {
  return false;
}

LineScan scan_line_avx2(ByteView bytes) {
  return scan_line_scalar(bytes);
}

#endif

LineScan scan_line(ByteView bytes) {
  static const bool is_fast = has_avx2();
  return is_fast ? scan_line_avx2(bytes) : scan_line_scalar(bytes);
}

LineTraits line_traits(std::string_view text, std::uint64_t length, const LineScan& scan) {
  LineTraits traits;
  const std::uint32_t end = line_end_length(text);
  traits.has_eight_bit = scan.has_eight_bit;
  traits.has_nul = scan.has_nul;
  traits.has_bare_lf = end == 1;
  traits.has_bare_cr = scan.carriage_returns > (end == 2 ? 1U : 0U);
  traits.has_from_line = length == text.size() && text.starts_with("From ");
  traits.longest_line = length - end;
  text.remove_suffix(end);
  traits.has_trailing_blank = !text.empty() && (text.back() == ' ' || text.back() == '\t');
  return traits;
}

std::uint32_t line_end_length(std::string_view text) {
  if (text.ends_with("\r\n")) return 2;
  return text.ends_with('\n') ? 1 : 0;
}

}  // namespace sealgate::engine::mime
