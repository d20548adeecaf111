// SPDX-License-Identifier: Apache-2.0
#include "app/sealgated/status_server.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace sealgate::app {
namespace {

class StatusServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/sealgate_status_XXXXXX";  // sun_path is short.
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = (folder_ / "s").string();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // A socket that another program has bound.
  int bind_socket(int type) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    const int descriptor = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    EXPECT_EQ(bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return descriptor;
  }

  std::filesystem::path folder_;
  std::string path_;
};

TEST_F(StatusServerTest, MakesASocketForItsGroupAndRemovesIt) {
  {
    StatusServer server(path_);
    ASSERT_EQ(server.open(), 0);
    struct stat status {};
    ASSERT_EQ(lstat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode, S_IFSOCK | 0660U);
    EXPECT_EQ(StatusServer(path_).open(), EADDRINUSE);
    EXPECT_TRUE(std::filesystem::exists(path_));
  }
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(StatusServerTest, ReplacesASocketThatWasLeftBehind) {
  close(bind_socket(SOCK_STREAM));
  EXPECT_EQ(StatusServer(path_).open(), 0);
}

TEST_F(StatusServerTest, LeavesWhatIsNotItsOwn) {
  std::ofstream(path_) << "precious";
  EXPECT_EQ(StatusServer(path_).open(), EADDRINUSE);
  ASSERT_TRUE(std::filesystem::exists(path_));
  std::filesystem::remove(path_);

  const int other = bind_socket(SOCK_DGRAM);
  EXPECT_EQ(StatusServer(path_).open(), EADDRINUSE);
  EXPECT_TRUE(std::filesystem::exists(path_));
  close(other);
}

}  // namespace
}  // namespace sealgate::app
