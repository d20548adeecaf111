// SPDX-License-Identifier: Apache-2.0
//
// Policy texts: whatever the text, it is taken or refused with a place for each fault, and a
// policy that is taken decides the same twice.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "engine/policy/policy.h"

namespace {

using sealgate::engine::Direction;
namespace policy = sealgate::engine::policy;

class SomeMessage final : public policy::Facts {
 public:
  Direction direction() const override { return Direction::Outbound; }
  std::string_view envelope_sender() const override { return "ann@example.org"; }
  std::string_view sender() const override { return "ann@example.org"; }
  std::uint64_t size() const override { return 5000; }
  std::string_view subject() const override { return "Re: [encrypt] \xef\xbc\x88x) offer"; }
  std::vector<std::string> header(std::string_view) const override { return {"private", "x"}; }
  std::vector<policy::Attachment> attachments() const override {
    return {{"plan.docx", "application/msword"}};
  }
  std::vector<std::string> texts(std::size_t) const override {
    return {"a secret word aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<policy::Problem> problems;
  const std::optional<policy::Policy> parsed =
      policy::Policy::parse({reinterpret_cast<const char*>(data), size}, problems);
  SG_CHECK(parsed.has_value() || !problems.empty());
  if (!parsed) return 0;
  const SomeMessage message;
  policy::Policy::Inquiry first(message);
  policy::Policy::Inquiry second(message);
  std::vector<policy::RuleTrace> trace;
  for (const char* recipient : {"bob@example.net", "x@sub.example.org", "not an address"}) {
    const policy::Decision one = parsed->decide(first, recipient, &trace);
    const policy::Decision two = parsed->decide(second, recipient, nullptr);
    SG_CHECK(one.rule == two.rule && one.treatment == two.treatment);
    SG_CHECK(one.profile == two.profile && one.profile != nullptr);
    SG_CHECK(one.subject == two.subject && one.reasons == two.reasons);
  }
  SG_CHECK(trace.size() == 3 * parsed->rule_names().size());
  return 0;
}
