// SPDX-License-Identifier: Apache-2.0
#include "app/cli/commands.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <sys/stat.h>
#include <sysexits.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cli/json.h"
#include "app/store/test_certificate_test.h"

namespace sealgate::app {
namespace {

using ::testing::HasSubstr;

class CommandsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "sealgate_cli_XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    ASSERT_EQ(run({"init", "--directory", name, "--state-directory", name + "/state"}), EX_OK)
        << err_;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  int run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--config", (folder_ / "sealgate.toml").string()});
    const ParsedCommandLine parsed = parse_command_line(arguments);
    EXPECT_TRUE(parsed.command) << parsed.text;
    std::ostringstream out;
    std::ostringstream err;
    const int code = run_command(*parsed.command, {out, err});
    out_ = out.str();
    err_ = err.str();
    return code;
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  std::string content(const std::string& name) const {
    std::ifstream in(folder_ / name);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

  std::filesystem::path folder_;
  std::string out_;
  std::string err_;
};

TEST_F(CommandsTest, InitMakesAConfigurationThatItsOwnChecksTake) {
  EXPECT_EQ(run({"policy", "check"}), EX_OK) << err_;
  EXPECT_THAT(out_, HasSubstr("good"));
  EXPECT_EQ(run({"cert", "list"}), EX_OK) << err_;
  // There is no token yet, and that is said.
  EXPECT_EQ(run({"config", "check"}), EX_CONFIG);
  EXPECT_THAT(err_, HasSubstr("no [[tokens]]"));
}

TEST_F(CommandsTest, InitNeverOverwrites) {
  write("policy.toml", "# mine\n");
  write("sealgate.toml", content("sealgate.toml") + "# mine too\n");
  EXPECT_EQ(run({"init", "--directory", folder_.string(), "--state-directory", path("state")}),
            EX_OK);
  EXPECT_EQ(content("policy.toml"), "# mine\n");
  EXPECT_THAT(content("sealgate.toml"), HasSubstr("# mine too"));
  EXPECT_THAT(out_, HasSubstr("kept  " + path("policy.toml")));
}

TEST_F(CommandsTest, InitWantsModuleAndTokenTogether) {
  EXPECT_EQ(run({"init", "--directory", folder_.string(), "--module", "x"}), EX_USAGE);
}

TEST_F(CommandsTest, CertAddStoresAndReports) {
  write("bob.pem", make_certificate("bob@partner.example").pem);
  ASSERT_EQ(run({"cert", "add", path("bob.pem"), "--contact", "--name", "bob"}), EX_OK) << err_;
  EXPECT_THAT(out_, HasSubstr("encrypts mail to bob@partner.example"));
  EXPECT_EQ(run({"cert", "add", path("bob.pem"), "--contact", "--name", "bob"}), EX_OK)
      << "adding the same again changes nothing";
  write("other.pem", make_certificate("bob@partner.example").pem);
  EXPECT_EQ(run({"cert", "add", path("other.pem"), "--contact", "--name", "bob"}), EX_DATAERR);
  EXPECT_THAT(err_, HasSubstr("--replace"));
  EXPECT_EQ(run({"cert", "add", path("other.pem"), "--contact", "--name", "bob", "--replace"}),
            EX_OK);
  EXPECT_EQ(run({"cert", "show", "contacts/bob.pem"}), EX_OK) << err_;
  EXPECT_THAT(out_, HasSubstr("bob@partner.example"));
}

TEST_F(CommandsTest, CertAddBindsToAnAddressOrDomain) {
  write("gate.pem", make_certificate("gate@partner.example").pem);
  ASSERT_EQ(run({"cert", "add", path("gate.pem"), "--contact", "--for", "@Partner.Example",
                 "--name", "gate", "--json"}),
            EX_OK)
      << err_;
  EXPECT_EQ(Json::parse(out_)[0]["for"], "@partner.example");
  EXPECT_THAT(content("state/contacts/gate.pem"),
              HasSubstr("Sealgate-Address: @partner.example\n"));
  EXPECT_EQ(run({"cert", "add", path("gate.pem"), "--contact", "--for", "everybody"}), EX_USAGE);
  EXPECT_EQ(run({"cert", "add", path("gate.pem"), "--anchor", "--for", "@a.example"}), EX_USAGE);
  EXPECT_EQ(run({"cert", "add", path("gate.pem"), "--contact", "--for", "a@b.c\nX: y"}), EX_USAGE);
}

TEST_F(CommandsTest, CertAddStoresNothingThatIsNotACertificate) {
  write("bad.pem", "nothing");
  EXPECT_EQ(run({"cert", "add", path("bad.pem"), "--contact"}), EX_DATAERR);
  EXPECT_EQ(run({"cert", "add", path("absent.pem"), "--contact"}), EX_DATAERR);
  EXPECT_EQ(run({"cert", "add", path("bad.pem"), "--crl"}), EX_DATAERR);
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "state/contacts"));
  write("bob.pem", make_certificate("bob@partner.example").pem);
  EXPECT_EQ(run({"cert", "add", path("bob.pem"), "--contact", "--name", "../x"}), EX_USAGE);
}

