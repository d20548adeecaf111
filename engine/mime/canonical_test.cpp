// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/canonical.h"

#include <gtest/gtest.h>

#include "base/errors.h"
#include "engine/mime/body_text.h"
#include "engine/mime/errors.h"
#include "engine/mime/message_for_test.h"
#include "engine/mime/safe_field.h"

namespace sealgate::engine::mime {
namespace {

SafeEntity safe(TestMessage& message) {
  return make_transport_safe(message.structure, message.chain, message.writer).value();
}

std::string safe_text(std::string_view text) {
  TestMessage message(text);
  const std::string result = TestMessage::all(safe(message).bytes);
  EXPECT_TRUE(text_traits(result).is_transport_safe()) << result;
  return result;
}

const ErrorKind& error_of(std::string_view text) {
  TestMessage message(text);
  const auto outcome = make_transport_safe(message.structure, message.chain, message.writer);
  SG_CHECK(!outcome.has_value());
  EXPECT_EQ(message.writer.size(), 0U);
  return outcome.error().kind();
}

constexpr std::string_view kSafe =
    "From: a@b.c\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary=b\r\n"
    "Subject: x \r\n\r\npreamble\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: text/html\r\n\r\n"
    "two\r\n--b--\r\n";

TEST(TransportSafe, LeavesASafeMessageInItsSlices) {
  TestMessage message(kSafe);
  const std::uint64_t before = copied_bytes();
  const SafeEntity entity = safe(message);
  EXPECT_EQ(copied_bytes(), before);
  EXPECT_FALSE(entity.is_changed);
  EXPECT_FALSE(entity.is_fragile);
  EXPECT_EQ(entity.leaves_encoded, 0U);
  EXPECT_EQ(TestMessage::all(entity.bytes),
            "Content-Type: multipart/mixed;\r\n boundary=b\r\n\r\n" +
                std::string(kSafe.substr(kSafe.find("preamble"))));
  // Not the same bytes only: the same memory.
  const std::uint8_t* begin = message.chain.slices().front().bytes.data();
  for (const Slice& slice : entity.bytes.slices()) {
    const bool is_static = slice.owner.is_null();
    EXPECT_TRUE(is_static ||
                (slice.bytes.data() >= begin && slice.bytes.data() < begin + message.chain.size()));
  }
}

TEST(TransportSafe, GivesAPlainMessageItsDefaultType) {
  EXPECT_EQ(safe_text("Subject: x\r\n\r\nbody\r\n"),
            "Content-Type: text/plain; charset=us-ascii\r\n\r\nbody\r\n");
  EXPECT_EQ(safe_text(""), "Content-Type: text/plain; charset=us-ascii\r\n\r\n");
  EXPECT_EQ(safe_text("Content-Type: text/html"), "Content-Type: text/html\r\n\r\n");
  EXPECT_EQ(safe_text("\r\nbody"), "Content-Type: text/plain; charset=us-ascii\r\n\r\nbody");
}

TEST(TransportSafe, EncodesUnsafeTextAsQuotedPrintable) {
  EXPECT_EQ(safe_text("Content-Type: text/plain; charset=utf-8\r\n"
                      "Content-Transfer-Encoding: 8bit\r\n\r\n"
                      "Gr\xC3\xBC\xC3\x9F"
                      "e, long enough for text\r\nFrom here \r\n"),
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
            "Gr=C3=BC=C3=9Fe, long enough for text\r\n=46rom here=20\r\n");
}

TEST(TransportSafe, LabelsTextThatHasNoCharset) {
  EXPECT_EQ(safe_text("Subject: x\r\n\r\nGr\xC3\xBC\xC3\x9F"
                      "e and more text than that\r\n"),
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
            "Gr=C3=BC=C3=9Fe and more text than that\r\n");
  EXPECT_EQ(safe_text("Content-Type: text/plain; \r\n\r\nGr\xFC\xDF"
                      "e and more text than that\r\n"),
            "Content-Type: text/plain;\r\n charset=unknown-8bit\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
            "Gr=FC=DFe and more text than that\r\n");
  EXPECT_EQ(safe_text("Content-Type: text/html\r\n\r\n<p>Gr\xFC\xDF"
                      "e and more text than that\r\n"),
            "Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
            "<p>Gr=FC=DFe and more text than that\r\n");
}

TEST(TransportSafe, EncodesEverythingElseAsBase64) {
  EXPECT_EQ(safe_text("Content-Type: application/x; a=b\r\nContent-Transfer-Encoding: binary\r\n"
                      "\r\nabc \r\n"),
            "Content-Type: application/x; a=b\r\nContent-Transfer-Encoding: base64\r\n"
            "\r\nYWJjIA0K\r\n");
  // Text that quoted-printable would swell, and text with a lone line feed or NUL.
  for (const std::string& body : {std::string("\xD0\x9F\xD1\x80\xD0\xB8"), std::string("a\nb"),
                                  std::string("a\rb"), std::string("a\0b", 3)}) {
    const std::string entity = safe_text("Content-Type: text/plain; charset=utf-8\r\n\r\n" + body);
    EXPECT_NE(entity.find("base64"), std::string::npos);
    TestMessage again(entity);
    const DecodedBody decoded = decode_body(again.structure, again.chain, 0, 100);
    EXPECT_EQ(as_text(decoded.octets), body);
  }
}

TEST(TransportSafe, ChangesOnlyThePartThatIsUnsafe) {
  const std::string message =
      "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
      "--b\r\nContent-Type: text/plain\r\n\r\none\r\n"
      "--b\r\nContent-Type: text/plain\r\n\r\ntwo \r\n"
      "--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: "
      "8bit\r\n\r\nthree\r\n--b--\r\n";
  EXPECT_EQ(safe_text(message),
            "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
            "--b\r\nContent-Type: text/plain\r\n\r\none\r\n"
            "--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
            "two=20\r\n"
            "--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
            "three\r\n--b--\r\n");
}

TEST(TransportSafe, LeavesOutAnUnsafePreambleAndEpilogue) {
  EXPECT_EQ(safe_text("Content-Type: multipart/mixed; boundary=b\r\n\r\npre \r\n--b  \r\n\r\n1\r\n"
                      "--b-- \r\nepi\xE4\r\n"),
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n1\r\n--b--\r\n");
  EXPECT_EQ(safe_text("Content-Type: multipart/mixed; boundary=b\r\n\r\npre\r\n--b\r\n\r\n1 \r\n"),
            "Content-Type: multipart/mixed; boundary=b\r\n\r\npre\r\n--b\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n1=20\r\n\r\n--b--\r\n");
}

TEST(TransportSafe, WritesNothingBetweenDelimitersWithNothingBetween) {
  const std::string type = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  EXPECT_EQ(safe_text(type + "--b\r\n--b\r\n\r\n1 \r\n--b\r\nContent-Type: text/html\r\n"
                             "--b\r\n--b--\r\n"),
            type +
                "--b\r\n--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n1=20\r\n"
                "--b\r\nContent-Type: text/html\r\n--b\r\n--b--\r\n");
}

TEST(TransportSafe, KeepsTheShapeOfADigestWithEmptyParts) {
  const std::string type = "Content-Type: multipart/digest; boundary=b\r\n\r\n";
  for (const std::string& body :
       {std::string("--b\r\n--b\r\n--b--"), std::string("--b\r\n\r\n--b\r\nX: y\r\n--b--\r\n"),
        std::string("--b\r\nX: y \r\n--b \r\nX: y \r\n\r\n--b--"), std::string("--b"),
        std::string("--b\r\nX: y"), std::string("--b\r\nX: y\r\n\r\nSubject: x")}) {
    TestMessage message(type + "pre \r\n" + body);
    TestMessage again(safe_text(type + "pre \r\n" + body));
    EXPECT_EQ(shape(again.structure), shape(message.structure)) << body;
    EXPECT_FALSE(safe(again).is_changed) << body;
  }
}

TEST(TransportSafe, RefusesAFieldWithALineThatIsNoContinuation) {
  for (const std::string_view field :
       {"X: a\r\nFrom  b", "X: a\r\nBcc: b\r\n", "X: \xE4\r\nb", "X: a\nb"}) {
    const auto outcome = make_field_safe("X", field);
    ASSERT_FALSE(outcome) << field;
    EXPECT_TRUE(outcome.error().is(kHeaderNotSafe)) << field;
  }
  EXPECT_EQ(make_field_safe("X", "X: a \n b\r\n").value(), "X: a\r\n b\r\n");
}

TEST(TransportSafe, EncodesInsideNestedMessages) {
  EXPECT_EQ(safe_text("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
                      "From x\r\nSubject: Gr\xC3\xBC\xC3\x9F"
                      "e\r\n"
                      "To: M\xC3\xBCller <a@b.c>,\t\r\n \r\n d@e.f\r\n\r\nbody text \xC3\xBC\r\n"),
            "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Subject: =?utf-8?B?R3LDvMOfZQ==?=\r\n"
            "To: =?utf-8?Q?M=C3=BCller?= <a@b.c>, d@e.f\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\nMIME-Version: 1.0\r\n\r\n"
            "body text =C3=BC\r\n");
}

TEST(TransportSafe, MakesHeaderFieldsOfPartsSafe) {
  const auto part = [](std::string_view field) {
    const std::string head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n";
    const std::string tail = "\r\n\r\nx\r\n--b--\r\n";
    const std::string text = safe_text(head + std::string(field) + tail);
    return text.substr(head.size(), text.size() - head.size() - tail.size());
  };
  EXPECT_EQ(part("Content-Disposition: attachment; \r\n filename=\"\xC3\xA4.txt\""),
            "Content-Disposition: attachment;\r\n filename*=utf-8''%C3%A4.txt");
  EXPECT_EQ(part("Content-Type: text/plain; \r\n charset=x"),
            "Content-Type: text/plain;\r\n charset=x");
  EXPECT_EQ(part("Content-Description: \xE4"), "Content-Description: =?utf-8?B?w6Q=?=");
  EXPECT_EQ(part("Received: x (Mitteleurop\xE4ische Zeit)"),
            "Received: x (=?utf-8?Q?Mitteleurop=C3=A4ische_Zeit?=)");
  EXPECT_EQ(part("X: " + std::string(900, 'a') + " " + std::string(900, 'b')),
            "X: " + std::string(900, 'a') + "\r\n " + std::string(900, 'b'));
}

TEST(TransportSafe, RefusesHeaderFieldsThatCannotBeMadeSafe) {
  const auto message = [](std::string_view field) {
    return "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + std::string(field) +
           "\r\n\r\nx\r\n--b--\r\n";
  };
  for (const std::string& field :
       {std::string("Content-ID: <\xE4@b>"), std::string("A: b\rc"), std::string("A: b\0c", 6),
        std::string("To: \xC3\xA4@b.c"), std::string("Content-Type: t\xE4xt/plain")}) {
    EXPECT_EQ(&error_of(message(field)), &kHeaderNotSafe) << field;
  }
  EXPECT_EQ(&error_of(message("A: " + std::string(1000, 'x'))), &kHeaderLineTooLong);
  std::string fields;
  for (std::size_t i = 0; i <= kHeaderFieldsMax; ++i) fields += "A: b\r\n";
  EXPECT_EQ(&error_of(fields), &kHeaderTooLarge);
}

TEST(TransportSafe, NeverTouchesAnInnerSignature) {
  const auto message = [](std::string_view body) {
    return "Content-Type: multipart/signed; boundary=s\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
           "--s\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
           std::string(body) +
           "\r\n--s\r\nContent-Type: application/pkcs7-signature\r\n\r\nAAAA\r\n--s--\r\n";
  };
  TestMessage clean(message("body"));
  const SafeEntity entity = safe(clean);
  EXPECT_FALSE(entity.is_fragile);
  const std::string text = TestMessage::all(entity.bytes);
  EXPECT_EQ(text.substr(text.find("--s")), message("body").substr(message("body").find("--s")));
  EXPECT_NE(text.find("signed; boundary=s\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"),
            std::string::npos);

  TestMessage fragile(message("-- \r\nFrom x"));
  const SafeEntity fragile_entity = safe(fragile);
  EXPECT_TRUE(fragile_entity.is_fragile);
  EXPECT_NE(TestMessage::all(fragile_entity.bytes).find("-- \r\nFrom x"), std::string::npos);

  for (const std::string& body : {std::string("\xE4"), std::string(1000, 'x'), std::string("a\nb"),
                                  std::string("a\0b", 3), std::string("a\rb")}) {
    EXPECT_EQ(&error_of(message(body)), &kInnerSignatureNotSafe);
  }
}

TEST(TransportSafe, LeavesCmsPartsAloneWhileTheyAreSevenBit) {
  TestMessage message(
      "Content-Type: application/pkcs7-mime\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\nAAAA \r\n");
  const SafeEntity entity = safe(message);
  EXPECT_TRUE(entity.is_fragile);
  EXPECT_FALSE(entity.is_changed);
  EXPECT_EQ(safe_text("Content-Type: application/pkcs7-mime\r\n"
                      "Content-Transfer-Encoding: binary\r\n\r\n\x30\x80"),
            "Content-Type: application/pkcs7-mime\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\nMIA=\r\n");
}

TEST(TransportSafe, RefusesWhatCannotBeEncodedAgain) {
  EXPECT_EQ(&error_of("Content-Type: message/partial; id=a\r\n\r\n\xE4"), &kPartialNotSafe);
  EXPECT_EQ(&error_of("Content-Transfer-Encoding: x-uuencode\r\n\r\n\xE4"), &kEncodingNotKnown);
  EXPECT_EQ(&error_of("Content-Type: multipart/mixed\r\n\r\n\xE4"), &kMultipartNotReadable);
  std::string many = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (std::size_t i = 0; i < kPartsMax; ++i) many += "--b\r\n\r\nx\r\n";
  EXPECT_EQ(&error_of(many + "--b\r\n\r\n\xE4\r\n--b--\r\n"), &kMultipartNotReadable);
  TestMessage fragile("Content-Type: message/partial; id=a\r\n\r\na \r\n");
  EXPECT_TRUE(safe(fragile).is_fragile);
}

TEST(TransportSafe, SaysWhenNoSegmentIsLeft) {
  const auto pool = SegmentPool::create(2).value();
  ChainWriter writer(*pool);
  writer.append("Content-Type: application/x\r\n\r\n" + std::string(40'000, '\xE4')).value();
  const Chain chain = writer.take();
  ChainWriter other(*pool);
  const auto outcome = make_transport_safe(read_message(chain.text(0, chain.size())), chain, other);
  ASSERT_FALSE(outcome);
  EXPECT_TRUE(outcome.error().is(kSegmentsExhausted));
  EXPECT_EQ(other.size(), 0U);
}

TEST(EntityAsItIs, KeepsEveryByteOfTheBody) {
  TestMessage message("Subject: x\r\nContent-Type: text/plain \r\nTo: y\r\n\r\n\xE4 \r\nFrom z");
  const Chain entity = entity_as_it_is(message.structure, message.chain, message.writer).value();
  EXPECT_EQ(TestMessage::all(entity), "Content-Type: text/plain \r\n\r\n\xE4 \r\nFrom z");
}

}  // namespace
}  // namespace sealgate::engine::mime
