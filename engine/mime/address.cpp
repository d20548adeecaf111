// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/address.h"

#include <algorithm>
#include <cstdlib>
#include <idn2.h>
#include <optional>

#include "base/limits.h"
#include "engine/mime/charset.h"
#include "engine/mime/errors.h"
#include "engine/mime/header_text.h"

namespace sealgate::engine::mime {
namespace {

constexpr std::size_t kDomainBytesMax = 255;  // RFC 5321, 4.5.3.1.2.
constexpr std::size_t kTokensMax = 200'000;

bool is_control(char c) {
  return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7F;
}

// RFC 5322, 3.2.3, with UTF-8 (RFC 6532, 3.2).
bool is_atom_character(char c) {
  const auto value = static_cast<std::uint8_t>(c);
  return value >= 0x80 || (value > 0x20 && value < 0x7F &&
                           std::string_view("()<>[]:;@\\,.\"").find(c) == std::string_view::npos);
}

bool is_dot_atom(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '.' || is_atom_character(c); });
}

bool is_literal(std::string_view domain) {
  return domain.size() > 2 && domain.front() == '[' && domain.back() == ']' &&
         std::all_of(domain.begin() + 1, domain.end() - 1, [](char c) {
           return c > 0x20 && c < 0x7F && c != '[' && c != ']' && c != '\\';
         });
}

bool is_local(std::string_view local) {
  return !local.empty() && is_utf8(local) && std::none_of(local.begin(), local.end(), is_control);
}

bool is_domain(std::string_view domain) {
  return domain.size() <= kDomainBytesMax && is_utf8(domain) &&
         (is_literal(domain) || is_dot_atom(domain));
}

// The tokens of an address field. Comments and blanks are gone.
struct Token {
  enum class Kind : std::uint8_t { Atom, Quoted, Literal, Special } kind;
  std::string text;       // Without quotes and backslashes.
  bool has_blank_before;  // A blank or comment stood before it.
  char special() const { return kind == Kind::Special ? text.front() : '\0'; }
};

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_(text) {}

  std::vector<Token> all(bool& has_trouble) {
    std::vector<Token> tokens;
    bool has_blank = false;
    while (!text_.empty() && tokens.size() < kTokensMax) {
      const char c = text_.front();
      if (c == ' ' || is_control(c)) {
        // A control character is no part of any address; it parts words as a blank does.
        has_trouble = has_trouble || (c != ' ' && c != '\t' && c != '\r' && c != '\n');
        text_.remove_prefix(1);
        has_blank = true;
        continue;
      }
      if (c == '(') {
        skip_comment(has_trouble);
        has_blank = true;
        continue;
      }
      Token token{.kind = Token::Kind::Special, .text = {}, .has_blank_before = has_blank};
      has_blank = false;
      if (c == '"') {
        token.kind = Token::Kind::Quoted;
        token.text = take_delimited('"', has_trouble);
      } else if (c == '[') {
        token.kind = Token::Kind::Literal;
        token.text = "[" + take_delimited(']', has_trouble) + "]";
      } else if (is_atom_character(c)) {
        token.kind = Token::Kind::Atom;
        while (!text_.empty() && is_atom_character(text_.front())) take_one(token.text);
      } else {
        take_one(token.text);
      }
      tokens.push_back(std::move(token));
    }
    has_trouble = has_trouble || !text_.empty();
    return tokens;
  }

 private:
  void take_one(std::string& to) {
    to.push_back(text_.front());
    text_.remove_prefix(1);
  }

  std::string take_delimited(char end, bool& has_trouble) {
    std::string value;
    text_.remove_prefix(1);
    while (!text_.empty() && text_.front() != end) {
      if (text_.front() == '\\' && text_.size() > 1) text_.remove_prefix(1);
      if (text_.front() == '\r' || text_.front() == '\n') {
        text_.remove_prefix(1);  // Folding.
      } else {
        take_one(value);
      }
    }
    if (text_.empty()) {
      has_trouble = true;
    } else {
      text_.remove_prefix(1);
    }
    return value;
  }

  void skip_comment(bool& has_trouble) {
    int depth = 0;
    do {
      const char c = text_.front();
      if (c == '(') ++depth;
      if (c == ')') --depth;
      if (c == '\\' && text_.size() > 1) text_.remove_prefix(1);
      text_.remove_prefix(1);
    } while (depth > 0 && !text_.empty());
    has_trouble = has_trouble || depth > 0;
  }

  std::string_view text_;
};

