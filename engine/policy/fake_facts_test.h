// SPDX-License-Identifier: Apache-2.0
//
// A message for tests of the policy: each fact is a member to set.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/policy/facts.h"

namespace sealgate::engine::policy {

class FakeFacts final : public Facts {
 public:
  Direction direction() const override { return direction_; }
  std::string_view envelope_sender() const override { return envelope_sender_; }
  std::string_view sender() const override { return sender_; }
  std::uint64_t size() const override { return size_; }
  std::string_view subject() const override { return subject_; }
  std::vector<std::string> header(std::string_view name) const override {
    const auto found = headers_.find(std::string(name));
    return found == headers_.end() ? std::vector<std::string>() : found->second;
  }
  std::vector<Attachment> attachments() const override { return attachments_; }
  std::vector<std::string> texts(std::size_t) const override {
    ++texts_asked_;
    return texts_;
  }

  Direction direction_ = Direction::Outbound;
  std::string envelope_sender_ = "ann@example.org";
  std::string sender_ = "ann@example.org";
  std::uint64_t size_ = 100;
  std::string subject_;
  std::map<std::string, std::vector<std::string>> headers_;  // By lower-case name.
  std::vector<Attachment> attachments_;
  std::vector<std::string> texts_;
  mutable int texts_asked_ = 0;
};

}  // namespace sealgate::engine::policy
