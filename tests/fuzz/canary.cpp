// SPDX-License-Identifier: Apache-2.0
//
// A harness with a planted bug that coverage feedback finds and blind guessing does not.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size > 3 && bytes[0] == 's' && bytes[1] == 'e' && bytes[2] == 'a' && bytes[3] == 'l') {
    std::fputs("canary found\n", stderr);
    std::abort();
  }
  return 0;
}
