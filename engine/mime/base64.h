// SPDX-License-Identifier: Apache-2.0
//
// base64 (RFC 4648, 4; RFC 2045, 6.8) at vector speed: AVX2 where the processor has it, chosen
// at run time, plain C++ elsewhere. Both give the same bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace sealgate::engine::mime {

// RFC 2045, 6.8: lines of 76 characters, which hold 57 octets.
inline constexpr std::size_t kBase64LineChars = 76;
inline constexpr std::size_t kBase64LineOctets = 57;

enum class Base64Kernel : std::uint8_t { Scalar, Avx2 };
// The best this processor runs.
Base64Kernel best_base64_kernel();

// Characters of `octets` octets with padding, without line ends.
constexpr std::size_t base64_chars(std::size_t octets) {
  return (octets + 2) / 3 * 4;
}
// The same in lines of 76 characters, each ended by CRLF, the last one too.
constexpr std::size_t base64_line_chars(std::size_t octets) {
  const std::size_t chars = base64_chars(octets);
  return chars + (chars + kBase64LineChars - 1) / kBase64LineChars * 2;
}

// Without line ends. Requires: to.size() >= base64_chars(octets.size()). How many were written.
std::size_t encode_base64(ByteView octets, MutableBytes to);
std::size_t encode_base64(ByteView octets, MutableBytes to, Base64Kernel kernel);
std::string encode_base64(ByteView octets);

// Lines of 76 characters and CRLF, over any number of calls: the text does not depend on how
// the octets are cut. After finish() the encoder begins anew.
class Base64LineEncoder {
 public:
  Base64LineEncoder() : kernel_(best_base64_kernel()) {}
  explicit Base64LineEncoder(Base64Kernel kernel) : kernel_(kernel) {}

  // An upper limit of what update() with `octets` octets, or finish() with 0, writes.
  static constexpr std::size_t room_for(std::size_t octets) {
    return base64_line_chars(octets + kBase64LineOctets);
  }
  // Requires: to.size() >= room_for(octets.size()); no overlap. How many octets were written:
  // always whole lines.
  std::size_t update(ByteView octets, MutableBytes to);
  // Writes the last, shorter line. Nothing is written for no octets at all.
  std::size_t finish(MutableBytes to);

 private:
  Base64Kernel kernel_;
  std::array<std::uint8_t, kBase64LineOctets> held_{};  // The line not yet full.
  std::size_t held_count_ = 0;
};

// Exactly RFC 4648, 4: no line ends, canonical padding, zero trailing bits. Fails with
// kBase64Malformed. Requires: to.size() >= text.size() / 4 * 3.
Result<std::size_t> decode_base64_strict(std::string_view text, MutableBytes to);
Result<Bytes> decode_base64_strict(std::string_view text);

// Mail as it is (RFC 2045, 6.8): what is no base64 character is skipped; padding ends a run,
// and text may follow it (concatenated encodings); a last group without padding is taken.
class Base64Decoder {
 public:
  Base64Decoder() : kernel_(best_base64_kernel()) {}
  explicit Base64Decoder(Base64Kernel kernel) : kernel_(kernel) {}

  static constexpr std::size_t room_for(std::size_t chars) { return chars / 4 * 3 + 6; }
  // Requires: to.size() >= room_for(text.size()); no overlap. How many octets were written.
  std::size_t update(ByteView text, MutableBytes to);
  std::size_t finish(MutableBytes to);

  // Something other than base64 characters, padding and line ends was skipped.
  bool has_trouble() const { return has_trouble_; }

 private:
  Base64Kernel kernel_;
  std::uint32_t bits_ = 0;  // The characters of the group not yet full.
  std::uint32_t count_ = 0;
  bool has_trouble_ = false;
};

}  // namespace sealgate::engine::mime
