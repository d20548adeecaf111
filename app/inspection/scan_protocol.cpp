// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/scan_protocol.h"

#include <type_traits>

namespace sealgate::app {
namespace {

constexpr std::uint8_t kSettingsTag = 'S';
constexpr std::uint8_t kRequestTag = 'Q';
constexpr std::uint8_t kAnswerTag = 'A';

constexpr std::uint8_t kRefusesEncrypted = 1;
constexpr std::uint8_t kRefusesMismatch = 2;
constexpr std::uint8_t kRefusesUnreadable = 4;

class Writer {
 public:
  template <typename T>
  requires std::is_unsigned_v<T>
  void put(T number) {
    const auto* const first = reinterpret_cast<const std::uint8_t*>(&number);
    bytes_.insert(bytes_.end(), first, first + sizeof number);
  }
  void put(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    const ByteView octets = as_bytes(text);
    bytes_.insert(bytes_.end(), octets.begin(), octets.end());
  }
  void put(const std::vector<std::string>& texts) {
    put(static_cast<std::uint32_t>(texts.size()));
    for (const std::string& text : texts) put(std::string_view(text));
  }
  Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

// Beyond the end it yields zeros and is_good() is false.
class Cursor {
 public:
  explicit Cursor(ByteView bytes) : rest_(bytes) {}

  template <typename T>
  requires std::is_unsigned_v<T> T number() {
    T number{};
    const ByteView octets = take(sizeof number);
    if (is_good_) copy_bytes({reinterpret_cast<std::uint8_t*>(&number), sizeof number}, octets);
    return number;
  }
  std::string_view text(std::size_t bytes_max) {
    const std::size_t size = number<std::uint32_t>();
    is_good_ = is_good_ && size <= bytes_max;
    return as_text(take(size));
  }
  std::vector<std::string> texts() {
    std::vector<std::string> texts;
    const std::uint32_t count = number<std::uint32_t>();
    for (std::uint32_t i = 0; is_good_ && i < count; ++i) {
      texts.emplace_back(text(kPatternBytesMax));
    }
    return texts;
  }
  // Everything was there, and nothing is left.
  bool is_complete() const { return is_good_ && rest_.empty(); }
  bool is_good() const { return is_good_; }

 private:
  ByteView take(std::size_t size) {
    is_good_ = is_good_ && size <= rest_.size();
    if (!is_good_) return {};
    const ByteView taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }

  ByteView rest_;
  bool is_good_ = true;
};

bool has_long_pattern(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    if (pattern.size() > kPatternBytesMax) return true;
  }
  return false;
}

}  // namespace

std::optional<Bytes> encode_settings(const ScanSettings& settings) {
  const ScanRules& rules = settings.rules;
  if (has_long_pattern(rules.forbidden_types) || has_long_pattern(rules.forbidden_names)) {
    return std::nullopt;
  }
  Writer writer;
  writer.put(kSettingsTag);
  writer.put(
      static_cast<std::uint8_t>((rules.refuses_encrypted_archives ? kRefusesEncrypted : 0) |
                                (rules.refuses_type_mismatch ? kRefusesMismatch : 0) |
                                (rules.refuses_unreadable_archives ? kRefusesUnreadable : 0)));
  writer.put(rules.forbidden_types);
  writer.put(rules.forbidden_names);
  writer.put(settings.limits.depth_max);
  writer.put(settings.limits.members_max);
  writer.put(settings.limits.unpacked_bytes_max);
  writer.put(settings.limits.cpu_seconds_max);
  Bytes bytes = writer.take();
  if (bytes.size() > kSettingsBytesMax) return std::nullopt;
  return bytes;
}

std::optional<ScanSettings> decode_settings(ByteView bytes) {
  Cursor cursor(bytes);
  if (cursor.number<std::uint8_t>() != kSettingsTag) return std::nullopt;
  ScanSettings settings;
  const auto flags = cursor.number<std::uint8_t>();
  settings.rules.refuses_encrypted_archives = (flags & kRefusesEncrypted) != 0;
  settings.rules.refuses_type_mismatch = (flags & kRefusesMismatch) != 0;
  settings.rules.refuses_unreadable_archives = (flags & kRefusesUnreadable) != 0;
  settings.rules.forbidden_types = cursor.texts();
  settings.rules.forbidden_names = cursor.texts();
  settings.limits.depth_max = cursor.number<std::uint32_t>();
  settings.limits.members_max = cursor.number<std::uint32_t>();
  settings.limits.unpacked_bytes_max = cursor.number<std::uint64_t>();
  settings.limits.cpu_seconds_max = cursor.number<std::uint32_t>();
  if (!cursor.is_complete()) return std::nullopt;
  return settings;
}

Bytes encode_request(std::uint32_t life_millis) {
  Writer writer;
  writer.put(kRequestTag);
  writer.put(life_millis);
  return writer.take();
}

std::optional<std::uint32_t> decode_request(ByteView bytes) {
  Cursor cursor(bytes);
  const auto tag = cursor.number<std::uint8_t>();
  const auto life_millis = cursor.number<std::uint32_t>();
  if (tag != kRequestTag || !cursor.is_complete()) return std::nullopt;
  return life_millis;
}

Bytes encode_answer(const Judgement& judgement) {
  Writer writer;
  writer.put(kAnswerTag);
  writer.put(static_cast<std::uint8_t>(judgement.outcome));
  writer.put(printable(judgement.reason));
  return writer.take();
}

std::optional<Judgement> decode_answer(ByteView bytes) {
  Cursor cursor(bytes);
  const auto tag = cursor.number<std::uint8_t>();
  const auto outcome = static_cast<Outcome>(cursor.number<std::uint8_t>());
  const std::string_view reason = cursor.text(kReasonBytesMax);
  if (tag != kAnswerTag || !cursor.is_complete()) return std::nullopt;
  if (outcome != Outcome::Clean && outcome != Outcome::Refused) return std::nullopt;
  return Judgement{outcome, printable(reason), false};
}

}  // namespace sealgate::app
