// SPDX-License-Identifier: Apache-2.0
//
// Which mechanisms the fake module has, as scripted, and what their parameters mean.
//
// Threading: the owner of the script locks.
#pragma once

#include <vector>

#include <p11-kit/pkcs11.h>

#include "base/bytes.h"
#include "tests/support/fake_pkcs11_key.h"
#include "tests/support/fake_pkcs11_script.h"

namespace sealgate::test_support {

std::vector<CK_MECHANISM_TYPE> fake_mechanisms(const FakeScript& script);
CK_RV fake_mechanism_info(const FakeScript& script, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO& out);

// How to sign or decrypt with `mechanism`, or why not.
CK_RV fake_scheme_of(const FakeScript& script, const CK_MECHANISM& mechanism, FakeScheme& scheme);

// The content of an OCTET STRING; empty where it is none.
ByteView unwrapped_point(ByteView der);

}  // namespace sealgate::test_support
