// SPDX-License-Identifier: Apache-2.0
//
// Result<T> holds a T or an Error. A subset of C++23's std::expected, which GCC 12
// lacks in C++20 mode; stay within the subset, so that the switch is an alias.
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/error.h"

namespace sealgate {

// NOLINTBEGIN(google-explicit-constructor): `return value;` and `return kSomeKind;`
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(Error error) : state_(error) {}
  Result(const ErrorKind& kind, SourceLocation where = SourceLocation::current())
      : state_(Error(kind, 0, where)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & {
    SG_CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    SG_CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  T&& value() && { return std::move(value()); }

  const Error& error() const {
    SG_CHECK(!has_value());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(error) {}
  Result(const ErrorKind& kind, SourceLocation where = SourceLocation::current())
      : error_(Error(kind, 0, where)) {}

  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }
  void value() const { SG_CHECK(has_value()); }
  const Error& error() const {
    SG_CHECK(!has_value());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};
// NOLINTEND(google-explicit-constructor)

}  // namespace sealgate

// Unwraps a Result, or returns its error from the enclosing function:
//   const KeyHandle key = SG_TRY(find_key(snapshot, recipient));
#define SG_TRY(expression)                   \
  __extension__({                            \
    auto sealgate_try_result = (expression); \
    if (!sealgate_try_result) [[unlikely]] { \
      return sealgate_try_result.error();    \
    }                                        \
    std::move(sealgate_try_result).value();  \
  })
