// SPDX-License-Identifier: Apache-2.0
//
// Errors are values. A function that can fail returns Result<T>; a broken invariant
// is not an error but a bug, and ends the process (check.h).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/source_location.h"

namespace sealgate {

// What the caller may do about an error. The SMTP reply, the retry and the alarm
// depend on the class alone.
enum class ErrorClass : std::uint8_t {
  InvalidInput,   // These bytes can never succeed.
  Refused,        // Policy or trust says no.
  Unavailable,    // A dependency is down: try again later.
  Exhausted,      // A limit is reached: slow down, then try again.
  Misconfigured,  // An operator has to act.
};

// One kind of error, declared once, as a constant in its module's errors.h.
struct ErrorKind {
  ErrorClass error_class;
  std::string_view name;  // "module.what_happened": stable, for logs and metrics.
  std::string_view text;  // One sentence for the operator: what to do. Never message content.
};

class [[nodiscard]] Error {
 public:
  // `detail` is the foreign code behind the error: a CK_RV, an errno, an OpenSSL code.
  explicit Error(const ErrorKind& kind, std::int64_t detail = 0,
                 SourceLocation where = SourceLocation::current())
      : kind_(&kind), detail_(detail), where_(where) {}

  bool is(const ErrorKind& kind) const { return kind_ == &kind; }
  const ErrorKind& kind() const { return *kind_; }
  std::int64_t detail() const { return detail_; }
  SourceLocation where() const { return where_; }

 private:
  const ErrorKind* kind_;
  std::int64_t detail_;
  SourceLocation where_;
};

}  // namespace sealgate
