// SPDX-License-Identifier: Apache-2.0
#include "bench/capacity/mail_template.h"

#include <array>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace sealgate::capacity {
namespace {

constexpr std::string_view kBoundary = "=_sealgate_capacity_0001";
constexpr std::size_t kLineMax = 72;

std::string text_line(std::size_t size_max, std::mt19937& random) {
  static constexpr std::array<std::string_view, 24> kWords = {
      "the", "offer",  "of",      "Tuesday", "please", "contract", "and",     "invoice",
      "we",  "attach", "meeting", "to",      "in",     "delivery", "regards", "number",
      "for", "is",     "until",   "price",   "your",   "order",    "will",    "confirm"};
  std::string line(kWords[random() % kWords.size()]);
  while (line.size() < size_max) {
    line += random() % 12 == 0 ? ". " : " ";
    line += kWords[random() % kWords.size()];
  }
  line.resize(size_max);
  // White space at the end of a line would make a signer re-encode the part.
  if (!line.empty() && line.back() == ' ') line.back() = 's';
  return line;
}

// `size` bytes (at least 2) of text in CRLF lines, no line of which begins with a dot.
std::string text_lines(std::size_t size, std::mt19937& random) {
  std::string text;
  while (size - text.size() > kLineMax + 4) {
    text += text_line(kLineMax - random() % 16, random) + "\r\n";
  }
  return text + text_line(size - text.size() - 2, random) + "\r\n";
}

std::string base64_lines(std::size_t lines, std::mt19937& random) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < lines; ++i) {
    for (int k = 0; k < 76; ++k) text += kAlphabet[random() % kAlphabet.size()];
    text += "\r\n";
  }
  return text;
}

std::string with_attachment(std::size_t size, std::mt19937& random) {
  const std::string delimiter = "--" + std::string(kBoundary);
  const std::string head = delimiter +
                           "\r\nContent-Type: text/plain; charset=us-ascii\r\n"
                           "Content-Transfer-Encoding: 7bit\r\n\r\n";
  const std::string middle = delimiter +
                             "\r\nContent-Type: application/pdf; name=\"offer.pdf\"\r\n"
                             "Content-Disposition: attachment; filename=\"offer.pdf\"\r\n"
                             "Content-Transfer-Encoding: base64\r\n\r\n";
  const std::string end = delimiter + "--\r\n";
  constexpr std::size_t kTextSize = 2000;
  constexpr std::size_t kEncodedLine = 78;
  const std::size_t fixed = head.size() + middle.size() + end.size() + kTextSize;
  const std::size_t lines = (size - fixed) / kEncodedLine;
  const std::size_t rest = size - fixed - lines * kEncodedLine;
  return head + text_lines(kTextSize + rest, random) + middle + base64_lines(lines, random) + end;
}

std::string date_text(std::time_t date) {
  std::tm parts = {};
  gmtime_r(&date, &parts);
  std::array<char, 64> text = {};
  const std::size_t length =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S +0000", &parts);
  return {text.data(), length};
}

}  // namespace

MailTemplate::MailTemplate(std::size_t size, std::string sender, std::string recipient)
    : sender_(std::move(sender)),
      recipient_(std::move(recipient)),
      has_attachment_(size >= kAttachmentSize) {
  if (size < kMailSizeMin) throw std::runtime_error("messages have 1024 bytes at least");
  std::mt19937 random(20250101);
  const std::size_t rest = size - header(0, 0).size();
  body_ = has_attachment_ ? with_attachment(rest, random) : text_lines(rest, random);
}

std::string MailTemplate::header(std::uint64_t sequence, std::time_t date) const {
  // Of fixed width, so that every header has the same size.
  std::array<char, 48> number = {};
  std::snprintf(number.data(), number.size(), "%016llx.%07d",
                static_cast<unsigned long long>(sequence), getpid() % 10'000'000);
  std::string text = "From: <" + sender_ + ">\r\nTo: <" + recipient_ + ">\r\n";
  text += "Subject: Offer " + std::string(number.data()) + "\r\n";
  text += "Date: " + date_text(date) + "\r\n";
  text += "Message-ID: <" + std::string(number.data()) + "@load.example>\r\nMIME-Version: 1.0\r\n";
  text += has_attachment_
              ? "Content-Type: multipart/mixed; boundary=\"" + std::string(kBoundary) + "\"\r\n"
              : "Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n";
  return text + "\r\n";
}

}  // namespace sealgate::capacity
