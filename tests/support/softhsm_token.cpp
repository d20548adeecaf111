// SPDX-License-Identifier: Apache-2.0
#include "tests/support/softhsm_token.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

namespace sealgate::test_support {
namespace {

void write_file(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::trunc);
  file << content;
  file.close();
  SG_CHECK(file.good());
}

}  // namespace

int run_quietly(const std::string& command) {
  const int status = std::system((command + " >/dev/null 2>&1").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string SoftHsmToken::module_path() {
  for (const char* path :
       {"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"}) {
    if (access(path, R_OK) == 0) return path;
  }
  return "";
}

SoftHsmToken::SoftHsmToken(const std::string& label) : label_(label) {
  folder_ = (std::filesystem::temp_directory_path() / "sealgate-softhsm-XXXXXX").string();
  SG_CHECK(mkdtemp(folder_.data()) != nullptr);
  std::filesystem::create_directory(folder_ + "/tokens");
  // reset_on_fork: a forked child must not sign with its parent's login.
  write_file(folder_ + "/softhsm2.conf", "directories.tokendir = " + folder_ +
                                             "/tokens\nobjectstore.backend = file\n"
                                             "log.level = ERROR\nlibrary.reset_on_fork = true\n");
  setenv("SOFTHSM2_CONF", (folder_ + "/softhsm2.conf").c_str(), 1);
  SG_CHECK(run_quietly("softhsm2-util --init-token --free --label " + label_ +
                       " --pin 1234 --so-pin 5678") == 0);
  set_pin_file("1234\n");
}

SoftHsmToken::~SoftHsmToken() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

hsm::TokenSettings SoftHsmToken::settings() const {
  return {.module = module_path(), .uri = uri(), .pin_file = folder_ + "/pin", .lanes = 2};
}

void SoftHsmToken::set_pin_file(const std::string& content) {
  write_file(folder_ + "/pin", content);
  SG_CHECK(chmod((folder_ + "/pin").c_str(), S_IRUSR | S_IWUSR) == 0);
}

void SoftHsmToken::unplug() {
  std::filesystem::rename(folder_ + "/tokens", folder_ + "/unplugged");
  std::filesystem::create_directory(folder_ + "/tokens");
}

void SoftHsmToken::plug_in() {
  std::filesystem::remove_all(folder_ + "/tokens");
  std::filesystem::rename(folder_ + "/unplugged", folder_ + "/tokens");
}

}  // namespace sealgate::test_support
