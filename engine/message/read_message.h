// SPDX-License-Identifier: Apache-2.0
//
// A message that has arrived whole, read: its structure and what its header says about it.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/segment.h"
#include "engine/mime/structure.h"

namespace sealgate::engine {

// What the sender's own software has done to the content. What it claims to have encrypted is
// believed only if the content begins like the CMS or OpenPGP object it is said to be.
struct SenderSeal {
  bool is_signed = false;
  bool is_encrypted = false;
  std::string how;  // "S/MIME signed-data", "PGP/MIME"; "" if neither.
};

struct ReadMessage {
  mime::Structure structure;
  Chain content;  // As it arrived.

  // Normal forms of the addresses in From fields, without repetition.
  std::vector<std::string> from;
  std::string from_problem;  // Why From does not name one signer; "" if it does.
  std::string message_id;    // Unfolded, cut at 250 octets; "" if there is none.
  bool has_date = false;
  // Normal forms of everybody in To and Cc (Resent- ones too): who may be seen by the others.
  std::set<std::string, std::less<>> visible;
  SenderSeal sender_seal;

  // The one address that may sign; "" if there is none or more than one.
  std::string signer_address() const { return from.size() == 1 ? from.front() : ""; }
};

// Fails with kMailLoop, kHeaderUnusable.
Result<ReadMessage> read_message(mime::Structure structure, Chain content);

// The normal form of an address as SMTP gives it; the text itself where it has none.
std::string normal_or_same(const std::string& address);

}  // namespace sealgate::engine
