// SPDX-License-Identifier: Apache-2.0
#include "engine/opening/sender.h"

#include <optional>
#include <string_view>

#include "engine/mime/address.h"
#include "engine/mime/header_text.h"

namespace sealgate::engine::opening {
namespace {

std::string normal_or_empty(const mime::Mailbox& mailbox) {
  const Result<std::string> normal = mime::normal_form(mailbox.address());
  return normal ? normal.value() : "";
}

bool is_address_end(char c) {
  constexpr std::string_view kEnds = " \t<>()[]\"',;:";
  return kEnds.find(c) != std::string_view::npos;
}

// The words of a display name that have an at sign, full-width and small ones included: clients
// show the name alone.
bool shows_another_address(const mime::Mailbox& mailbox, const std::string& address) {
  std::string name = mailbox.display_name;
  for (const std::string_view look_alike : {"\xef\xbc\xa0", "\xef\xb9\xab"}) {
    for (std::size_t at = name.find(look_alike); at != std::string::npos;
         at = name.find(look_alike)) {
      name.replace(at, look_alike.size(), "@");
    }
  }
  for (std::size_t at = name.find('@'); at != std::string::npos; at = name.find('@', at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && !is_address_end(name[begin - 1])) --begin;
    std::size_t end = at + 1;
    while (end < name.size() && !is_address_end(name[end])) ++end;
    if (begin == at || end == at + 1) continue;
    const Result<std::string> shown = mime::normal_form(name.substr(begin, end - begin));
    if (!shown || shown.value() != address) return true;
  }
  return false;
}

Sender with_problem(SenderProblem problem, std::string reason) {
  return {.address = "", .sender_field = "", .problem = problem, .reason = std::move(reason)};
}

Sender judge_from(std::string_view value) {
  const Result<mime::AddressList> list = mime::parse_address_list(value);
  if (!list) return with_problem(SenderProblem::Several, "From names too many addresses");
  const mime::AddressList& parsed = list.value();
  if (parsed.has_group) {
    return with_problem(SenderProblem::Group, "From is a group, not a person");
  }
  if (parsed.mailboxes.size() > 1) {
    return with_problem(SenderProblem::Several,
                        "From names " + std::to_string(parsed.mailboxes.size()) + " addresses");
  }
  const std::string address =
      parsed.mailboxes.empty() || parsed.has_trouble ? "" : normal_or_empty(parsed.mailboxes[0]);
  if (address.empty()) {
    return with_problem(SenderProblem::Missing, "From holds no valid address");
  }
  Sender sender{.address = address, .sender_field = "", .problem = {}, .reason = ""};
  if (shows_another_address(parsed.mailboxes[0], address)) {
    sender.problem = SenderProblem::Misleading;
    sender.reason = "the name in From shows another address than " + address;
  }
  return sender;
}

std::string read_sender_field(const mime::Structure& structure) {
  const mime::HeaderField* field = structure.find(0, "Sender", 0);
  if (field == nullptr || structure.find(0, "Sender", 1) != nullptr) return "";
  const Result<mime::AddressList> list = mime::parse_address_list(structure.value(*field));
  if (!list || list.value().mailboxes.size() != 1) return "";
  return normal_or_empty(list.value().mailboxes[0]);
}

}  // namespace

Sender read_sender(std::string_view from_value, const mime::Structure& structure) {
  Sender sender = judge_from(from_value);
  sender.sender_field = read_sender_field(structure);
  return sender;
}

Sender read_sender(const mime::Structure& structure) {
  const mime::HeaderField* field = structure.find(0, "From", 0);
  if (field == nullptr) {
    return with_problem(SenderProblem::Missing, "the message has no From field");
  }
  if (structure.find(0, "From", 1) != nullptr) {
    return with_problem(SenderProblem::Several, "the message has more than one From field");
  }
  return read_sender(structure.value(*field), structure);
}

}  // namespace sealgate::engine::opening
