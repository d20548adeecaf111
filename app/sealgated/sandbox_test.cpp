// SPDX-License-Identifier: Apache-2.0
#include "app/sealgated/sandbox.h"

#include <cerrno>
#include <csignal>
#include <functional>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "app/sealgated/log.h"
#include "app/sealgated/sanitizers.h"

namespace sealgate::app {
namespace {

// The wait status of a child that enters the sandbox and then does `act`.
int status_after(const std::function<void()>& act) {
  const pid_t child = fork();
  if (child == 0) {
    if (!enter_sandbox()) {
      _exit(99);
    }
    act();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

class SandboxTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (kHasSanitizer) {
      GTEST_SKIP() << "sanitizer builds keep the calls that leak checking needs";
    }
  }
};

TEST_F(SandboxTest, EndsAProcessThatStartsAnother) {
  const int status = status_after([] {
    char program[] = "/bin/true";
    char* arguments[] = {program, nullptr};
    execv(program, arguments);
  });
  ASSERT_TRUE(WIFSIGNALED(status)) << status;
  EXPECT_EQ(WTERMSIG(status), SIGSYS);
}

TEST_F(SandboxTest, EndsAProcessThatDebugs) {
  const int status = status_after([] { ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); });
  ASSERT_TRUE(WIFSIGNALED(status)) << status;
}

TEST_F(SandboxTest, DeniesWhatIsNotListedWithoutEndingTheProcess) {
  const int status = status_after([] {
    const bool is_denied = syscall(SYS_vhangup) == -1 && errno == EPERM;
    _exit(is_denied ? 0 : 1);
  });
  ASSERT_TRUE(WIFEXITED(status)) << status;
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(SandboxTest, LetsThreadsBeginButNoNameSpaces) {
  const int status = status_after([] {
    bool has_run = false;
    std::thread([&] { has_run = true; }).join();
    const auto made = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, 0);
    _exit(has_run && made == -1 && errno == EPERM ? 0 : 1);
  });
  ASSERT_TRUE(WIFEXITED(status)) << status;
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(SandboxTest, LetsFilesThrough) {
  const int status = status_after([] {
    std::string name = "/tmp/sealgate_sandbox_XXXXXX";
    const int file = mkstemp(name.data());
    const bool is_written = file >= 0 && write(file, "x", 1) == 1 && unlink(name.c_str()) == 0;
    _exit(is_written && getpid() > 0 ? 0 : 1);
  });
  ASSERT_TRUE(WIFEXITED(status)) << status;
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(LogLine, IsKeyEqualsValueWithOddCharactersEscaped) {
  EXPECT_EQ(log_line("ready", {{"a", "b"}, {"n", 7U}}), "event=ready a=b n=7");
  EXPECT_EQ(log_line("x", {{"t", "two words"}}), "event=x t=\"two words\"");
  EXPECT_EQ(log_line("x", {{"t", ""}}), "event=x t=\"\"");
  EXPECT_EQ(log_line("x", {{"t", "a\"b\\c\nd=\x1b"}}), "event=x t=\"a\\\"b\\\\c\\x0ad=\\x1b\"");
}

}  // namespace
}  // namespace sealgate::app
