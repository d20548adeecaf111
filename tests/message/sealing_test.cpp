// SPDX-License-Identifier: Apache-2.0
//
// What leaves the pipeline, opened by OpenSSL: layers, recipients, headers, and content octet
// for octet.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/message/pipeline_world.h"
#include "tests/message/policies.h"

namespace sealgate::test_support {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

PipelineWorld world_with(const std::string& policy) {
  return PipelineWorld({.policy = policy, .settings = {}});
}

TEST(Sealing, AKnownContactGetsItSignedAndEncrypted) {
  for (const std::string address : {"bob@example.net", "carol@example.net"}) {
    SCOPED_TRACE(address);
    PipelineWorld world = world_with(kKnownPolicy);
    const engine::MessageId id =
        world.send(envelope("alice@example.org", {address}), plain_mail(address, "Hello\r\n"));
    world.settle();
    EXPECT_THAT(world.answer_text(id), HasSubstr("250 2.0.0 Delivered as "));
    ASSERT_THAT(world.sent, SizeIs(1));
    const OpenedMail mail = world.open(world.sent[0], address);
    EXPECT_TRUE(mail.is_good) << mail.problem << "\n" << world.sent[0].text;
    EXPECT_TRUE(mail.is_encrypted);
    EXPECT_TRUE(mail.is_signed);
    EXPECT_THAT(mail.names,
                ::testing::ElementsAre(serial_of(world.cast.contact(address).certificate)));
    EXPECT_EQ(mail.signer, serial_of(world.cast.alice()));
    EXPECT_THAT(mail.content, HasSubstr("\r\n\r\nHello\r\n"));
    EXPECT_THAT(world.sent[0].text, Not(HasSubstr("Hello")));
    ASSERT_THAT(world.audits, SizeIs(1));
    EXPECT_EQ(world.audits[0].disposition, engine::Disposition::Delivered);
    EXPECT_EQ(world.audits[0].recipients[0].protection, "signed+encrypted");
    EXPECT_EQ(world.audits[0].key_operations, 1U);
  }
}

TEST(Sealing, AnUnknownRecipientGetsItSignedInTheBuffersInWhichItCame) {
  PipelineWorld world = world_with(kKnownPolicy);
  const std::uint64_t copied = copied_bytes();
  const std::string body(20'000, 'x');
  std::string lines;
  for (std::size_t i = 0; i < body.size(); i += 70) lines += body.substr(i, 70) + "\r\n";
  world.send(envelope("alice@example.org", {"erin@example.com"}),
             plain_mail("erin@example.com", lines));
  world.settle();
  ASSERT_THAT(world.sent, SizeIs(1));
  const OpenedMail mail = world.open(world.sent[0], "erin@example.com");
  EXPECT_TRUE(mail.is_good) << mail.problem;
  EXPECT_TRUE(mail.is_signed);
  EXPECT_FALSE(mail.is_encrypted);
  EXPECT_THAT(world.sent[0].text, HasSubstr(lines));
  // The test itself copies the message in and out; the pipeline adds headers and a signature.
  EXPECT_LT(copied_bytes() - copied, 2 * lines.size() + 16'000);
}

TEST(Sealing, VisibleRecipientsShareACopyAndASignature) {
  PipelineWorld world = world_with(kKnownPolicy);
  world.send(envelope("alice@example.org", {"bob@example.net", "erin@example.net"}),
             plain_mail("bob@example.net, Erin <erin@EXAMPLE.net>", "Hello\r\n"));
  world.settle();
  ASSERT_THAT(world.sent, SizeIs(1));
  EXPECT_THAT(world.sent[0].delivery.recipients, SizeIs(2));
  for (const char* address : {"bob@example.net", "erin@example.net"}) {
    const OpenedMail mail = world.open(world.sent[0], address);
    EXPECT_TRUE(mail.is_good) << mail.problem;
    EXPECT_THAT(mail.names, SizeIs(2));
  }
}

// NSS 3.87 does not read a message that names both kinds of recipients.
TEST(Sealing, RsaAndEllipticRecipientsGetCopiesOfTheirOwn) {
  PipelineWorld world = world_with(kKnownPolicy);
  world.send(envelope("alice@example.org", {"bob@example.net", "carol@example.net"}),
             plain_mail("bob@example.net, carol@example.net", "Hello\r\n"));
  world.settle();
  ASSERT_THAT(world.sent, SizeIs(2));
  for (std::size_t i = 0; i < 2; ++i) {
    ASSERT_THAT(world.sent[i].delivery.recipients, SizeIs(1));
    const OpenedMail mail =
        world.open(world.sent[i], world.sent[i].delivery.recipients.front().address);
    EXPECT_TRUE(mail.is_good) << mail.problem;
    EXPECT_THAT(mail.names, SizeIs(1));
  }
}

TEST(Sealing, NoCopyNamesABccRecipientButHisOwn) {
  PipelineWorld world = world_with(kKnownPolicy);
  world.send(
      envelope("alice@example.org", {"bob@example.net", "carol@example.net", "erin@example.com"}),
      "From: alice@example.org\r\nTo: bob@example.net\r\nBcc: carol@example.net,\r\n"
      " erin@example.com\r\nResent-Bcc: carol@example.net\r\nSubject: x\r\n\r\nHello\r\n");
  world.settle();
  ASSERT_THAT(world.sent, SizeIs(3));
  const std::string carol = serial_of(world.cast.contact("carol@example.net").certificate);
  for (const Sent& copy : world.sent) {
    ASSERT_THAT(copy.delivery.recipients, SizeIs(1));
    const std::string& address = copy.delivery.recipients[0].address;
    SCOPED_TRACE(address);
    EXPECT_THAT(copy.text, Not(HasSubstr("Bcc:")));
    EXPECT_THAT(copy.text, Not(HasSubstr("carol@example.net")));
    EXPECT_THAT(copy.text, Not(HasSubstr("erin@example.com")));
    const OpenedMail mail = world.open(copy, address);
    EXPECT_TRUE(mail.is_good) << mail.problem;
    EXPECT_EQ(std::count(mail.names.begin(), mail.names.end(), carol),
              address == "carol@example.net" ? 1 : 0);
  }
  EXPECT_EQ(world.audits[0].key_operations, 1U) << "the signature is shared";
}

TEST(Sealing, AHiddenRecipientNamedTwiceGetsOneCopy) {
  PipelineWorld world = world_with(kKnownPolicy);
  world.send(
      envelope("alice@example.org", {"carol@example.net", "bob@example.net", "carol@example.net"}),
      plain_mail("bob@example.net", "Hello\r\n"));
  world.settle();
  ASSERT_THAT(world.sent, SizeIs(2));
  EXPECT_THAT(world.sent[0].delivery.recipients, SizeIs(2));
  EXPECT_THAT(world.open(world.sent[0], "carol@example.net").names, SizeIs(1));
}

TEST(Sealing, AForwardedRecipientWhoIsNotInTheHeaderCountsAsHidden) {
  PipelineWorld world = world_with(kKnownPolicy);
  world.send(envelope("alice@example.org", {"bob@example.net", "carol@example.net"}),
             plain_mail("bob@example.net, sales@example.net", "Hello\r\n"));
  world.settle();
  EXPECT_THAT(world.sent, SizeIs(2));
}

TEST(Sealing, CompletesTheHeaderAndWritesMimeVersionOnce) {
  PipelineWorld world = world_with(kKnownPolicy);
  world.send(envelope("alice@example.org", {"erin@example.com"}),
             "MIME-Version: 1.0\r\nFrom: alice@example.org\r\nX-Other: kept  as\r\n it came\r\n"
             "Content-Type: text/plain; charset=utf-8\r\nContent-Language: en\r\n\r\nHello\r\n");
  world.settle();
  const OpenedMail mail = world.open(world.sent.at(0), "erin@example.com");
  ASSERT_TRUE(mail.is_good) << mail.problem;
  EXPECT_EQ(mail.header.find("Received: from client.example.org ([192.0.2.1])\r\n\tby "
                             "gate.example.org (Sealgate) with ESMTP id "),
            0U);
  EXPECT_THAT(mail.header,
              HasSubstr("for <erin@example.com>; Mon, 21 Sep 2026 14:13:20 +0000\r\n"));
  EXPECT_THAT(mail.header, HasSubstr("X-Other: kept  as\r\n it came\r\n"));
  EXPECT_THAT(mail.header, HasSubstr("Date: Mon, 21 Sep 2026 14:13:20 +0000\r\n"));
  EXPECT_THAT(mail.header, HasSubstr("@gate.example.org>\r\n"));
  EXPECT_EQ(count_of(world.sent[0].text, "MIME-Version:"), 1U);
  EXPECT_THAT(mail.content, HasSubstr("Content-Language: en\r\n"));
  EXPECT_THAT(mail.header, Not(HasSubstr("Content-Language")));
  EXPECT_EQ(count_of(mail.header, "Content-Type:"), 1U);
}

TEST(Sealing, WhatPassesLeavesOctetForOctetBehindItsTraceField) {
  PipelineWorld world = world_with(kPassPolicy);
  const std::string text = plain_mail("bob@example.net", "caf\xE9 \r\nFrom here\r\n.\r\n");
  world.send(envelope("alice@example.org", {"bob@example.net"}), text);
  world.settle();
  ASSERT_THAT(world.sent, SizeIs(1));
  const std::string& out = world.sent[0].text;
  ASSERT_GT(out.size(), text.size());
  EXPECT_EQ(out.substr(out.size() - text.size()), text);
  EXPECT_EQ(out.find("Received: "), 0U);
  EXPECT_EQ(world.sent[0].delivery.body, engine::BodyType::EightBitMime);
  EXPECT_EQ(world.audits.at(0).recipients[0].protection, "none");
}

TEST(Sealing, EightBitTextIsMadeSafeBeforeItIsSigned) {
  PipelineWorld world = world_with(kKnownPolicy);
  world.send(envelope("alice@example.org", {"erin@example.com"}),
             "From: alice@example.org\r\nDate: x\r\nMIME-Version: 1.0\r\n"
             "Content-Type: text/plain; charset=iso-8859-1\r\n"
             "Content-Transfer-Encoding: 8bit\r\n\r\ncaf\xE9 \r\nFrom here\r\n");
  world.settle();
  const Sent& copy = world.sent.at(0);
  const OpenedMail mail = world.open(copy, "erin@example.com");
  EXPECT_TRUE(mail.is_good) << mail.problem;
  EXPECT_EQ(copy.delivery.body, engine::BodyType::SevenBit);
  EXPECT_THAT(mail.content, HasSubstr("caf=E9=20\r\n"));
  EXPECT_THAT(mail.content, Not(HasSubstr("\nFrom here")));
}

TEST(Sealing, OpaqueSignaturesAndGcmAsTheProfileSays) {
  PipelineWorld world = world_with(kOpaqueGcmPolicy);
  world.send(envelope("alice@example.org", {"bob@example.net"}),
             plain_mail("bob@example.net", "Hello\r\n"));
  world.send(envelope("alice@example.org", {"erin@example.com"}),
             plain_mail("erin@example.com", "Hello\r\n"));
  world.settle();
  ASSERT_THAT(world.sent, SizeIs(2));
  for (const Sent& copy : world.sent) {
    const std::string& address = copy.delivery.recipients[0].address;
    SCOPED_TRACE(address);
    const OpenedMail mail = world.open(copy, address);
    EXPECT_TRUE(mail.is_good) << mail.problem;
    EXPECT_TRUE(mail.is_signed);
    EXPECT_THAT(mail.content, HasSubstr("Hello\r\n"));
    EXPECT_THAT(mail.header,
                HasSubstr(address == "bob@example.net" ? "authEnveloped-data" : "signed-data"));
  }
}

TEST(Sealing, ASubjectTagIsObeyedAndRemoved) {
  PipelineWorld world = world_with(kTagPolicy);
  world.send(envelope("alice@example.org", {"bob@example.net"}),
             "From: alice@example.org\r\nTo: bob@example.net\r\nSubject: [Secret] Caf\xC3\xA9\r\n"
             "Date: x\r\n\r\nHello\r\n");
  world.settle();
  ASSERT_THAT(world.sent, SizeIs(1));
  const OpenedMail mail = world.open(world.sent[0], "bob@example.net");
  EXPECT_TRUE(mail.is_good && mail.is_encrypted) << mail.problem;
  EXPECT_THAT(mail.header, Not(HasSubstr("Secret")));
  EXPECT_EQ(count_of(mail.header, "Subject:"), 1U);
}

TEST(Sealing, ContentThatItsSenderSealedIsNotSealedTwice) {
  PipelineWorld first = world_with(kKnownPolicy);
  first.send(envelope("alice@example.org", {"erin@example.com"}),
             plain_mail("erin@example.com", "Hello\r\n"));
  first.send(envelope("alice@example.org", {"bob@example.net"}),
             plain_mail("bob@example.net", "Hello\r\n"));
  first.settle();
  ASSERT_THAT(first.sent, SizeIs(2));
  const std::string is_signed = first.mailbox("erin@example.com").at(0);
  const std::string is_encrypted = first.mailbox("bob@example.net").at(0);

  PipelineWorld world = world_with(kKnownPolicy);
  world.send(envelope("alice@example.org", {"carol@example.net"}), is_signed);
  world.send(envelope("alice@example.org", {"carol@example.net"}), is_encrypted);
  world.settle();
  ASSERT_THAT(world.sent, SizeIs(2));
  ASSERT_THAT(world.audits, SizeIs(2));
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(world.audits[i].key_operations, 0U);
  const std::vector<std::string> carols = world.mailbox("carol@example.net");
  for (const std::string& text : carols) {
    if (text.find(is_encrypted.substr(is_encrypted.find("\r\n\r\n"))) != std::string::npos)
      continue;
    const OpenedMail mail = open_mail(text, world.cast.opener("carol@example.net", kTestTime));
    EXPECT_TRUE(mail.is_good) << mail.problem;
    EXPECT_TRUE(mail.is_encrypted && mail.is_signed);
    EXPECT_THAT(mail.content, HasSubstr("Hello"));
  }
  EXPECT_EQ(count_of(carols[0] + carols[1], "enveloped-data"), 2U);
}

TEST(Sealing, AFalseClaimOfEncryptionDoesNotSaveAMessageFromBeingEncrypted) {
  PipelineWorld world = world_with(kKnownPolicy);
  world.send(envelope("alice@example.org", {"bob@example.net"}),
             "From: alice@example.org\r\nTo: bob@example.net\r\nDate: x\r\nMIME-Version: 1.0\r\n"
             "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\n"
             "the secret in clear\r\n");
  world.settle();
  ASSERT_THAT(world.sent, SizeIs(1));
  EXPECT_THAT(world.sent[0].text, Not(HasSubstr("the secret in clear")));
}

TEST(Sealing, TheOpensslCommandReadsIt) {
  PipelineWorld world = world_with(kKnownPolicy);
  world.send(envelope("alice@example.org", {"bob@example.net"}),
             plain_mail("bob@example.net", "Hello\r\n"));
  world.settle();
  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / "sealgate_openssl_test";
  std::filesystem::create_directories(folder);
  const auto write = [&](const char* name, const std::string& text) {
    std::ofstream(folder / name, std::ios::binary) << text;
  };
  const Contact& bob = world.cast.contact("bob@example.net");
  write("mail.eml", world.sent.at(0).text);
  write("key.pem", pem_of(*bob.key));
  write("bob.pem", pem_of(ByteView(bob.certificate)));
  write("ca.pem", pem_of(ByteView(world.cast.authority())));
  const std::string in = "cd '" + folder.string() + "' && ";
  const std::string decrypt =
      in + "openssl cms -decrypt -in mail.eml -recip bob.pem -inkey key.pem -out inner.eml";
  const std::string verify =
      in + "openssl cms -verify -in inner.eml -CAfile ca.pem -purpose smimesign -attime " +
      std::to_string(kTestTime.time_since_epoch().count()) + " -out content.txt 2>verdict.txt";
  EXPECT_EQ(std::system(decrypt.c_str()), 0);
  EXPECT_EQ(std::system(verify.c_str()), 0);
  std::ifstream content(folder / "content.txt", std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(content)), {});
  EXPECT_THAT(text, HasSubstr("Hello\r\n"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace sealgate::test_support
