// SPDX-License-Identifier: Apache-2.0
//
// A PKCS#11 module for tests: a real shared object with one token, keys in memory and scripted
// faults. It tests the true ABI, latency and every CK_RV.
//
// The script is text, one command a line (or parted by ';'):
//   key LABEL ALGORITHM USAGE   rsa2048|p256|p384|p521|x25519; sign|decrypt|derive|none, with '+'
//   between;
//                               "always" adds CKA_ALWAYS_AUTHENTICATE. CKA_ID is the label.
//   pin TEXT                    The user PIN ("1234"); 3 wrong tries lock it.
//   wrong-pins N                As if N wrong tries had been made since the last right one.
//   sessions N                  How many sessions the token gives.
//   fault FUNCTION N RV [TIMES] The N-th call from here on (0: the next) of C_... or of "any"
//                               fails with RV (decimal or 0x...), TIMES times in a row (1).
//   remove FUNCTION N           The token goes away just before that call.
//   return N                    It is back at the N-th C_GetSlotList after it went (0: the next).
//   latency MICROSECONDS        Of each C_Sign, C_Decrypt and C_DeriveKey.
//   wrong N [TIMES]             The N-th C_Sign from here on returns a wrong signature.
//   forget-login                As if the login had timed out.
// And how it differs from other tokens:
//   hide MECHANISM              It neither lists nor takes the mechanism (a number).
//   refuse MECHANISM            It lists it, and refuses it.
//   oaep-sha1-alone             OAEP with another digest is refused.
//   wrapped-points              ECDH takes points in an OCTET STRING alone.
//   drop-zeros                  Raw RSA leaves out leading zeros.
// It comes from the variable FAKE_PKCS11_SCRIPT at C_Initialize, or at any time from
// fake_pkcs11_apply() for a test that links the module.
//
// Threading: any.
#pragma once

#include <cstdint>

extern "C" {

// Runs commands. Ends the process on one that it does not know.
void fake_pkcs11_apply(const char* script);
// Forgets keys, PIN, faults and counts; the token is present and nobody logged in. Sessions end.
void fake_pkcs11_reset();
// How often a function was called since the reset; of "any": all together. C_GetFunctionList,
// C_Initialize and C_Finalize do not count.
std::uint64_t fake_pkcs11_calls(const char* function);
std::uint64_t fake_pkcs11_open_sessions();
}
