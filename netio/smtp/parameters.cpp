// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/parameters.h"

#include <array>

#include "netio/smtp/errors.h"
#include "netio/smtp/syntax.h"

namespace sealgate::netio {
namespace {

using engine::BodyType;
using engine::DsnNotify;
using engine::DsnReturn;

struct Parameter {
  std::string_view name;
  std::string_view value;
  bool has_value = false;
};

Parameter split(std::string_view word) {
  const std::size_t equals = word.find('=');
  if (equals == word.npos) return {.name = word, .value = {}, .has_value = false};
  return {.name = word.substr(0, equals), .value = word.substr(equals + 1), .has_value = true};
}

// Remembers which names were given, to find one given twice.
template <std::size_t Count>
class GivenOnce {
 public:
  explicit GivenOnce(const std::array<std::string_view, Count>& names) : names_(names) {}

  // The place of `name` among the names. Fails if it is none of them or was given before.
  Result<std::size_t> take(std::string_view name) {
    for (std::size_t i = 0; i < Count; ++i) {
      if (!equal_ignoring_case(names_[i], name)) continue;
      if (given_[i]) return kParameterMalformed;
      given_[i] = true;
      return i;
    }
    return kParameterUnknown;
  }

 private:
  const std::array<std::string_view, Count>& names_;
  std::array<bool, Count> given_{};
};

bool read_size(const Parameter& parameter, MailParameters& into) {
  // RFC 1870, 4: up to 20 digits; a number beyond 64 bits is too big for anyone.
  const bool is_digits = !parameter.value.empty() && parameter.value.size() <= 20 &&
                         parameter.value.find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_digits) return false;
  into.size = parse_number(parameter.value).value_or(UINT64_MAX);
  return true;
}

bool read_body(const Parameter& parameter, MailParameters& into) {
  if (equal_ignoring_case(parameter.value, "7BIT")) {
    into.body = BodyType::SevenBit;
  } else if (equal_ignoring_case(parameter.value, "8BITMIME")) {
    into.body = BodyType::EightBitMime;
  } else if (equal_ignoring_case(parameter.value, "BINARYMIME")) {
    into.body = BodyType::BinaryMime;
  } else {
    return false;
  }
  return true;
}

bool read_return(const Parameter& parameter, MailParameters& into) {
  if (equal_ignoring_case(parameter.value, "FULL")) {
    into.dsn_return = DsnReturn::Full;
  } else if (equal_ignoring_case(parameter.value, "HDRS")) {
    into.dsn_return = DsnReturn::Headers;
  } else {
    return false;
  }
  return true;
}

bool read_envelope_id(const Parameter& parameter, MailParameters& into) {
  constexpr std::size_t kEnvelopeIdBytesMax = 100;  // RFC 3461, 4.4.
  if (parameter.value.empty() || parameter.value.size() > kEnvelopeIdBytesMax) return false;
  if (!is_xtext(parameter.value)) return false;
  into.dsn_id = parameter.value;
  return true;
}

bool read_notify(const Parameter& parameter, RecipientParameters& into) {
  DsnNotify notify{
      .is_default = false, .never = false, .success = false, .failure = false, .delay = false};
  std::string_view list = parameter.value;
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view word = list.substr(0, comma);
    if (equal_ignoring_case(word, "NEVER")) {
      notify.never = true;
    } else if (equal_ignoring_case(word, "SUCCESS")) {
      notify.success = true;
    } else if (equal_ignoring_case(word, "FAILURE")) {
      notify.failure = true;
    } else if (equal_ignoring_case(word, "DELAY")) {
      notify.delay = true;
    } else {
      return false;
    }
    if (comma == list.npos) break;
    list.remove_prefix(comma + 1);
  }
  // RFC 3461, 4.1: NEVER stands alone.
  if (notify.never && (notify.success || notify.failure || notify.delay)) return false;
  into.notify = notify;
  return true;
}

bool read_original(const Parameter& parameter, RecipientParameters& into) {
  constexpr std::size_t kOriginalBytesMax = 500;  // RFC 3461, 4.2.
  if (parameter.value.size() > kOriginalBytesMax) return false;
  const std::size_t semicolon = parameter.value.find(';');
  if (semicolon == std::string_view::npos || semicolon == 0) return false;
  const std::string_view type = parameter.value.substr(0, semicolon);
  const std::string_view address = parameter.value.substr(semicolon + 1);
  for (const char character : type) {
    const bool is_atom =
        character > ' ' && character < 0x7F &&
        std::string_view("()<>@,;:\\\".[]=+").find(character) == std::string_view::npos;
    if (!is_atom) return false;
  }
  if (address.empty()) return false;
  // RFC 6533, 3: the type utf-8 may carry UTF-8 as it is.
  const bool is_valid = equal_ignoring_case(type, "utf-8")
                            ? is_utf8(address) && address.find('=') == address.npos
                            : is_xtext(address);
  if (!is_valid) return false;
  into.original = parameter.value;
  return true;
}

}  // namespace

Result<MailParameters> parse_mail_parameters(std::string_view text) {
  static constexpr std::array<std::string_view, 5> kNames = {"SIZE", "BODY", "SMTPUTF8", "RET",
                                                             "ENVID"};
  MailParameters parameters;
  GivenOnce<kNames.size()> given(kNames);
  for (auto word = take_word(text); !word.empty(); word = take_word(text)) {
    const Parameter parameter = split(word);
    const std::size_t place = SG_TRY(given.take(parameter.name));
    bool is_valid = parameter.has_value;
    if (place == 0) is_valid = is_valid && read_size(parameter, parameters);
    if (place == 1) is_valid = is_valid && read_body(parameter, parameters);
    if (place == 2) is_valid = parameters.needs_smtputf8 = !parameter.has_value;
    if (place == 3) is_valid = is_valid && read_return(parameter, parameters);
    if (place == 4) is_valid = is_valid && read_envelope_id(parameter, parameters);
    if (!is_valid) return kParameterMalformed;
  }
  return parameters;
}

Result<RecipientParameters> parse_recipient_parameters(std::string_view text) {
  static constexpr std::array<std::string_view, 2> kNames = {"NOTIFY", "ORCPT"};
  RecipientParameters parameters;
  GivenOnce<kNames.size()> given(kNames);
  for (auto word = take_word(text); !word.empty(); word = take_word(text)) {
    const Parameter parameter = split(word);
    const std::size_t place = SG_TRY(given.take(parameter.name));
    const bool is_valid =
        parameter.has_value &&
        (place == 0 ? read_notify(parameter, parameters) : read_original(parameter, parameters));
    if (!is_valid) return kParameterMalformed;
  }
  return parameters;
}

}  // namespace sealgate::netio
