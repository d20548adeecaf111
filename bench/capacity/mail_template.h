// SPDX-License-Identifier: Apache-2.0
//
// Mail of a given size that looks like real mail: short text as one text/plain part, above
// kAttachmentSize a text with a base64 attachment. All messages of a template share one body;
// Message-ID, Date and Subject are each message's own. Ready to be sent: CRLF, dot-safe.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

namespace sealgate::capacity {

inline constexpr std::size_t kAttachmentSize = 16 * 1024;
inline constexpr std::size_t kMailSizeMin = 1024;

class MailTemplate {
 public:
  // Messages of exactly `size` bytes, header and body. Throws std::runtime_error below
  // kMailSizeMin.
  MailTemplate(std::size_t size, std::string sender, std::string recipient);

  // Header fields and the empty line of message `sequence`, sent at `date`.
  std::string header(std::uint64_t sequence, std::time_t date) const;
  std::string_view body() const { return body_; }

 private:
  std::string sender_;
  std::string recipient_;
  bool has_attachment_;
  std::string body_;
};

}  // namespace sealgate::capacity
