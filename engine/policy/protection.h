// SPDX-License-Identifier: Apache-2.0
//
// Decision + certificates = what happens to one recipient's copy. This is where the product's
// promise is kept: what is to be sealed and cannot be sealed does not leave.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/policy/decision.h"
#include "engine/trust/selection.h"

namespace sealgate::engine::policy {

struct Protection {
  bool is_refused = false;
  bool is_signed = false;
  bool is_encrypted = false;
  // 550 5.7.1 in words: names the recipient, the reason and what to do. Lines parted by '\n'.
  std::string refusal;
  std::vector<std::string> reasons;  // The decision's, then what the certificates added.
};

// Whether resolve() will look at the contact's or the signer's certificates at all: selections
// that are not needed need not be made.
bool needs_recipient_selection(const Decision& decision);
bool needs_signer_selection(const Decision& decision);

// `recipient` as addressed in the envelope, `sender` as the signer was looked up by.
// Requires: the selections were made with decision.profile->constraints(); one that is not
// needed may be empty.
Protection resolve(const Decision& decision, std::string_view recipient,
                   const trust::Selection& contact, std::string_view sender,
                   const trust::SignerSelection& signer);

}  // namespace sealgate::engine::policy
