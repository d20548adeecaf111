// SPDX-License-Identifier: Apache-2.0
#include "engine/message/recipient_state.h"

#include <algorithm>

#include "base/check.h"
#include "engine/message/visible_text.h"

namespace sealgate::engine {
namespace {

// A client's log is no place for a thousand lines: the first ones, and how many more.
constexpr std::size_t kReplyLinesMax = 20;
constexpr std::size_t kReplyLineBytesMax = 450;

// "The recipient and why" on one line, whatever the number of lines in the reason.
std::string line_about(const Recipient& recipient, const RecipientState& state) {
  std::string line = "<" + one_line(recipient.address, kAddressBytesMax) + ">: ";
  if (!state.next_hop.empty()) line += state.next_hop + " said: ";
  line += std::to_string(state.reply.code) + " ";
  if (!state.reply.enhanced.empty()) line += state.reply.enhanced + " ";
  return one_line(line + state.reply.text, kReplyLineBytesMax);
}

}  // namespace

Standing standing_of(const RecipientStates& states) {
  bool has_taken = false;
  bool has_failed = false;
  for (const RecipientState& state : states) {
    if (state.fate == Fate::Waiting || state.fate == Fate::OnTheWay) return Standing::Open;
    (state.is_settled() ? has_taken : has_failed) = true;
  }
  if (!has_failed) return Standing::AllTaken;
  return has_taken ? Standing::Mixed : Standing::NoneTaken;
}

bool has_transient_failure(const RecipientStates& states) {
  return std::any_of(states.begin(), states.end(), [](const RecipientState& state) {
    return state.is_failed() && state.reply.is_transient();
  });
}

Reply failure_reply(const Envelope& envelope, const RecipientStates& states) {
  std::vector<std::size_t> failed;
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (states[i].is_failed()) failed.push_back(i);
  }
  SG_CHECK(!failed.empty());
  const bool is_transient = has_transient_failure(states);
  Reply reply{.code = static_cast<std::uint16_t>(is_transient ? 451 : 550),
              .enhanced = is_transient ? "4.0.0" : "5.0.0",
              .text = ""};
  // The first failure of the class that decides gives its codes: most messages have only one.
  for (const std::size_t i : failed) {
    const Reply& own = states[i].reply;
    if (own.is_transient() != is_transient) continue;
    reply.code = own.code;
    if (!own.enhanced.empty()) reply.enhanced = own.enhanced;
    break;
  }
  if (failed.size() < states.size()) {
    reply.text = is_transient ? "Not delivered to everyone; the next attempt goes to these only:"
                              : "Delivered, but not to these recipients:";
  }
  for (std::size_t i = 0; i < failed.size(); ++i) {
    if (!reply.text.empty()) reply.text += '\n';
    if (i == kReplyLinesMax) {
      reply.text += "and " + std::to_string(failed.size() - i) + " more";
      break;
    }
    reply.text += line_about(envelope.recipients[failed[i]], states[failed[i]]);
  }
  return reply;
}

std::vector<Reply> lmtp_replies(const RecipientStates& states, const std::string& queue_id) {
  std::vector<Reply> replies;
  replies.reserve(states.size());
  for (const RecipientState& state : states) {
    SG_CHECK(state.fate != Fate::Waiting && state.fate != Fate::OnTheWay);
    replies.push_back(state.is_failed() ? state.reply : accepted_reply(queue_id));
  }
  return replies;
}

Reply accepted_reply(const std::string& queue_id) {
  return {.code = 250, .enhanced = "2.0.0", .text = "Delivered as " + queue_id};
}

}  // namespace sealgate::engine
