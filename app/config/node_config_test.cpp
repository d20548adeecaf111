// SPDX-License-Identifier: Apache-2.0
#include "app/config/node_config.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sealgate::app {
namespace {

using ::testing::HasSubstr;

constexpr const char* kMinimal =
    "hostname = \"seal.example.org\"\n"
    "[[listeners]]\n"
    "address = \"127.0.0.1:10025\"\n"
    "[[routes]]\n"
    "domains = [\"*\"]\n"
    "next_hops = [\"127.0.0.1:10026\"]\n"
    "[[tokens]]\n"
    "module = \"/usr/lib/softhsm/libsofthsm2.so\"\n"
    "label = \"Org\"\n";

class NodeConfigTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "sealgate_config_XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }

  std::optional<NodeConfig> load(const std::string& text, ConfigUse use = ConfigUse::Daemon) {
    write("sealgate.toml", text);
    problems_.clear();
    return load_config((folder_ / "sealgate.toml").string(), use, problems_);
  }

  // Every problem of the minimal configuration with `text` added, without the folder.
  std::string problems_of(const std::string& text, ConfigUse use = ConfigUse::Daemon) {
    EXPECT_FALSE(load(text, use)) << text;
    std::string all;
    for (const Problem& problem : problems_) {
      all += problem.text() + "\n";
    }
    const std::string prefix = folder_.string() + "/";
    for (std::size_t at = 0; (at = all.find(prefix)) != std::string::npos;) {
      all.erase(at, prefix.size());
    }
    return all;
  }
  std::string problems_at_top(const std::string& line) {
    return problems_of(line + "\n" + kMinimal);
  }
  std::string problems_at_end(const std::string& line) {
    return problems_of(kMinimal + line + "\n");
  }

  std::filesystem::path folder_;
  Problems problems_;
};

TEST_F(NodeConfigTest, TakesTheMinimumAndFillsInDefaults) {
  const std::optional<NodeConfig> config = load(kMinimal);
  ASSERT_TRUE(config) << problems_.front().text();
  EXPECT_EQ(config->hostname, "seal.example.org");
  EXPECT_EQ(config->state_directory, "/var/lib/sealgate");
  EXPECT_EQ(config->policy_file, (folder_ / "policy.toml").string());
  EXPECT_EQ(config->shard_count(), 1U);
  EXPECT_EQ(config->segments, 8192U);
  ASSERT_EQ(config->listeners.size(), 1U);
  EXPECT_EQ(config->listeners[0].endpoint, (netio::Endpoint{"127.0.0.1", 10025}));
  EXPECT_EQ(config->listeners[0].message_bytes_max, 50U << 20U);
  EXPECT_EQ(config->listeners[0].direction, engine::Direction::Outbound);
  EXPECT_TRUE(config->listeners[0].relay_networks.empty());
  ASSERT_EQ(config->routes.size(), 1U);
  EXPECT_EQ(config->routes[0].route.tls, netio::RouteTls::Opportunistic);
  EXPECT_EQ(config->tokens[0].settings.uri, "pkcs11:token=Org");
  EXPECT_EQ(config->tokens[0].settings.lanes, 2U);
  EXPECT_EQ(config->hsm.batch_delay_max, std::chrono::microseconds(500));
  EXPECT_EQ(config->pipeline.patience, std::chrono::minutes(4));
  EXPECT_EQ(config->pipeline.partial_refusal, engine::PartialRefusal::RefuseAll);
  EXPECT_EQ(config->timeouts.data_end, std::chrono::minutes(10));
  EXPECT_TRUE(config->is_sandboxed);
}

