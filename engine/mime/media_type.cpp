// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/media_type.h"

#include <algorithm>

#include "base/bytes.h"
#include "engine/mime/charset.h"
#include "engine/mime/header_text.h"

namespace sealgate::engine::mime {
namespace {

// More than any program writes; bounds the work on hostile fields.
constexpr std::size_t kParametersMax = 200;
constexpr std::size_t kSectionsMax = 1000;
constexpr std::size_t kParameterLineBytesAim = 70;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool is_token_character(char c) {
  return c > 0x20 && c < 0x7F &&
         std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// One parameter as it stands: name*2*=value.
struct RawParameter {
  std::string name;  // Lower case, without the marks of RFC 2231.
  std::size_t section = 0;
  bool is_continued = false;  // Has a section number.
  bool is_extended = false;   // Has a charset or percent encoding.
  std::string value;
};

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool is_at_end() const { return text_.empty(); }
  char next() const { return text_.empty() ? '\0' : text_.front(); }
  void skip() { text_.remove_prefix(1); }

  // Blanks, and comments with nesting (RFC 5322, 3.2.2).
  void skip_blanks_and_comments() {
    int depth = 0;
    while (!text_.empty()) {
      const char c = next();
      if (c == '(') {
        ++depth;
      } else if (depth > 0 && c == ')') {
        --depth;
      } else if (depth > 0 && c == '\\' && text_.size() > 1) {
        skip();
      } else if (depth == 0 && !is_blank(c)) {
        return;
      }
      skip();
    }
  }

  std::string take_until(std::string_view stops) {
    const std::size_t end = std::min(text_.find_first_of(stops), text_.size());
    std::string taken = unfold(text_.substr(0, end));
    text_.remove_prefix(end);
    return taken;
  }

  std::string take_quoted() {
    std::string value;
    skip();
    while (!text_.empty() && next() != '"') {
      if (next() == '\\' && text_.size() > 1) skip();
      if (next() != '\r' && next() != '\n') value.push_back(next());
      skip();
    }
    if (!text_.empty()) skip();
    return value;
  }

 private:
  std::string_view text_;
};

// Programs forget quotes around values with blanks: all up to ";" is the value, but for a
// comment at its end.
std::string take_unquoted(Scanner& scanner) {
  std::string value = scanner.take_until(";");
  const std::size_t comment = value.find(" (");
  if (comment != std::string::npos) value = unfold(value.substr(0, comment));
  return value;
}

// RFC 2231, 3 and 4: name, name*, name*0, name*0*.
void read_name(std::string_view name, RawParameter& parameter) {
  if (!name.empty() && name.back() == '*') {
    parameter.is_extended = true;
    name.remove_suffix(1);
  }
  const std::size_t star = name.rfind('*');
  if (star != std::string_view::npos) {
    const std::string_view digits = name.substr(star + 1);
    std::size_t section = 0;
    const bool is_number =
        !digits.empty() && digits.size() <= 3 &&
        std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (is_number) {
      for (const char c : digits) section = section * 10 + static_cast<std::size_t>(c - '0');
      parameter.is_continued = true;
      parameter.section = section;
      name = name.substr(0, star);
    }
  }
  parameter.name = lower_ascii(name);
}

std::string decode_percent(std::string_view text) {
  std::string octets;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
        hex_value(text[i + 2]) >= 0) {
      octets.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
      i += 2;
    } else {
      octets.push_back(text[i]);
    }
  }
  return octets;
}

std::string decode_plain(const std::string& name, std::string value) {
  // A boundary is compared with lines of the body, octet for octet.
  if (name == "boundary") return value;
  if (value.find("=?") != std::string::npos) return decode_header_text(value);
  return is_ascii(value) ? value : to_utf8(as_bytes(value), "").text;
}

// Joins the sections of one parameter, from number 0 up to the first gap.
std::string decode_sections(const std::vector<RawParameter>& all, const std::string& name) {
  std::string octets;
  std::string charset;
  bool is_extended = false;
  std::vector<const RawParameter*> sections;
  for (const RawParameter& parameter : all) {
    const bool is_section = parameter.is_continued || parameter.is_extended;
    if (is_section && parameter.name == name) sections.push_back(&parameter);
  }
  std::stable_sort(sections.begin(), sections.end(),
                   [](const auto* a, const auto* b) { return a->section < b->section; });
  std::size_t expected = 0;
  for (const RawParameter* section : sections) {
    if (section->section < expected) continue;  // The first of a number wins.
    if (section->section > expected) break;
    std::string_view value = section->value;
    if (expected == 0 && section->is_extended) {
      const std::size_t first = value.find('\'');
      const std::size_t second =
          first == std::string_view::npos ? first : value.find('\'', first + 1);
      if (second != std::string_view::npos) {
        charset = value.substr(0, first);
        value.remove_prefix(second + 1);
      }
    }
    is_extended = is_extended || section->is_extended;
    octets += section->is_extended ? decode_percent(value) : std::string(value);
    ++expected;
  }
  if (!is_extended || name == "boundary") return decode_plain(name, octets);
  return to_utf8(as_bytes(octets), charset).text;
}