TEST_F(CommandsTest, CertAddKeepsWhatIsRetiredForOpening) {
  write("old.pem", make_certificate("gate@example.org").pem);
  ASSERT_EQ(run({"cert", "add", path("old.pem"), "--retired", "--name", "2024"}), EX_OK) << err_;
  EXPECT_THAT(out_, HasSubstr("for mail that was sealed to it"));
  EXPECT_EQ(run({"cert", "list", "--json"}), EX_OK);
  const Json list = Json::parse(out_);
  ASSERT_EQ(list["retired"].size(), 1U);
  EXPECT_EQ(list["retired"][0]["origin"], "retired/2024.pem");
  EXPECT_EQ(list["retired"][0]["can_sign"], false);
}

TEST_F(CommandsTest, CertSaysThatAKeyIsCompromised) {
  write("bob.pem", make_certificate("bob@partner.example").pem);
  ASSERT_EQ(run({"cert", "add", path("bob.pem"), "--contact", "--name", "bob", "--json"}), EX_OK);
  const Json added = Json::parse(out_);
  EXPECT_EQ(added[0]["can_encrypt"], true);
  std::filesystem::create_directory(path("state/compromised"));
  write("state/compromised/mine.txt", added[0]["key_id"].get<std::string>() + " # stolen\n");
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"cert", "show", path("bob.pem")}, {"cert", "list"}}) {
    ASSERT_EQ(run(command), EX_OK) << err_;
    EXPECT_THAT(out_, HasSubstr("its key is on the list of compromised keys")) << command[1];
  }
}

TEST_F(CommandsTest, CertListSaysWhatItWarnsOf) {
  write("bob.pem", make_certificate("bob@partner.example").pem);
  ASSERT_EQ(run({"cert", "add", path("bob.pem"), "--anchor", "--name", "bob"}), EX_OK);
  EXPECT_EQ(run({"cert", "list", "--json"}), EX_OK);
  const Json list = Json::parse(out_);
  EXPECT_EQ(list["anchors"].size(), 1U);
  EXPECT_THAT(list["anchors"][0]["warnings"].dump(), HasSubstr("not an authority"));
}

TEST_F(CommandsTest, PolicyCheckNamesThePlace) {
  write("mine.toml", "version = 1\nfrob = 2\n");
  EXPECT_EQ(run({"policy", "check", path("mine.toml")}), EX_CONFIG);
  EXPECT_THAT(err_, HasSubstr("mine.toml:2:1"));
  EXPECT_EQ(run({"policy", "check", path("mine.toml"), "--json"}), EX_CONFIG);
  EXPECT_EQ(Json::parse(out_)["is_valid"], false);
  EXPECT_EQ(run({"policy", "check", path("absent.toml")}), EX_NOINPUT);
}

TEST_F(CommandsTest, ExplainTellsEachRecipientsFate) {
  write("m.eml", "From: alice@example.org\nTo: bob@partner.example\nSubject: [encrypt] hi\n\nx\n");
  ASSERT_EQ(run({"explain", path("m.eml"), "--from", "alice@example.org", "--to",
                 "<bob@partner.example>", "--json"}),
            EX_OK)
      << err_;
  const Json explanation = Json::parse(out_);
  EXPECT_EQ(explanation["recipients"][0]["address"], "bob@partner.example");
  EXPECT_EQ(explanation["recipients"][0]["is_refused"], true);
  EXPECT_EQ(explanation["recipients"][0]["rule"], "sender asks for encryption");
  ASSERT_EQ(run({"explain", path("m.eml"), "--from", "<>", "--to", "bob@partner.example"}), EX_OK);
  EXPECT_THAT(out_, HasSubstr("bob@partner.example"));
  EXPECT_EQ(run({"explain", path("m.eml"), "--from", "a@b.c", "--to", "nobody"}), EX_USAGE);
  EXPECT_EQ(run({"explain", path("none.eml"), "--from", "a@b.c", "--to", "a@b.c"}), EX_NOINPUT);
}

TEST_F(CommandsTest, StatusSaysWhenNobodyAnswers) {
  EXPECT_EQ(run({"status"}), EX_UNAVAILABLE);
  EXPECT_THAT(err_, HasSubstr("is sealgated running"));
}

TEST_F(CommandsTest, DoctorFindsThatThereIsNoToken) {
  EXPECT_EQ(run({"doctor", "--json"}), EX_CONFIG);
  EXPECT_THAT(out_, HasSubstr("no [[tokens]]"));
}

TEST_F(CommandsTest, EveryCommandSaysThatTheConfigurationIsBad) {
  write("sealgate.toml", "frob = 1\n");
  for (const std::vector<std::string>& command : {std::vector<std::string>{"keys", "list"},
                                                  {"cert", "list"},
                                                  {"policy", "check"},
                                                  {"config", "check"},
                                                  {"status"}}) {
    EXPECT_EQ(run(command), EX_CONFIG) << command[0];
    EXPECT_THAT(err_, HasSubstr("sealgate.toml:1:1")) << command[0];
  }
}

}  // namespace
}  // namespace sealgate::app
