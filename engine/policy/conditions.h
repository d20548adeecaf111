// SPDX-License-Identifier: Apache-2.0
//
// Whether a rule's conditions hold for a message and a recipient, and which one does not.
#pragma once

#include <string>

#include "engine/policy/policy.h"
#include "engine/policy/rule.h"

namespace sealgate::engine::policy {

struct ConditionResult {
  bool holds = true;
  // Holds: what matched ("subject tag encrypt"), or "no conditions". Else the first that failed.
  std::string reason;
};

// Conditions are tried from the cheapest to the dearest: text is decoded only where everything
// else holds. `recipient` in normal form where it has one.
ConditionResult check(const Conditions& conditions, const TextPatterns& patterns,
                      Policy::Inquiry& inquiry, const std::string& recipient);

// The group or pattern that takes `address`, for people; "" where none does.
std::string find(const AddressCondition& condition, const std::string& address);

}  // namespace sealgate::engine::policy
