// SPDX-License-Identifier: Apache-2.0
//
// Messages and certificates that the micro benchmarks work on, made once.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/random.h"
#include "base/segment.h"
#include "engine/trust/certificate.h"

namespace sealgate::bench {

// As much as a 25 MiB message, its encrypted copy and room around them need.
SegmentPool& pool();

RandomSource& system_random();

// A multipart/mixed message of about `size` bytes in CRLF lines: a text part and a base64
// attachment, as most mail is.
std::string message_text(std::uint64_t size);
// The same in segments, as it comes from the network.
Chain message_chain(std::uint64_t size);

enum class BenchKey : std::uint8_t { Rsa2048, P256 };
// A self-signed certificate for mail with a fresh key of this kind; made at the first call.
engine::trust::CertificatePointer certificate(BenchKey kind);

}  // namespace sealgate::bench
