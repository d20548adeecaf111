// SPDX-License-Identifier: Apache-2.0
//
// What a policy may ask about a message. A fact is asked only when a rule that is still
// possible needs it, so that a message's text is decoded only where a rule reads it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/envelope.h"

namespace sealgate::engine::policy {

struct Attachment {
  std::string name;  // Decoded (RFC 2231, RFC 2047), UTF-8; "" where none is given.
  std::string type;  // "application/pdf", lower case, without parameters.
};

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
};

}  // namespace sealgate::engine::policy
