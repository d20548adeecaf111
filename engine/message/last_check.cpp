// SPDX-License-Identifier: Apache-2.0
#include "engine/message/last_check.h"

#include <algorithm>

#include "engine/cms/envelope_check.h"
#include "engine/mime/body_text.h"
#include "engine/mime/reader.h"

namespace sealgate::engine {
namespace {

// A copy has the fields that came, at most as many as are taken, and those that we add.
constexpr mime::HeaderLimits kCopyHeader{.bytes = 2 * kHeaderBytesMax,
                                         .fields = 2 * kHeaderFieldsMax};

// Of the body of a copy that is only signed: enough to see which type it has.
constexpr std::size_t kBodyBytesMin = 4096;

// The beginning of the copy: its header, and `body_bytes` of its body.
mime::Structure read_start(const Chain& content, std::size_t body_bytes) {
  mime::Reader reader(kCopyHeader);
  std::uint64_t left = kCopyHeader.bytes + body_bytes;
  for (const Slice& slice : content.slices()) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left, slice.bytes.size()));
    // Less than kMessageBytesMax, which is all that feed() refuses.
    if (size == 0 || !reader.feed(slice.bytes.first(size))) break;
    left -= size;
  }
  return reader.finish();
}

std::vector<const trust::Certificate*> certificates_of(std::span<const std::uint32_t> recipients,
                                                       std::span<const Wanted> wanted) {
  std::vector<const trust::Certificate*> certificates;
  for (const std::uint32_t recipient : recipients) {
    const trust::Certificate* certificate = wanted[recipient].encrypted_to;
    if (certificate == nullptr) continue;
    // A domain's certificate stands for many.
    if (std::find(certificates.begin(), certificates.end(), certificate) != certificates.end()) {
      continue;
    }
    certificates.push_back(certificate);
  }
  return certificates;
}

bool looks_signed(const mime::Structure& start) {
  const mime::MediaType& type = start.part(0).type;
  if (type.is("multipart", "signed")) {
    return type.parameter("protocol") == "application/pkcs7-signature";
  }
  return type.is("application", "pkcs7-mime") && type.parameter("smime-type") == "signed-data";
}

}  // namespace

std::vector<Wanted> wanted_of(std::span<const DecidedRecipient> decided) {
  std::vector<Wanted> wanted;
  wanted.reserve(decided.size());
  for (const DecidedRecipient& recipient : decided) {
    wanted.push_back(
        {.is_signed = recipient.protection.is_signed,
         .encrypted_to = recipient.protection.is_encrypted ? recipient.certificate : nullptr});
  }
  return wanted;
}

std::string_view fault_of(const Chain& content, std::span<const std::uint32_t> recipients,
                          std::span<const Wanted> wanted) {
  const auto is_encrypted = [&](std::uint32_t recipient) {
    return wanted[recipient].encrypted_to != nullptr;
  };
  const auto is_signed = [&](std::uint32_t recipient) { return wanted[recipient].is_signed; };
  const std::vector<const trust::Certificate*> certificates = certificates_of(recipients, wanted);
  if (certificates.empty()) {
    const bool is_any_signed = std::any_of(recipients.begin(), recipients.end(), is_signed);
    if (!is_any_signed) return "";
    return looks_signed(read_start(content, kBodyBytesMin)) ? "" : "it is not signed";
  }
  if (!std::all_of(recipients.begin(), recipients.end(), is_encrypted)) {
    return "it is encrypted, and not for all its recipients";
  }
  // Base64 has 78 octets in a line for 57.
  const std::size_t head_bytes = cms::envelope_head_bytes(certificates.size());
  const mime::Structure start = read_start(content, head_bytes / 57 * 78 + kBodyBytesMin);
  if (!start.part(0).type.is("application", "pkcs7-mime")) return "it is not encrypted";
  const mime::DecodedBody head = mime::decode_body(start, content, 0, head_bytes);
  return cms::recipients_fault(head.octets, certificates);
}

}  // namespace sealgate::engine
