// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/header_text.h"

#include <algorithm>
#include <optional>

#include "base/bytes.h"
#include "engine/mime/base64.h"
#include "engine/mime/charset.h"

namespace sealgate::engine::mime {
namespace {

// RFC 2047, 2 allows 75; some programs write a whole subject as one word.
constexpr std::size_t kEncodedWordBytesMax = 1000;
constexpr std::size_t kEncodedWordBytesAim = 75;
constexpr std::string_view kWordHeadB = "=?utf-8?B?";
constexpr std::string_view kWordHeadQ = "=?utf-8?Q?";
constexpr std::size_t kWordOverhead = 12;  // The head and "?=".

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

struct EncodedWord {
  std::string charset;
  std::string octets;
  std::size_t length = 0;  // Of the whole word in the text.
};

std::string decode_q(std::string_view text) {
  std::string octets;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '=' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
        hex_value(text[i + 2]) >= 0) {
      octets.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
      i += 2;
    } else {
      octets.push_back(text[i] == '_' ? ' ' : text[i]);
    }
  }
  return octets;
}

std::string decode_b(std::string_view text) {
  std::string octets(Base64Decoder::room_for(text.size()) + Base64Decoder::room_for(0), '\0');
  const MutableBytes room{reinterpret_cast<std::uint8_t*>(octets.data()), octets.size()};
  Base64Decoder decoder;
  std::size_t count = decoder.update(as_bytes(text), room);
  count += decoder.finish(room.subspan(count));
  octets.resize(count);
  return octets;
}

// The encoded word at the front of `text`, which begins with "=?".
std::optional<EncodedWord> read_encoded_word(std::string_view text) {
  text = text.substr(0, kEncodedWordBytesMax);
  const std::size_t charset_end = text.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= text.size() ||
      text[charset_end + 2] != '?') {
    return std::nullopt;
  }
  const std::size_t begin = charset_end + 3;
  const std::size_t end = text.find("?=", begin);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view content = text.substr(begin, end - begin);
  // RFC 2231, 5: the charset may be followed by "*" and a language.
  std::string_view charset = text.substr(2, charset_end - 2);
  charset = charset.substr(0, charset.find('*'));
  if (charset.empty() || std::any_of(charset.begin(), charset.end(), is_blank)) {
    return std::nullopt;
  }
  EncodedWord word{.charset = lower_ascii(charset), .octets = {}, .length = end + 2};
  switch (text[charset_end + 1]) {
    case 'Q':
    case 'q':
      word.octets = decode_q(content);
      return word;
    case 'B':
    case 'b':
      word.octets = decode_b(content);
      return word;
    default:
      return std::nullopt;
  }
}

// Joins the octets of neighbouring words of one charset before they become text: programs cut
// multi-octet characters between words, against RFC 2047, 5.
class TextCollector {
 public:
  void add_word(EncodedWord word) {
    if (word.charset != charset_) flush();
    charset_ = std::move(word.charset);
    octets_ += word.octets;
  }
  void add_plain(std::string_view text) {
    flush();
    text_ += to_utf8(as_bytes(text), "").text;
  }
  bool has_word() const { return !charset_.empty(); }
  std::string take() {
    flush();
    for (char& c : text_) {
      if (static_cast<std::uint8_t>(c) < 0x20 || c == 0x7F) c = ' ';
    }
    return std::move(text_);
  }

 private:
  void flush() {
    if (!octets_.empty()) text_ += to_utf8(as_bytes(octets_), charset_).text;
    octets_.clear();
    charset_.clear();
  }
  std::string text_;
  std::string charset_;
  std::string octets_;
};

std::string fold_plain(std::string_view text, std::size_t column) {
  std::string folded;
  while (!text.empty()) {
    // A run of blanks and the word behind it stay together.
    const std::size_t word = text.find_first_not_of(" \t");
    if (word == std::string_view::npos) break;
    const std::size_t end = std::min(text.find_first_of(" \t", word), text.size());
    if (word > 0 && column + end > kHeaderLineBytesAim && column > 1) {
      folded += "\r\n";
      column = 0;
    }
    folded += text.substr(0, end);
    column += end;
    text.remove_prefix(end);
  }
  return folded;
}

// RFC 2047, 5 (3): what stands unencoded in a Q word, also in a phrase.
bool is_q_safe(char c) {
  return is_alphanumeric(c) || c == '!' || c == '*' || c == '+' || c == '-' || c == '/';
}

