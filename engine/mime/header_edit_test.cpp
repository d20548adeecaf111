// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/header_edit.h"

#include <gtest/gtest.h>

#include "engine/mime/errors.h"
#include "engine/mime/message_for_test.h"

namespace sealgate::engine::mime {
namespace {

using Action = FieldEdit::Action;

constexpr std::string_view kMessage =
    "From x@y Mon\r\nReceived: 1\r\nFrom: a@b.c\r\nSubject: s\r\n t\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain\r\nX: 1\r\nx: 2\r\n\r\nbody";

std::string edit(HeaderScope scope, const std::vector<FieldEdit>& edits) {
  TestMessage message(kMessage);
  return TestMessage::all(
      edit_header(message.structure, message.chain, scope, edits, message.writer).value());
}

TEST(HeaderEdit, KeepsEverythingButWhatGoesWithTheBody) {
  EXPECT_EQ(edit(HeaderScope::All, {}), kMessage.substr(0, kMessage.find("\r\n\r\n") + 2));
  EXPECT_EQ(edit(HeaderScope::Outer, {}),
            "Received: 1\r\nFrom: a@b.c\r\nSubject: s\r\n t\r\nX: 1\r\nx: 2\r\n");
  EXPECT_TRUE(is_content_field("content-ID"));
  EXPECT_FALSE(is_content_field("Content-"));
  EXPECT_FALSE(is_content_field("Contents"));
}

TEST(HeaderEdit, PutsNothingBeforeAnMboxLine) {
  const std::string text = edit(HeaderScope::All, {{Action::Prepend, "P", "1"}});
  EXPECT_TRUE(text.starts_with("P: 1\r\nReceived: 1\r\nFrom: a@b.c\r\n")) << text;
}

TEST(HeaderEdit, RemovesReplacesAndAdds) {
  EXPECT_EQ(edit(HeaderScope::Outer, {{Action::Append, "Z", "9"},
                                      {Action::Remove, "received", ""},
                                      {Action::Replace, "X", "new"},
                                      {Action::Replace, "Date", "now"},
                                      {Action::Prepend, "P", "1"},
                                      {Action::Prepend, "Q", "2"}}),
            "P: 1\r\nQ: 2\r\nFrom: a@b.c\r\nSubject: s\r\n t\r\nX: new\r\nDate: now\r\nZ: 9\r\n");
}

TEST(HeaderEdit, CopiesOnlyWhatItWrites) {
  TestMessage message(kMessage);
  const std::uint64_t before = copied_bytes();
  const std::vector<FieldEdit> edits = {{Action::Replace, "Subject", "q"}};
  ASSERT_TRUE(
      edit_header(message.structure, message.chain, HeaderScope::Outer, edits, message.writer));
  EXPECT_EQ(copied_bytes() - before, 8U);
}

TEST(HeaderEdit, EndsAFieldThatTheMessageDoesNotEnd) {
  TestMessage message("Subject: x");
  EXPECT_EQ(TestMessage::all(
                edit_header(message.structure, message.chain, HeaderScope::All, {}, message.writer)
                    .value()),
            "Subject: x\r\n");
}

TEST(HeaderEdit, RefusesAHeaderThatIsNotListedWhole) {
  std::string fields;
  for (std::size_t i = 0; i <= kHeaderFieldsMax; ++i) fields += "A: b\r\n";
  TestMessage message(fields);
  const auto outcome =
      edit_header(message.structure, message.chain, HeaderScope::All, {}, message.writer);
  ASSERT_FALSE(outcome);
  EXPECT_TRUE(outcome.error().is(kHeaderTooLarge));
}

TEST(HeaderEdit, FoldsFieldsAtBlanks) {
  EXPECT_EQ(fold_field("A", "b c"), "A: b c\r\n");
  EXPECT_EQ(fold_field("A", ""), "A:\r\n");
  const std::string word(40, 'w');
  EXPECT_EQ(fold_field("A", word + " " + word), "A: " + word + "\r\n " + word + "\r\n");
  EXPECT_EQ(fold_field("A", std::string(100, 'w')), "A: " + std::string(100, 'w') + "\r\n");
}

}  // namespace
}  // namespace sealgate::engine::mime
