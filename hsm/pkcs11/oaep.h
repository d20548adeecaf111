// SPDX-License-Identifier: Apache-2.0
//
// OAEP in software: its digests, and how its padding is undone for tokens whose own OAEP lacks a
// digest but which do raw RSA.
#pragma once

#include "base/bytes.h"
#include "hsm/api/key_operation.h"

struct evp_md_st;

namespace sealgate::hsm {

// Both null for other mechanisms.
struct OaepDigests {
  const evp_md_st* digest = nullptr;
  const evp_md_st* mgf1 = nullptr;
};
OaepDigests oaep_digests_of(Mechanism mechanism);

// The message inside `block`, a whole encryption block, goes to the front of `to`; its size, or
// -1 where the block is malformed or the message longer than `to`. All ways of being malformed
// take the same time (J. Manger, CRYPTO 2001). Requires: an OAEP mechanism.
int undo_oaep(Mechanism mechanism, ByteView block, MutableBytes to);

}  // namespace sealgate::hsm
