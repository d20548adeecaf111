// SPDX-License-Identifier: Apache-2.0
//
// Where unpredictable bytes come from. The programs use the kernel (SystemRandom); tests and
// the simulator hand in a seeded source, so that a run can be replayed.
#pragma once

#include <string>

#include "base/bytes.h"

namespace sealgate {

class RandomSource {
 public:
  virtual ~RandomSource() = default;
  // Fills `bytes`. A source that cannot ends the process: there is no safe way on.
  virtual void fill(MutableBytes bytes) = 0;
};

// getrandom(2).
class SystemRandom final : public RandomSource {
 public:
  void fill(MutableBytes bytes) override;
};

// `length` characters of [0-9a-v], for boundaries and Message-IDs (5 bits each).
std::string random_token(RandomSource& random, std::size_t length);

}  // namespace sealgate
