// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/scan/content_scan.h"

#include <clocale>

#include <gtest/gtest.h>

#include "app/inspection/scan/archive_for_test.h"
#include "app/inspection/scan/mail_for_test.h"
#include "base/limits.h"

namespace sealgate::app {
namespace {

class ContentScanTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::setlocale(LC_ALL, "C.UTF-8");
    ASSERT_NE(types_, nullptr);
  }

  // "" where the message is clean.
  std::string refusal(const std::string& message) {
    const Judgement judgement = ContentScan(settings_, *types_).run(as_bytes(message));
    EXPECT_EQ(judgement.outcome == Outcome::Clean, judgement.reason.empty());
    return judgement.reason;
  }

  ScanSettings settings_;
  std::unique_ptr<FileTypes> types_ = FileTypes::load();
};

TEST_F(ContentScanTest, LetsHonestMailPass) {
  EXPECT_EQ(refusal("Subject: x\r\n\r\nHello.\r\n"), "");
  EXPECT_EQ(refusal(""), "");
  EXPECT_EQ(refusal(message_with("invoice.pdf", pdf_document())), "");
  EXPECT_EQ(refusal(message_with("empty.pdf", "")), "");
  EXPECT_EQ(refusal(message_with("files.zip", make_zip({{"a/b.pdf", pdf_document()}}))), "");
}

TEST_F(ContentScanTest, RefusesAForbiddenTypeWhateverItIsCalled) {
  EXPECT_EQ(refusal(message_with("invoice.pdf", windows_program())),
            "attachment invoice.pdf is a Windows program "
            "(application/vnd.microsoft.portable-executable)");
  EXPECT_EQ(
      refusal(message_with(attachment("", "text/plain", windows_program()))),
      "part 2, text/plain, is a Windows program (application/vnd.microsoft.portable-executable)");
  settings_.rules.forbidden_types = {"application/PDF"};
  settings_.rules.refuses_type_mismatch = false;
  EXPECT_EQ(refusal(message_with("invoice.pdf", windows_program())), "");
  EXPECT_EQ(refusal(message_with("a.bin", pdf_document())),
            "attachment a.bin is a PDF document (application/pdf)");
}

TEST_F(ContentScanTest, RefusesATypeThatContradictsTheName) {
  settings_.rules.forbidden_types.clear();
  EXPECT_EQ(refusal(message_with("invoice.pdf", windows_program())),
            "attachment invoice.pdf is a Windows program "
            "(application/vnd.microsoft.portable-executable) under another "
            "name");
  EXPECT_NE(refusal(message_with("photo.jpg", make_zip({{"a", "b"}}))), "");
  EXPECT_NE(refusal(message_with("a.pdf", "<!DOCTYPE html><html><body>x</body></html>")), "");
  EXPECT_EQ(refusal(message_with("setup.prg", windows_program())), "");
  EXPECT_EQ(refusal(message_with("report.docx", make_zip({{"word/document.xml", "<x/>"}}))), "");
  settings_.rules.refuses_type_mismatch = false;
  EXPECT_EQ(refusal(message_with("invoice.pdf", windows_program())), "");
}

TEST_F(ContentScanTest, RefusesAForbiddenName) {
  EXPECT_EQ(refusal(message_with("Setup.EXE", "text")),
            "attachment Setup.EXE has a forbidden name (*.exe)");
  EXPECT_NE(refusal(message_with("run.exe. .", "text")), "");
  EXPECT_NE(refusal(message_with("=?utf-8?B?c2V0dXAuZXhl?=", "text")), "");
  EXPECT_EQ(refusal(message_with("exe", "text")), "");
  EXPECT_EQ(refusal(message_with("a.exe.txt", "text")), "");
}

TEST_F(ContentScanTest, ChecksBothNamesOfAPartThatHasTwo) {
  const auto with_names = [](const std::string& disposed, const std::string& typed) {
    return message_with(attachment(disposed, "application/pdf; name=\"" + typed + "\"", "text"));
  };
  EXPECT_EQ(refusal(with_names("a.pdf", "b.pdf")), "");
  EXPECT_EQ(refusal(with_names("a.pdf", "b.exe")), "attachment a.pdf has a forbidden name (*.exe)");
  EXPECT_NE(refusal(with_names("a.exe", "b.pdf")), "");
  EXPECT_NE(refusal(with_names("", "b.exe")), "");
}