using Tokens = std::span<const Token>;

// local@domain from tokens that hold nothing else. Blanks around "." and "@" are obsolete but
// allowed (RFC 5322, 4.4); between two words they are not.
std::optional<Mailbox> read_address(Tokens tokens) {
  Mailbox mailbox;
  bool is_after_at = false;
  bool was_word = false;
  for (const Token& token : tokens) {
    std::string& side = is_after_at ? mailbox.domain : mailbox.local;
    switch (token.kind) {
      case Token::Kind::Special:
        if (token.special() == '@' && !is_after_at && was_word) {
          is_after_at = true;
        } else if (token.special() == '.') {
          // A dot inside quotes is text, a dot here must stand between two words.
          if (!was_word) return std::nullopt;
          side += '.';
        } else {
          return std::nullopt;
        }
        was_word = false;
        continue;
      case Token::Kind::Quoted:
        if (is_after_at) return std::nullopt;
        break;
      case Token::Kind::Literal:
        if (!is_after_at || !side.empty()) return std::nullopt;
        break;
      case Token::Kind::Atom:
        break;
    }
    if (was_word) return std::nullopt;
    side += token.text;
    was_word = true;
  }
  if (!is_after_at || !was_word || !is_local(mailbox.local) || !is_domain(mailbox.domain)) {
    return std::nullopt;
  }
  if (mailbox.address().size() > kAddressBytesMax) return std::nullopt;
  return mailbox;
}

std::string read_display_name(Tokens tokens) {
  std::string name;
  for (const Token& token : tokens) {
    if (!name.empty() && token.has_blank_before) name += ' ';
    name += token.text;
  }
  return decode_header_text(name);
}

// RFC 5322, 4.4: <@relay,@relay:local@domain>.
Tokens without_route(Tokens tokens) {
  if (tokens.empty() || tokens.front().special() != '@') return tokens;
  const auto colon = std::find_if(tokens.begin(), tokens.end(),
                                  [](const Token& token) { return token.special() == ':'; });
  if (colon == tokens.end()) return tokens;
  return tokens.subspan(static_cast<std::size_t>(colon - tokens.begin()) + 1);
}

// name <address> or address, from the tokens between two commas.
std::optional<Mailbox> read_mailbox(Tokens tokens) {
  const auto open = std::find_if(tokens.begin(), tokens.end(),
                                 [](const Token& token) { return token.special() == '<'; });
  if (open == tokens.end()) return read_address(tokens);
  const auto before = static_cast<std::size_t>(open - tokens.begin());
  const auto close =
      std::find_if(open, tokens.end(), [](const Token& token) { return token.special() == '>'; });
  // Whatever stands behind ">" could be read as a second address by someone else.
  if (close == tokens.end() || close + 1 != tokens.end()) return std::nullopt;
  const Tokens inside = tokens.subspan(before + 1, static_cast<std::size_t>(close - open) - 1);
  std::optional<Mailbox> mailbox = read_address(without_route(inside));
  if (mailbox) mailbox->display_name = read_display_name(tokens.first(before));
  return mailbox;
}

}  // namespace

std::string Mailbox::address() const {
  if (is_dot_atom(local)) return local + "@" + domain;
  std::string quoted = "\"";
  for (const char c : local) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + "\"@" + domain;
}

