// SPDX-License-Identifier: Apache-2.0
//
// The script of the fake module: which call fails how. See fake_pkcs11.h for its language.
//
// Threading: the owner locks.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sealgate::test_support {

struct FakeKeySpec {
  std::string label;
  std::string algorithm;
  std::string usage;
};

class FakeScript {
 public:
  // Ends the process on a command that it does not know.
  void apply(std::string_view script);

  struct Verdict {
    unsigned long rv = 0;
    bool removes_token = false;
  };
  // Counts a call, and says what becomes of it.
  Verdict on_call(std::string_view function);
  bool takes_wrong_signature();
  // Whether a removed token is back, asked at each C_GetSlotList.
  bool takes_return();

  std::uint64_t calls(const std::string& function) const;

  std::vector<FakeKeySpec> keys;
  std::string pin = "1234";
  std::uint64_t sessions_max = 1000;
  std::uint64_t wrong_pins = 0;
  std::uint64_t latency_micros = 0;
  bool forgets_login = false;      // The owner acts on it and clears it.
  std::set<unsigned long> hidden;  // Mechanisms.
  std::set<unsigned long> refused;
  bool has_oaep_sha1_alone = false;
  bool wants_wrapped_points = false;
  bool drops_leading_zeros = false;

 private:
  struct Fault {
    std::string function;
    std::uint64_t from = 0;  // In calls of `function`.
    std::uint64_t times = 1;
    unsigned long rv = 0;
    bool removes_token = false;
  };
  void apply_command(const std::vector<std::string>& words);
  void apply_trait(const std::vector<std::string>& words);

  std::map<std::string, std::uint64_t> calls_;
  std::vector<Fault> faults_;
  std::uint64_t signatures_ = 0;
  std::uint64_t wrong_from_ = 0;
  std::uint64_t wrong_times_ = 0;
  std::optional<std::uint64_t> return_after_;
};

}  // namespace sealgate::test_support
