// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/base64_kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace sealgate::engine::mime {

#if defined(__x86_64__)
#define SG_AVX2 __attribute__((target("avx2"), always_inline)) inline
namespace {

constexpr std::size_t kVectorChars = 32;
constexpr std::size_t kVectorOctets = 24;
// The two 16-octet loads of one step reach this far.
constexpr std::size_t kVectorReach = 28;
// One line takes two steps of 24 octets and one of 12, of which 9 count.
constexpr std::size_t kLineReach = 64;
constexpr std::size_t kLineRoom = 80;
constexpr std::size_t kLineOctets = 57;
constexpr std::size_t kLineChars = 76;

// 24 octets, 12 in each half, to 32 values of 6 bits.
SG_AVX2 __m256i split(__m256i octets) {
  // Each group of three octets a b c becomes the 32-bit word (b, a, c, b), in which every
  // 6-bit value lies inside one 16-bit half.
  const __m256i order = _mm256_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10,  //
                                         1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
  const __m256i words = _mm256_shuffle_epi8(octets, order);
  // A multiplication by a power of two shifts each 16-bit half by its own distance.
  const __m256i first_and_third = _mm256_mulhi_epu16(
      _mm256_and_si256(words, _mm256_set1_epi32(0x0FC0FC00)), _mm256_set1_epi32(0x04000040));
  const __m256i second_and_fourth = _mm256_mullo_epi16(
      _mm256_and_si256(words, _mm256_set1_epi32(0x003F03F0)), _mm256_set1_epi32(0x01000010));
  return _mm256_or_si256(first_and_third, second_and_fourth);
}

SG_AVX2 __m256i step_above(__m256i values, char limit, char step) {
  return _mm256_and_si256(_mm256_cmpgt_epi8(values, _mm256_set1_epi8(limit)),
                          _mm256_set1_epi8(step));
}

// The distance from value to character changes at 26, 52, 62 and 63.
SG_AVX2 __m256i to_characters(__m256i values) {
  __m256i offset = _mm256_set1_epi8('A');
  offset = _mm256_add_epi8(offset, step_above(values, 25, 'a' - 26 - 'A'));
  offset = _mm256_add_epi8(offset, step_above(values, 51, '0' - 52 - ('a' - 26)));
  offset = _mm256_add_epi8(offset, step_above(values, 61, '+' - 62 - ('0' - 52)));
  offset = _mm256_add_epi8(offset, step_above(values, 62, '/' - 63 - ('+' - 62)));
  return _mm256_add_epi8(values, offset);
}

SG_AVX2 __m256i load_halves(const std::uint8_t* from) {
  const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + 12));
  return _mm256_set_m128i(high, low);
}

SG_AVX2 void encode_step(const std::uint8_t* from, std::uint8_t* to) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), to_characters(split(load_halves(from))));
}

// The characters first <= c <= last get the offset that makes them values.
SG_AVX2 __m256i offset_in(__m256i text, char first, char last, char value) {
  const __m256i is_in =
      _mm256_and_si256(_mm256_cmpgt_epi8(text, _mm256_set1_epi8(static_cast<char>(first - 1))),
                       _mm256_cmpgt_epi8(_mm256_set1_epi8(static_cast<char>(last + 1)), text));
  return _mm256_and_si256(is_in, _mm256_set1_epi8(static_cast<char>(value - first)));
}

}  // namespace

bool base64_has_avx2() {
  return __builtin_cpu_supports("avx2") != 0;
}

__attribute__((target("avx2"))) Base64Progress base64_encode_avx2(ByteView octets,
                                                                  MutableBytes to) {
  Base64Progress done;
  while (octets.size() - done.read >= kVectorReach && to.size() - done.written >= kVectorChars) {
    encode_step(octets.data() + done.read, to.data() + done.written);
    done.read += kVectorOctets;
    done.written += kVectorChars;
  }
  return done;
}

__attribute__((target("avx2"))) Base64Progress base64_encode_lines_avx2(ByteView octets,
                                                                        MutableBytes to) {
  Base64Progress done;
  while (octets.size() - done.read >= kLineReach && to.size() - done.written >= kLineRoom) {
    const std::uint8_t* from = octets.data() + done.read;
    std::uint8_t* line = to.data() + done.written;
    encode_step(from, line);
    encode_step(from + kVectorOctets, line + kVectorChars);
    const __m128i rest =
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + 2 * kVectorOctets));
    const __m256i characters = to_characters(split(_mm256_castsi128_si256(rest)));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(line + 2 * kVectorChars),
                     _mm256_castsi256_si128(characters));
    line[kLineChars] = '\r';
    line[kLineChars + 1] = '\n';
    done.read += kLineOctets;
    done.written += kLineChars + 2;
  }
  return done;
}

__attribute__((target("avx2"))) Base64Progress base64_decode_avx2(ByteView text, MutableBytes to) {
  Base64Progress done;
  // A store writes 32 octets, of which 24 count.
  while (text.size() - done.read >= kVectorChars && to.size() - done.written >= kVectorChars) {
    const __m256i block =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text.data() + done.read));
    // No character has the offset 0, so 0 marks what is not of the alphabet.
    __m256i offset = offset_in(block, 'A', 'Z', 0);
    offset = _mm256_or_si256(offset, offset_in(block, 'a', 'z', 26));
    offset = _mm256_or_si256(offset, offset_in(block, '0', '9', 52));
    offset = _mm256_or_si256(offset, offset_in(block, '+', '+', 62));
    offset = _mm256_or_si256(offset, offset_in(block, '/', '/', 63));
    const __m256i is_foreign = _mm256_cmpeq_epi8(offset, _mm256_setzero_si256());
    if (_mm256_movemask_epi8(is_foreign) != 0) break;
    const __m256i values = _mm256_add_epi8(block, offset);
    // Two values to 12 bits, two of these to 24 bits in each 32-bit word.
    const __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
    const __m256i groups = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
    const __m256i order =
        _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1,  //
                         2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    const __m256i halves = _mm256_shuffle_epi8(groups, order);
    const __m256i octets =
        _mm256_permutevar8x32_epi32(halves, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to.data() + done.written), octets);
    done.read += kVectorChars;
    done.written += kVectorOctets;
  }
  return done;
}
#undef SG_AVX2

#else

bool base64_has_avx2() {
  return false;
}
Base64Progress base64_encode_avx2(ByteView, MutableBytes) {
  return {};
}
Base64Progress base64_encode_lines_avx2(ByteView, MutableBytes) {
  return {};
}
Base64Progress base64_decode_avx2(ByteView, MutableBytes) {
  return {};
}

#endif

}  // namespace sealgate::engine::mime
