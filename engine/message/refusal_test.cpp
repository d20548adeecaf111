// SPDX-License-Identifier: Apache-2.0
#include "engine/message/refusal.h"

#include <gtest/gtest.h>

namespace sealgate::engine {
namespace {

RecipientState state_of(Fate fate) {
  RecipientState state;
  state.fate = fate;
  state.reply = refusal_reply("Not sent to bob@example.net: no certificate.");
  return state;
}

TEST(CombinedRefusal, SaysWhatBecameOfTheOthers) {
  const std::string refused = "Not sent to bob@example.net: no certificate.";
  EXPECT_EQ(combined_refusal({state_of(Fate::Refused)}).text, refused);
  EXPECT_EQ(combined_refusal({state_of(Fate::Refused), state_of(Fate::Waiting)}).text,
            refused + "\nNothing was sent to the other recipients.");
  // Who is told that nothing was sent sends it again to all.
  const std::string settled =
      combined_refusal({state_of(Fate::Refused), state_of(Fate::Settled), state_of(Fate::Waiting)})
          .text;
  EXPECT_EQ(settled.find("Nothing was sent"), std::string::npos);
  EXPECT_NE(settled.find("An earlier attempt has delivered it"), std::string::npos);
}

}  // namespace
}  // namespace sealgate::engine
