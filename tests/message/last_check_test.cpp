// SPDX-License-Identifier: Apache-2.0
//
// Copies as the pipeline made them, held against decisions that they do not fit.
#include "engine/message/last_check.h"

#include <string>

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace sealgate::test_support
