// SPDX-License-Identifier: Apache-2.0
#include "app/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>
#include <sysexits.h>

#include "app/config/node_config.h"
#include "app/config/version.h"

namespace sealgate::app {
namespace {

constexpr const char* kFooter =
    "Examples:\n"
    "  sealgate init --module /usr/lib/softhsm/libsofthsm2.so --token Org \\\n"
    "      --pin-file /etc/sealgate/hsm-pin --domain example.org --organisation 'Example Ltd'\n"
    "  sealgate cert add partner.pem --contact --for @partner.example\n"
    "  sealgate explain mail.eml --from alice@example.org --to bob@partner.example\n"
    "\n"
    "Exit codes are those of sysexits.h: 0 all is well, 64 usage, 65 bad input, 66 no input,\n"
    "69 not available, 73 cannot create, 77 not permitted, 78 configuration.\n"
    "Manual: sealgate(8), sealgated(8), sealgate.toml(5), sealgate-policy(5).";

void add_init(CLI::App& root, CommandLine& line) {
  CLI::App* init = root.add_subcommand(
      "init", "Make a first configuration, and the organisation's keys in the token");
  CommandLine::Init& options = line.init;
  init->add_option("--directory", options.directory, "Where the configuration goes")
      ->default_str("/etc/sealgate");
  init->add_option("--state-directory", options.state_directory,
                   "Where certificates, requests and the audit log go")
      ->default_str("/var/lib/sealgate");
  init->add_option("--module", options.module,
                   "The token's PKCS#11 library; without it no keys are made");
  init->add_option("--token", options.token, "The token's label");
  init->add_option(
      "--pin-file", options.pin_file,
      "File with the user PIN; - reads it from standard input. Without this option the "
      "PIN is asked for");
  options.algorithm = "rsa3072";
  init->add_option("--algorithm", options.algorithm, "Kind of the keys")
      ->check(CLI::IsMember({"rsa2048", "rsa3072", "rsa4096", "p256", "p384", "ed25519"}))
      ->capture_default_str();
  init->add_option("--organisation", options.organisation, "O= of the certificate requests");
  init->add_option("--domain", options.domain,
                   "The mail domain that the organisation's certificate signs for");
  init->add_option("--address", options.address,
                   "The address in the certificate; default: domain-signing-authority@DOMAIN "
                   "(RFC 3183)");
  init->add_option("--hostname", options.hostname, "The gateway's host name");
  init->add_option("--listen", options.listen, "Address and port to take mail on")
      ->default_str("127.0.0.1:10025");
  init->add_option("--next-hop", options.next_hop, "host:port that sealed mail goes to")
      ->default_str("127.0.0.1:10026");
  init->add_option("--relay", options.relay, "Networks that may send; can be repeated")
      ->default_str("127.0.0.0/8 ::1/128");
  init->footer(
      "Nothing that exists is overwritten, and keys that the token has are used: the command can\n"
      "be repeated. Example:\n"
      "  sealgate init --module /usr/lib/softhsm/libsofthsm2.so --token Org \\\n"
      "      --pin-file /etc/sealgate/hsm-pin --domain example.org");
  init->callback([&line] { line.verb = Verb::Init; });
}

void add_cert(CLI::App& root, CommandLine& line) {
  CLI::App* cert = root.add_subcommand("cert", "Certificates: ours, our contacts', authorities'");
  cert->require_subcommand(1);
  CLI::App* list = cert->add_subcommand("list", "Every certificate the gateway would load");
  list->callback([&line] { line.verb = Verb::CertList; });

  CLI::App* add = cert->add_subcommand("add", "Check certificate files and store them");
  add->add_option("FILE", line.files, "PEM or DER files")->required();
  CommandLine::CertAdd& options = line.cert_add;
  CLI::Option_group* kind = add->add_option_group("kind", "What the certificate is to the gateway");
  const auto add_kind = [&](const char* name, const char* help, CertKind value) {
    kind->add_flag_callback(
        name, [&options, value] { options.kind = value; }, help);
  };
  add_kind("--contact", "Somebody we encrypt to", CertKind::Contact);
  add_kind("--identity", "Ours: its private key is in a token", CertKind::Identity);
  add_kind("--retired", "Ours, expired or replaced: kept for mail that was sealed to it",
           CertKind::Retired);
  add_kind("--anchor", "An authority that we trust", CertKind::Anchor);
  add_kind("--intermediate", "An authority below an anchor", CertKind::Intermediate);
  add_kind("--crl", "A revocation list", CertKind::RevocationList);
  kind->require_option(1);
  add->add_option("--for", options.address,
                  "Use a contact or identity for this address or for a whole @domain, whatever "
                  "addresses it holds");
  add->add_option("--name", options.name, "Name of the stored file, without folder and .pem");
  add->add_flag("--replace", options.is_replacing, "Replace a stored file of that name");
  add->footer(
      "Example:\n  sealgate cert add bob.pem --contact\n"
      "  sealgate cert add gateway.crt --contact --for @partner.example\n"
      "A running sealgated takes new files when it gets SIGHUP (systemctl reload sealgated).");
  add->callback([&line] { line.verb = Verb::CertAdd; });

  CLI::App* show = cert->add_subcommand("show", "What a certificate is and can be used for");
  show->add_option("FILE", line.files, "A file, or a name as `cert list` shows it")->required();
  show->callback([&line] { line.verb = Verb::CertShow; });
}

void add_explain(CLI::App& root, CommandLine& line) {
  CLI::App* explain = root.add_subcommand(
      "explain", "What would become of a message, and why; nothing is sent, no token is needed");
  explain->add_option("FILE", line.files, "The message; - reads standard input")
      ->required()
      ->expected(1);
  explain->add_option("--from", line.explain.sender, "Envelope sender; <> is the null sender")
      ->required();
  explain->add_option("--to", line.explain.recipients, "Envelope recipients; can be repeated")
      ->required();
  explain->add_flag("--inbound", line.explain.is_inbound, "As mail that comes in from outside");
  explain->add_flag("--lmtp", line.explain.speaks_lmtp, "As if the client spoke LMTP");
  explain->footer(
      "Example:\n"
      "  sealgate explain mail.eml --from alice@example.org --to bob@partner.example "
      "--to carol@x.example");
  explain->callback([&line] { line.verb = Verb::Explain; });
}

void add_checks(CLI::App& root, CommandLine& line) {
  CLI::App* keys = root.add_subcommand("keys", "Keys in the tokens");
  keys->require_subcommand(1);
  keys->add_subcommand("list", "The private keys of every configured token")->callback([&line] {
    line.verb = Verb::KeysList;
  });
  CLI::App* policy = root.add_subcommand("policy", "The policy file");
  policy->require_subcommand(1);
  CLI::App* policy_check = policy->add_subcommand("check", "Find mistakes in a policy file");
  policy_check->add_option("FILE", line.files, "Default: the configured one")->expected(0, 1);
  policy_check->callback([&line] { line.verb = Verb::PolicyCheck; });
  CLI::App* config = root.add_subcommand("config", "The configuration");
  config->require_subcommand(1);
  config
      ->add_subcommand("check",
                       "Find mistakes in the configuration, the policy and every certificate file")
      ->callback([&line] { line.verb = Verb::ConfigCheck; });
  root.add_subcommand("status", "How the running sealgated is doing")->callback([&line] {
    line.verb = Verb::Status;
  });
  root.add_subcommand("doctor",
                      "Check tokens, kernel, permissions and certificates, and say what is wrong")
      ->callback([&line] { line.verb = Verb::Doctor; });
}

}  // namespace

ParsedCommandLine parse_command_line(std::vector<std::string> arguments) {
  ParsedCommandLine parsed;
  CommandLine line;
  line.config_file = kConfigFileStandard;
  CLI::App root("Operates the Sealgate S/MIME gateway.", "sealgate");
  root.require_subcommand(1);
  root.fallthrough();
  root.set_version_flag("-V,--version", std::string("sealgate ") + kVersion);
  root.add_option("-c,--config", line.config_file, "Configuration file")->capture_default_str();
  root.add_flag("--json", line.wants_json, "Print JSON where a command prints data");
  root.footer(kFooter);
  add_init(root, line);
  add_checks(root, line);
  add_cert(root, line);
  add_explain(root, line);
  std::reverse(arguments.begin(), arguments.end());  // As the library wants them.
  try {
    root.parse(arguments);
  } catch (const CLI::ParseError& error) {
    std::ostringstream text;
    const bool is_answer = root.exit(error, text, text) == 0;
    parsed.text = text.str();
    parsed.exit_code = is_answer ? EX_OK : EX_USAGE;
    return parsed;
  }
  parsed.command = std::move(line);
  return parsed;
}

}  // namespace sealgate::app
