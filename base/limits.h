// SPDX-License-Identifier: Apache-2.0
//
// Every limit that more than one folder has to know, each with its reason. A limit that
// matters to one class only stands in that class.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sealgate {

// A segment is what one receive fills: large enough that 75 KiB of mail take three, small
// enough that a 4 KiB message does not waste much.
inline constexpr std::size_t kSegmentBytes = 32 * 1024;

// What one shard hashes and encrypts in one turn before it serves its connections again:
// about a millisecond of AES-CBC and SHA-256.
inline constexpr std::size_t kTurnCryptoBytesMax = 512 * 1024;

// The largest message a listener may be configured to take (RFC 1870 SIZE).
inline constexpr std::uint64_t kMessageBytesMax = 1ULL << 30U;

// RFC 5321, 4.5.3.1.8 asks for 100 at least; Postfix sends up to 1,000 as configured.
inline constexpr std::size_t kRecipientsMax = 1000;

// RFC 5321, 4.5.3.1: a path has 256 octets.
inline constexpr std::size_t kAddressBytesMax = 256;

// All header fields of one message together. Postfix's default is 102,400.
inline constexpr std::size_t kHeaderBytesMax = 256 * 1024;
inline constexpr std::size_t kHeaderFieldsMax = 2000;

// Parts of one message, and how deep they nest.
inline constexpr std::size_t kPartsMax = 1000;
inline constexpr std::size_t kPartDepthMax = 30;

// RFC 2046, 5.1.1: a boundary has at most 70 characters. Real ones go a little beyond.
inline constexpr std::size_t kBoundaryBytesMax = 200;

// The largest input of a private-key operation: an RSA-8192 ciphertext.
inline constexpr std::size_t kKeyInputBytesMax = 1024;
// The largest output: an RSA-8192 signature.
inline constexpr std::size_t kKeyOutputBytesMax = 1024;

// The longest content-encryption key that is decrypted: CMS ciphers take 32 bytes at most, keys of
// authentication 64.
inline constexpr std::size_t kContentKeyBytesMax = 64;

// A certificate, and the certificates sent with one signature.
inline constexpr std::size_t kCertificateBytesMax = 64 * 1024;
inline constexpr std::size_t kCertificatesMax = 64;

}  // namespace sealgate