bool has_section_zero(const std::vector<RawParameter>& all, const std::string& name) {
  return std::any_of(all.begin(), all.end(), [&](const RawParameter& parameter) {
    return parameter.name == name && (parameter.is_continued || parameter.is_extended) &&
           parameter.section == 0;
  });
}

std::vector<RawParameter> read_parameters(Scanner& scanner, bool& has_trouble) {
  std::vector<RawParameter> all;
  while (true) {
    scanner.skip_blanks_and_comments();
    if (scanner.next() == ';') {
      scanner.skip();
      continue;
    }
    if (scanner.is_at_end()) return all;
    if (all.size() == kSectionsMax) {
      has_trouble = true;
      return all;
    }
    const std::string name = scanner.take_until("=;(");
    scanner.skip_blanks_and_comments();
    if (scanner.next() != '=' || name.empty()) {
      has_trouble = true;
      if (scanner.next() == '=') scanner.skip();
      scanner.take_until(";");
      continue;
    }
    scanner.skip();
    scanner.skip_blanks_and_comments();
    RawParameter parameter;
    read_name(name, parameter);
    if (scanner.next() == '"') {
      parameter.value = scanner.take_quoted();
      scanner.skip_blanks_and_comments();
      if (!scanner.is_at_end() && scanner.next() != ';') has_trouble = true;
    } else {
      parameter.value = take_unquoted(scanner);
    }
    all.push_back(std::move(parameter));
  }
}

std::optional<std::string_view> find_parameter(const Parameters& parameters,
                                               std::string_view lower_name) {
  for (const auto& [name, value] : parameters) {
    if (name == lower_name) return value;
  }
  return std::nullopt;
}

std::string encode_percent(std::string_view value) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (const char c : value) {
    // RFC 2231, 7: attribute-char.
    if (is_token_character(c) && c != '*' && c != '\'' && c != '%') {
      text.push_back(c);
    } else {
      const auto octet = static_cast<std::uint8_t>(c);
      text += {'%', kDigits[octet >> 4U], kDigits[octet & 15U]};
    }
  }
  return text;
}

}  // namespace

std::optional<std::string_view> ParameterizedValue::parameter(std::string_view lower_name) const {
  return find_parameter(parameters, lower_name);
}

std::optional<std::string_view> MediaType::parameter(std::string_view lower_name) const {
  return find_parameter(parameters, lower_name);
}

ParameterizedValue parse_parameterized(std::string_view raw) {
  ParameterizedValue result;
  Scanner scanner(raw);
  scanner.skip_blanks_and_comments();
  result.token = lower_ascii(scanner.take_until(";("));
  const std::vector<RawParameter> all = read_parameters(scanner, result.has_trouble);
  for (const RawParameter& parameter : all) {
    if (result.parameter(parameter.name)) continue;
    if (result.parameters.size() == kParametersMax) {
      result.has_trouble = true;
      break;
    }
    // RFC 2231 wins over the plain form, which is there for programs that do not know it.
    const bool is_extended = has_section_zero(all, parameter.name);
    if (!is_extended && (parameter.is_continued || parameter.is_extended)) {
      result.has_trouble = true;
      continue;
    }
    result.parameters.emplace_back(parameter.name,
                                   is_extended ? decode_sections(all, parameter.name)
                                               : decode_plain(parameter.name, parameter.value));
  }
  return result;
}

std::optional<MediaType> parse_media_type(std::string_view raw) {
  ParameterizedValue value = parse_parameterized(raw);
  std::string name;
  for (const char c : value.token) {
    if (!is_blank(c)) name.push_back(c);
  }
  const std::size_t slash = name.find('/');
  if (slash == std::string::npos) return std::nullopt;
  MediaType type{.type = name.substr(0, slash),
                 .subtype = name.substr(slash + 1),
                 .parameters = std::move(value.parameters)};
  const auto is_token = [](const std::string& text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
  };
  if (!is_token(type.type) || !is_token(type.subtype)) return std::nullopt;
  return type;
}

std::string encode_parameter(std::string_view name, std::string_view value) {
  const bool is_printable =
      std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  if (is_printable && value.size() <= kParameterLineBytesAim) {
    std::string text = ";\r\n " + std::string(name) + "=\"";
    for (const char c : value) {
      if (c == '"' || c == '\\') text.push_back('\\');
      text.push_back(c);
    }
    return text + "\"";
  }
  std::string encoded = "utf-8''" + encode_percent(value);
  if (name.size() + encoded.size() <= kParameterLineBytesAim) {
    return ";\r\n " + std::string(name) + "*=" + encoded;
  }
  std::string text;
  std::string_view rest = encoded;
  for (std::size_t section = 0; !rest.empty(); ++section) {
    const std::string head = ";\r\n " + std::string(name) + "*" + std::to_string(section) + "*=";
    std::size_t count =
        std::min(kParameterLineBytesAim - std::min<std::size_t>(head.size(), 40), rest.size());
    // A percent triplet stays whole.
    const std::size_t percent = rest.rfind('%', count - 1);
    if (count < rest.size() && percent != std::string_view::npos && percent + 3 > count) {
      count = percent;
    }
    text += head;
    text += rest.substr(0, count);
    rest.remove_prefix(count);
  }
  return text;
}

}  // namespace sealgate::engine::mime
