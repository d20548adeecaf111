// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <grp.h>
#include <ostream>
#include <pwd.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "app/cli/certificate_request.h"
#include "app/cli/commands.h"
#include "app/cli/json.h"
#include "app/cli/pin.h"
#include "app/cli/tokens.h"
#include "app/config/file.h"
#include "app/config/key.h"
#include "app/store/pem.h"
#include "app/store/snapshot_loader.h"
#include "base/random.h"
#include "engine/policy/default_policy.h"
#include "engine/trust/address.h"

namespace sealgate::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kServiceUser = "sealgate";
constexpr const char* kSignLabel = "sealgate-sign";
constexpr const char* kEncryptLabel = "sealgate-encrypt";
constexpr std::size_t kKeyIdBytes = 16;

// What init does and says, collected.
class Initialisation {
 public:
  Initialisation(const CommandLine& line, Streams streams) : line_(line), streams_(streams) {
    options_ = line.init;
    const auto fill = [](std::string& text, const char* standard) {
      text = text.empty() ? standard : text;
    };
    fill(options_.directory, "/etc/sealgate");
    fill(options_.listen, "127.0.0.1:10025");
    fill(options_.next_hop, "127.0.0.1:10026");
    if (options_.relay.empty()) {
      options_.relay = {"127.0.0.0/8", "::1/128"};
    }
    has_own_state_ = !options_.state_directory.empty();
    fill(options_.state_directory, "/var/lib/sealgate");
    options_.directory = fs::absolute(options_.directory).lexically_normal().string();
    options_.state_directory = fs::absolute(options_.state_directory).lexically_normal().string();
    config_file_ = options_.directory + "/sealgate.toml";
    requests_ = options_.state_directory + "/requests";
  }

  int run();

 private:
  bool make_folders();
  bool make_folder(const std::string& path, mode_t mode);
  bool make_file(const std::string& path, const std::string& content, mode_t mode);
  bool settle_pin();
  std::vector<Setting> settings() const;
  bool make_keys(const NodeConfig& config);
  bool make_key(hsm::Token& token, const char* label, hsm::KeyUsage usage, hsm::KeyReport& key);
  bool make_request(hsm::Token& token, const hsm::KeyReport& key);
  bool make_public_key(const hsm::KeyReport& key);
  void give_to_service(const std::string& path) const;
  std::string address() const;
  void report() const;
  std::vector<std::string> next_steps() const;
  int fail(int exit_code) const {
    print_problems(problems_, streams_.err);
    return exit_code;
  }

  const CommandLine& line_;
  Streams streams_;
  CommandLine::Init options_;
  bool has_own_state_ = false;
  bool has_keys_ = false;
  std::string config_file_;
  std::string requests_;
  std::string pin_file_;
  Problems problems_;
  std::vector<std::string> made_;
  std::vector<std::string> kept_;
};

std::optional<hsm::KeyAlgorithm> algorithm_of(const std::string& name) {
  using enum hsm::KeyAlgorithm;
  constexpr std::pair<const char*, hsm::KeyAlgorithm> kNames[] = {
      {"rsa2048", Rsa2048}, {"rsa3072", Rsa3072}, {"rsa4096", Rsa4096},
      {"p256", P256},       {"p384", P384},       {"ed25519", Ed25519}};
  for (const auto& [own, algorithm] : kNames) {
    if (name == own) {
      return algorithm;
    }
  }
  return std::nullopt;
}

void Initialisation::give_to_service(const std::string& path) const {
  const passwd* service = geteuid() == 0 ? getpwnam(kServiceUser) : nullptr;
  if (service != nullptr && lchown(path.c_str(), service->pw_uid, service->pw_gid) != 0) {
    streams_.err << path << ": cannot be given to user " << kServiceUser << "\n";
  }
}

bool Initialisation::make_folder(const std::string& path, mode_t mode) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return true;
  }
  fs::create_directories(path, error);
  if (error || chmod(path.c_str(), mode) != 0) {
    problems_.push_back(Problem{path, "cannot be made: " + error.message()});
    return false;
  }
  give_to_service(path);
  made_.push_back(path + "/");
  return true;
}

bool Initialisation::make_file(const std::string& path, const std::string& content, mode_t mode) {
  std::error_code error;
  if (fs::exists(path, error)) {
    kept_.push_back(path);
    return true;
  }
  if (!write_file(path, content, mode, Replace::Never, problems_)) {
    return false;
  }
  made_.push_back(path);
  return true;
}

