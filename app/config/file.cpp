// SPDX-License-Identifier: Apache-2.0
#include "app/config/file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace sealgate::app {
namespace {

std::string errno_text(int code) {
  return std::error_code(code, std::generic_category()).message();
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) {
      close(number_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(descriptor, content.data(), content.size());
    if (written < 0 && errno != EINTR) {
      return false;
    }
    content.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

std::optional<std::string> read_file(const std::string& path, std::uint64_t bytes_max,
                                     Problems& problems) {
  // O_NONBLOCK: opening a pipe that somebody put there must not hang.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (file.number() < 0 || fstat(file.number(), &status) != 0) {
    problems.push_back(Problem{path, "cannot be read: " + errno_text(errno)});
    return std::nullopt;
  }
  if (!S_ISREG(status.st_mode)) {
    problems.push_back(Problem{path, "is not a regular file"});
    return std::nullopt;
  }
  std::string content;
  char piece[16384];
  for (;;) {
    const ssize_t count = read(file.number(), piece, sizeof piece);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      problems.push_back(Problem{path, "cannot be read: " + errno_text(errno)});
      return std::nullopt;
    }
    if (count == 0) {
      return content;
    }
    content.append(piece, static_cast<std::size_t>(count));
    if (content.size() > bytes_max) {
      problems.push_back(Problem{path, "is larger than " + std::to_string(bytes_max) + " bytes"});
      return std::nullopt;
    }
  }
}

bool write_file(const std::string& path, std::string_view content, mode_t mode, Replace replace,
                Problems& problems) {
  // A leading dot keeps files_in() from taking an unfinished file.
  const std::filesystem::path target(path);
  std::string temporary =
      (target.parent_path() / ("." + target.filename().string() + ".XXXXXX")).string();
  const Descriptor file(mkostemp(temporary.data(), O_CLOEXEC));
  if (file.number() < 0) {
    problems.push_back(Problem{path, "cannot be written: " + errno_text(errno)});
    return false;
  }
  bool is_written = write_all(file.number(), content) && fchmod(file.number(), mode) == 0 &&
                    fsync(file.number()) == 0;
  if (is_written) {
    // link() fails where the name exists, rename() replaces: each atomically.
    is_written = replace == Replace::Never ? link(temporary.c_str(), path.c_str()) == 0
                                           : rename(temporary.c_str(), path.c_str()) == 0;
  }
  if (!is_written) {
    problems.push_back(Problem{path, "cannot be written: " + errno_text(errno)});
  }
  if (!is_written || replace == Replace::Never) {
    unlink(temporary.c_str());
  }
  const Descriptor directory(
      open(target.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (is_written && directory.number() >= 0) {
    fsync(directory.number());
  }
  return is_written;
}

std::vector<std::string> files_in(const std::string& directory,
                                  const std::vector<std::string>& suffixes, Problems& problems) {
  std::vector<std::string> files;
  std::error_code error;
  std::filesystem::directory_iterator entry(directory, error);
  if (error) {
    if (error != std::errc::no_such_file_or_directory) {
      problems.push_back(Problem{directory, "cannot be listed: " + error.message()});
    }
    return files;
  }
  const std::filesystem::directory_iterator end;
  while (entry != end) {
    const std::string name = entry->path().filename().string();
    const bool is_wanted =
        !name.starts_with('.') && std::any_of(suffixes.begin(), suffixes.end(),
                                              [&](const auto& s) { return name.ends_with(s); });
    std::error_code ignored;
    if (is_wanted && entry->is_regular_file(ignored)) {
      files.push_back(entry->path().string());
    }
    entry.increment(error);
    if (error) {
      problems.push_back(Problem{directory, "cannot be listed: " + error.message()});
      break;
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace sealgate::app
