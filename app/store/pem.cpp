// SPDX-License-Identifier: Apache-2.0
#include "app/store/pem.h"

#include <algorithm>

#include <openssl/evp.h>

#include "base/limits.h"

namespace sealgate::app {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kDashes = "-----";
constexpr std::string_view kAddress = "Sealgate-Address:";

struct Block {
  std::string label;
  std::string address;  // Of the last Sealgate-Address line before it.
  Bytes der;
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trimmed(line);
}

std::optional<Bytes> decode_base64(const std::string& text) {
  if (text.empty() || text.size() % 4 != 0) {
    return std::nullopt;
  }
  Bytes der(text.size() / 4 * 3);
  const Bytes input(text.begin(), text.end());
  const int length = EVP_DecodeBlock(der.data(), input.data(), static_cast<int>(input.size()));
  if (length < 0) {
    return std::nullopt;
  }
  const auto padding = static_cast<std::size_t>(std::count(text.end() - 2, text.end(), '='));
  der.resize(static_cast<std::size_t>(length) - padding);
  return der;
}

// One DER SEQUENCE that fills `content`: what a certificate or CRL file without PEM is.
bool looks_like_der(std::string_view content) {
  if (content.size() < 4 || static_cast<unsigned char>(content[0]) != 0x30) {
    return false;
  }
  const auto first = static_cast<unsigned char>(content[1]);
  const std::size_t octets = first & 0x7FU;
  if (first < 0x80) {
    return content.size() == 2U + first;
  }
  if (octets == 0 || octets > 3 || content.size() < 2 + octets) {
    return false;
  }
  std::size_t length = 0;
  for (std::size_t i = 0; i < octets; ++i) {
    length = (length << 8U) | static_cast<unsigned char>(content[2 + i]);
  }
  return content.size() == 2 + octets + length;
}

// The lines up to "-----END label-----"; nothing where it is missing or not base64.
std::optional<Bytes> read_body(std::string_view& rest, const std::string& label) {
  const std::string end = "-----END " + label + "-----";
  std::string text;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (line == end) {
      return decode_base64(text);
    }
    if (line.starts_with(kDashes)) {
      return std::nullopt;
    }
    text += line;
  }
  return std::nullopt;
}

std::vector<Block> read_blocks(std::string_view content, const std::string& file,
                               Problems& problems) {
  std::vector<Block> blocks;
  std::string address;
  while (!content.empty()) {
    const std::string_view line = take_line(content);
    if (line.starts_with(kAddress)) {
      address = trimmed(line.substr(kAddress.size()));
    }
    if (!line.starts_with(kBegin) || !line.ends_with(kDashes) ||
        line.size() <= kBegin.size() + kDashes.size()) {
      continue;
    }
    Block block;
    block.label = line.substr(kBegin.size(), line.size() - kBegin.size() - kDashes.size());
    block.address = std::move(address);
    address.clear();
    std::optional<Bytes> der = read_body(content, block.label);
    if (!der && !block.label.ends_with("PRIVATE KEY")) {
      problems.push_back(Problem{file, "a PEM block (" + block.label + ") is damaged"});
      continue;
    }
    block.der = std::move(der).value_or(Bytes());
    blocks.push_back(std::move(block));
  }
  return blocks;
}

}  // namespace

std::vector<StoredCertificate> read_certificates(std::string_view content, const std::string& file,
                                                 Problems& problems) {
  std::vector<StoredCertificate> certificates;
  if (looks_like_der(content)) {
    const ByteView bytes = as_bytes(content);
    certificates.push_back(StoredCertificate{Bytes(bytes.begin(), bytes.end()), ""});
    return certificates;
  }
  const std::size_t problems_before = problems.size();
  for (Block& block : read_blocks(content, file, problems)) {
    if (block.label == "CERTIFICATE" || block.label == "X509 CERTIFICATE") {
      certificates.push_back(StoredCertificate{std::move(block.der), std::move(block.address)});
    } else if (block.label.ends_with("PRIVATE KEY")) {
      problems.push_back(Problem{file,
                                 "holds a private key; private keys live in the token alone: "
                                 "remove the file and treat the key as exposed"});
    }
  }
  if (certificates.size() > kCertificatesMax) {
    problems.push_back(Problem{
        file, "holds more than " + std::to_string(kCertificatesMax) + " certificates; divide it"});
  }
  if (certificates.empty() && problems.size() == problems_before) {
    problems.push_back(Problem{file, "holds no certificate in PEM or DER"});
  }
  return certificates;
}

std::vector<Bytes> read_revocation_lists(std::string_view content, const std::string& file,
                                         Problems& problems) {
  std::vector<Bytes> lists;
  if (looks_like_der(content)) {
    const ByteView bytes = as_bytes(content);
    lists.emplace_back(bytes.begin(), bytes.end());
    return lists;
  }
  const std::size_t problems_before = problems.size();
  for (Block& block : read_blocks(content, file, problems)) {
    if (block.label == "X509 CRL") {
      lists.push_back(std::move(block.der));
    }
  }
  if (lists.empty() && problems.size() == problems_before) {
    problems.push_back(Problem{file, "holds no certificate revocation list in PEM or DER"});
  }
  return lists;
}

std::string to_pem(ByteView der, std::string_view label) {
  Bytes encoded((der.size() + 2) / 3 * 4 + 1);
  const int length = EVP_EncodeBlock(encoded.data(), der.data(), static_cast<int>(der.size()));
  const std::string_view text = as_text(ByteView(encoded).first(static_cast<std::size_t>(length)));
  constexpr std::size_t kColumns = 64;
  std::string pem = std::string(kBegin) + std::string(label) + "-----\n";
  for (std::size_t i = 0; i < text.size(); i += kColumns) {
    pem += text.substr(i, kColumns);
    pem += '\n';
  }
  return pem + "-----END " + std::string(label) + "-----\n";
}

}  // namespace sealgate::app