bool Initialisation::make_folders() {
  const std::string& state = options_.state_directory;
  bool is_done = make_folder(options_.directory, 0755) &&
                 make_folder(options_.directory + "/conf.d", 0755) && make_folder(state, 0750);
  for (const std::string_view name :
       {folder_of(CertificateRole::Identity), folder_of(CertificateRole::Contact),
        folder_of(CertificateRole::Anchor), folder_of(CertificateRole::Intermediate),
        kRevocationFolder, std::string_view("requests")}) {
    is_done = is_done && make_folder(state + "/" + std::string(name), 0750);
  }
  if (!has_own_state_) {
    is_done =
        is_done && make_folder("/var/log/sealgate", 0750) && make_folder("/run/sealgate", 0755);
  }
  return is_done;
}

bool Initialisation::settle_pin() {
  if (options_.module.empty()) {
    return true;
  }
  if (!options_.pin_file.empty() && options_.pin_file != "-") {
    pin_file_ = fs::absolute(options_.pin_file).lexically_normal().string();
    return true;
  }
  pin_file_ = options_.directory + "/hsm-pin";
  std::error_code error;
  if (fs::exists(pin_file_, error)) {
    kept_.push_back(pin_file_);
    return true;
  }
  if (!store_pin(options_.pin_file, pin_file_, problems_)) {
    return false;
  }
  give_to_service(pin_file_);
  made_.push_back(pin_file_);
  return true;
}

std::vector<Setting> Initialisation::settings() const {
  std::vector<Setting> settings;
  const auto set = [&](std::string_view section, std::string_view name, const std::string& text) {
    settings.push_back(Setting{section, name, quoted_text(text)});
  };
  if (!options_.hostname.empty()) {
    set("", "hostname", options_.hostname);
  }
  if (geteuid() == 0 && getpwnam(kServiceUser) != nullptr) {
    set("", "user", kServiceUser);
  }
  if (has_own_state_) {
    set("", "state_directory", options_.state_directory);
    set("", "status_socket", options_.state_directory + "/status.sock");
    set("", "audit_log", options_.state_directory + "/audit.jsonl");
  }
  set("listeners", "address", options_.listen);
  std::string networks;
  for (const std::string& network : options_.relay) {
    networks += (networks.empty() ? "" : ", ") + quoted_text(network);
  }
  settings.push_back(Setting{"listeners", "relay", "[" + networks + "]"});
  settings.push_back(Setting{"listeners", "xforward", "[" + networks + "]"});
  settings.push_back(Setting{"routes", "domains", "[\"*\"]"});
  settings.push_back(Setting{"routes", "next_hops", "[" + quoted_text(options_.next_hop) + "]"});
  if (!options_.module.empty()) {
    set("tokens", "module", options_.module);
    set("tokens", "label", options_.token);
    set("tokens", "pin_source", "file:" + pin_file_);
  }
  return settings;
}

bool Initialisation::make_key(hsm::Token& token, const char* label, hsm::KeyUsage usage,
                              hsm::KeyReport& key) {
  for (const hsm::TokenKey& known : token.keys()->keys()) {
    if (known.report.label == label) {
      key = known.report;
      kept_.push_back("key " + std::string(label));
      return true;
    }
  }
  hsm::KeySpec spec;
  spec.label = label;
  spec.id.resize(kKeyIdBytes);
  SystemRandom().fill(spec.id);
  spec.usage = usage;
  spec.algorithm = algorithm_of(options_.algorithm).value_or(hsm::KeyAlgorithm::Rsa3072);
  if (usage == hsm::KeyUsage::Decrypt && spec.algorithm == hsm::KeyAlgorithm::Ed25519) {
    spec.algorithm = hsm::KeyAlgorithm::P256;  // Ed25519 only signs.
  }
  Result<hsm::KeyReport> made = token.generate_key_pair(spec);
  if (!made) {
    problems_.push_back(Problem{"key " + std::string(label), explain_error(made.error())});
    return false;
  }
  key = std::move(made).value();
  made_.push_back("key " + std::string(label));
  return true;
}

std::string Initialisation::address() const {
  return options_.address.empty() ? "domain-signing-authority@" + options_.domain
                                  : options_.address;
}

bool Initialisation::make_request(hsm::Token& token, const hsm::KeyReport& key) {
  const std::string path = requests_ + "/sign.csr";
  std::error_code error;
  if (fs::exists(path, error)) {
    kept_.push_back(path);
    return true;
  }
  const Result<std::string> normal = engine::trust::normal_address(address());
  if (!normal) {
    problems_.push_back(Problem{address(), std::string(normal.error().kind().text)});
    return false;
  }
  RequestSubject subject;
  subject.organisation = options_.organisation;
  subject.common_name = options_.organisation.empty() ? normal.value() : options_.organisation;
  subject.address = normal.value();
  const Result<Bytes> request = make_signing_request(token, key, subject);
  if (!request) {
    problems_.push_back(Problem{path, explain_error(request.error())});
    return false;
  }
  return make_file(path, to_pem(request.value(), "CERTIFICATE REQUEST"), 0644);
}

