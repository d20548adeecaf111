// SPDX-License-Identifier: Apache-2.0
#include "engine/opening/layer.h"

#include <string>
#include <string_view>

#include "engine/mime/header_text.h"

namespace sealgate::engine::opening {
namespace {

bool is_pkcs7_mime(const mime::MediaType& type) {
  return type.is("application", "pkcs7-mime") || type.is("application", "x-pkcs7-mime");
}

bool is_pkcs7_signature(const mime::MediaType& type) {
  return type.is("application", "pkcs7-signature") || type.is("application", "x-pkcs7-signature");
}

// RFC 8551, 3.2.1: gateways turn the type into application/octet-stream; the name stays.
bool is_cms_by_name(const mime::Structure& structure, std::uint32_t part) {
  constexpr std::string_view kSuffix = ".p7m";
  if (!structure.part(part).type.is("application", "octet-stream")) return false;
  const std::string name = structure.attachment_name(part);
  return name.size() >= kSuffix.size() &&
         mime::equal_ignoring_case(std::string_view(name).substr(name.size() - kSuffix.size()),
                                   kSuffix);
}

bool is_cms(const mime::Structure& structure, std::uint32_t part) {
  const mime::Part& entity = structure.part(part);
  return entity.is_leaf() && (is_pkcs7_mime(entity.type) || is_cms_by_name(structure, part));
}

// RFC 1847, 2.1: exactly two parts, the second one is the signature.
LayerPlace clear_signed(const mime::Structure& structure, std::uint32_t part) {
  const mime::Part& outer = structure.part(part);
  if (!outer.type.is("multipart", "signed") || outer.is_leaf()) return {};
  const std::uint32_t content = outer.first_child;
  const std::uint32_t signature = structure.part(content).next_sibling;
  if (signature == mime::kNoPart) return {};
  const mime::Part& last = structure.part(signature);
  if (last.next_sibling != mime::kNoPart || !last.is_leaf()) return {};
  if (!is_pkcs7_signature(last.type)) return {};
  return {.kind = LayerKind::ClearSigned, .content = content, .cms = signature};
}

}  // namespace

LayerPlace find_layer(const mime::Structure& structure) {
  if (is_cms(structure, 0)) return {.kind = LayerKind::Cms, .content = mime::kNoPart, .cms = 0};
  return clear_signed(structure, 0);
}

ErrantLayers find_errant_layers(const mime::Structure& structure) {
  ErrantLayers found;
  for (std::uint32_t i = 1; i < structure.parts().size(); ++i) {
    if (structure.part(i).type.is("multipart", "signed")) found.has_signed = true;
    if (is_cms(structure, i)) found.has_cms_object = true;
  }
  return found;
}

}  // namespace sealgate::engine::opening
