// SPDX-License-Identifier: Apache-2.0
//
// Content-Type and Content-Disposition values (RFC 2045, 5.1; RFC 2183) with parameters of
// RFC 2231, read as mail is in the real world: raw 8-bit, encoded words in parameters, missing
// quotes and stray semicolons are taken.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sealgate::engine::mime {

using Parameters = std::vector<std::pair<std::string, std::string>>;

// A token and its parameters: "attachment; filename=x".
struct ParameterizedValue {
  std::string token;         // Lower case.
  Parameters parameters;     // Names lower case; values decoded to UTF-8. First of a name wins.
  bool has_trouble = false;  // Something was skipped or guessed.

  std::optional<std::string_view> parameter(std::string_view lower_name) const;
};

// Takes the raw value of a field, folding included. Never fails: an empty token says that there
// was none.
ParameterizedValue parse_parameterized(std::string_view raw);

struct MediaType {
  std::string type = "text";  // Lower case.
  std::string subtype = "plain";
  Parameters parameters;

  std::optional<std::string_view> parameter(std::string_view lower_name) const;
  bool is(std::string_view other_type, std::string_view other_subtype) const {
    return type == other_type && subtype == other_subtype;
  }
  bool is_multipart() const { return type == "multipart"; }
  bool is_text() const { return type == "text"; }
  // "text/plain".
  std::string name() const { return type + "/" + subtype; }
};

// nullopt when there is no type/subtype to be found.
std::optional<MediaType> parse_media_type(std::string_view raw);

// A parameter for a header we write, folded before it: `;\r\n name="value"`, or by RFC 2231
// `name*=utf-8''...` where the value is long or not printable ASCII (name*0*= ... where even that
// is long). Requires: `value` is UTF-8.
std::string encode_parameter(std::string_view name, std::string_view value);

}  // namespace sealgate::engine::mime
