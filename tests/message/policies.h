// SPDX-License-Identifier: Apache-2.0
//
// Policies for tests.
#pragma once

#include <string>

namespace sealgate::test_support {

inline const std::string kKnownPolicy = R"(
[[rule]]
name = "known contacts"
sign = "always"
encrypt = "known"
)";

inline const std::string kPassPolicy = R"(
[[rule]]
name = "everything"
pass = true
)";

inline const std::string kRequiredPolicy = R"(
[[rule]]
name = "secret"
sign = "if_possible"
encrypt = "required"
)";

inline const std::string kUnsignedPolicy = R"(
[[rule]]
name = "sign if possible"
sign = "if_possible"
encrypt = "never"
)";

inline const std::string kTagPolicy = R"(
[[rule]]
name = "tagged"
subject_tag = "secret"
remove_tag = true
sign = "if_possible"
encrypt = "required"

[[rule]]
name = "rest"
pass = true
)";

inline const std::string kOpaqueGcmPolicy = R"(
[profile.strict]
signature_form = "opaque"
cipher = "aes-256-gcm"
rsa_transport = "oaep-sha256"

[[rule]]
name = "all"
sign = "always"
encrypt = "known"
profile = "strict"
)";

}  // namespace sealgate::test_support
