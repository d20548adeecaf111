// SPDX-License-Identifier: Apache-2.0
//
// An eventfd that ends another thread's wait.
//
// Threading: notify() may be called from any thread.
#pragma once

namespace sealgate::app {

class WakeSignal {
 public:
  // Makes an eventfd of its own; the process ends where the kernel has none left.
  WakeSignal();
  // Shares the eventfd `descriptor` by a duplicate, so that it outlives the original.
  explicit WakeSignal(int descriptor);
  ~WakeSignal();
  WakeSignal(const WakeSignal&) = delete;
  WakeSignal& operator=(const WakeSignal&) = delete;

  int descriptor() const { return descriptor_; }
  void notify() const;
  // Forgets what was notified.
  void clear() const;

 private:
  int descriptor_;
};

}  // namespace sealgate::app
