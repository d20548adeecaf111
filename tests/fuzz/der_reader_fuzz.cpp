// SPDX-License-Identifier: Apache-2.0
//
// DerReader takes any bytes without a crash and within its limits; what it accepts as DER comes
// back from DerWriter byte for byte, and is BER with the same elements.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "engine/cms/der_reader.h"
#include "engine/cms/der_writer.h"
#include "engine/cms/errors.h"

namespace {

using namespace sealgate;
using namespace sealgate::engine::cms;

void check_error(const Error& error) {
  SG_CHECK(error.is(kDerMalformed) || error.is(kDerTooDeep) || error.is(kDerTooComplex));
}

void check_inside(ByteView inner, ByteView outer) {
  if (inner.empty()) return;
  SG_CHECK(inner.data() >= outer.data());
  SG_CHECK(inner.data() + inner.size() <= outer.data() + outer.size());
}

bool copy(DerReader reader, ByteView input, DerWriter& writer, unsigned depth) {
  while (!reader.is_at_end()) {
    const Result<DerElement> element = reader.next();
    if (!element) {
      check_error(element.error());
      return false;
    }
    check_inside(element.value().whole, input);
    check_inside(element.value().content, element.value().whole);
    const std::uint8_t identifier = element.value().identifier;
    // The writer nests as deep as CMS does; below that an element is copied as it is.
    constexpr unsigned kCopyDepth = 12;
    if (!element.value().is_constructed() || depth == kCopyDepth) {
      writer.add(identifier, element.value().content);
      continue;
    }
    const Result<DerReader> inside = reader.enter(element.value());
    if (!inside) {
      check_error(inside.error());
      return false;
    }
    writer.begin(identifier);
    const bool is_copied = copy(inside.value(), input, writer, depth + 1);
    writer.end();
    if (!is_copied) return false;
  }
  return true;
}

std::size_t count_ber(DerReader reader, ByteView input) {
  std::size_t count = 0;
  while (!reader.is_at_end()) {
    const Result<DerElement> element = reader.next();
    if (!element) {
      check_error(element.error());
      return count;
    }
    ++count;
    check_inside(element.value().whole, input);
    SG_CHECK(!element.value().whole.empty());
    Bytes octets;
    const Result<void> joined = append_octets(reader, element.value(), octets);
    SG_CHECK(!joined || octets.size() <= element.value().content.size());
    if (!element.value().is_constructed()) continue;
    const Result<DerReader> inside = reader.enter(element.value());
    if (inside) count += count_ber(inside.value(), input);
  }
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const ByteView input(bytes, size);
  DerWriter writer;
  const bool is_der = copy(DerReader(input, Encoding::Der), input, writer, 0);
  if (is_der) {
    SG_CHECK(equal_bytes(writer.take(), input));
    SG_CHECK(input.empty() || count_ber(DerReader(input, Encoding::Ber), input) > 0);
  }
  count_ber(DerReader(input, Encoding::Ber), input);
  return 0;
}
