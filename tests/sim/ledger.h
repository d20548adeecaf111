// SPDX-License-Identifier: Apache-2.0
//
// The ledger knows what clients have sent, what next hops have taken and what clients were told,
// and finds whatever does not add up: lost, duplicated or unsealed mail.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/message/pipeline_world.h"

namespace sealgate::sim {

enum class Ending : std::uint8_t {
  Open,
  Accepted,  // 250 for all, or for LMTP a final reply for each.
  Refused,   // 5xx.
  GivenUp,   // The client has tried often enough.
};

struct SimRecipient {
  std::string address;
  std::uint32_t delivered = 0;
  std::uint32_t reported = 0;
  // A connection broke in such a way that SMTP itself cannot tell whether it was delivered.
  bool may_be_twice = false;
  bool is_answered = false;  // LMTP: has its final reply.
  bool is_accepted = false;  // ... and it was positive.
};

struct SimMessage {
  std::uint32_t number = 0;
  bool is_lmtp = false;
  std::string sender;
  std::string text;    // As the client sends it, with dots stuffed and the final dot.
  std::string secret;  // Stands in the body and nowhere else.
  std::vector<SimRecipient> recipients;
  Ending ending = Ending::Open;
  std::uint32_t attempts = 0;
};

// What a recipient's copy has to be under the simulation's policy.
enum class Expected : std::uint8_t { Encrypted, Signed, Nothing };
Expected expected_for(std::string_view address);

class Ledger {
 public:
  explicit Ledger(test_support::Cast& cast) : cast_(cast) {}

  SimMessage& add(SimMessage message);
  SimMessage& message(std::uint32_t number) { return messages_.at(number); }
  const std::map<std::uint32_t, SimMessage>& messages() const { return messages_; }

  // A next hop has taken a mail for these addresses. `is_certain` is false where its reply
  // will never arrive.
  void delivered(const std::string& text, const std::vector<std::string>& addresses,
                 bool is_certain);
  void answered(std::uint32_t number, Ending ending);

  // When everything has come to rest.
  void check_end();

  void violation(const std::string& what);
  const std::vector<std::string>& violations() const { return violations_; }
  std::uint64_t copies() const { return copies_; }

 private:
  void take_report(const std::string& text);
  void check_seal(const SimMessage& message, const std::string& text, const std::string& address);
  void check_accepted(const SimMessage& message);

  test_support::Cast& cast_;
  std::map<std::uint32_t, SimMessage> messages_;
  std::vector<std::string> violations_;
  std::uint64_t copies_ = 0;
};

}  // namespace sealgate::sim