TEST_F(ContentScanTest, RefusesAMessageThatCannotBeTakenApartWhole) {
  const auto with_parts = [](std::size_t count) {
    std::string parts;
    for (std::size_t i = 0; i < count; ++i) parts += "--b\r\n\r\nx\r\n";
    return message_with(parts);
  };
  EXPECT_EQ(refusal(with_parts(kPartsMax - 10)), "");
  EXPECT_NE(refusal(with_parts(kPartsMax + 10)), "");
  const auto with_depth = [](std::size_t depth) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) text += "Content-Type: message/rfc822\r\n\r\n";
    return text + "Subject: x\r\n\r\nHello.\r\n";
  };
  EXPECT_EQ(refusal(with_depth(kPartDepthMax - 5)), "");
  EXPECT_NE(refusal(with_depth(kPartDepthMax + 5)), "");
  EXPECT_NE(refusal("Subject: " + std::string(kHeaderBytesMax, 'x') + "\r\n\r\nHello.\r\n"), "");
}

TEST_F(ContentScanTest, ShowsAHostileNameWithoutItsTricks) {
  const std::string reason =
      refusal(message_with("a\xe2\x80\xae"
                           "fdp.exe",
                           "text"));
  EXPECT_EQ(reason, "attachment a?fdp.exe has a forbidden name (*.exe)");
  const std::string long_name(5000, 'x');
  EXPECT_LT(refusal(message_with(long_name + ".exe", "text")).size(), kReasonBytesMax);
}

TEST_F(ContentScanTest, LooksIntoArchivesOfEachFormat) {
  for (const TestFormat& format : kTestFormats) {
    const auto make = [&](const TestMember& member) {
      return make_archive({{"readme.txt", "hello"}, member}, format.format, format.filter, "");
    };
    EXPECT_EQ(refusal(message_with(format.name, make({"b.pdf", pdf_document()}))), "")
        << format.name;
    EXPECT_EQ(refusal(message_with(format.name, make({"dir/c.exe", "text"}))),
              std::string("c.exe in attachment ") + format.name + " has a forbidden name (*.exe)");
    EXPECT_EQ(refusal(message_with(format.name, make({"b.pdf", windows_program()}))),
              std::string("b.pdf in attachment ") + format.name +
                  " is a Windows program (application/vnd.microsoft.portable-executable)");
  }
}

