// SPDX-License-Identifier: Apache-2.0
//
// What sealgated and sealgate-scan say to each other, in packets:
//
//   sealgated    -> supervisor   settings, once, first
//   supervisor   -> sealgated    ready
//   sealgated    -> supervisor   request, with two descriptors: where to answer, the message
//   worker       -> sealgated    answer, over the request's own socket; none when it died
//
// Both are of one build, so integers are in the machine's order. What a worker says is still read
// as hostile: it has been near a hostile message.
#pragma once

#include <cstdint>
#include <optional>

#include "app/inspection/inspection_config.h"
#include "app/inspection/judgement.h"
#include "base/bytes.h"

namespace sealgate::app {

inline constexpr std::size_t kSettingsBytesMax = 64 * 1024;
inline constexpr std::size_t kPatternBytesMax = 1000;

struct ScanSettings {
  ScanRules rules;
  ScanLimits limits;
};

inline constexpr std::uint8_t kReadyByte = 'R';

// Nothing when they exceed kSettingsBytesMax or a pattern kPatternBytesMax.
std::optional<Bytes> encode_settings(const ScanSettings& settings);
std::optional<ScanSettings> decode_settings(ByteView bytes);

// `life_millis`: after that nobody waits for the answer, and the worker is killed.
Bytes encode_request(std::uint32_t life_millis);
std::optional<std::uint32_t> decode_request(ByteView bytes);

// Clean and Refused are all that a worker may say.
Bytes encode_answer(const Judgement& judgement);
std::optional<Judgement> decode_answer(ByteView bytes);

}  // namespace sealgate::app
