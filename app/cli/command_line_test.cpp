// SPDX-License-Identifier: Apache-2.0
#include "app/cli/command_line.h"

#include <sysexits.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sealgate::app {
namespace {

CommandLine parse(std::vector<std::string> arguments) {
  const ParsedCommandLine parsed = parse_command_line(std::move(arguments));
  EXPECT_TRUE(parsed.command) << parsed.text;
  return parsed.command.value_or(CommandLine());
}

int exit_code(std::vector<std::string> arguments) {
  const ParsedCommandLine parsed = parse_command_line(std::move(arguments));
  EXPECT_FALSE(parsed.command);
  EXPECT_FALSE(parsed.text.empty());
  return parsed.exit_code;
}

TEST(CommandLine, KnowsItsVerbs) {
  EXPECT_EQ(parse({"status"}).verb, Verb::Status);
  EXPECT_EQ(parse({"doctor"}).verb, Verb::Doctor);
  EXPECT_EQ(parse({"init"}).verb, Verb::Init);
  EXPECT_EQ(parse({"keys", "list"}).verb, Verb::KeysList);
  EXPECT_EQ(parse({"cert", "list"}).verb, Verb::CertList);
  EXPECT_EQ(parse({"cert", "show", "a.pem"}).verb, Verb::CertShow);
  EXPECT_EQ(parse({"cert", "add", "a.pem", "--anchor"}).verb, Verb::CertAdd);
  EXPECT_EQ(parse({"policy", "check"}).verb, Verb::PolicyCheck);
  EXPECT_EQ(parse({"config", "check"}).verb, Verb::ConfigCheck);
  EXPECT_EQ(parse({"explain", "a.eml", "--from", "a@b.c", "--to", "d@e.f"}).verb, Verb::Explain);
}

TEST(CommandLine, TakesGlobalOptionsBeforeAndAfterTheVerb) {
  EXPECT_EQ(parse({"status"}).config_file, "/etc/sealgate/sealgate.toml");
  EXPECT_EQ(parse({"-c", "/x", "--json", "status"}).config_file, "/x");
  const CommandLine after = parse({"status", "--json", "--config", "/y"});
  EXPECT_EQ(after.config_file, "/y");
  EXPECT_TRUE(after.wants_json);
  EXPECT_TRUE(parse({"cert", "list", "--json"}).wants_json);
}

TEST(CommandLine, ReadsExplain) {
  const CommandLine line =
      parse({"explain", "m.eml", "--from", "<>", "--to", "a@b.c", "--to", "d@e.f", "--lmtp"});
  EXPECT_EQ(line.files, (std::vector<std::string>{"m.eml"}));
  EXPECT_EQ(line.explain.sender, "<>");
  EXPECT_EQ(line.explain.recipients, (std::vector<std::string>{"a@b.c", "d@e.f"}));
  EXPECT_TRUE(line.explain.speaks_lmtp);
  EXPECT_FALSE(line.explain.is_inbound);
}

TEST(CommandLine, ReadsCertAdd) {
  const CommandLine line =
      parse({"cert", "add", "a.pem", "--identity", "--for", "@example.org", "--name", "own"});
  EXPECT_EQ(line.cert_add.kind, CertKind::Identity);
  EXPECT_EQ(line.cert_add.address, "@example.org");
  EXPECT_EQ(line.cert_add.name, "own");
  EXPECT_FALSE(line.cert_add.is_replacing);
  EXPECT_EQ(parse({"cert", "add", "a", "--crl"}).cert_add.kind, CertKind::RevocationList);
}

TEST(CommandLine, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(exit_code({}), EX_USAGE);
  EXPECT_EQ(exit_code({"frobnicate"}), EX_USAGE);
  EXPECT_EQ(exit_code({"status", "--frob"}), EX_USAGE);
  EXPECT_EQ(exit_code({"cert"}), EX_USAGE);
  EXPECT_EQ(exit_code({"cert", "add", "a.pem"}), EX_USAGE);
  EXPECT_EQ(exit_code({"cert", "add", "a.pem", "--anchor", "--contact"}), EX_USAGE);
  EXPECT_EQ(exit_code({"explain", "a.eml", "--to", "a@b.c"}), EX_USAGE);
  EXPECT_EQ(exit_code({"init", "--algorithm", "rot13"}), EX_USAGE);
}

// A PIN on the command line would be seen by everybody who lists processes.
TEST(CommandLine, TakesNoPin) {
  EXPECT_EQ(exit_code({"init", "--pin", "1234"}), EX_USAGE);
}

TEST(CommandLine, ExplainsItself) {
  EXPECT_EQ(exit_code({"--help"}), EX_OK);
  EXPECT_EQ(exit_code({"cert", "add", "--help"}), EX_OK);
  EXPECT_EQ(exit_code({"--version"}), EX_OK);
  EXPECT_THAT(parse_command_line({"--help"}).text, ::testing::HasSubstr("Examples:"));
}

}  // namespace
}  // namespace sealgate::app