TEST_F(NodeConfigTest, TakesEveryKey) {
  const std::optional<NodeConfig> config = load(R"TOML(
hostname = "a.example"
user = "mail"
state_directory = "state"
policy = "/p.toml"
status_socket = "/run/s"
audit_log = "log/a"
partial_refusal = "deliver_rest"
sandbox = "off"
[shards]
cores = [1, 0]
segments = 16384
segments_reserve = 100
next_hop_connections_max = 7
[[listeners]]
address = "[::1]:25"
direction = "inbound"
lmtp = true
relay = ["10.0.0.0/8", "::1"]
xforward = ["::1/128"]
message_bytes_max = 1048576
recipients_max = 5
connections_max = 6
connections_per_client_max = 3
[[routes]]
domains = ["Example.ORG", ".example.net"]
next_hops = ["[192.0.2.1]:26", "relay.example:27"]
lmtp = true
tls = "verified"
tls_ca_file = "ca.pem"
connections_max = 9
xforward = true
[[tokens]]
module = "p11"
uri = "pkcs11:serial=1"
pin_source = "file:/pin"
lanes = 64
[hsm]
batch_operations_max = 64
batch_delay_max = "1ms"
recovery_pause_min = "1s"
recovery_pause_max = "1m"
[limits]
messages_max = 1
bytes_max = "2MiB"
memory_entries_max = 0
memory_time = "2h"
[timeouts]
command = "1s"
data_block = "2s"
connect = "100ms"
reply = "4s"
data_end = "5s"
idle_reuse = "0"
answer = "6s"
key_operation = "7s"
drain = "8s"
)TOML");
  ASSERT_TRUE(config) << problems_.front().text();
  EXPECT_EQ(config->state_directory, (folder_ / "state").string());
  EXPECT_EQ(config->policy_file, "/p.toml");
  EXPECT_EQ(config->cores, (std::vector<std::uint32_t>{1, 0}));
  EXPECT_EQ(config->pipeline.partial_refusal, engine::PartialRefusal::DeliverRest);
  EXPECT_FALSE(config->is_sandboxed);
  const netio::ListenerSettings& listener = config->listeners.at(0);
  EXPECT_EQ(listener.endpoint, (netio::Endpoint{"::1", 25}));
  EXPECT_EQ(listener.direction, engine::Direction::Inbound);
  EXPECT_TRUE(listener.speaks_lmtp);
  EXPECT_EQ(listener.forward_networks, (std::vector<std::string>{"::1/128"}));
  EXPECT_EQ(listener.message_bytes_max, 1048576U);
  EXPECT_EQ(listener.connections_per_client_max, 3U);
  const RouteConfig& route = config->routes.at(0);
  EXPECT_EQ(route.route.domains, (std::vector<std::string>{"example.org", ".example.net"}));
  EXPECT_EQ(route.next_hops, (std::vector<NextHop>{{"192.0.2.1", 26}, {"relay.example", 27}}));
  EXPECT_EQ(route.route.tls, netio::RouteTls::Verified);
  EXPECT_EQ(route.route.tls_ca_file, (folder_ / "ca.pem").string());
  EXPECT_TRUE(route.route.sends_xforward);
  EXPECT_EQ(config->tokens.at(0).settings.pin_file, "/pin");
  EXPECT_EQ(config->tokens.at(0).settings.uri, "pkcs11:serial=1");
  EXPECT_EQ(config->timeouts.idle_reuse, Duration::zero());
  EXPECT_EQ(config->timeouts.connect, std::chrono::milliseconds(100));
  EXPECT_EQ(config->pipeline.patience, std::chrono::seconds(6));
  EXPECT_EQ(config->pipeline.key_patience, std::chrono::seconds(7));
  EXPECT_EQ(config->drain_timeout, std::chrono::seconds(8));
}

TEST_F(NodeConfigTest, NamesPlaceAndMeaningOfAnUnknownKey) {
  EXPECT_THAT(problems_at_top("hostnme = \"x\""),
              HasSubstr("sealgate.toml:1:1: there is no key `hostnme` at the top of the file; did "
                        "you mean `hostname`?"));
  EXPECT_THAT(problems_at_end("lables = \"x\""),
              HasSubstr("sealgate.toml:10:1: there is no key `lables` in tokens; did you mean "
                        "`label`?"));
  EXPECT_THAT(problems_at_end("[quite_different]"), HasSubstr("see sealgate.toml(5)"));
}

TEST_F(NodeConfigTest, SaysWhereTheFileIsNotToml) {
  EXPECT_THAT(problems_of("hostname = \n"), HasSubstr("sealgate.toml:1:"));
}

TEST_F(NodeConfigTest, ChecksTypes) {
  EXPECT_THAT(problems_at_top("user = 3"), HasSubstr("has to be a string and is an integer"));
  EXPECT_THAT(problems_at_end("lanes = \"2\""), HasSubstr("has to be an integer and is a string"));
  EXPECT_THAT(problems_at_top("policy = \"\""), HasSubstr("is empty"));
  EXPECT_THAT(problems_at_top("policy = \"a\\u0007\""), HasSubstr("control characters"));
  EXPECT_THAT(problems_at_end("[shards]\ncores = [1.5]"), HasSubstr("a list of integers"));
  EXPECT_THAT(problems_at_end("[[listeners]]\naddress=\"127.0.0.1:1\"\nlmtp=\"yes\""),
              HasSubstr("true or false"));
  EXPECT_THAT(problems_at_end("[[listeners]]\naddress=\"127.0.0.1:1\"\nrelay=[1]"),
              HasSubstr("a list of strings"));
  EXPECT_THAT(problems_at_top("shards = 3"), HasSubstr("write [shards]"));
  EXPECT_THAT(problems_of("listeners = 3\n", ConfigUse::Offline), HasSubstr("write [[listeners]]"));
  EXPECT_THAT(problems_of("listeners = [3]\n", ConfigUse::Offline),
              HasSubstr("write [[listeners]]"));
}

