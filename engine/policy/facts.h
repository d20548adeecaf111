// SPDX-License-Identifier: Apache-2.0
//
// What a policy may ask about a message. A fact is asked only when a rule that is still
// possible needs it, so that a message's text is decoded only where a rule reads it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/envelope.h"

namespace sealgate::engine::policy {

struct Attachment {
  std::string name;  // Decoded (RFC 2231, RFC 2047), UTF-8; "" where none is given.
  std::string type;  // "application/pdf", lower case, without parameters.
};

// The words of the condition `verdict`, about mail from outside.
//   Of the signature: signed (valid, and the signer is who From says), signed-badly (there is one,
//   and it is not that), unsigned. Of encryption: encrypted (it was, and is open), unopened (it is,
//   and could not be opened; nobody here has the key), unencrypted. without-integrity: it was
//   encrypted by a cipher alone, so that anyone may have changed it. partial: only a part of it is
//   signed or encrypted.
std::span<const std::string_view> verdict_words();

// Answers are asked once for each decision and kept by the caller until it is over.
class Facts {
 public:
  virtual ~Facts() = default;

  virtual Direction direction() const = 0;
  // Reverse-path; "" for the null one.
  virtual std::string_view envelope_sender() const = 0;
  // The address in From; the envelope sender where From has none that can be read.
  virtual std::string_view sender() const = 0;
  // Octets of the message as it came.
  virtual std::uint64_t size() const = 0;
  // The Subject, decoded to UTF-8 and unfolded; "" where there is none.
  virtual std::string_view subject() const = 0;
  // The values of every field `name` (case-insensitive), decoded to UTF-8 and unfolded.
  virtual std::vector<std::string> header(std::string_view name) const = 0;
  // Every part that is not a multipart and has a file name, or is disposed as an attachment.
  virtual std::vector<Attachment> attachments() const = 0;
  // Every text part (attached ones too) as UTF-8, free of transfer encoding, together at most
  // `bytes_max` octets: what is beyond is cut.
  virtual std::vector<std::string> texts(std::size_t bytes_max) const = 0;
  // Whether opening the message has come to `word`, one of verdict_words().
  virtual bool has_verdict(std::string_view word) const = 0;
};

}  // namespace sealgate::engine::policy
