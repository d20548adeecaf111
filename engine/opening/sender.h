// SPDX-License-Identifier: Apache-2.0
//
// Who a message claims to be from, for the comparison with its signer (RFC 8550, 3). A reader
// sees the From field; whatever makes it show somebody else than the one address that is
// compared has an outcome of its own.
#pragma once

#include <cstdint>
#include <string>

#include "engine/mime/structure.h"

namespace sealgate::engine::opening {

enum class SenderProblem : std::uint8_t {
  None,
  Missing,     // No From field, or none with a valid address.
  Several,     // More than one From field, or more than one address.
  Group,       // A group (RFC 6854): nobody in particular.
  Misleading,  // The display name shows another address than the one it stands for.
};

struct Sender {
  std::string address;  // Normal form; "" where there is none to compare.
  // Normal form of the one address in Sender; "" where there is none or more than one.
  std::string sender_field;
  SenderProblem problem = SenderProblem::None;
  std::string reason;  // One sentence; "" without problem.
};

// By part 0 of `structure`, or by a From value that a protected header gives in its place.
Sender read_sender(const mime::Structure& structure);
Sender read_sender(std::string_view from_value, const mime::Structure& structure);

}  // namespace sealgate::engine::opening
