// SPDX-License-Identifier: Apache-2.0
//
// Every key that sealgate.toml may hold: the one list from which defaults, limits, the commented
// sample file and the checks of the manual page are taken.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sealgate::app {

enum class KeyKind : std::uint8_t {
  Text,
  Texts,   // A list of strings.
  Path,    // Absolute, or relative to the folder of the file that names it.
  Count,   // An integer.
  Counts,  // A list of integers.
  Size,    // Bytes: an integer, or a string with KiB, MiB or GiB.
  Span,    // A time span: a string with us, ms, s, m or h.
  Flag,    // true or false.
  Choice,  // One of `choices`.
};

enum class Presence : std::uint8_t { Required, Optional };

struct Key {
  std::string_view section;  // "" is the top of the file.
  std::string_view name;
  KeyKind kind;
  Presence presence;
  std::string_view standard;  // The default as written in the file, strings without quotes.
  std::int64_t low;           // Of Count, Size (bytes) and Span (nanoseconds).
  std::int64_t high;
  std::string_view choices;  // "a|b|c".
  std::string_view help;     // One or two sentences, for the sample file.
  std::string_view example;  // What the sample shows where there is no default.
};

struct Section {
  std::string_view name;
  bool is_list;  // [[name]] rather than [name].
  std::string_view help;
};

std::span<const Section> config_sections();
std::span<const Key> config_keys();

// Requires: the key exists.
const Key& config_key(std::string_view section, std::string_view name);

// Of `candidates` the one that `name` was probably meant to be, or "".
std::string_view closest(std::string_view name, std::span<const std::string_view> candidates);

// A value that the sample sets instead of showing a default in a comment.
struct Setting {
  std::string_view section;
  std::string_view name;
  std::string literal;  // As TOML has it: quoted_text("a"), "true", "[1, 2]".
};

// The commented file that `sealgate init` writes: every key with its default, or its setting.
std::string sample_config(std::span<const Setting> settings);

// `text` as a TOML basic string.
std::string quoted_text(std::string_view text);

}  // namespace sealgate::app