TEST_F(NodeConfigTest, ChecksBothSidesOfEveryLimit) {
  const auto limit = [&](const std::string& line) { return problems_at_end(line); };
  EXPECT_THAT(limit("lanes = 0"), HasSubstr("between 1 and 64"));
  EXPECT_THAT(limit("lanes = 65"), HasSubstr("between 1 and 64"));
  EXPECT_THAT(limit("[shards]\nsegments = 255"), HasSubstr("between 256 and 1048576"));
  EXPECT_THAT(limit("[hsm]\nbatch_delay_max = \"11ms\""), HasSubstr("between 1us and 10ms"));
  EXPECT_THAT(limit("[hsm]\nbatch_delay_max = \"soon\""), HasSubstr("is not a time span"));
  EXPECT_THAT(limit("[limits]\nbytes_max = \"2TiB\""), HasSubstr("is not a size"));
  EXPECT_THAT(limit("[limits]\nbytes_max = \"1KiB\""), HasSubstr("between 1MiB and 1024GiB"));
  EXPECT_THAT(limit("[timeouts]\ndrain = \"2h\""), HasSubstr("between 0 and 1h"));
  EXPECT_TRUE(load(std::string(kMinimal) + "lanes = 64\n[hsm]\nbatch_delay_max = \"10ms\"\n"));
  EXPECT_TRUE(load(std::string(kMinimal) + "lanes = 1\n[hsm]\nbatch_delay_max = \"1us\"\n"));
}

TEST_F(NodeConfigTest, ChecksWhatBelongsTogether) {
  EXPECT_THAT(problems_at_end("uri = \"pkcs11:token=a\""), HasSubstr("either `label` or `uri`"));
  EXPECT_THAT(problems_at_end("[[tokens]]\nmodule = \"m\""), HasSubstr("either `label` or `uri`"));
  EXPECT_THAT(problems_at_end("[[tokens]]\nmodule = \"m\"\nuri = \"token=a\""),
              HasSubstr("has to begin with pkcs11:"));
  EXPECT_THAT(problems_at_end("[shards]\ncores = [1, 1]"), HasSubstr("a core twice"));
  EXPECT_THAT(problems_at_end("[shards]\nsegments = 256"), HasSubstr("three times"));
  EXPECT_THAT(problems_at_end("[shards]\nsegments_reserve = 5000"), HasSubstr("more than half"));
  EXPECT_THAT(problems_at_end("[hsm]\nrecovery_pause_min = \"11s\""), HasSubstr("is above"));
  EXPECT_THAT(problems_at_end("[[listeners]]\naddress = \"127.0.0.1:10025\""),
              HasSubstr("already has"));
  EXPECT_THAT(problems_at_end("[[routes]]\ndomains=[\"a.b\"]\nnext_hops=[\"a:1\"]\n"
                              "tls_ca_file=\"x\""),
              HasSubstr("only with tls"));
}

TEST_F(NodeConfigTest, ChecksAddressesAndNetworks) {
  const auto listener = [&](const std::string& line) {
    return problems_at_end("[[listeners]]\n" + line);
  };
  EXPECT_THAT(listener(""), HasSubstr("`address` is missing in listeners"));
  EXPECT_THAT(listener("address = \"mail.example.org:25\""), HasSubstr("not a numeric address"));
  EXPECT_THAT(listener("address = \"127.0.0.1\""), HasSubstr("not a numeric address"));
  EXPECT_THAT(listener("address = \"::1:25\""), HasSubstr("not a numeric address"));
  EXPECT_THAT(listener("address = \"127.0.0.1:65536\""), HasSubstr("not a numeric address"));
  const std::string good = "address = \"127.0.0.1:9\"\n";
  EXPECT_THAT(listener(good + "relay = [\"10.0.0.0/33\"]"), HasSubstr("is not a network"));
  EXPECT_THAT(listener(good + "relay = [\"office\"]"), HasSubstr("is not a network"));
  EXPECT_THAT(listener(good + "xforward = [\"::/129\"]"), HasSubstr("is not a network"));
  EXPECT_THAT(listener(good + "direction = \"outbund\""), HasSubstr("did you mean \"outbound\"?"));
}

