// SPDX-License-Identifier: Apache-2.0
//
// The last look at a copy before it leaves: is it what policy decided for each of its recipients?
// It goes by the decisions and by the very bytes that will be sent, and by nothing of what planning
// and sealing made in between, so that a fault there cannot send anything in clear.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/segment.h"
#include "engine/message/deciding.h"
#include "engine/trust/certificate.h"

namespace sealgate::engine {

// What was decided for one recipient, as far as it can be seen in his copy.
struct Wanted {
  bool is_signed = false;
  const trust::Certificate* encrypted_to = nullptr;  // Null: not encrypted by us.
};

std::vector<Wanted> wanted_of(std::span<const DecidedRecipient> decided);

// Why `content` must not go to these recipients (indices into `wanted`); "" if it may. Static
// storage. Cost: the header and the RecipientInfos are read, not the content.
std::string_view fault_of(const Chain& content, std::span<const std::uint32_t> recipients,
                          std::span<const Wanted> wanted);

}  // namespace sealgate::engine
