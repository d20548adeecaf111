// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/pin_file.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hsm/api/errors.h"

namespace sealgate::hsm {
namespace {

class File {
 public:
  explicit File(const std::string& path)
      : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

// The PIN in what the file holds: without one line end, and nothing else left out.
Result<SecretBytes> pin_in(ByteView content) {
  if (!content.empty() && content.back() == '\n') content = content.first(content.size() - 1);
  if (!content.empty() && content.back() == '\r') content = content.first(content.size() - 1);
  if (content.empty() || content.size() > kPinBytesMax) return kPinFileInvalid;
  for (const std::uint8_t byte : content) {
    if (byte == 0 || byte == '\n' || byte == '\r') return kPinFileInvalid;
  }
  return SecretBytes::copy_of(content);
}

}  // namespace

Result<SecretBytes> read_pin_file(const std::string& path) {
  const File file(path);
  if (file.descriptor() < 0) return Error(kPinFileUnreadable, errno);
  struct stat status {};
  if (fstat(file.descriptor(), &status) != 0) return Error(kPinFileUnreadable, errno);
  if (S_ISREG(status.st_mode) && (status.st_mode & (S_IROTH | S_IWOTH)) != 0) {
    return kPinFileExposed;
  }
  // Two bytes of line end and one to see that the file is too long.
  std::array<std::uint8_t, kPinBytesMax + 3> content{};
  std::size_t used = 0;
  while (used < content.size()) {
    const ssize_t count = read(file.descriptor(), content.data() + used, content.size() - used);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      wipe_bytes(content);
      return Error(kPinFileUnreadable, errno);
    }
    if (count == 0) break;
    used += static_cast<std::size_t>(count);
  }
  Result<SecretBytes> pin = pin_in(ByteView(content).first(used));
  wipe_bytes(content);
  return pin;
}

}  // namespace sealgate::hsm