TEST_F(NodeConfigTest, ChecksRoutes) {
  const auto route = [&](const std::string& line) {
    return problems_at_end("[[routes]]\n" + line);
  };
  EXPECT_THAT(route("domains = [\"*\"]"), HasSubstr("`next_hops` is missing"));
  EXPECT_THAT(route("domains = []\nnext_hops = [\"a:1\"]"), HasSubstr("`domains` is empty"));
  EXPECT_THAT(route("domains = [\"a b\"]\nnext_hops = [\"a:1\"]"), HasSubstr("xn-- form"));
  EXPECT_THAT(route("domains = [\"*\"]\nnext_hops = [\"a\"]"), HasSubstr("not a host with a port"));
  EXPECT_THAT(route("domains = [\"*\"]\nnext_hops = [\"a:0\"]"),
              HasSubstr("not a host with a port"));
}

TEST_F(NodeConfigTest, NeverShowsWhatStandsWhereAPinMayStand) {
  const std::string text = problems_at_end("pin_source = \"123456\"");
  EXPECT_THAT(text, HasSubstr("file:/absolute/path"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("123456")));
  EXPECT_THAT(problems_at_end("pin_source = \"file:relative\""), HasSubstr("file:/absolute/path"));
  EXPECT_THAT(problems_at_end("pin_source = \"credential:../x\""),
              HasSubstr("file:/absolute/path"));
}

TEST_F(NodeConfigTest, FindsCredentialsWhereSystemdPutsThem) {
  setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x", 1);
  const std::optional<NodeConfig> config =
      load(std::string(kMinimal) + "pin_source = \"credential:hsm-pin\"\n");
  unsetenv("CREDENTIALS_DIRECTORY");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->tokens[0].settings.pin_file, "/run/credentials/x/hsm-pin");
}

TEST_F(NodeConfigTest, EncodesATokenLabelAsUri) {
  const std::string text =
      std::string(kMinimal).replace(std::string(kMinimal).find("\"Org\""), 5, "\"My Org/1\"");
  const std::optional<NodeConfig> config = load(text);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->tokens[0].settings.uri, "pkcs11:token=My%20Org%2F1");
}

TEST_F(NodeConfigTest, LaysConfDOverTheFile) {
  write("conf.d/10.toml", "hostname = \"b.example\"\n[shards]\nsegments = 9000\n");
  write("conf.d/20.toml", "hostname = \"c.example\"\n[[listeners]]\naddress = \"127.0.0.1:2\"\n");
  write("conf.d/30.txt", "not read\n");
  const std::optional<NodeConfig> config = load(kMinimal);
  ASSERT_TRUE(config) << problems_.front().text();
  EXPECT_EQ(config->hostname, "c.example");
  EXPECT_EQ(config->segments, 9000U);
  EXPECT_EQ(config->listeners.size(), 2U);
  write("conf.d/20.toml", "hostnam = \"c.example\"\n");
  EXPECT_THAT(problems_of(kMinimal), HasSubstr("conf.d/20.toml:1:1: there is no key"));
}

TEST_F(NodeConfigTest, AsksForWhatTheDaemonNeeds) {
  const std::string text = problems_of("hostname = \"a.example\"\n");
  EXPECT_THAT(text, HasSubstr("no [[listeners]]"));
  EXPECT_THAT(text, HasSubstr("no [[routes]]"));
  EXPECT_THAT(text, HasSubstr("no [[tokens]]"));
  EXPECT_TRUE(load("hostname = \"a.example\"\n", ConfigUse::Offline));
}

TEST_F(NodeConfigTest, RefusesFilesThatAreAbsentOrTooLarge) {
  EXPECT_FALSE(load_config((folder_ / "none.toml").string(), ConfigUse::Offline, problems_));
  EXPECT_THAT(problems_.at(0).text(), HasSubstr("No such file"));
  EXPECT_THAT(problems_of("#" + std::string(kConfigBytesMax, 'x')), HasSubstr("is larger than"));
}

TEST_F(NodeConfigTest, ResolvesNextHopsToNumbers) {
  std::optional<NodeConfig> config = load(kMinimal);
  ASSERT_TRUE(config);
  resolve_routes(*config, problems_);
  EXPECT_TRUE(problems_.empty());
  EXPECT_EQ(config->routes[0].route.endpoints,
            (std::vector<netio::Endpoint>{{"127.0.0.1", 10026}}));
}

TEST(HostAndPort, IsReadAsMailAdministratorsWriteIt) {
  EXPECT_EQ(parse_host_and_port("relay.example:25"), (NextHop{"relay.example", 25}));
  EXPECT_EQ(parse_host_and_port("[relay.example]:25"), (NextHop{"relay.example", 25}));
  EXPECT_EQ(parse_host_and_port("[::1]:587"), (NextHop{"::1", 587}));
  for (const char* text : {"", ":25", "a:", "a:b", "::1:25", "a b:25", "a:123456", "-a:25"}) {
    EXPECT_FALSE(parse_host_and_port(text)) << text;
  }
}

}  // namespace
}  // namespace sealgate::app
