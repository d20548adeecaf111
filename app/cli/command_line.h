// SPDX-License-Identifier: Apache-2.0
//
// The command line of `sealgate` as plain data. Only command_line.cpp knows the parsing library.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sealgate::app {

enum class Verb : std::uint8_t {
  Init,
  KeysList,
  CertList,
  CertAdd,
  CertShow,
  PolicyCheck,
  ConfigCheck,
  Explain,
  Status,
  Doctor,
};

// Where `cert add` puts a file.
enum class CertKind : std::uint8_t {
  Identity,
  Retired,
  Contact,
  Anchor,
  Intermediate,
  RevocationList,
};

struct CommandLine {
  Verb verb = Verb::Status;
  std::string config_file;
  bool wants_json = false;

  std::vector<std::string> files;  // Of cert add, cert show, policy check, explain.

  struct Init {
    std::string directory;
    std::string state_directory;
    std::string module;
    std::string token;
    std::string pin_file;  // "-": standard input.
    std::string algorithm;
    std::string hostname;
    std::string organisation;
    std::string address;
    std::string domain;
    std::string listen;
    std::string next_hop;
    std::vector<std::string> relay;
  } init;

  struct CertAdd {
    CertKind kind = CertKind::Contact;
    std::string address;  // --for
    std::string name;
    bool is_replacing = false;
  } cert_add;

  struct Explain {
    std::string sender;
    std::vector<std::string> recipients;
    bool is_inbound = false;
    bool speaks_lmtp = false;
  } explain;
};

struct ParsedCommandLine {
  std::optional<CommandLine> command;  // Empty: print `text` and leave with `exit_code`.
  int exit_code = 0;
  std::string text;
};

// `arguments` without the program's name.
ParsedCommandLine parse_command_line(std::vector<std::string> arguments);

}  // namespace sealgate::app
