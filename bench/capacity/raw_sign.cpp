// SPDX-License-Identifier: Apache-2.0
//
// sealgate-raw-sign: how many C_Sign a token does in a second when nothing but C_Sign is asked of
// it: T threads, one session each, the key's handle known. The ceiling that a gateway is measured
// against. Prints one JSON object.
#include <CLI/CLI.hpp>
#include <array>
#include <atomic>
#include <barrier>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>

#include "bench/capacity/measure.h"

namespace sealgate::capacity {
namespace {

struct SignOptions {
  std::string module;
  std::string token;
  std::string pin_file;
  std::string key;
  std::string mechanism = "rsa";
  unsigned threads = 1;
  double seconds = 5;
};

void check(CK_RV result, const char* what) {
  if (result != CKR_OK) {
    throw std::runtime_error(std::string(what) + ": " + p11_kit_strerror(result));
  }
}

// What RSA PKCS#1 v1.5 pads: DigestInfo with SHA-256 (RFC 8017, 9.2) and some digest.
std::vector<unsigned char> make_input(bool is_rsa) {
  std::vector<unsigned char> input;
  if (is_rsa) {
    input = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
             0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
  }
  input.resize(input.size() + 32, 0x5a);
  return input;
}

class Token {
 public:
  explicit Token(const SignOptions& options) {
    // Managed modules would put p11-kit's own lock around every call.
    module_ = p11_kit_module_load(options.module.c_str(), P11_KIT_MODULE_UNMANAGED);
    if (module_ == nullptr) throw std::runtime_error("cannot load " + options.module);
    CK_C_INITIALIZE_ARGS arguments = {};
    arguments.flags = CKF_OS_LOCKING_OK;
    check(module_->C_Initialize(&arguments), "C_Initialize");
    find_slot(options.token);
    log_in(options.pin_file);
    find_key(options.key);
  }
  ~Token() {
    module_->C_Finalize(nullptr);
    p11_kit_module_release(module_);
  }
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;

  CK_SESSION_HANDLE open_session() const {
    CK_SESSION_HANDLE session = 0;
    check(module_->C_OpenSession(slot_, CKF_SERIAL_SESSION, nullptr, nullptr, &session),
          "C_OpenSession");
    return session;
  }

  void sign(CK_SESSION_HANDLE session, CK_MECHANISM& mechanism,
            std::vector<unsigned char>& input) const {
    std::array<unsigned char, 1024> signature;
    CK_ULONG size = signature.size();
    check(module_->C_SignInit(session, &mechanism, key_), "C_SignInit");
    check(module_->C_Sign(session, input.data(), input.size(), signature.data(), &size), "C_Sign");
  }

 private:
  void find_slot(const std::string& label) {
    CK_ULONG count = 0;
    check(module_->C_GetSlotList(CK_TRUE, nullptr, &count), "C_GetSlotList");
    std::vector<CK_SLOT_ID> slots(count);
    check(module_->C_GetSlotList(CK_TRUE, slots.data(), &count), "C_GetSlotList");
    for (const CK_SLOT_ID slot : slots) {
      CK_TOKEN_INFO info = {};
      if (module_->C_GetTokenInfo(slot, &info) != CKR_OK) continue;
      std::string name(reinterpret_cast<char*>(info.label), sizeof(info.label));
      name.erase(name.find_last_not_of(' ') + 1);
      if (name != label) continue;
      slot_ = slot;
      return;
    }
    throw std::runtime_error("no token is called " + label);
  }

  void log_in(const std::string& pin_file) {
    std::ifstream file(pin_file);
    std::string pin;
    std::getline(file, pin);
    if (pin.empty()) throw std::runtime_error("no PIN in " + pin_file);
    session_ = open_session();
    check(module_->C_Login(session_, CKU_USER, reinterpret_cast<unsigned char*>(pin.data()),
                           pin.size()),
          "C_Login");
  }

