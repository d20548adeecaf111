// SPDX-License-Identifier: Apache-2.0
//
// A fresh SoftHSM token in a folder of its own, gone with the object. The user PIN is "1234".
//
// Threading: one at a time in a process, because SoftHSM finds its token through the variable
// SOFTHSM2_CONF; and none while a Module is loaded.
#pragma once

#include <string>

#include "hsm/api/token_settings.h"

namespace sealgate::test_support {

class SoftHsmToken {
 public:
  // Where Debian's softhsm2 puts the module; "" where it is not installed, and then a test has to
  // say that it is skipped.
  static std::string module_path();

  // Ends the process where softhsm2-util fails.
  explicit SoftHsmToken(const std::string& label);
  ~SoftHsmToken();
  SoftHsmToken(const SoftHsmToken&) = delete;
  SoftHsmToken& operator=(const SoftHsmToken&) = delete;

  const std::string& folder() const { return folder_; }
  std::string uri() const { return "pkcs11:token=" + label_; }
  hsm::TokenSettings settings() const;
  // Writes another PIN to the PIN file.
  void set_pin_file(const std::string& content);
  // Moves the token's objects away, as if it were unplugged, and back.
  void unplug();
  void plug_in();

 private:
  std::string label_;
  std::string folder_;
};

// Runs a program by the shell, without its output; its exit status.
int run_quietly(const std::string& command);

}  // namespace sealgate::test_support