// A key that only decrypts cannot sign a request for itself: its public half is what the
// authority gets.
bool Initialisation::make_public_key(const hsm::KeyReport& key) {
  return make_file(requests_ + "/encrypt.pub.pem", to_pem(key.public_key, "PUBLIC KEY"), 0644);
}

bool Initialisation::make_keys(const NodeConfig& config) {
  if (config.tokens.empty()) {
    return true;
  }
  Result<std::unique_ptr<hsm::Token>> token = open_token(config.tokens.front().settings);
  if (!token) {
    problems_.push_back(Problem{config.tokens.front().settings.uri, explain_error(token.error())});
    return false;
  }
  hsm::KeyReport sign;
  hsm::KeyReport encrypt;
  if (!make_key(*token.value(), kSignLabel, hsm::KeyUsage::Sign, sign) ||
      !make_key(*token.value(), kEncryptLabel, hsm::KeyUsage::Decrypt, encrypt)) {
    return false;
  }
  has_keys_ = true;
  if (options_.domain.empty() && options_.address.empty()) {
    return make_public_key(encrypt);
  }
  return make_request(*token.value(), sign) && make_public_key(encrypt);
}

std::vector<std::string> Initialisation::next_steps() const {
  std::vector<std::string> steps;
  const std::string config = config_file_ == kConfigFileStandard ? "" : " --config " + config_file_;
  if (!has_keys_) {
    steps.push_back(
        "Set up the token with its vendor's tool, then run again with --module, "
        "--token and --domain to make keys.");
    return steps;
  }
  if (options_.domain.empty() && options_.address.empty()) {
    steps.push_back("Run again with --domain to make the certificate request.");
  } else {
    steps.push_back("Have your authority sign " + requests_ +
                    "/sign.csr (digitalSignature, emailProtection).");
    steps.push_back("For an encryption certificate give it " + requests_ +
                    "/encrypt.pub.pem: that key only decrypts and cannot sign a request; with "
                    "OpenSSL: openssl x509 -req -in sign.csr -force_pubkey encrypt.pub.pem ...");
    const bool is_for_domain = options_.address.empty();
    steps.push_back("sealgate" + config + " cert add issued.pem --identity" +
                    (is_for_domain ? " --for @" + options_.domain : ""));
  }
  steps.push_back("sealgate" + config + " cert add root.pem --anchor");
  steps.push_back("sealgate" + config + " cert add partner.pem --contact");
  steps.push_back("sealgate" + config + " doctor");
  steps.push_back(config.empty() ? "systemctl enable --now sealgated" : "sealgated" + config);
  return steps;
}

void Initialisation::report() const {
  if (line_.wants_json) {
    print_json(
        Json{{"config", config_file_}, {"made", made_}, {"kept", kept_}, {"next", next_steps()}},
        streams_.out);
    return;
  }
  for (const std::string& what : made_) {
    streams_.out << "made  " << what << "\n";
  }
  for (const std::string& what : kept_) {
    streams_.out << "kept  " << what << "\n";
  }
  streams_.out << "\nNext:\n";
  std::size_t number = 0;
  for (const std::string& step : next_steps()) {
    streams_.out << "  " << ++number << ". " << step << "\n";
  }
}

int Initialisation::run() {
  if (options_.module.empty() != options_.token.empty()) {
    streams_.err << "--module and --token go together\n";
    return EX_USAGE;
  }
  if (!options_.domain.empty() && !engine::trust::normal_domain(options_.domain)) {
    streams_.err << "--domain takes a mail domain, like example.org\n";
    return EX_USAGE;
  }
  if (!make_folders() || !settle_pin()) {
    return fail(EX_CANTCREAT);
  }
  const std::string policy(engine::policy::default_policy_text());
  if (!make_file(options_.directory + "/policy.toml", policy, 0644) ||
      !make_file(config_file_, sample_config(settings()), 0644)) {
    return fail(EX_CANTCREAT);
  }
  // Read back what stands there, which may be an operator's own: it decides from here on.
  const std::optional<NodeConfig> config = load_config(config_file_, ConfigUse::Offline, problems_);
  if (!config) {
    return fail(EX_CONFIG);
  }
  if (!make_keys(*config)) {
    return fail(EX_UNAVAILABLE);
  }
  report();
  return EX_OK;
}

}  // namespace

int run_init(const CommandLine& line, Streams streams) {
  return Initialisation(line, streams).run();
}

}  // namespace sealgate::app