TEST_F(ContentScanTest, LooksIntoAnArchiveUnderAnotherNameOrBehindSomethingElse) {
  settings_.rules.refuses_type_mismatch = false;
  const std::string archive = make_zip({{"a.exe", "text"}});
  EXPECT_NE(refusal(message_with("photo.jpg", archive)), "");
  EXPECT_NE(refusal(message_with("photo.jpg", std::string(20'000, 'x') + archive)), "");
}

TEST_F(ContentScanTest, NamesASinglePackedFileByItsArchive) {
  EXPECT_EQ(refusal(message_with("invoice.exe.gz", make_gzip("text"))),
            "invoice.exe in attachment invoice.exe.gz has a forbidden name (*.exe)");
  EXPECT_EQ(refusal(message_with("notes.txt.gz", make_gzip("text"))), "");
  EXPECT_EQ(refusal(message_with("zeros.gz", make_gzip(std::string(2000, '\0')))), "");
  EXPECT_NE(refusal(message_with("zeros.exe.gz", make_gzip(std::string(2000, '\0')))), "");
}

TEST_F(ContentScanTest, EndsAtTheDepthLimit) {
  std::string nested = make_zip({{"a.txt", "text"}});
  for (int depth = 2; depth <= 3; ++depth) nested = make_zip({{"inner.zip", nested}});
  EXPECT_EQ(refusal(message_with("outer.zip", nested)), "");
  nested = make_zip({{"inner.zip", nested}});
  EXPECT_EQ(refusal(message_with("outer.zip", nested)),
            "inner.zip in inner.zip in inner.zip in attachment outer.zip is nested deeper than 3 "
            "archives or messages");
}

TEST_F(ContentScanTest, LooksIntoMessagesAsFilesAndCountsThemAsNesting) {
  const std::string inner = message_with("a.exe", "text");
  EXPECT_EQ(refusal(message_with(attachment("fw.eml", "application/octet-stream", inner))),
            "attachment a.exe in attachment fw.eml has a forbidden name (*.exe)");
  EXPECT_NE(refusal(message_with(attachment("fw", "message/rfc822", inner))), "");
  EXPECT_NE(refusal(message_with("fw.zip", make_zip({{"fw.eml", inner}}))), "");
  std::string nested = "Subject: x\r\n\r\ntext\r\n";
  for (int depth = 1; depth <= 3; ++depth) nested = message_with("m.eml", nested);
  EXPECT_EQ(refusal(nested), "");
  EXPECT_NE(refusal(message_with("m.eml", nested)), "");
}

TEST_F(ContentScanTest, EndsAtTheMemberLimitOfTheWholeMessage) {
  settings_.limits.members_max = 4;
  const std::string two = make_zip({{"a", "1"}, {"b", "2"}});
  const auto send = [&](const std::string& third) {
    return refusal(message_with(attachment("1.zip", "application/zip", two) +
                                attachment("2.zip", "application/zip", two) + third));
  };
  EXPECT_EQ(send(""), "");
  EXPECT_EQ(send(attachment("3.zip", "application/zip", two)),
            "attachment 3.zip has more than 4 members, counted over the whole message");
}

TEST_F(ContentScanTest, EndsAtTheLimitOfUnpackedOctetsOfTheWholeMessage) {
  settings_.limits.unpacked_bytes_max = 2'000'000;
  const std::string million = make_zip({{"a", std::string(1'000'000, 'x')}});
  const std::string two = attachment("1.zip", "application/zip", million) +
                          attachment("2.zip", "application/zip", million);
  EXPECT_EQ(refusal(message_with(two)), "");
  EXPECT_EQ(
      refusal(message_with(two + attachment("3.zip", "application/zip", make_zip({{"a", "x"}})))),
      "attachment 3.zip unpacks to more than 2000000 octets, counted over the whole message");
}

TEST_F(ContentScanTest, RefusesABombBeforeItIsUnpacked) {
  settings_.limits.unpacked_bytes_max = 10'000'000;
  const std::string bomb = make_gzip(make_gzip(std::string(200'000'000, '\0')));
  EXPECT_LT(bomb.size(), 10'000U);
  EXPECT_NE(refusal(message_with("x.gz", bomb)), "");
}

TEST_F(ContentScanTest, TreatsEncryptedArchivesAsConfigured) {
  const std::string traditional = make_zip({{"a.txt", "text"}}, "zip:encryption=traditional");
  const std::string aes = make_zip({{"a.txt", "text"}}, "zip:encryption=aes256");
  const std::string forbidden = make_zip({{"a.exe", "text"}}, "zip:encryption=aes256");
  for (const std::string& archive : {traditional, aes}) {
    settings_.rules.refuses_encrypted_archives = false;
    EXPECT_EQ(refusal(message_with("a.zip", archive)), "");
    settings_.rules.refuses_encrypted_archives = true;
    EXPECT_EQ(refusal(message_with("a.zip", archive)), "attachment a.zip is an encrypted archive");
  }
  settings_.rules.refuses_encrypted_archives = false;
  EXPECT_NE(refusal(message_with("a.zip", forbidden)), "");
}

TEST_F(ContentScanTest, TreatsUnreadableArchivesAsConfigured) {
  std::string damaged = make_zip({{"a.txt", std::string(3000, 'x')}, {"b.txt", "y"}});
  damaged.replace(40, 10, "##########");
  const std::string cut =
      make_archive({{"a.txt", std::string(30'000, 'x')}}, archive_write_set_format_ustar,
                   archive_write_add_filter_gzip, "")
          .substr(0, 60);
  for (const std::string& archive : {damaged, cut, std::string("no archive at all")}) {
    settings_.rules.refuses_unreadable_archives = true;
    EXPECT_EQ(refusal(message_with("a.zip", archive)),
              "attachment a.zip is an archive that cannot be taken apart");
    settings_.rules.refuses_unreadable_archives = false;
    EXPECT_EQ(refusal(message_with("a.zip", archive)), "");
  }
  settings_.rules.refuses_unreadable_archives = true;
  EXPECT_NE(refusal(message_with("a", cut)), "");
  EXPECT_NE(refusal(message_with(attachment("", "application/zip", "text"))), "");
  EXPECT_EQ(refusal(message_with(attachment("", "text/plain", cut))), "");
}

}  // namespace
}  // namespace sealgate::app