  void find_key(std::string label) {
    CK_OBJECT_CLASS object_class = CKO_PRIVATE_KEY;
    std::array<CK_ATTRIBUTE, 2> wanted = {{
        {.type = CKA_CLASS, .pValue = &object_class, .ulValueLen = sizeof(object_class)},
        {.type = CKA_LABEL, .pValue = label.data(), .ulValueLen = label.size()},
    }};
    CK_ULONG count = 0;
    check(module_->C_FindObjectsInit(session_, wanted.data(), wanted.size()), "C_FindObjectsInit");
    check(module_->C_FindObjects(session_, &key_, 1, &count), "C_FindObjects");
    check(module_->C_FindObjectsFinal(session_), "C_FindObjectsFinal");
    if (count == 0) throw std::runtime_error("no private key is called " + label);
  }

  CK_FUNCTION_LIST* module_ = nullptr;
  CK_SLOT_ID slot_ = 0;
  CK_SESSION_HANDLE session_ = 0;
  CK_OBJECT_HANDLE key_ = 0;
};

nlohmann::ordered_json measure(const Token& token, const SignOptions& options) {
  const bool is_rsa = options.mechanism == "rsa";
  std::atomic<bool> stops = false;
  std::barrier begin(static_cast<std::ptrdiff_t>(options.threads) + 1);
  std::vector<Latencies> latencies(options.threads);
  std::vector<std::string> failures(options.threads);
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < options.threads; ++i) {
    threads.emplace_back([&, i] {
      const CK_SESSION_HANDLE session = token.open_session();
      CK_MECHANISM mechanism = {.mechanism = is_rsa ? CKM_RSA_PKCS : CKM_ECDSA,
                                .pParameter = nullptr,
                                .ulParameterLen = 0};
      std::vector<unsigned char> input = make_input(is_rsa);
      begin.arrive_and_wait();
      try {
        while (!stops.load(std::memory_order_relaxed)) {
          const Clock::time_point before = Clock::now();
          token.sign(session, mechanism, input);
          latencies[i].add(Clock::now() - before);
        }
      } catch (const std::exception& error) {
        failures[i] = error.what();
      }
    });
  }
  begin.arrive_and_wait();
  const Clock::time_point from = Clock::now();
  const double cpu_from = cpu_seconds();
  std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
  stops = true;
  threads.clear();
  const double seconds = std::chrono::duration<double>(Clock::now() - from).count();
  const double cpu = cpu_seconds() - cpu_from;
  for (const std::string& failure : failures) {
    if (!failure.empty()) throw std::runtime_error(failure);
  }
  Latencies all;
  for (const Latencies& part : latencies) all.add(part);
  const auto operations = static_cast<double>(all.count());
  nlohmann::ordered_json report = {{"mechanism", options.mechanism},
                                   {"threads", options.threads},
                                   {"seconds", seconds},
                                   {"operations", all.count()},
                                   {"per_second", operations / seconds},
                                   {"cpu_us_per_operation", cpu * 1e6 / operations}};
  all.write_to(report);
  return report;
}

void add_options(CLI::App& app, SignOptions& options) {
  app.add_option("--module", options.module, "PKCS#11 module")->required();
  app.add_option("--token", options.token, "label of the token")->required();
  app.add_option("--pin-file", options.pin_file, "file whose first line is the PIN")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--key", options.key, "label of the private key")->required();
  app.add_option("--mechanism", options.mechanism, "rsa (PKCS#1 v1.5, SHA-256) or ecdsa")
      ->check(CLI::IsMember({"rsa", "ecdsa"}));
  app.add_option("--threads", options.threads, "threads, one session each")
      ->check(CLI::Range(1, 256));
  app.add_option("--seconds", options.seconds, "seconds to measure")->check(CLI::PositiveNumber);
}

}  // namespace
}  // namespace sealgate::capacity

int main(int argc, char** argv) {
  CLI::App app("Measures the signatures per second of a PKCS#11 token.", "sealgate-raw-sign");
  sealgate::capacity::SignOptions options;
  sealgate::capacity::add_options(app, options);
  try {
    app.parse(argc, argv);
    const sealgate::capacity::Token token(options);
    std::cout << sealgate::capacity::measure(token, options) << std::endl;
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    std::cerr << "sealgate-raw-sign: " << error.what() << '\n';
    return 1;
  }
}
