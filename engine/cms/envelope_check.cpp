// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/envelope_check.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "engine/cms/certificate_id.h"
#include "engine/cms/der_reader.h"
#include "engine/cms/der_writer.h"
#include "engine/cms/oids.h"

namespace sealgate::engine::cms {
namespace {

constexpr std::size_t kFrontBytesMax = 128;
// RSA-8192, the longest key taken, and long names.
constexpr std::size_t kRecipientBytesMax = 8 * 1024;

constexpr std::string_view kNotReadable = "it does not begin like an encrypted object";
constexpr std::string_view kNotEncrypted = "it is a CMS object that is not encrypted";
constexpr std::string_view kOtherCount = "it has more or fewer recipients than it should";
constexpr std::string_view kStranger = "one of its recipients is nobody it is meant for";
constexpr std::string_view kMissing = "one whom it is meant for is not among its recipients";

// Reads headers of elements whose content may be cut: `head` is the beginning of something long.
class HeadReader {
 public:
  explicit HeadReader(ByteView head) : rest_(head) {}

  // The content size of the next element, of which the reader then stands at the content.
  std::optional<std::size_t> enter(std::uint8_t identifier) {
    constexpr std::size_t kLengthOctetsMax = 5;
    if (rest_.size() < 2 || rest_[0] != identifier) return std::nullopt;
    const std::uint8_t first = rest_[1];
    std::size_t size = first;
    std::size_t header = 2;
    if (first >= 0x80) {
      const std::size_t octets = first & 0x7FU;
      if (octets == 0 || octets > kLengthOctetsMax || rest_.size() < 2 + octets) {
        return std::nullopt;
      }
      size = 0;
      for (std::size_t i = 0; i < octets; ++i) size = size << 8U | rest_[2 + i];
      header += octets;
    }
    rest_ = rest_.subspan(header);
    return size;
  }

  // A whole element.
  std::optional<ByteView> take(std::uint8_t identifier) {
    const std::optional<std::size_t> size = enter(identifier);
    if (!size || *size > rest_.size()) return std::nullopt;
    const ByteView content = rest_.first(*size);
    rest_ = rest_.subspan(*size);
    return content;
  }

  std::optional<std::uint8_t> peek() const {
    if (rest_.empty()) return std::nullopt;
    return rest_.front();
  }

 private:
  ByteView rest_;
};

// RFC 5652, 6.1: up to the SET of RecipientInfos.
std::optional<ByteView> find_recipients(ByteView head, std::string_view& fault) {
  HeadReader reader(head);
  fault = kNotReadable;
  if (!reader.enter(tag::kSequence)) return std::nullopt;
  const std::optional<ByteView> type = reader.take(tag::kOid);
  if (!type) return std::nullopt;
  if (!equal_bytes(*type, oid::kEnvelopedData) && !equal_bytes(*type, oid::kAuthEnvelopedData)) {
    fault = kNotEncrypted;
    return std::nullopt;
  }
  const bool is_entered = reader.enter(tag::context_constructed(0)) && reader.enter(tag::kSequence);
  if (!is_entered || !reader.take(tag::kInteger)) return std::nullopt;
  return reader.take(tag::kSet);
}

// The RecipientIdentifier of a KeyTransRecipientInfo, or of the one RecipientEncryptedKey of a
// KeyAgreeRecipientInfo, as a whole element.
Result<Bytes> identifier_of(const DerElement& recipient) {
  DerReader set(recipient.whole, Encoding::Der);
  if (recipient.identifier == tag::kSequence) {
    DerReader transport = SG_TRY(set.enter(tag::kSequence));
    SG_TRY(transport.next(tag::kInteger));
    const DerElement id = SG_TRY(transport.next());
    return Bytes(id.whole.begin(), id.whole.end());
  }
  DerReader agreement = SG_TRY(set.enter(tag::context_constructed(1)));
  DerElement last = SG_TRY(agreement.next(tag::kInteger));
  while (!agreement.is_at_end()) last = SG_TRY(agreement.next());
  DerReader keys = SG_TRY(agreement.enter(last));
  DerReader key = SG_TRY(keys.enter(tag::kSequence));
  SG_TRY(keys.finish());
  const DerElement id = SG_TRY(key.next());
  return Bytes(id.whole.begin(), id.whole.end());
}

bool is_identified(const trust::Certificate& certificate, ByteView id) {
  DerWriter writer;
  add_issuer_and_serial(writer, certificate);
  if (equal_bytes(writer.take(), id)) return true;
  if (!certificate.subject_key_id()) return false;
  writer.add(tag::context(0), *certificate.subject_key_id());
  if (equal_bytes(writer.take(), id)) return true;
  writer.begin(tag::context_constructed(0));
  writer.add(tag::kOctetString, *certificate.subject_key_id());
  writer.end();
  return equal_bytes(writer.take(), id);
}

}  // namespace

std::size_t envelope_head_bytes(std::size_t recipients) {
  return kFrontBytesMax + recipients * kRecipientBytesMax;
}

std::string_view recipients_fault(ByteView head,
                                  std::span<const trust::Certificate* const> certificates) {
  std::string_view fault;
  const std::optional<ByteView> recipients = find_recipients(head, fault);
  if (!recipients) return fault;
  std::vector<const trust::Certificate*> missing(certificates.begin(), certificates.end());
  DerReader set(*recipients, Encoding::Der);
  while (!set.is_at_end()) {
    const Result<DerElement> recipient = set.next();
    if (!recipient) return kNotReadable;
    const Result<Bytes> id = identifier_of(recipient.value());
    if (!id) return kNotReadable;
    if (missing.empty()) return kOtherCount;
    const auto found = std::find_if(
        missing.begin(), missing.end(),
        [&](const trust::Certificate* one) { return is_identified(*one, id.value()); });
    if (found == missing.end()) return kStranger;
    missing.erase(found);
  }
  return missing.empty() ? "" : kMissing;
}

}  // namespace sealgate::engine::cms
