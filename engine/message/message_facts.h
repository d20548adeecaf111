// SPDX-License-Identifier: Apache-2.0
//
// What policy may ask about a message, answered from the message as it was read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/api/envelope.h"
#include "engine/message/read_message.h"
#include "engine/policy/facts.h"

namespace sealgate::engine {

// Keeps references: `message` and `envelope` outlive the facts.
class MessageFacts final : public policy::Facts {
 public:
  MessageFacts(const ReadMessage& message, const Envelope& envelope);

  Direction direction() const override { return envelope_.direction; }
  std::string_view envelope_sender() const override { return envelope_.sender; }
  std::string_view sender() const override;
  std::uint64_t size() const override { return message_.content.size(); }
  std::string_view subject() const override { return subject_; }
  std::vector<std::string> header(std::string_view name) const override;
  std::vector<policy::Attachment> attachments() const override;
  std::vector<std::string> texts(std::size_t bytes_max) const override;

 private:
  const ReadMessage& message_;
  const Envelope& envelope_;
  std::string subject_;
};

}  // namespace sealgate::engine
