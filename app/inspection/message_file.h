// SPDX-License-Identifier: Apache-2.0
//
// MessageFile puts a message into a memfd, once, so that other processes can read it without a
// copy and without a byte on a disk:
//
//   MessageFile file = SG_TRY(MessageFile::create());
//   SG_TRY(file.append(content.sub_chain(offset, some)));   // As much as a turn allows.
//   SealedMessage message = SG_TRY(std::move(file).seal());
//
// The kernel may swap its pages unless the service's control group forbids that.
// Threading: one thread.
#pragma once

#include <cstdint>

#include "app/inspection/descriptor.h"
#include "base/result.h"
#include "base/segment.h"

namespace sealgate::app {

// Nobody can change, grow or shrink the file any more, whoever gets the descriptor.
struct SealedMessage {
  Descriptor file;
  std::uint64_t size = 0;
};

class MessageFile {
 public:
  // All fail with kMessageFileUnavailable.
  static Result<MessageFile> create();
  Result<void> append(const Chain& bytes);
  Result<SealedMessage> seal() &&;

 private:
  explicit MessageFile(Descriptor file) : file_(std::move(file)) {}

  Descriptor file_;
  std::uint64_t size_ = 0;
};

}  // namespace sealgate::app