std::size_t q_length(std::string_view text) {
  std::size_t length = 0;
  for (const char c : text) length += is_q_safe(c) || c == ' ' ? 1U : 3U;
  return length;
}

std::string encode_q(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string word;
  for (const char c : text) {
    const auto value = static_cast<std::uint8_t>(c);
    if (is_q_safe(c)) {
      word.push_back(c);
    } else if (c == ' ') {
      word.push_back('_');
    } else {
      word += {'=', kDigits[value >> 4U], kDigits[value & 15U]};
    }
  }
  return word;
}

std::size_t character_length(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && (static_cast<std::uint8_t>(text[length]) & 0xC0U) == 0x80U) {
    ++length;
  }
  return length;
}

std::string encode_words(std::string_view text, std::size_t column) {
  const bool is_q = q_length(text) <= base64_chars(text.size());
  std::string words;
  while (!text.empty()) {
    const std::size_t line_room = kHeaderLineBytesAim - std::min(column, kHeaderLineBytesAim);
    const std::size_t room =
        std::min(kEncodedWordBytesAim, std::max<std::size_t>(line_room, kWordOverhead + 16)) -
        kWordOverhead;
    std::size_t count = 0;
    std::size_t length = 0;
    while (count < text.size()) {
      const std::size_t step = character_length(text.substr(count));
      const std::size_t grown =
          is_q ? length + q_length(text.substr(count, step)) : base64_chars(count + step);
      if (grown > room && count > 0) break;
      length = grown;
      count += step;
    }
    if (!words.empty()) words += "\r\n ";
    const std::string_view piece = text.substr(0, count);
    words += is_q ? kWordHeadQ : kWordHeadB;
    words += is_q ? encode_q(piece) : encode_base64(as_bytes(piece));
    words += "?=";
    column = 1;
    text.remove_prefix(count);
  }
  return words;
}

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

}  // namespace

std::string unfold(std::string_view raw) {
  std::string text;
  text.reserve(raw.size());
  for (const char c : raw) {
    if (c != '\r' && c != '\n') text.push_back(c);
  }
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

std::string decode_header_text(std::string_view raw) {
  const std::string unfolded = unfold(raw);
  std::string_view text = unfolded;
  TextCollector collector;
  std::size_t plain = 0;  // What lies before an encoded word and is not yet taken.
  while (plain < text.size()) {
    const std::size_t at = text.find("=?", plain);
    if (at == std::string_view::npos) break;
    std::optional<EncodedWord> word = read_encoded_word(text.substr(at));
    if (!word) {
      plain = at + 2;
      continue;
    }
    const std::string_view before = text.substr(0, at);
    // RFC 2047, 6.2: blanks between two encoded words are not shown.
    const bool is_gap = collector.has_word() && std::all_of(before.begin(), before.end(), is_blank);
    if (!is_gap && !before.empty()) collector.add_plain(before);
    text.remove_prefix(at + word->length);
    plain = 0;
    collector.add_word(std::move(*word));
  }
  if (!text.empty()) collector.add_plain(text);
  return collector.take();
}

std::string encode_header_text(std::string_view text, std::size_t name_bytes) {
  std::string clean(text);
  for (char& c : clean) {
    if (static_cast<std::uint8_t>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  if (is_ascii(clean) && clean.find("=?") == std::string::npos) {
    return fold_plain(clean, name_bytes);
  }
  return encode_words(is_utf8(clean) ? clean : to_utf8(as_bytes(clean), "").text, name_bytes);
}

std::string encode_phrase(std::string_view text) {
  if (!is_printable_ascii(text) || text.find("=?") != std::string_view::npos) {
    return encode_words(is_utf8(text) ? std::string(text) : to_utf8(as_bytes(text), "").text, 1);
  }
  const bool is_atoms = std::all_of(text.begin(), text.end(), [](char c) {
    return is_alphanumeric(c) ||
           std::string_view(" !#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
  });
  if (is_atoms && !text.empty() && text.front() != ' ' && text.back() != ' ') {
    return std::string(text);
  }
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + "\"";
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<std::uint8_t>(c) < 0x80; });
}

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(), [](char a, char b) {
           const auto lower = [](char c) {
             return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
           };
           return lower(a) == lower(b);
         });
}

}  // namespace sealgate::engine::mime
