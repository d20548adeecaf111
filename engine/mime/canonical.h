// SPDX-License-Identifier: Apache-2.0
//
// The canonical, 7-bit safe form of what is to be signed (RFC 8551, 3.1): after it, no hop has
// a reason to touch a byte. What is safe leaves as the very slices in which it arrived; only
// what is not safe is written anew. Every leaf decodes to the octets it had before.
//
// What is changed where it is not safe (see LineTraits::is_transport_safe):
// - a leaf is encoded again: text and message/* as quoted-printable, or as base64 where more than
// one
//   octet in six would be escaped or a CR, LF or NUL stands alone; everything else as base64. Text
//   without charset that has 8-bit octets is labelled utf-8 if it is, else unknown-8bit
//   (RFC 1428; not for HTML, which may name its charset inside);
// - Content-Transfer-Encoding 8bit or binary becomes 7bit (or what the leaf now has), since a
//   hop converts by the label;
// - header lines of parts: blanks at line ends go, long lines are folded, bare LF becomes CRLF,
//   raw 8-bit is encoded as utf-8 (parameters by RFC 2231, addresses and text by RFC 2047; what is
//   no UTF-8 is read as Latin-1), an mbox "From " line goes;
// - blanks after a multipart delimiter go; an unsafe preamble or epilogue, which no reader
//   shows (RFC 2046, 5.1.1), is left out; a multipart that is never closed is closed.
// Not changed, because a signature may cover it: the body of multipart/signed and
// multipart/encrypted, and an application/pkcs7-mime or pkcs7-signature leaf that is 7-bit. Nor
// what cannot be encoded again without loss (message/partial, an unknown encoding, an unreadable
// multipart): while it is 7-bit it stays as it is and makes the entity fragile.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "base/segment.h"
#include "engine/mime/structure.h"

namespace sealgate::engine::mime {

struct SafeEntity {
  Chain bytes;  // Content-* fields, empty line, body: what stands between two boundaries.
  std::uint32_t leaves_encoded = 0;
  bool is_changed = false;  // Anything differs from the message but the choice of fields.
  // A part that must not be touched is 7-bit but has blanks at line ends or "From " lines: an
  // opaque signature carries it more safely than a clear one.
  bool is_fragile = false;
};

// The entity of a message: the Content-* fields of its header (a Content-Type is added where
// there is none) and its body. `writer` gives the room for new text; its chain must be empty,
// and is empty afterwards.
// Fails, with nothing half done, with kHeaderTooLarge, kHeaderNotSafe, kHeaderLineTooLong,
// kInnerSignatureNotSafe, kMultipartNotReadable, kEncodingNotKnown, kPartialNotSafe, or with
// kSegmentsExhausted.
// Requires: `message` is what `structure` was read from.
Result<SafeEntity> make_transport_safe(const Structure& structure, const Chain& message,
                                       ChainWriter& writer);

// The same entity with not a byte of the body changed: for content that is encrypted without a
// signature, or whose own signature must not be touched.
// Fails with kHeaderTooLarge.
Result<Chain> entity_as_it_is(const Structure& structure, const Chain& message,
                              ChainWriter& writer);

}  // namespace sealgate::engine::mime
