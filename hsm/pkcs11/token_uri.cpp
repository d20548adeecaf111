// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/token_uri.h"

#include <cstdlib>
#include <utility>

#include <p11-kit/uri.h>

#include "base/check.h"
#include "hsm/api/errors.h"

namespace sealgate::hsm {
namespace {

constexpr CK_ULONG kNoSlot = ~CK_ULONG{0};

// RFC 7512, 2.4: "file:/path" (RFC 8089), or a bare absolute path.
Result<std::string> pin_path_of(std::string_view source) {
  constexpr std::string_view kScheme = "file:";
  if (source.substr(0, kScheme.size()) == kScheme) source.remove_prefix(kScheme.size());
  if (source.substr(0, 3) == "///") source.remove_prefix(2);
  if (source.empty() || source.front() != '/') return kPinSourceUnsupported;
  if (source.find('\0') != std::string_view::npos) return kPinSourceUnsupported;
  return std::string(source);
}

// An attribute of a key as p11-kit wants it. It never writes through pValue.
CK_ATTRIBUTE attribute_of(CK_ATTRIBUTE_TYPE type, Bytes& value) {
  return {type, value.data(), value.size()};
}

}  // namespace

void TokenUri::Free::operator()(p11_kit_uri* uri) const {
  p11_kit_uri_free(uri);
}

TokenUri::TokenUri(Parsed parsed, std::string pin_path)
    : parsed_(std::move(parsed)), pin_path_(std::move(pin_path)) {}

Result<TokenUri> TokenUri::parse(std::string_view text) {
  if (text.empty() || text.size() > kBytesMax) return kUriInvalid;
  if (text.find('\0') != std::string_view::npos) return kUriInvalid;
  Parsed parsed(p11_kit_uri_new());
  SG_CHECK(parsed != nullptr);
  const int result =
      p11_kit_uri_parse(std::string(text).c_str(), P11_KIT_URI_FOR_ANY, parsed.get());
  if (result != P11_KIT_URI_OK) return kUriInvalid;
  if (p11_kit_uri_get_pin_value(parsed.get()) != nullptr) return kUriHasPin;
  // p11-kit keeps what it does not know and then matches nothing: say so instead.
  if (p11_kit_uri_any_unrecognized(parsed.get()) != 0) return kUriInvalid;
  std::string pin_path;
  if (const char* source = p11_kit_uri_get_pin_source(parsed.get()); source != nullptr) {
    pin_path = SG_TRY(pin_path_of(source));
  }
  return TokenUri(std::move(parsed), std::move(pin_path));
}

bool TokenUri::matches_token(const CK_TOKEN_INFO& token) const {
  return p11_kit_uri_match_token_info(parsed_.get(), &token) != 0;
}

bool TokenUri::matches_slot(CK_SLOT_ID slot, const CK_SLOT_INFO& slot_info) const {
  const CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(parsed_.get());
  if (wanted != kNoSlot && wanted != slot) return false;
  return p11_kit_uri_match_slot_info(parsed_.get(), &slot_info) != 0;
}

bool TokenUri::matches_key(ByteView label, ByteView id) const {
  CK_OBJECT_CLASS private_key = CKO_PRIVATE_KEY;
  Bytes label_value(label.begin(), label.end());
  Bytes id_value(id.begin(), id.end());
  CK_ATTRIBUTE attributes[] = {{CKA_CLASS, &private_key, sizeof private_key},
                               attribute_of(CKA_LABEL, label_value),
                               attribute_of(CKA_ID, id_value)};
  return p11_kit_uri_match_attributes(parsed_.get(), attributes, std::size(attributes)) != 0;
}

bool TokenUri::covers(const std::string& key_uri) const {
  const Parsed other(p11_kit_uri_new());
  SG_CHECK(other != nullptr);
  if (p11_kit_uri_parse(key_uri.c_str(), P11_KIT_URI_FOR_OBJECT_ON_TOKEN, other.get()) !=
      P11_KIT_URI_OK) {
    return false;
  }
  if (!matches_token(*p11_kit_uri_get_token_info(other.get()))) return false;
  CK_ULONG count = 0;
  CK_ATTRIBUTE* const attributes = p11_kit_uri_get_attributes(other.get(), &count);
  return p11_kit_uri_match_attributes(parsed_.get(), attributes, count) != 0;
}

std::string format_key_uri(const CK_TOKEN_INFO& token, ByteView label, ByteView id) {
  const std::unique_ptr<p11_kit_uri, void (*)(p11_kit_uri*)> uri(p11_kit_uri_new(),
                                                                 p11_kit_uri_free);
  SG_CHECK(uri != nullptr);
  *p11_kit_uri_get_token_info(uri.get()) = token;
  CK_OBJECT_CLASS private_key = CKO_PRIVATE_KEY;
  Bytes label_value(label.begin(), label.end());
  Bytes id_value(id.begin(), id.end());
  CK_ATTRIBUTE object_class{CKA_CLASS, &private_key, sizeof private_key};
  p11_kit_uri_set_attribute(uri.get(), &object_class);
  CK_ATTRIBUTE label_attribute = attribute_of(CKA_LABEL, label_value);
  if (!label.empty()) p11_kit_uri_set_attribute(uri.get(), &label_attribute);
  CK_ATTRIBUTE id_attribute = attribute_of(CKA_ID, id_value);
  if (!id.empty()) p11_kit_uri_set_attribute(uri.get(), &id_attribute);
  char* formatted = nullptr;
  if (p11_kit_uri_format(uri.get(), P11_KIT_URI_FOR_OBJECT_ON_TOKEN, &formatted) !=
      P11_KIT_URI_OK) {
    return {};
  }
  std::string text(formatted);
  free(formatted);
  return text;
}

}  // namespace sealgate::hsm
