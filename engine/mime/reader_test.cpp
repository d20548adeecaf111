// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/reader.h"

#include <string>

#include <gtest/gtest.h>

#include "engine/mime/errors.h"
#include "engine/mime/message_for_test.h"

namespace sealgate::engine::mime {
namespace {

std::string text_of(std::string_view message, Span span) {
  return std::string(message.substr(span.offset, span.length));
}

constexpr std::string_view kMixed =
    "From: a@example.com\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n"
    "\r\n"
    "preamble\r\n"
    "--b\r\n"
    "\r\n"
    "one\r\n"
    "--b\r\n"
    "Content-Type: text/html\r\n"
    "Content-Transfer-Encoding: base64\r\n"
    "\r\n"
    "dHdv\r\n"
    "\r\n"
    "--b--\r\n"
    "epilogue\r\n";

TEST(Reader, FindsHeaderBodyAndPartsOfAMultipart) {
  const Structure structure = read_message(kMixed);
  EXPECT_EQ(shape(structure), "multipart/mixed(text/plain text/html)");
  const Part& first = structure.part(1);
  EXPECT_EQ(text_of(kMixed, first.whole), "\r\none");
  EXPECT_EQ(text_of(kMixed, first.body), "one");
  EXPECT_EQ(text_of(kMixed, first.delimiter), "--b\r\n");
  const Part& second = structure.part(2);
  EXPECT_EQ(text_of(kMixed, second.body), "dHdv\r\n");
  EXPECT_EQ(second.encoding, TransferEncoding::Base64);
  EXPECT_EQ(text_of(kMixed, structure.part(0).close_delimiter), "--b--\r\n");
  EXPECT_EQ(structure.part(0).body.end(), kMixed.size());
  EXPECT_TRUE(structure.findings().empty());
}

TEST(Reader, GivesTheSameStructureHoweverTheBytesAreCut) {
  const std::string whole = describe(read_message(kMixed));
  for (std::size_t cut = 0; cut <= kMixed.size(); ++cut) {
    Reader reader;
    ASSERT_TRUE(reader.feed(as_bytes(kMixed.substr(0, cut))));
    ASSERT_TRUE(reader.feed(as_bytes(kMixed.substr(cut))));
    EXPECT_EQ(describe(reader.finish()), whole) << cut;
  }
  EXPECT_EQ(describe(read_in_pieces(kMixed, 1, 1)), whole);
}

TEST(Reader, SplitsFieldsIntoNameAndFoldedValue) {
  const Structure structure =
      read_message("subject : a\r\n b\r\nEmpty:\r\nTo:\r\n x@y\r\n\r\nbody");
  ASSERT_EQ(structure.fields(0).size(), 3U);
  const HeaderField* subject = structure.find(0, "Subject", 0);
  ASSERT_NE(subject, nullptr);
  EXPECT_EQ(structure.value(*subject), "a\r\n b");
  EXPECT_EQ(structure.field_text(0, "SUBJECT"), "a b");
  EXPECT_EQ(structure.field_text(0, "empty"), "");
  EXPECT_EQ(structure.field_text(0, "to"), "x@y");
  EXPECT_EQ(structure.field_text(0, "cc"), std::nullopt);
  EXPECT_EQ(structure.find(0, "subject", 1), nullptr);
}

TEST(Reader, TakesEmptyMessagesAndMessagesOfHeaderOrBodyOnly) {
  EXPECT_EQ(read_message("").size(), 0U);
  EXPECT_EQ(read_message("").parts().size(), 1U);

  const Structure header = read_message("Subject: x");
  EXPECT_EQ(header.field_text(0, "subject"), "x");
  EXPECT_TRUE(header.part(0).body.is_empty());

  const Structure blank = read_message("\r\nFrom: text\r\n");
  EXPECT_TRUE(blank.fields(0).empty());
  EXPECT_EQ(blank.part(0).body, (Span{2, 12}));
  EXPECT_TRUE(blank.has_finding(FindingKind::FromMissing));
}

TEST(Reader, BeginsTheBodyAtALineThatIsNoField) {
  const std::string_view message = "From: a@b.c\r\nSecret words\r\nTo: x@y.z\r\n\r\nmore\r\n";
  const Structure structure = read_message(message);
  EXPECT_TRUE(structure.has_finding(FindingKind::HeaderLineWithoutColon));
  EXPECT_EQ(structure.fields(0).size(), 1U);
  EXPECT_EQ(text_of(message, structure.part(0).body), message.substr(13));
}

TEST(Reader, KeepsAnMboxLineAsFieldWithoutName) {
  const Structure structure = read_message("From a@b Mon Jan  1 00:00:00 2024\r\nTo: x@y\r\n\r\n");
  ASSERT_EQ(structure.fields(0).size(), 2U);
  EXPECT_TRUE(structure.fields(0)[0].name.is_empty());
  EXPECT_FALSE(structure.has_finding(FindingKind::HeaderLineWithoutColon));
  EXPECT_TRUE(structure.part(0).header_traits.has_from_line);
}

TEST(Reader, ReadsLinesThatEndWithABareLineFeed) {
  std::string message(kMixed);
  message.erase(std::remove(message.begin(), message.end(), '\r'), message.end());
  const Structure structure = read_message(message);
  EXPECT_EQ(shape(structure), "multipart/mixed(text/plain text/html)");
  EXPECT_EQ(text_of(message, structure.part(1).body), "one");
  EXPECT_TRUE(structure.has_finding(FindingKind::BareLineFeed));
}

TEST(Reader, KeepsApartABoundaryThatBeginsWithAnother) {
  const Structure structure = read_message(
      "Content-Type: multipart/mixed; boundary=ab\r\n\r\n"
      "--ab\r\nContent-Type: multipart/mixed; boundary=abc\r\n\r\n"
      "--abc\r\n\r\n1\r\n--abc\r\n\r\n2\r\n--abc--\r\n"
      "--ab\r\n\r\n3\r\n--ab--\r\n");
  EXPECT_EQ(shape(structure), "multipart/mixed(multipart/mixed(text/plain text/plain) text/plain)");
  EXPECT_FALSE(structure.has_finding(FindingKind::BoundaryNeverClosed));
}

TEST(Reader, AllowsBlanksAfterADelimiterAndABoundaryThatEndsWithOne) {
  const Structure structure = read_message(
      "Content-Type: multipart/mixed; boundary=\"b \"\r\n\r\n--b \t\r\n\r\n1\r\n--b-- \r\n");
  EXPECT_EQ(shape(structure), "multipart/mixed(text/plain)");
  EXPECT_TRUE(structure.part(0).body_traits.has_trailing_blank);
}

TEST(Reader, EndsInnerPartsAtAnOuterBoundary) {
  const Structure structure = read_message(
      "Content-Type: multipart/mixed; boundary=o\r\n\r\n"
      "--o\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\n1\r\n"
      "--o\r\n\r\n2\r\n--o--\r\n");
  EXPECT_EQ(shape(structure), "multipart/mixed(multipart/mixed(text/plain) text/plain)");
  EXPECT_TRUE(structure.has_finding(FindingKind::BoundaryNeverClosed));
}

TEST(Reader, TakesAMultipartThatIsNeverClosed) {
  const Structure structure =
      read_message("Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n\r\n1\r\n");
  EXPECT_EQ(shape(structure), "multipart/mixed(text/plain)");
  EXPECT_TRUE(structure.has_finding(FindingKind::BoundaryNeverClosed));
  EXPECT_TRUE(structure.part(0).close_delimiter.is_empty());
}

TEST(Reader, TreatsAMultipartWithoutUsableBoundaryAsLeaf) {
  for (const std::string& boundary : {std::string(), std::string("; boundary=\"\""),
                                      "; boundary=" + std::string(kBoundaryBytesMax + 1, 'x')}) {
    const Structure structure =
        read_message("Content-Type: multipart/mixed" + boundary + "\r\n\r\n--\r\n\r\nx\r\n");
    EXPECT_EQ(structure.parts().size(), 1U);
    EXPECT_TRUE(structure.has_finding(FindingKind::BoundaryMissing));
  }
  const std::string longest(kBoundaryBytesMax, 'x');
  const Structure structure = read_message("Content-Type: multipart/mixed; boundary=" + longest +
                                           "\r\n\r\n--" + longest + "\r\n\r\nx");
  EXPECT_EQ(structure.parts().size(), 2U);
}

TEST(Reader, HandlesDelimitersWithNothingBetween) {
  const std::string_view message =
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--b\r\n\r\n--b\r\nA: b\r\n--b--";
  const Structure structure = read_message(message);
  ASSERT_EQ(structure.parts().size(), 4U);
  EXPECT_TRUE(structure.part(1).whole.is_empty());
  EXPECT_TRUE(structure.part(2).whole.is_empty());
  EXPECT_EQ(text_of(message, structure.part(3).whole), "A: b\r\n");
  EXPECT_TRUE(structure.part(3).body.is_empty());
}

TEST(Reader, KeepsAPartInsideTheOneAroundItWhereTheBodyIsMissing) {
  const std::string_view message =
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n"
      "\r\nSubject: x\r\n--b--\r\n";
  const Structure structure = read_message(message);
  ASSERT_EQ(structure.parts().size(), 3U);
  EXPECT_EQ(text_of(message, structure.part(2).whole), "Subject: x\r\n");
  EXPECT_EQ(structure.part(1).whole.end(), structure.part(2).whole.end());
}

TEST(Reader, GivesAMessageWhoseHeaderIsNotEndedAnEmptyMessage) {
  const std::string_view message =
      "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n--b\r\nX: y\r\n--b--\r\n";
  const Structure structure = read_message(message);
  EXPECT_EQ(shape(structure),
            "multipart/digest(message/rfc822(text/plain) message/rfc822(text/plain))");
  for (const std::uint32_t i : {2U, 4U}) {
    EXPECT_TRUE(structure.part(i).whole.is_empty());
    EXPECT_EQ(structure.part(i).whole.offset, structure.part(i - 1).whole.end());
  }
  EXPECT_EQ(shape(read_message("Content-Type: message/rfc822")), "message/rfc822(text/plain)");

  std::string many = "Content-Type: multipart/digest; boundary=b\r\n\r\n";
  for (std::size_t i = 0; i < kPartsMax; ++i) many += "--b\r\n";
  EXPECT_LE(read_message(many).parts().size(), kPartsMax);
  EXPECT_LE(read_message("X: y\r\n" + many + "--b--\r\n").parts().size(), kPartsMax);
}

TEST(Reader, ReadsNestedMessagesButNotEncodedOrPartialOnes) {
  const std::string nested = "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nbody\r\n";
  EXPECT_EQ(shape(read_message(nested)), "message/rfc822(text/plain)");
  EXPECT_EQ(read_message(nested).field_text(1, "subject"), "x");
  EXPECT_EQ(shape(read_message("Content-Transfer-Encoding: base64\r\n" + nested)),
            "message/rfc822");
  EXPECT_EQ(shape(read_message("Content-Type: message/partial; id=x; number=1\r\n\r\nA: b\r\n")),
            "message/partial");
  EXPECT_EQ(shape(read_message("Content-Type: multipart/digest; boundary=b\r\n\r\n"
                               "--b\r\n\r\nSubject: x\r\n\r\nbody\r\n--b--\r\n")),
            "multipart/digest(message/rfc822(text/plain))");
}

TEST(Reader, StopsNestingAtTheDepthLimit) {
  std::string message;
  for (std::size_t i = 0; i < kPartDepthMax + 5; ++i) {
    message += "Content-Type: message/rfc822\r\n\r\n";
  }
  const Structure structure = read_message(message + "\r\nx\r\n");
  EXPECT_EQ(structure.parts().size(), kPartDepthMax + 1);
  EXPECT_EQ(structure.parts().back().depth, kPartDepthMax);
  EXPECT_TRUE(structure.has_finding(FindingKind::TooDeep));
  EXPECT_EQ(structure.parts().back().whole.end(), structure.size());
}

TEST(Reader, LeavesWhatIsBeyondThePartLimitInTheLastPart) {
  const auto message_of = [](std::size_t parts) {
    std::string message = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    for (std::size_t i = 0; i < parts; ++i) message += "--b\r\n\r\nx\r\n";
    return message + "--b--\r\n";
  };
  const Structure most = read_message(message_of(kPartsMax - 1));
  EXPECT_EQ(most.parts().size(), kPartsMax);
  EXPECT_FALSE(most.has_finding(FindingKind::TooManyParts));

  const std::string message = message_of(5000);
  const Structure structure = read_message(message);
  EXPECT_EQ(structure.parts().size(), kPartsMax);
  EXPECT_TRUE(structure.has_finding(FindingKind::TooManyParts));
  EXPECT_EQ(structure.parts().back().body.end(), message.size());
}

TEST(Reader, ListsFieldsUpToTheHeaderLimits) {
  std::string message;
  for (std::size_t i = 0; i < kHeaderFieldsMax; ++i) message += "A: b\r\n";
  EXPECT_FALSE(read_message(message + "\r\nx").has_finding(FindingKind::HeaderTooLarge));
  const Structure cut = read_message(message + "A: b\r\n\r\nx");
  EXPECT_TRUE(cut.has_finding(FindingKind::HeaderTooLarge));
  EXPECT_EQ(cut.fields(0).size(), kHeaderFieldsMax);
  EXPECT_EQ(cut.part(0).type.name(), "application/octet-stream");
  EXPECT_EQ(cut.part(0).body.length, 1U);

  const std::string field = "A: " + std::string(kHeaderBytesMax - 5, 'x');
  EXPECT_FALSE(read_message(field + "\r\n\r\n").has_finding(FindingKind::HeaderTooLarge));
  const std::string longer = field + "x\r\n\r\n";
  EXPECT_TRUE(read_message(longer).has_finding(FindingKind::HeaderTooLarge));
  EXPECT_EQ(describe(read_in_pieces(longer, 70000, 3)), describe(read_message(longer)));
}

TEST(Reader, NotesWhatLinesHold) {
  const auto traits = [](std::string body) {
    return read_message("A: b\r\n\r\n" + body).part(0).body_traits;
  };
  EXPECT_TRUE(traits("plain text\r\n").is_transport_safe());
  EXPECT_TRUE(traits("\xC3\xA4\r\n").has_eight_bit);
  EXPECT_TRUE(traits(std::string("a\0b\r\n", 5)).has_nul);
  EXPECT_TRUE(traits("a\rb\r\n").has_bare_cr);
  EXPECT_TRUE(traits("a\r\r\n").has_bare_cr);
  EXPECT_TRUE(traits("a\r").has_bare_cr);
  EXPECT_TRUE(traits("a\nb\r\n").has_bare_lf);
  EXPECT_TRUE(traits("a \r\n").has_trailing_blank);
  EXPECT_TRUE(traits("a\t").has_trailing_blank);
  EXPECT_TRUE(traits("a\r\nFrom b\r\n").has_from_line);
  EXPECT_FALSE(traits(" From b\r\n").has_from_line);
  EXPECT_TRUE(traits(std::string(998, 'x') + "\r\n").is_seven_bit());
  EXPECT_FALSE(traits(std::string(999, 'x') + "\r\n").is_seven_bit());
}

TEST(Reader, ReportsFindingsForPolicy) {
  const auto has = [](const std::string& message, FindingKind kind) {
    return read_message(message).has_finding(kind);
  };
  EXPECT_TRUE(has("From: \xC3\xA4@b.c\r\n\r\n", FindingKind::HeaderHasEightBit));
  EXPECT_TRUE(has(std::string("A: \0\r\n\r\n", 8), FindingKind::HeaderHasNul));
  EXPECT_TRUE(has("A: b\rc\r\n\r\n", FindingKind::BareCarriageReturn));
  EXPECT_TRUE(has(std::string("\r\n\0", 3), FindingKind::NulByte));
  EXPECT_TRUE(has("A: " + std::string(1000, 'x') + "\r\n\r\n", FindingKind::LineTooLong));
  EXPECT_TRUE(has("\r\n\xE4", FindingKind::EightBitUndeclared));
  EXPECT_FALSE(has("Content-Transfer-Encoding: 8bit\r\n\r\n\xE4", FindingKind::EightBitUndeclared));
  EXPECT_TRUE(has("Content-Transfer-Encoding: x-zip\r\n\r\n", FindingKind::EncodingUnknown));
  EXPECT_TRUE(
      has("Content-Type: multipart/mixed; boundary=b\r\n"
          "Content-Transfer-Encoding: base64\r\n\r\n",
          FindingKind::EncodingOnMultipart));
  EXPECT_TRUE(has("Content-Type: nonsense\r\n\r\n", FindingKind::ContentTypeMalformed));
  EXPECT_TRUE(has("From: a@b.c\r\nFrom: d@e.f\r\n\r\n", FindingKind::FieldRepeated));
  EXPECT_TRUE(has("From: nobody\r\n\r\n", FindingKind::FromMalformed));
  EXPECT_FALSE(has("From: a@b.c\r\n\r\n", FindingKind::FromMalformed));
}

TEST(Reader, RefusesAMessageAboveTheSizeLimit) {
  Reader reader;
  const Bytes mebibyte(1U << 20U, 'x');
  for (std::uint64_t i = 0; i < kMessageBytesMax >> 20U; ++i) ASSERT_TRUE(reader.feed(mebibyte));
  const Result<void> outcome = reader.feed(ByteView(mebibyte).first(1));
  ASSERT_FALSE(outcome);
  EXPECT_TRUE(outcome.error().is(kMessageTooLarge));
}

TEST(Reader, DoesNotCopyTheBody) {
  const std::string message = "From: a@b.c\r\n\r\n" + std::string(100'000, 'x') + "\r\n";
  const std::uint64_t before = copied_bytes();
  read_message(message);
  EXPECT_EQ(copied_bytes() - before, 13U);
}

}  // namespace
}  // namespace sealgate::engine::mime
