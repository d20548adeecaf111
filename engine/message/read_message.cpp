// SPDX-License-Identifier: Apache-2.0
#include "engine/message/read_message.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "engine/message/errors.h"
#include "engine/message/received.h"
#include "engine/mime/address.h"
#include "engine/mime/body_text.h"
#include "engine/mime/header_text.h"

namespace sealgate::engine {
namespace {

constexpr std::size_t kMessageIdBytesMax = 250;
// Enough for the outer SEQUENCE's header and the content type of a ContentInfo.
constexpr std::size_t kCmsStartBytes = 64;

template <typename Visit>
void for_each_address(const mime::Structure& structure, std::string_view field_name, Visit visit) {
  for (const mime::HeaderField& field : structure.fields(0)) {
    if (!mime::equal_ignoring_case(structure.name(field), field_name)) continue;
    const Result<mime::AddressList> list = mime::parse_address_list(structure.value(field));
    if (!list) continue;
    for (const mime::Mailbox& mailbox : list.value().mailboxes) {
      const Result<std::string> normal = mime::normal_form(mailbox.address());
      if (normal) visit(normal.value());
    }
  }
}

void read_from(ReadMessage& message) {
  for_each_address(message.structure, "From", [&](const std::string& address) {
    const bool is_known =
        std::find(message.from.begin(), message.from.end(), address) != message.from.end();
    if (!is_known) message.from.push_back(address);
  });
  if (message.structure.find(0, "From", 0) == nullptr) {
    message.from_problem = "the message has no From field";
  } else if (message.from.empty()) {
    message.from_problem = "the From field holds no valid address";
  } else if (message.from.size() > 1) {
    message.from_problem = "the From field names " + std::to_string(message.from.size()) +
                           " addresses; a signature has one signer";
  }
}

std::size_t count_fields(const mime::Structure& structure, std::string_view name) {
  const std::span<const mime::HeaderField> fields = structure.fields(0);
  return static_cast<std::size_t>(
      std::count_if(fields.begin(), fields.end(), [&](const mime::HeaderField& field) {
        return mime::equal_ignoring_case(structure.name(field), name);
      }));
}

// The content type of a ContentInfo (RFC 5652, 3) by its last bytes: the OIDs of RFC 5652 and
// RFC 5083 differ there.
SenderSeal cms_seal(const mime::Structure& structure, const Chain& content) {
  static constexpr std::array<std::uint8_t, 10> kPkcs7 = {0x06, 0x09, 0x2A, 0x86, 0x48,
                                                          0x86, 0xF7, 0x0D, 0x01, 0x07};
  static constexpr std::array<std::uint8_t, 13> kAuthEnveloped = {
      0x06, 0x0B, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x01, 0x17};
  const mime::DecodedBody start = mime::decode_body(structure, content, 0, kCmsStartBytes);
  const ByteView bytes(start.octets);
  // SEQUENCE, then a length of one to five octets, or the indefinite form.
  if (bytes.size() < 20 || bytes[0] != 0x30) return {};
  const std::size_t length_octets = bytes[1] <= 0x80 ? 1 : std::size_t{1} + (bytes[1] & 0x7FU);
  if (length_octets > 5) return {};
  const ByteView type = bytes.subspan(1 + length_octets);
  if (type.size() >= kAuthEnveloped.size() &&
      equal_bytes(type.first(kAuthEnveloped.size()), kAuthEnveloped)) {
    return {.is_signed = false, .is_encrypted = true, .how = "S/MIME authEnveloped-data"};
  }
  if (type.size() <= kPkcs7.size() || !equal_bytes(type.first(kPkcs7.size()), kPkcs7)) return {};
  if (type[kPkcs7.size()] == 2) {
    return {.is_signed = true, .is_encrypted = false, .how = "S/MIME signed-data"};
  }
  if (type[kPkcs7.size()] == 3) {
    return {.is_signed = false, .is_encrypted = true, .how = "S/MIME enveloped-data"};
  }
  return {};
}

// RFC 1847: a security multipart has exactly two parts. Returns the second one's number.
std::uint32_t second_of_two(const mime::Structure& structure) {
  const std::uint32_t first = structure.part(0).first_child;
  if (first == mime::kNoPart) return mime::kNoPart;
  const std::uint32_t second = structure.part(first).next_sibling;
  if (second == mime::kNoPart) return mime::kNoPart;
  return structure.part(second).next_sibling == mime::kNoPart ? second : mime::kNoPart;
}

std::string_view without_blank_lines(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

// RFC 3156, 4: the first of the two parts says "Version: 1" and nothing else, so that nothing can
// leave beside what is encrypted.
bool is_pgp_control_part(const mime::Structure& structure, const Chain& content) {
  constexpr std::size_t kControlBytesMax = 100;
  const std::uint32_t first = structure.part(0).first_child;
  if (!structure.part(first).type.is("application", "pgp-encrypted")) return false;
  const mime::DecodedBody body = mime::decode_body(structure, content, first, kControlBytesMax);
  const std::string text = mime::unfold(as_text(body.octets));
  return !body.is_cut && mime::equal_ignoring_case(text, "Version: 1");
}

SenderSeal read_seal(const mime::Structure& structure, const Chain& content) {
  const mime::MediaType& type = structure.part(0).type;
  if (type.is("application", "pkcs7-mime") || type.is("application", "x-pkcs7-mime")) {
    return cms_seal(structure, content);
  }
  const std::uint32_t second = second_of_two(structure);
  if (second == mime::kNoPart) return {};
  const mime::MediaType& second_type = structure.part(second).type;
  if (type.is("multipart", "signed")) {
    // Another kind of signature, PGP's too, does not stand for ours: ours goes around it.
    const bool is_smime = second_type.is("application", "pkcs7-signature") ||
                          second_type.is("application", "x-pkcs7-signature");
    if (!is_smime) return {};
    return {.is_signed = true, .is_encrypted = false, .how = "S/MIME multipart/signed"};
  }
  if (type.is("multipart", "encrypted") && is_pgp_control_part(structure, content) &&
      second_type.is("application", "octet-stream")) {
    const mime::DecodedBody start = mime::decode_body(structure, content, second, 256);
    if (!without_blank_lines(as_text(start.octets)).starts_with("-----BEGIN PGP MESSAGE-----")) {
      return {};
    }
    return {.is_signed = false, .is_encrypted = true, .how = "PGP/MIME"};
  }
  return {};
}

}  // namespace

std::string normal_or_same(const std::string& address) {
  const Result<std::string> normal = mime::normal_form(address);
  return normal ? normal.value() : address;
}

Result<ReadMessage> read_message(mime::Structure structure, Chain content) {
  if (structure.has_finding(FindingKind::HeaderTooLarge)) return kHeaderUnusable;
  if (count_fields(structure, "Received") > kReceivedFieldsMax) return kMailLoop;
  ReadMessage message;
  message.structure = std::move(structure);
  message.content = std::move(content);
  read_from(message);
  const mime::Structure& read = message.structure;
  message.message_id = read.field_text(0, "Message-ID").value_or("").substr(0, kMessageIdBytesMax);
  message.has_date = read.find(0, "Date", 0) != nullptr;
  for (const std::string_view name : {"To", "Cc", "Resent-To", "Resent-Cc"}) {
    for_each_address(read, name,
                     [&](const std::string& address) { message.visible.insert(address); });
  }
  message.sender_seal = read_seal(read, message.content);
  return message;
}

}  // namespace sealgate::engine
