// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/token_uri.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "hsm/api/errors.h"

namespace sealgate::hsm {
namespace {

CK_TOKEN_INFO token_labelled(std::string_view label) {
  CK_TOKEN_INFO token{};
  const auto fill = [](auto& field, std::string_view text) {
    std::fill(std::begin(field), std::end(field), static_cast<unsigned char>(' '));
    std::copy(text.begin(), text.end(), std::begin(field));
  };
  fill(token.label, label);
  fill(token.manufacturerID, "Maker");
  fill(token.model, "Model");
  fill(token.serialNumber, "42");
  return token;
}

TokenUri parsed(std::string_view text) {
  Result<TokenUri> uri = TokenUri::parse(text);
  EXPECT_TRUE(uri) << text;
  return std::move(uri).value();
}

TEST(TokenUri, MatchesTheTokenItNames) {
  EXPECT_TRUE(parsed("pkcs11:token=Org").matches_token(token_labelled("Org")));
  EXPECT_FALSE(parsed("pkcs11:token=Org").matches_token(token_labelled("Other")));
  EXPECT_TRUE(parsed("pkcs11:serial=42;manufacturer=Maker").matches_token(token_labelled("x")));
  EXPECT_FALSE(parsed("pkcs11:serial=43").matches_token(token_labelled("x")));
}

TEST(TokenUri, MatchesTheSlotItNames) {
  const CK_SLOT_INFO slot{};
  EXPECT_TRUE(parsed("pkcs11:slot-id=3").matches_slot(3, slot));
  EXPECT_FALSE(parsed("pkcs11:slot-id=3").matches_slot(4, slot));
  EXPECT_TRUE(parsed("pkcs11:").matches_slot(4, slot));
}

TEST(TokenUri, MatchesKeysByLabelAndId) {
  const Bytes id = {1, 2};
  EXPECT_TRUE(parsed("pkcs11:object=sign").matches_key(as_bytes("sign"), id));
  EXPECT_FALSE(parsed("pkcs11:object=sign").matches_key(as_bytes("other"), id));
  EXPECT_TRUE(parsed("pkcs11:id=%01%02;type=private").matches_key(as_bytes("x"), id));
  EXPECT_FALSE(parsed("pkcs11:id=%01%03").matches_key(as_bytes("x"), id));
  EXPECT_FALSE(parsed("pkcs11:object=sign;type=cert").matches_key(as_bytes("sign"), id));
}

TEST(TokenUri, FindsAKeyByTheUriItFormats) {
  const CK_TOKEN_INFO token = token_labelled("Org");
  const Bytes id = {0xff, 0x00};
  const std::string uri = format_key_uri(token, as_bytes("sign 2026;x"), id);
  EXPECT_TRUE(parsed(uri).covers(uri));
  EXPECT_TRUE(parsed("pkcs11:token=Org").covers(uri));
  EXPECT_FALSE(parsed("pkcs11:token=Other").covers(uri));
  EXPECT_FALSE(parsed("pkcs11:object=other").covers(uri));
}

TEST(TokenUri, TakesThePinFromAFileAndNeverFromTheUri) {
  EXPECT_EQ(parsed("pkcs11:token=a?pin-source=file:/run/pin").pin_path(), "/run/pin");
  EXPECT_EQ(parsed("pkcs11:token=a?pin-source=file:///run/pin").pin_path(), "/run/pin");
  EXPECT_EQ(parsed("pkcs11:token=a?pin-source=/run/pin").pin_path(), "/run/pin");
  EXPECT_EQ(parsed("pkcs11:token=a").pin_path(), "");
  EXPECT_TRUE(TokenUri::parse("pkcs11:token=a?pin-value=1234").error().is(kUriHasPin));
  EXPECT_TRUE(TokenUri::parse("pkcs11:?pin-source=https://x/").error().is(kPinSourceUnsupported));
  EXPECT_TRUE(TokenUri::parse("pkcs11:?pin-source=file:pin").error().is(kPinSourceUnsupported));
}

TEST(TokenUri, RefusesWhatIsNoUri) {
  for (const std::string& text :
       {std::string(), std::string("token=a"), std::string("http://a"), std::string("pkcs11:id=%0"),
        std::string("pkcs11:slot-id=x"), std::string("pkcs11:tokn=a"),
        std::string("pkcs11:token=a\0", 15)}) {
    const Result<TokenUri> uri = TokenUri::parse(text);
    ASSERT_FALSE(uri) << text;
    EXPECT_TRUE(uri.error().is(kUriInvalid)) << text;
  }
}

TEST(TokenUri, HasALimit) {
  const std::string longest = "pkcs11:object=" + std::string(TokenUri::kBytesMax - 14, 'a');
  EXPECT_TRUE(TokenUri::parse(longest));
  EXPECT_TRUE(TokenUri::parse(longest + "a").error().is(kUriInvalid));
}

}  // namespace
}  // namespace sealgate::hsm