Result<AddressList> parse_address_list(std::string_view raw) {
  AddressList list;
  const std::vector<Token> tokens = Tokenizer(raw).all(list.has_trouble);
  std::size_t begin = 0;
  bool is_in_angle = false;
  bool is_in_group = false;
  for (std::size_t i = 0; i <= tokens.size(); ++i) {
    const char special = i < tokens.size() ? tokens[i].special() : ',';
    if (special == '<') is_in_angle = true;
    if (special == '>') is_in_angle = false;
    const bool begins_group = special == ':' && !is_in_angle && !is_in_group;
    const bool ends_group = special == ';' && is_in_group;
    const bool is_end =
        i == tokens.size() || (!is_in_angle && special == ',') || (special == ';' && !is_in_angle);
    if (begins_group) {
      // What stands before is the group's name.
      list.has_group = is_in_group = true;
      begin = i + 1;
      continue;
    }
    if (!is_end) continue;
    if (i > begin) {
      std::optional<Mailbox> mailbox = read_mailbox(Tokens(tokens).subspan(begin, i - begin));
      if (!mailbox) {
        list.has_trouble = true;
      } else if (list.mailboxes.size() == kHeaderAddressesMax) {
        return kAddressListTooLong;
      } else {
        list.mailboxes.push_back(std::move(*mailbox));
      }
    }
    if (ends_group) is_in_group = false;
    begin = i + 1;
  }
  return list;
}

Result<Mailbox> parse_address(std::string_view text) {
  const bool is_clean =
      text.size() <= kAddressBytesMax && std::none_of(text.begin(), text.end(), is_control);
  if (!is_clean) return kAddressMalformed;
  bool has_trouble = false;
  const std::vector<Token> tokens = Tokenizer(text).all(has_trouble);
  const bool has_blank = std::any_of(tokens.begin(), tokens.end(),
                                     [](const Token& token) { return token.has_blank_before; });
  if (has_trouble || has_blank || text.ends_with(' ') || text.ends_with(')')) {
    return kAddressMalformed;
  }
  std::optional<Mailbox> mailbox = read_address(tokens);
  if (!mailbox) return kAddressMalformed;
  return std::move(*mailbox);
}

Result<std::string> normal_domain(std::string_view domain) {
  if (!is_domain(domain)) return kAddressMalformed;
  if (is_literal(domain)) return lower_ascii(domain);
  const std::string text(domain);
  if (is_ascii(text)) {
    // Underscores and the like occur in real host names and are compared as they are; an A-label
    // must be one.
    const std::string lower = lower_ascii(text);
    if (lower.find("xn--") == std::string::npos) return lower;
  }
  char* ascii = nullptr;
  const int outcome = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(text.c_str()),
                                     reinterpret_cast<std::uint8_t**>(&ascii),
                                     IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  if (outcome != IDN2_OK) return kAddressMalformed;
  std::string labels = lower_ascii(ascii);
  idn2_free(ascii);
  // UTS 46 maps compatibility characters: nothing but a domain may come out of it.
  if (!is_dot_atom(labels)) return kAddressMalformed;
  return labels;
}

Result<std::string> normal_form(std::string_view address) {
  Mailbox mailbox = SG_TRY(parse_address(address));
  mailbox.domain = SG_TRY(normal_domain(mailbox.domain));
  return mailbox.address();
}

std::string format_address_list(const std::vector<Mailbox>& mailboxes, std::size_t name_bytes) {
  std::string text;
  std::size_t column = name_bytes;
  for (const Mailbox& mailbox : mailboxes) {
    std::string one = mailbox.address();
    if (!mailbox.display_name.empty()) {
      one = encode_phrase(mailbox.display_name) + " <" + one + ">";
    }
    if (!text.empty()) {
      const bool is_full = column + 2 + one.size() > kHeaderLineBytesAim;
      text += is_full ? ",\r\n " : ", ";
      column = is_full ? 1 : column + 2;
    }
    text += one;
    column += one.size();
    // Encoded words may have folded the name itself.
    if (const std::size_t fold = one.rfind('\n'); fold != std::string::npos) {
      column = one.size() - fold;
    }
  }
  return text;
}

}  // namespace sealgate::engine::mime
