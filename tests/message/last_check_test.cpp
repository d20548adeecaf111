// SPDX-License-Identifier: Apache-2.0
//
// Copies as the pipeline made them, held against decisions that they do not fit.
#include "engine/message/last_check.h"

#include <string>

#include <gtest/gtest.h>

#include "engine/message/errors.h"
#include "engine/message/sealing.h"
#include "engine/mime/reader.h"
#include "tests/message/pipeline_world.h"
#include "tests/message/policies.h"

namespace sealgate::test_support {
namespace {

using engine::Wanted;

struct Sealed {
  PipelineWorld world;
  engine::trust::CertificatePointer bob;
  engine::trust::CertificatePointer carol;

  Sealed() : world({.policy = kKnownPolicy, .settings = {}}) {
    bob = parse("bob@example.net");
    carol = parse("carol@example.net");
  }
  engine::trust::CertificatePointer parse(const std::string& address) const {
    return engine::trust::Certificate::parse(world.cast.contact(address).certificate).value();
  }
  Chain copy_for(const std::string& address) {
    world.send(envelope("alice@example.org", {address}), plain_mail(address, "private\r\n"));
    world.settle();
    EXPECT_FALSE(world.sent.empty());
    return chain_of(world.sent.back().text);
  }
  Chain chain_of(const std::string& text) {
    EXPECT_FALSE(text.empty());
    ChainWriter writer(*world.pool);
    EXPECT_TRUE(writer.append(text));
    return writer.take();
  }
  static std::string fault(const Chain& content, const std::vector<Wanted>& wanted) {
    std::vector<std::uint32_t> recipients(wanted.size());
    for (std::uint32_t i = 0; i < wanted.size(); ++i) recipients[i] = i;
    return std::string(engine::fault_of(content, recipients, wanted));
  }
};

TEST(LastCheck, LetsThroughWhatIsAsDecided) {
  Sealed sealed;
  const Chain to_bob = sealed.copy_for("bob@example.net");
  EXPECT_EQ(Sealed::fault(to_bob, {{.is_signed = true, .encrypted_to = sealed.bob.get()}}), "");
  const Chain signed_only = sealed.copy_for("erin@example.com");
  EXPECT_EQ(Sealed::fault(signed_only, {{.is_signed = true, .encrypted_to = nullptr}}), "");
  EXPECT_EQ(Sealed::fault(signed_only, {{.is_signed = false, .encrypted_to = nullptr}}), "");
}

TEST(LastCheck, HoldsBackWhatShouldBeEncryptedAndIsNot) {
  Sealed sealed;
  const Chain signed_only = sealed.copy_for("erin@example.com");
  EXPECT_NE(Sealed::fault(signed_only, {{.is_signed = true, .encrypted_to = sealed.bob.get()}}),
            "");
}

TEST(LastCheck, HoldsBackWhatIsEncryptedToSomebodyElse) {
  Sealed sealed;
  const Chain to_bob = sealed.copy_for("bob@example.net");
  EXPECT_NE(Sealed::fault(to_bob, {{.is_signed = true, .encrypted_to = sealed.carol.get()}}), "");
  EXPECT_NE(Sealed::fault(to_bob, {{.is_signed = true, .encrypted_to = sealed.bob.get()},
                                   {.is_signed = true, .encrypted_to = sealed.carol.get()}}),
            "");
}

TEST(LastCheck, HoldsBackWhatIsSharedWithARecipientInClear) {
  Sealed sealed;
  const Chain to_bob = sealed.copy_for("bob@example.net");
  EXPECT_EQ(Sealed::fault(to_bob, {{.is_signed = true, .encrypted_to = sealed.bob.get()},
                                   {.is_signed = true, .encrypted_to = nullptr}}),
            "it is encrypted, and not for all its recipients");
}

TEST(LastCheck, HoldsBackWhatShouldBeSignedAndIsNot) {
  Sealed sealed;
  const Chain plain = sealed.chain_of(plain_mail("erin@example.com", "hello\r\n"));
  EXPECT_EQ(Sealed::fault(plain, {{.is_signed = true, .encrypted_to = nullptr}}),
            "it is not signed");
  EXPECT_EQ(Sealed::fault(plain, {{.is_signed = false, .encrypted_to = nullptr}}), "");
}

// Sealed to carol, whatever was decided.
TEST(LastCheck, StandsBetweenSealingAndTheNextHop) {
  Sealed sealed;
  const std::string text = plain_mail("carol@example.net", "private\r\n");
  engine::mime::Reader reader;
  ASSERT_TRUE(reader.feed(as_bytes(text)));
  const engine::ReadMessage message =
      engine::read_message(reader.finish(), sealed.chain_of(text)).value();
  const engine::Envelope to_carol = envelope("alice@example.org", {"carol@example.net"});
  engine::Plan plan;
  plan.copies.resize(1);
  plan.copies[0].recipients = {0};
  plan.copies[0].cipher = engine::cms::ContentCipher::Aes256Cbc;
  plan.copies[0].envelope = {{.certificate = sealed.carol.get()}};
  SeededRandom random(1);
  ChainWriter writer(*sealed.world.pool);
  for (const bool is_decided : {true, false}) {
    engine::Sealing sealing(message, to_carol, plan, {},
                            {.pool = *sealed.world.pool, .random = random, .writer = writer});
    std::size_t budget = 1U << 20U;
    ASSERT_TRUE(sealing.advance(budget, kTestTime));
    ASSERT_TRUE(sealing.is_finished());
    const engine::trust::Certificate* decided = is_decided ? sealed.carol.get() : sealed.bob.get();
    const std::vector<Wanted> wanted = {{.is_signed = false, .encrypted_to = decided}};
    const auto copies = sealing.take_copies(wanted);
    EXPECT_EQ(copies.has_value(), is_decided);
    EXPECT_EQ(sealing.copy_fault().empty(), is_decided);
    if (copies) continue;
    EXPECT_TRUE(copies.error().is(engine::kCopyNotAsDecided));
  }
}

TEST(LastCheck, ReadsTheLongestHeaderThatIsTakenAndWhatIsAddedToIt) {
  Sealed sealed;
  std::string text = plain_mail("bob@example.net", "private\r\n");
  const std::size_t body = text.find("\r\n\r\n") + 2;
  std::string filler;
  while (body + filler.size() + 1000 <= kHeaderBytesMax) {
    filler += "X-Filler: " + std::string(986, 'x') + "\r\n";
  }
  filler += "X-Last: " + std::string(kHeaderBytesMax - body - filler.size() - 10, 'x') + "\r\n";
  text.insert(body, filler);
  const engine::MessageId id =
      sealed.world.send(envelope("alice@example.org", {"bob@example.net"}), text);
  sealed.world.settle();
  EXPECT_TRUE(sealed.world.answer_text(id).starts_with("250")) << sealed.world.answer_text(id);
}

}  // namespace
}  // namespace sealgate::test_support
