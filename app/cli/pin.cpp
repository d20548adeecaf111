// SPDX-License-Identifier: Apache-2.0
#include "app/cli/pin.h"

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <termios.h>
#include <unistd.h>

#include "base/secret.h"

namespace sealgate::app {
namespace {

constexpr std::size_t kPinBytesMax = 255;

// One line without its end; empty when there is none or it is too long.
SecretBytes read_line(int descriptor) {
  SecretBytes line(kPinBytesMax + 1);
  std::size_t size = 0;
  while (size <= kPinBytesMax) {
    char c = 0;
    const ssize_t count = read(descriptor, &c, 1);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0 || c == '\n') {
      return SecretBytes::copy_of(line.reveal().first(size));
    }
    line.reveal()[size++] = static_cast<std::uint8_t>(c);
  }
  return {};
}

void say(int descriptor, std::string_view text) {
  const ssize_t written = write(descriptor, text.data(), text.size());
  static_cast<void>(written);
}

SecretBytes ask(int terminal, std::string_view prompt) {
  termios before{};
  tcgetattr(terminal, &before);
  termios silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  tcsetattr(terminal, TCSAFLUSH, &silent);
  say(terminal, prompt);
  SecretBytes line = read_line(terminal);
  tcsetattr(terminal, TCSAFLUSH, &before);
  say(terminal, "\n");
  return line;
}

SecretBytes ask_twice(Problems& problems) {
  const int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0) {
    problems.push_back(Problem{"",
                               "there is no terminal to ask for the PIN; use --pin-file FILE, "
                               "or --pin-file - to read it from standard input"});
    return {};
  }
  SecretBytes pin = ask(terminal, "User PIN of the token: ");
  const SecretBytes again = ask(terminal, "Once more: ");
  close(terminal);
  if (!equal_secret(pin.reveal(), again.reveal())) {
    problems.push_back(Problem{"", "the two PINs differ; nothing was done"});
    return {};
  }
  return pin;
}

}  // namespace

bool store_pin(const std::string& source, const std::string& file, Problems& problems) {
  const SecretBytes pin = source == "-" ? read_line(STDIN_FILENO) : ask_twice(problems);
  if (pin.is_empty()) {
    if (problems.empty()) {
      problems.push_back(Problem{"", "no PIN was given"});
    }
    return false;
  }
  const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    problems.push_back(Problem{file, std::error_code(errno, std::generic_category()).message()});
    return false;
  }
  const ByteView bytes = pin.reveal();
  const bool is_written =
      write(descriptor, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
      write(descriptor, "\n", 1) == 1 && fsync(descriptor) == 0;
  close(descriptor);
  if (!is_written) {
    unlink(file.c_str());
    problems.push_back(Problem{file, "cannot be written"});
  }
  return is_written;
}

}  // namespace sealgate::app
