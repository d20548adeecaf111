// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/message_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "app/inspection/errors.h"

namespace sealgate::app {
namespace {

// Slices of one writev(): 2 MiB of full segments.
constexpr std::size_t kSlicesMax = 64;

}  // namespace

Result<MessageFile> MessageFile::create() {
  Descriptor file(memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file.is_open()) return Error(kMessageFileUnavailable, errno);
  return MessageFile(std::move(file));
}

Result<void> MessageFile::append(const Chain& bytes) {
  const std::vector<Slice>& slices = bytes.slices();
  std::size_t next = 0;
  std::size_t done_of_next = 0;
  while (next < slices.size()) {
    std::array<iovec, kSlicesMax> pieces;
    const std::size_t count = std::min(kSlicesMax, slices.size() - next);
    for (std::size_t i = 0; i < count; ++i) {
      const ByteView piece = slices[next + i].bytes.subspan(i == 0 ? done_of_next : 0);
      pieces[i] = {const_cast<std::uint8_t*>(piece.data()), piece.size()};
    }
    const ssize_t written = writev(file_.number(), pieces.data(), static_cast<int>(count));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Error(kMessageFileUnavailable, errno);
    size_ += static_cast<std::uint64_t>(written);
    done_of_next += static_cast<std::size_t>(written);
    while (next < slices.size() && done_of_next >= slices[next].bytes.size()) {
      done_of_next -= slices[next++].bytes.size();
    }
  }
  return {};
}

Result<SealedMessage> MessageFile::seal() && {
  // Whoever gets the descriptor shares its offset.
  if (lseek(file_.number(), 0, SEEK_SET) != 0) return Error(kMessageFileUnavailable, errno);
  if (fcntl(file_.number(), F_ADD_SEALS,
            F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
    return Error(kMessageFileUnavailable, errno);
  }
  return SealedMessage{std::move(file_), size_};
}

}  // namespace sealgate::app
