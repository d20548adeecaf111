// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/ck_outcome.h"

#include <gtest/gtest.h>

#include "hsm/api/errors.h"

namespace sealgate::hsm {
namespace {

TEST(CkOutcome, NeverMixesTheInputsFaultWithTheTokens) {
  EXPECT_EQ(meaning_of(CKR_OK).meaning, CkClass::Ok);
  EXPECT_EQ(meaning_of(CKR_ENCRYPTED_DATA_INVALID).meaning, CkClass::InputRefused);
  EXPECT_EQ(meaning_of(CKR_KEY_FUNCTION_NOT_PERMITTED).meaning, CkClass::KeyRefused);
  EXPECT_EQ(meaning_of(CKR_HOST_MEMORY).meaning, CkClass::Busy);
  EXPECT_EQ(meaning_of(CKR_DEVICE_REMOVED).meaning, CkClass::Gone);
  EXPECT_EQ(meaning_of(CKR_USER_NOT_LOGGED_IN).meaning, CkClass::Gone);
  EXPECT_EQ(meaning_of(CKR_GENERAL_ERROR).meaning, CkClass::Ambiguous);
}

TEST(CkOutcome, TakesAnUnknownCodeForAGeneralFailure) {
  EXPECT_EQ(meaning_of(0x80001234UL).meaning, CkClass::Ambiguous);
  EXPECT_EQ(meaning_of(0x7fffffffUL).meaning, CkClass::Ambiguous);
}

TEST(CkOutcome, NamesCodes) {
  EXPECT_EQ(meaning_of(CKR_PIN_LOCKED).name, "CKR_PIN_LOCKED");
}

TEST(CkOutcome, GivesEachRefusalOfThePinItsOwnError) {
  EXPECT_TRUE(management_error(CKR_PIN_INCORRECT).is(kPinIncorrect));
  EXPECT_TRUE(management_error(CKR_PIN_LOCKED).is(kPinLocked));
  EXPECT_TRUE(management_error(CKR_PIN_EXPIRED).is(kPinExpired));
  EXPECT_TRUE(management_error(CKR_USER_PIN_NOT_INITIALIZED).is(kPinNotInitialized));
  EXPECT_TRUE(management_error(CKR_SESSION_COUNT).is(kTokenSessionsExhausted));
  EXPECT_TRUE(management_error(CKR_DEVICE_REMOVED).is(kTokenUnavailable));
  EXPECT_EQ(management_error(CKR_DEVICE_REMOVED).detail(), 0x32);
}

}  // namespace
}  // namespace sealgate::hsm
