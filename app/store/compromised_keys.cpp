// SPDX-License-Identifier: Apache-2.0
#include "app/store/compromised_keys.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "app/config/file.h"
#include "engine/trust/weak_key.h"

namespace sealgate::app {
namespace {

constexpr std::size_t kKeysMax = engine::trust::CompromisedKeys::kKeysMax;
// A full list with a comment on every line.
constexpr std::uint64_t kFileBytesMax = 256ULL << 20U;
// A file of another kind shall not fill the screen.
constexpr int kBadLinesShownMax = 10;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

int nibble_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<hsm::KeyId> read_key_id(std::string_view text) {
  hsm::KeyId id;
  if (text.size() != 2 * id.digest.size()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < id.digest.size(); ++i) {
    const int high = nibble_of(text[2 * i]);
    const int low = nibble_of(text[2 * i + 1]);
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    id.digest[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return id;
}

}  // namespace

void read_compromised_keys(std::string_view content, const std::string& file,
                           std::vector<hsm::KeyId>& keys, Problems& problems) {
  std::uint32_t line_number = 0;
  int bad_lines = 0;
  while (!content.empty() && bad_lines < kBadLinesShownMax) {
    const std::size_t end = std::min(content.find('\n'), content.size());
    const std::string_view line = content.substr(0, end);
    content.remove_prefix(std::min(end + 1, content.size()));
    ++line_number;
    const std::string_view text = trimmed(line.substr(0, line.find('#')));
    if (text.empty()) {
      continue;
    }
    const std::string where = Place{file, line_number, 0}.text();
    const std::optional<hsm::KeyId> id = read_key_id(text);
    if (!id) {
      problems.push_back(Problem{where,
                                 "is not the SHA-256 of a SubjectPublicKeyInfo in 64 hexadecimal "
                                 "digits"});
      ++bad_lines;
      continue;
    }
    if (keys.size() == kKeysMax) {
      problems.push_back(Problem{where, "the lists hold more than " + std::to_string(kKeysMax) +
                                            " compromised keys; shorten them"});
      return;
    }
    keys.push_back(*id);
  }
}

std::vector<hsm::KeyId> load_compromised_keys(const std::string& state_directory,
                                              Problems& problems) {
  std::vector<hsm::KeyId> keys;
  const std::filesystem::path folder =
      std::filesystem::path(state_directory) / std::string(kCompromisedFolder);
  for (const std::string& path : files_in(folder.string(), {".txt"}, problems)) {
    const std::optional<std::string> content = read_file(path, kFileBytesMax, problems);
    if (content) {
      read_compromised_keys(*content, path, keys, problems);
    }
  }
  return keys;
}

}  // namespace sealgate::app
