// SPDX-License-Identifier: Apache-2.0
//
// For tests: messages with attachments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sealgate::app {

inline std::string base64(std::string_view content) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < content.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits =
          bits << 8U | (i + k < content.size() ? static_cast<unsigned char>(content[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      const bool is_padding = k > content.size() - i;
      text += is_padding ? '=' : kLetters[bits >> (18 - 6 * k) & 63U];
    }
    if (i % 57 == 54) text += "\r\n";
  }
  return text + "\r\n";
}

inline std::string attachment(std::string_view name, std::string_view type,
                              std::string_view content) {
  return "--b\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"" +
         std::string(name) + "\"\r\n\r\n" + base64(content);
}

inline std::string message_with(const std::string& parts) {
  return "From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
         "boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHello.\r\n" +
         parts + "--b--\r\n";
}

inline std::string message_with(std::string_view name, std::string_view content) {
  return message_with(attachment(name, "application/octet-stream", content));
}

}  // namespace sealgate::app
