// SPDX-License-Identifier: Apache-2.0
#include "engine/policy/default_policy.h"

namespace sealgate::engine::policy {

std::string_view default_policy_text() {
  return R"TOML(# The mail policy of Sealgate.
#
# Rules are tried from the top for each recipient of a message; the first whose conditions all
# hold decides. `sealgate policy check` reads this file and says what is wrong with it,
# `sealgate explain FILE.eml --from ... --to ...` shows which rule takes a message and why.
# What no rule takes is refused.

version = 1

# ---- Groups: lists of addresses for `sender` and `recipient`, used there as "group:name" ----
#
# An entry is an address, "@domain", "*.domain" (sub-domains, not the domain itself) or "*".
# The domain is compared without regard to case, the part before the @ exactly.
#
# [group]
# management = ["ceo@example.org", "@board.example.org"]

# ---- Profiles: algorithms ----
#
# Built in: "default" (SHA-256; AES-256-CBC; RSA by PKCS#1 v1.5; what all mail programs of today
# open; AES-GCM and OAEP where a contact's certificate says that he can), "modern" (RSASSA-PSS,
# OAEP with SHA-256, AES-256-GCM), "edi-energy" (RSA keys only, PSS, OAEP with SHA-256,
# AES-128-CBC), "kim" (elliptic curves only, AES-256-GCM). Your own:
#
# [profile.partners]
# based_on = "default"               # The profile whose settings hold where none is given here.
# digest = "sha256"                  # sha256, sha384, sha512: of signatures.
# rsa_signature = "pkcs1"            # pkcs1, pss: of RSA keys. A PSS key signs by PSS anyway.
# signature_form = "clear"           # clear: readable without S/MIME. opaque: survives any gateway.
# cipher = "aes-256-cbc"             # aes-128-cbc, aes-256-cbc, aes-128-gcm, aes-256-gcm.
# rsa_transport = "pkcs1"            # pkcs1, oaep-sha1, oaep-sha256: the content key for RSA keys.
# recipient_name = "issuer-serial"   # issuer-serial, subject-key-id: how a recipient is named.
# keys = "any"                       # any, rsa, elliptic: certificates with other keys are not used.
# capabilities = "follow"            # follow: a certificate's capabilities (RFC 4262) replace cipher
#                                    # and rsa_transport. ignore: the profile's own always hold.
#
# Who gets which profile, where a rule names none; the first that fits, else "default":
#
# [[assign]]
# contact = ["@partner.example", "group:management"]
# profile = "modern"

# ---- Rules ----
#
# Conditions: all that are given must hold; in a list one entry is enough.
#   direction         "outbound" or "inbound": the listener's.
#   sender            The address in From (of the envelope where From has none): addresses, groups.
#   envelope_sender   The address in MAIL FROM.
#   recipient         The address in RCPT TO.
#   subject_tag       Words; found in any brackets and case: [encrypt], (Encrypt), <ENCRYPT> ...
#   sensitivity       Values of the Sensitivity field, e.g. "company-confidential".
#   header            Tables: { name = "X-Class", is = "secret" }, { name = ..., matches = "regex" }
#                     or { name = ..., present = false }. All must hold.
#   larger_than       Octets of the message, or "10 MiB".
#   smaller_than      The same.
#   subject_words     Whole words in the subject, in any case.
#   subject_patterns  Regular expressions (RE2) in the subject.
#   words             Whole words in the subject or in any text part, in any case.
#   patterns          Regular expressions (RE2) in the subject or in any text part.
#   attachment_name   "*.xlsx": one attachment must fit both this and attachment_type.
#   attachment_type   "application/pdf", "image/*".
# Actions:
#   sign              always (the default; no certificate: refused), if_possible, never.
#   encrypt           required: a recipient without usable certificate does not get the message.
#                     known (the default): as required for everyone we have a certificate of,
#                       even if none is usable; others get it unencrypted.
#                     if_possible: unencrypted where there is no usable certificate.
#                     never.
#   tls               as_routed, required, verified: how the next hop must be reached.
#   profile           The algorithms, whoever the recipient is.
#   remove_tag        true takes the subject_tag out of the subject.
#   pass              true lets the message leave as it came; with `tls` at most.
#   refuse            A text for the sender; the message does not leave for this recipient.

[[rule]]
name = "sender asks for encryption"
direction = "outbound"
subject_tag = ["encrypt", "secure"]
sign = "if_possible"
encrypt = "required"
remove_tag = true

[[rule]]
name = "marked confidential"
direction = "outbound"
sensitivity = ["company-confidential", "private"]
sign = "if_possible"
encrypt = "required"

# The promise: mail to a known secure contact is always encrypted, and if anything needed for
# that is missing, expired or revoked, it does not leave.
[[rule]]
name = "known contacts always encrypted"
direction = "outbound"
sign = "if_possible"
encrypt = "known"

[[rule]]
name = "everything else"
pass = true
)TOML";
}

}  // namespace sealgate::engine::policy
