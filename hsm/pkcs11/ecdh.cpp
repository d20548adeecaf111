// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/ecdh.h"

#include <array>

#include "base/secret.h"
#include "hsm/pkcs11/constant_time.h"

namespace sealgate::hsm {
namespace {

// Uncompressed P-521.
constexpr std::size_t kPointBytesMax = 133;

std::size_t field_bytes(const TokenKey& key) {
  return (key.report.bits + 7) / 8;
}

// X.690: OCTET STRING with a length of one or two bytes.
ByteView wrap(ByteView point, MutableBytes to) {
  std::size_t at = 0;
  to[at++] = 0x04;
  if (point.size() >= 0x80) to[at++] = 0x81;
  to[at++] = static_cast<std::uint8_t>(point.size());
  copy_bytes(to.subspan(at), point);
  return to.first(at + point.size());
}

bool is_zero(ByteView secret) {
  std::uint32_t all = 0;
  for (const std::uint8_t each : secret) all |= each;
  return mask_zero(all) != 0;
}

}  // namespace

CallResult derive_with_point(PrivateKeyCalls& calls, const TokenKey& key, PointForm form,
                             ByteView peer_point, MutableBytes to) {
  std::array<std::uint8_t, 3 + kPointBytesMax> buffer{};
  if (form == PointForm::Wrapped) peer_point = wrap(peer_point, buffer);
  return calls.derive(key, peer_point, field_bytes(key), to);
}

ExecuteResult derive_secret(PrivateKeyCalls& calls, const TokenKey& key,
                            const KeyOperation& operation,
                            InlineBytes<kKeyOutputBytesMax>& output) {
  const ByteView given = operation.input.view();
  // Not left to the token: some do not look, and then a point of a weaker curve draws the key out
  // piece by piece (I. Biehl, B. Meyer, V. Mueller, CRYPTO 2000); those that do each refuse it in
  // words of their own.
  const bool has_point = key.public_key->is_peer(given);
  const CallResult call =
      derive_with_point(calls, key, key.ways.point_form(key.report.type),
                        has_point ? given : ByteView(key.substitute), output.bytes);
  ExecuteResult result = judge(calls, call, KeyAction::DeriveSecret);
  if (result.outcome != KeyOutcome::Done) return result;
  output.size = static_cast<std::uint16_t>(call.size);
  // A point of a NIST curve may have zero for its x; X25519 gives it for bad keys alone.
  const bool is_void = key.report.type == KeyType::X25519 && is_zero(output.view());
  if (!has_point || call.size != field_bytes(key) || is_void) {
    return {.outcome = KeyOutcome::BadInput, .rv = CKR_DATA_INVALID};
  }
  return result;
}

}  // namespace sealgate::hsm
