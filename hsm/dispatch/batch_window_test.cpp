// SPDX-License-Identifier: Apache-2.0
#include "hsm/dispatch/batch_window.h"

#include <gtest/gtest.h>

#include "hsm/api/errors.h"

namespace sealgate::hsm {
namespace {

using std::chrono::milliseconds;

constexpr TimePoint kStart{std::chrono::seconds(1)};

BatchWindow window_of(std::uint32_t operations, Duration delay) {
  return BatchWindow::create({.operations_max = operations, .delay_max = delay}).value();
}

Job job_at(TimePoint arrived, Priority priority = Priority::Mail) {
  Job job;
  job.arrived = arrived;
  job.operation.priority = priority;
  job.operation.deadline = kStart + std::chrono::hours(1);
  return job;
}

TEST(BatchWindow, RefusesLimitsThatMakeNoSense) {
  EXPECT_TRUE(BatchWindow::create({0, milliseconds(1)}).error().is(kBatchLimitsInvalid));
  EXPECT_TRUE(BatchWindow::create({65, milliseconds(1)}).error().is(kBatchLimitsInvalid));
  EXPECT_TRUE(BatchWindow::create({1, milliseconds(11)}).error().is(kBatchLimitsInvalid));
  EXPECT_TRUE(BatchWindow::create({1, milliseconds(-1)}).error().is(kBatchLimitsInvalid));
  EXPECT_TRUE(BatchWindow::create({64, milliseconds(10)}));
}

TEST(BatchWindow, FallsDueAtOnceWhenFull) {
  BatchWindow window = window_of(2, milliseconds(5));
  Job one = job_at(kStart);
  Job two = job_at(kStart);
  EXPECT_FALSE(window.is_due(kStart));
  window.add(&one);
  EXPECT_FALSE(window.is_due(kStart));
  window.add(&two);
  EXPECT_TRUE(window.is_due(kStart));
}

TEST(BatchWindow, FallsDueWhenItsOldestWaitedLongEnough) {
  BatchWindow window = window_of(10, milliseconds(5));
  EXPECT_EQ(window.due_at(), TimePoint::max());
  Job one = job_at(kStart);
  Job two = job_at(kStart + milliseconds(3), Priority::Handshake);
  window.add(&one);
  window.add(&two);
  EXPECT_EQ(window.due_at(), kStart + milliseconds(5));
  EXPECT_FALSE(window.is_due(kStart + milliseconds(5) - Duration(1)));
  EXPECT_TRUE(window.is_due(kStart + milliseconds(5)));
}

TEST(BatchWindow, GivesTheOldestOfTheMostUrgent) {
  BatchWindow window = window_of(10, milliseconds(5));
  Job management = job_at(kStart, Priority::Management);
  Job mail = job_at(kStart);
  Job later_mail = job_at(kStart);
  Job handshake = job_at(kStart, Priority::Handshake);
  for (Job* each : {&management, &mail, &later_mail, &handshake}) window.add(each);
  EXPECT_EQ(window.take(), &handshake);
  EXPECT_EQ(window.take(), &mail);
  EXPECT_EQ(window.take(), &later_mail);
  EXPECT_EQ(window.take(), &management);
  EXPECT_EQ(window.take(), nullptr);
  EXPECT_TRUE(window.is_empty());
}

TEST(BatchWindow, GivesUpWhatIsPastItsDeadlineAndNothingElse) {
  BatchWindow window = window_of(10, milliseconds(5));
  Job early = job_at(kStart, Priority::Management);
  Job late = job_at(kStart);
  early.operation.deadline = kStart + milliseconds(1);
  window.add(&late);
  window.add(&early);
  EXPECT_EQ(window.take_expired(kStart + milliseconds(1)), nullptr);
  EXPECT_EQ(window.take_expired(kStart + milliseconds(1) + Duration(1)), &early);
  EXPECT_EQ(window.take_expired(kStart + milliseconds(2)), nullptr);
  EXPECT_EQ(window.earliest_deadline(), late.operation.deadline);
  EXPECT_EQ(window.size(), 1U);
}

}  // namespace
}  // namespace sealgate::hsm
