// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/scan_protocol.h"

#include <gtest/gtest.h>

namespace sealgate::app {
namespace {

ScanSettings odd_settings() {
  ScanSettings settings;
  settings.rules.forbidden_types = {"a/b", "", "*"};
  settings.rules.forbidden_names = {std::string(kPatternBytesMax, 'x')};
  settings.rules.refuses_encrypted_archives = true;
  settings.rules.refuses_type_mismatch = false;
  settings.rules.refuses_unreadable_archives = true;
  settings.limits = {1, 2, 3, 4};
  return settings;
}

TEST(ScanProtocol, CarriesSettings) {
  const Bytes bytes = encode_settings(odd_settings()).value();
  const ScanSettings settings = decode_settings(bytes).value();
  EXPECT_EQ(settings.rules.forbidden_types, odd_settings().rules.forbidden_types);
  EXPECT_EQ(settings.rules.forbidden_names, odd_settings().rules.forbidden_names);
  EXPECT_TRUE(settings.rules.refuses_encrypted_archives);
  EXPECT_FALSE(settings.rules.refuses_type_mismatch);
  EXPECT_TRUE(settings.rules.refuses_unreadable_archives);
  EXPECT_EQ(settings.limits.depth_max, 1U);
  EXPECT_EQ(settings.limits.members_max, 2U);
  EXPECT_EQ(settings.limits.unpacked_bytes_max, 3U);
  EXPECT_EQ(settings.limits.cpu_seconds_max, 4U);
}

TEST(ScanProtocol, RefusesSettingsThatAreCutOrHaveMore) {
  Bytes bytes = encode_settings(odd_settings()).value();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_settings(ByteView(bytes).first(size))) << size;
  }
  bytes.push_back(0);
  EXPECT_FALSE(decode_settings(bytes));
}

TEST(ScanProtocol, LimitsSettings) {
  ScanSettings settings;
  settings.rules.forbidden_names = {std::string(kPatternBytesMax + 1, 'x')};
  EXPECT_FALSE(encode_settings(settings));
  settings.rules.forbidden_names.assign(60, std::string(kPatternBytesMax, 'x'));
  EXPECT_TRUE(encode_settings(settings));
  settings.rules.forbidden_names.assign(66, std::string(kPatternBytesMax, 'x'));
  EXPECT_FALSE(encode_settings(settings));
}

TEST(ScanProtocol, CarriesRequests) {
  Bytes bytes = encode_request(60'000);
  EXPECT_EQ(decode_request(bytes), 60'000U);
  EXPECT_FALSE(decode_request(ByteView(bytes).first(bytes.size() - 1)));
  bytes.push_back(0);
  EXPECT_FALSE(decode_request(bytes));
}

TEST(ScanProtocol, CarriesAnswers) {
  EXPECT_EQ(decode_answer(encode_answer({Outcome::Clean, "", false}))->outcome, Outcome::Clean);
  const auto refused = decode_answer(encode_answer({Outcome::Refused, "why", false}));
  EXPECT_EQ(refused->outcome, Outcome::Refused);
  EXPECT_EQ(refused->reason, "why");
}

TEST(ScanProtocol, BelievesNoAnswerThatAWorkerMayNotGive) {
  EXPECT_FALSE(decode_answer(encode_answer({Outcome::Infected, "x", false})));
  EXPECT_FALSE(decode_answer(encode_answer({Outcome::Unavailable, "x", false})));
  Bytes bytes = encode_answer({Outcome::Refused, "why", false});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_answer(ByteView(bytes).first(size))) << size;
  }
  bytes[1] = 200;
  EXPECT_FALSE(decode_answer(bytes));
}

TEST(ScanProtocol, ShowsNoControlCharactersThatAWorkerSends) {
  Bytes bytes = encode_answer({Outcome::Refused, "a_b", false});
  bytes[bytes.size() - 2] = '\n';
  EXPECT_EQ(decode_answer(bytes)->reason, "a?b");
  bytes[bytes.size() - 2] = 0xe9;
  EXPECT_EQ(decode_answer(bytes)->reason,
            "a\xc3\xa9"
            "b");
}

TEST(Printable, CutsBetweenCharacters) {
  std::string text;
  while (text.size() < kReasonBytesMax + 10) text += "\xe2\x82\xac";
  const std::string cut = printable(text);
  EXPECT_LE(cut.size(), kReasonBytesMax);
  EXPECT_EQ(cut.substr(cut.size() - 6), "\xe2\x82\xac...");
  EXPECT_EQ(printable(std::string(kReasonBytesMax, 'x')), std::string(kReasonBytesMax, 'x'));
}

TEST(Printable, ReplacesWhatIsNotToBeShown) {
  EXPECT_EQ(printable("a\x1b\x7f"
                      "b\xc2\x85"
                      "c\xe2\x80\x8b"
                      "d\xe2\x81\xa6"
                      "e\xef\xbb\xbf"),
            "a??b?c?d?e?");
  EXPECT_EQ(printable("\xe2\x80\x93\xe2\x80\x9e \xc3\xa4"), "\xe2\x80\x93\xe2\x80\x9e \xc3\xa4");
}

}  // namespace
}  // namespace sealgate::app
