// SPDX-License-Identifier: Apache-2.0
//
// Where an entity's outermost S/MIME layer is (RFC 8551, 3.2 to 3.9), and which parts of a
// payload are sealed by themselves. Only a layer that holds the whole of an entity counts for a
// message; a sealed part among others is an errant layer (RFC 9787, 4.5): it is neither opened nor
// does it lend its signature to its neighbours.
//
// Threading: none.
#pragma once

#include <cstdint>

#include "base/segment.h"
#include "engine/mime/structure.h"

namespace sealgate::engine::opening {

enum class LayerKind : std::uint8_t {
  None,
  ClearSigned,  // multipart/signed with a PKCS #7 signature.
  Cms,          // application/pkcs7-mime, or a .p7m that says to be nothing in particular.
};

struct LayerPlace {
  LayerKind kind = LayerKind::None;
  std::uint32_t content = mime::kNoPart;  // ClearSigned: the part that is signed.
  std::uint32_t cms = mime::kNoPart;      // The part whose body is the CMS object.
};

// The layer that is the whole of part 0. The smime-type parameter is not asked: senders leave it
// out or spell it in their own way, and the object says what it is.
LayerPlace find_layer(const mime::Structure& structure);

// What is sealed below part 0, which itself is no layer.
struct ErrantLayers {
  bool has_signed = false;      // A multipart/signed, whoever can verify it.
  bool has_cms_object = false;  // A .p7m: what is in it is not looked at.
};
ErrantLayers find_errant_layers(const mime::Structure& structure);

}  // namespace sealgate::engine::opening
