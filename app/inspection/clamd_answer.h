// SPDX-License-Identifier: Apache-2.0
//
// What clamd says (clamd(8), INSTREAM and FILDES).
#pragma once

#include <cstddef>
#include <string_view>

#include "app/inspection/judgement.h"

namespace sealgate::app {

// The longest answer that is read: a name and "FOUND".
inline constexpr std::size_t kClamdAnswerBytesMax = 1024;

// `answer` without the NUL that ends it. Only "stream: OK" or "fd[10]: OK" is Clean; what is not
// understood is Unavailable, because nothing is known then.
Judgement parse_clamd_answer(std::string_view answer);

}  // namespace sealgate::app
