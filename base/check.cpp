// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace sealgate {

void fail_check(const char* condition, SourceLocation where) {
  std::fprintf(stderr, "%s:%u: check failed: %s\n", where.file, where.line, condition);
  std::abort();
}

}  // namespace sealgate
