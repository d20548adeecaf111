// SPDX-License-Identifier: Apache-2.0
//
// SecretBytes owns bytes that must not outlive their use: content-encryption keys, PINs,
// unwrapped key material. Move-only, wiped when destroyed, never printed, never compared
// with ==. reveal() is the one way to the bytes and is meant to be grepped for.
#pragma once

#include <cstddef>
#include <memory>

#include "base/bytes.h"

namespace sealgate {

class SecretBytes {
 public:
  SecretBytes() = default;
  // `size` zero bytes.
  explicit SecretBytes(std::size_t size);
  static SecretBytes copy_of(ByteView bytes);

  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes();

  std::size_t size() const { return size_; }
  bool is_empty() const { return size_ == 0; }
  MutableBytes reveal() { return {bytes_.get(), size_}; }
  ByteView reveal() const { return {bytes_.get(), size_}; }

 private:
  void wipe();

  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t size_ = 0;
};

// Overwrites `bytes` with zeros in a way the compiler does not remove.
void wipe_bytes(MutableBytes bytes);

}  // namespace sealgate
