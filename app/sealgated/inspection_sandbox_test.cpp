// SPDX-License-Identifier: Apache-2.0
//
// What the Inspector needs once sealgated's sandbox is closed, it has.
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "app/inspection/fake_clamd_for_test.h"
#include "app/inspection/inspector.h"
#include "app/inspection/message_for_test.h"
#include "app/sealgated/sandbox.h"
#include "app/sealgated/sanitizers.h"

namespace sealgate::app {
namespace {

using InspectionOutcome = engine::InspectionResult::Outcome;

// The outcome for a message that is sealed, scanned and sent to clamd from within the sandbox.
InspectionOutcome inspect_sandboxed(const ClamdConfig& clamd, std::string_view content) {
  InspectionConfig config;
  config.scan.program = SEALGATE_SCAN;
  config.clamd = clamd;
  const Descriptor wake(eventfd(0, EFD_CLOEXEC));
  const int wakes[] = {wake.number()};
  const std::unique_ptr<Inspector> inspector = Inspector::create(config, wakes).value();
  enter_sandbox().value();
  inspector->start();
  inspector->submit(0, {1}, sealed(content));
  pollfd ready{wake.number(), POLLIN, 0};
  poll(&ready, 1, 60'000);
  const auto results = inspector->poll(0);
  return results.size() == 1 ? results.front().outcome : InspectionOutcome::Unavailable;
}

int exit_code_of_child(const ClamdConfig& clamd, std::string_view content) {
  const pid_t child = fork();
  if (child == 0) _exit(static_cast<int>(inspect_sandboxed(clamd, content)));
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(InspectionInTheSandbox, ReachesItsScannersEachWay) {
  if (kHasSanitizer) GTEST_SKIP() << "sanitizer builds keep the calls that leak checking needs";
  for (const FakeClamd::Over over : {FakeClamd::Over::UnixSocket, FakeClamd::Over::Tcp}) {
    const FakeClamd clamd(over);
    EXPECT_EQ(exit_code_of_child(clamd.config(), "Subject: x\r\n\r\nHello.\r\n"),
              static_cast<int>(InspectionOutcome::Clean));
    EXPECT_EQ(exit_code_of_child(clamd.config(), "Subject: x\r\n\r\n" + eicar()),
              static_cast<int>(InspectionOutcome::Infected));
    EXPECT_EQ(exit_code_of_child(clamd.config(), "Content-Type: a/b; name=a.exe\r\n\r\nx"),
              static_cast<int>(InspectionOutcome::Refused));
  }
}

}  // namespace
}  // namespace sealgate::app
