// SPDX-License-Identifier: Apache-2.0
#include "engine/message/refusal.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "base/check.h"
#include "engine/message/visible_text.h"

namespace sealgate::engine {
namespace {

constexpr std::size_t kLinesMax = 40;
constexpr std::size_t kLineBytesMax = 450;

void add_lines(std::vector<std::string>& lines, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(one_line(text.substr(0, end), kLineBytesMax));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

Reply joined(std::vector<std::string> lines) {
  if (lines.size() > kLinesMax) {
    lines.resize(kLinesMax);
    lines.emplace_back("... and more recipients");
  }
  Reply reply{.code = 550, .enhanced = "5.7.1", .text = ""};
  for (const std::string& line : lines) {
    if (!reply.text.empty()) reply.text += '\n';
    reply.text += line;
  }
  return reply;
}

}  // namespace

Reply refusal_reply(std::string_view text) {
  std::vector<std::string> lines;
  add_lines(lines, text);
  return joined(std::move(lines));
}

Reply combined_refusal(const RecipientStates& states) {
  std::vector<std::string> lines;
  bool has_others = false;
  bool has_taken = false;
  for (const RecipientState& state : states) {
    if (state.fate == Fate::Refused) {
      add_lines(lines, state.reply.text);
    } else if (state.is_taken()) {
      has_taken = true;
    } else {
      has_others = true;
    }
  }
  SG_CHECK(!lines.empty());
  Reply reply = joined(std::move(lines));
  if (has_taken) {
    reply.text +=
        "\nAn earlier attempt has delivered it to other recipients; do not send it to "
        "them again.";
  } else if (has_others) {
    reply.text += "\nNothing was sent to the other recipients.";
  }
  return reply;
}

}  // namespace sealgate::engine
