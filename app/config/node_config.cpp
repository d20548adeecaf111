// SPDX-License-Identifier: Apache-2.0
#include "app/config/node_config.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <unistd.h>
#include <utility>

#include "app/config/file.h"
#include "app/config/table_reader.h"

namespace sealgate::app {
namespace {

using Reader = TableReader;

std::uint32_t narrow(std::int64_t value) {
  return static_cast<std::uint32_t>(value);
}

bool is_numeric_address(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

// "10.0.0.0/8", "::1/128", or an address alone.
bool is_network(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string address = text.substr(0, slash);
  if (!is_numeric_address(address)) {
    return false;
  }
  if (slash == std::string::npos) {
    return true;
  }
  const std::string bits = text.substr(slash + 1);
  const bool is_number = !bits.empty() && bits.size() <= 3 &&
                         bits.find_first_not_of("0123456789") == std::string::npos;
  const int bits_max = address.find(':') == std::string::npos ? 32 : 128;
  return is_number && std::atoi(bits.c_str()) <= bits_max;
}

std::vector<std::string> networks(Reader& reader, std::string_view name) {
  std::vector<std::string> result = reader.texts(name);
  for (const std::string& network : result) {
    if (!is_network(network)) {
      reader.report(name, "`" + std::string(name) + "`: " + network +
                              " is not a network; write it like \"10.1.0.0/16\" or \"::1/128\"");
    }
  }
  return result;
}

std::vector<const Value*> tables_of(const Value& root, std::string_view section,
                                    std::size_t count_max, Problems& problems) {
  std::vector<const Value*> tables;
  const Value* list = root.find(section);
  if (list == nullptr) {
    return tables;
  }
  const std::string name(section);
  if (list->kind != Value::Kind::List) {
    problems.push_back(
        Problem{list->place.text(), "`" + name + "` is a list of blocks: write [[" + name + "]]"});
    return tables;
  }
  for (const Value& item : list->items) {
    if (item.kind != Value::Kind::Table) {
      problems.push_back(
          Problem{item.place.text(), "`" + name + "` is a list of blocks: write [[" + name + "]]"});
      continue;
    }
    tables.push_back(&item);
  }
  if (tables.size() > count_max) {
    problems.push_back(
        Problem{list->place.text(),
                "there may be at most " + std::to_string(count_max) + " [[" + name + "]]"});
  }
  return tables;
}

// The table of a section; an empty one, so that every default is taken, where it is absent.
const Value& table_of(const Value& root, std::string_view section, const Value& empty,
                      Problems& problems) {
  const Value* table = root.find(section);
  if (table == nullptr) {
    return empty;
  }
  if (table->kind != Value::Kind::Table) {
    problems.push_back(
        Problem{table->place.text(),
                "`" + std::string(section) + "` is a block: write [" + std::string(section) + "]"});
    return empty;
  }
  return *table;
}

std::string machine_name() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

bool is_host_name(std::string_view name) {
  if (name.empty() || name.size() > 253 || name.front() == '-' || name.front() == '.' ||
      name.back() == '.') {
    return false;
  }
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  });
}

void read_node(Reader& reader, NodeConfig& config) {
  config.hostname = reader.has("hostname") ? reader.text("hostname") : machine_name();
  if (!is_host_name(config.hostname)) {
    reader.report("hostname", "`hostname` (" + config.hostname +
                                  ") is not a host name; write it like \"seal.example.org\"");
  }
  config.user = reader.text("user");
  config.state_directory = reader.path("state_directory");
  config.policy_file = reader.path("policy");
  config.status_socket = reader.path("status_socket");
  config.audit_log = reader.path("audit_log");
  config.pipeline.hostname = config.hostname;
  config.pipeline.partial_refusal =
      static_cast<engine::PartialRefusal>(reader.choice("partial_refusal"));
  config.is_sandboxed = reader.choice("sandbox") == 0;
  constexpr std::size_t kSocketPathBytesMax = 107;  // sun_path, unix(7).
  if (config.status_socket.size() > kSocketPathBytesMax) {
    reader.report("status_socket", "`status_socket` has to be a path of at most 107 bytes");
  }
  if (!reader.has("policy")) {
    config.policy_file =
        (std::filesystem::path(config.file).parent_path() / config_key("", "policy").standard)
            .lexically_normal()
            .string();
  }
}

void read_shards(Reader reader, NodeConfig& config) {
  for (const std::int64_t core : reader.counts("cores")) {
    config.cores.push_back(narrow(core));
  }
  const std::set<std::uint32_t> distinct(config.cores.begin(), config.cores.end());
  if (distinct.size() != config.cores.size()) {
    reader.report("cores", "`cores` names a core twice");
  }
  if (config.cores.size() > kShardsMax) {
    reader.report("cores", "`cores` may name at most " + std::to_string(kShardsMax));
  }
  config.segments = narrow(reader.count("segments"));
  config.segments_reserve = narrow(reader.count("segments_reserve"));
  if (config.segments_reserve > config.segments / 2) {
    reader.report("segments_reserve", "`segments_reserve` is more than half of `segments` (" +
                                          std::to_string(config.segments) + ")");
  }
  config.next_hop_connections_max = narrow(reader.count("next_hop_connections_max"));
}

void read_listener(Reader reader, NodeConfig& config) {
  netio::ListenerSettings listener;
  const std::string address = reader.text("address");
  const std::optional<NextHop> endpoint = parse_host_and_port(address);
  if (reader.has("address")) {
    if (!endpoint || !is_numeric_address(endpoint->host)) {
      reader.report("address", "`address` (" + address +
                                   ") is not a numeric address with a port; write it like "
                                   "\"0.0.0.0:25\" or \"[::1]:10025\"");
    } else {
      listener.endpoint = netio::Endpoint{endpoint->host, endpoint->port};
    }
  }
  listener.direction =
      reader.choice("direction") == 0 ? engine::Direction::Outbound : engine::Direction::Inbound;
  listener.speaks_lmtp = reader.flag("lmtp");
  listener.relay_networks = networks(reader, "relay");
  listener.forward_networks = networks(reader, "xforward");
  listener.message_bytes_max = reader.size("message_bytes_max");
  listener.recipients_max = narrow(reader.count("recipients_max"));
  listener.connections_max = narrow(reader.count("connections_max"));
  listener.connections_per_client_max = narrow(reader.count("connections_per_client_max"));
  // The message as it came, as it is sealed and, where copies differ, as it is sealed again.
  if ((listener.message_bytes_max / kSegmentBytes + 1) * 3 > config.segments) {
    reader.report("message_bytes_max",
                  "`message_bytes_max` needs three times its size in buffers, and a shard has " +
                      std::to_string(config.segments) +
                      " of 32 KiB; lower it or raise `segments` in [shards]");
  }
  for (const netio::ListenerSettings& other : config.listeners) {
    if (listener.endpoint.port != 0 && other.endpoint == listener.endpoint) {
      reader.report("address", "another listener already has " + address);
    }
  }
  config.listeners.push_back(std::move(listener));
}

std::string lower(std::string text) {
  for (char& c : text) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return text;
}

bool is_domain_pattern(std::string_view domain) {
  if (domain == "*") {
    return true;
  }
  return is_host_name(domain.starts_with('.') ? domain.substr(1) : domain);
}

void read_route(Reader reader, NodeConfig& config) {
  RouteConfig route;
  route.place = reader.place("next_hops");
  for (const std::string& domain : reader.texts("domains")) {
    if (!is_domain_pattern(domain)) {
      reader.report("domains", "`domains`: " + domain +
                                   " is not \"example.org\", \".example.org\" or \"*\" (an "
                                   "internationalised domain in its xn-- form)");
    }
    route.route.domains.push_back(lower(domain));
  }
  const std::vector<std::string> hops = reader.texts("next_hops");
  if (hops.size() > kNextHopsMax) {
    reader.report("next_hops", "`next_hops` may name at most " + std::to_string(kNextHopsMax));
  }
  for (const std::string& text : hops) {
    const std::optional<NextHop> hop = parse_host_and_port(text);
    if (!hop || hop->port == 0) {
      reader.report("next_hops", "`next_hops`: " + text +
                                     " is not a host with a port; write it like "
                                     "\"relay.example.org:25\" or \"[192.0.2.1]:25\"");
      continue;
    }
    route.next_hops.push_back(*hop);
  }
  route.route.name = hops.empty() ? "" : hops.front();
  route.route.speaks_lmtp = reader.flag("lmtp");
  route.route.tls = static_cast<netio::RouteTls>(reader.choice("tls"));
  route.route.tls_ca_file = reader.path("tls_ca_file");
  route.route.connections_max = narrow(reader.count("connections_max"));
  route.route.sends_xforward = reader.flag("xforward");
  if (!route.route.tls_ca_file.empty() && route.route.tls != netio::RouteTls::Verified) {
    reader.report("tls_ca_file", "`tls_ca_file` is used only with tls = \"verified\"");
  }
  config.routes.push_back(std::move(route));
}

// RFC 7512, 2.3: everything but unreserved characters percent-encoded.
std::string token_uri(const std::string& label) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string uri = "pkcs11:token=";
  for (const char c : label) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (is_plain) {
      uri += c;
    } else {
      uri += '%';
      uri += kHex[byte >> 4U];
      uri += kHex[byte & 15U];
    }
  }
  return uri;
}

std::string pin_file_of(Reader& reader) {
  const std::string source = reader.text("pin_source");
  constexpr std::string_view kFile = "file:";
  constexpr std::string_view kCredential = "credential:";
  if (source.empty()) {
    return "";
  }
  if (source.starts_with(kFile) && source.substr(kFile.size()).starts_with('/')) {
    return source.substr(kFile.size());
  }
  const std::string name =
      source.starts_with(kCredential) ? source.substr(kCredential.size()) : std::string();
  if (!name.empty() && name.find('/') == std::string::npos && name != "..") {
    // systemd.exec(5): where LoadCredential= puts them.
    const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
    return std::string(directory == nullptr ? "/run/credentials/sealgated.service" : directory) +
           "/" + name;
  }
  // The value is not shown: somebody may have written the PIN here.
  reader.report("pin_source",
                "`pin_source` has to be \"file:/absolute/path\" or \"credential:NAME\"");
  return "";
}

void read_token(Reader reader, NodeConfig& config) {
  TokenConfig token;
  token.place = reader.place("module");
  token.settings.module = reader.text("module");
  const std::string label = reader.text("label");
  const std::string uri = reader.text("uri");
  if (label.empty() == uri.empty()) {
    reader.report(uri.empty() ? "module" : "uri",
                  "a token is named by either `label` or `uri`; give one of them");
  }
  if (!uri.empty() && !uri.starts_with("pkcs11:")) {
    reader.report("uri", "`uri` has to begin with pkcs11: (RFC 7512)");
  }
  token.settings.uri = uri.empty() ? token_uri(label) : uri;
  token.settings.pin_file = pin_file_of(reader);
  token.settings.lanes = narrow(reader.count("lanes"));
  config.tokens.push_back(std::move(token));
}

void read_hsm(Reader reader, NodeConfig& config) {
  config.hsm.batch_operations_max = narrow(reader.count("batch_operations_max"));
  config.hsm.batch_delay_max = reader.span("batch_delay_max");
  config.hsm.recovery_pause_min = reader.span("recovery_pause_min");
  config.hsm.recovery_pause_max = reader.span("recovery_pause_max");
  if (config.hsm.recovery_pause_min > config.hsm.recovery_pause_max) {
    reader.report("recovery_pause_min", "`recovery_pause_min` is above `recovery_pause_max`");
  }
}

void read_limits(Reader reader, NodeConfig& config) {
  config.pipeline.messages_max = narrow(reader.count("messages_max"));
  config.pipeline.bytes_max = reader.size("bytes_max");
  config.pipeline.memory_entries_max = narrow(reader.count("memory_entries_max"));
  config.pipeline.memory_time = reader.span("memory_time");
  config.pipeline.segments_reserve = config.segments_reserve;
}

void read_timeouts(Reader reader, NodeConfig& config) {
  config.timeouts.command = reader.span("command");
  config.timeouts.data_block = reader.span("data_block");
  config.timeouts.connect = reader.span("connect");
  config.timeouts.reply = reader.span("reply");
  config.timeouts.data_end = reader.span("data_end");
  config.timeouts.idle_reuse = reader.span("idle_reuse");
  config.pipeline.patience = reader.span("answer");
  config.pipeline.key_patience = reader.span("key_operation");
  config.drain_timeout = reader.span("drain");
}

void require_for_daemon(const NodeConfig& config, Problems& problems) {
  if (config.listeners.empty()) {
    problems.push_back(Problem{config.file, "there is no [[listeners]]: mail cannot come in"});
  }
  if (config.routes.empty()) {
    problems.push_back(Problem{config.file, "there is no [[routes]]: mail cannot go out"});
  }
  if (config.tokens.empty()) {
    problems.push_back(Problem{config.file, "there is no [[tokens]]: no key can be used"});
  }
}

std::optional<Value> read_files(const std::string& file, Problems& problems) {
  const std::optional<std::string> text = read_file(file, kConfigBytesMax, problems);
  if (!text) {
    return std::nullopt;
  }
  std::optional<Value> root = parse_toml(*text, file, problems);
  if (!root) {
    return std::nullopt;
  }
  const std::string directory = (std::filesystem::path(file).parent_path() / "conf.d").string();
  for (const std::string& name : files_in(directory, {".toml"}, problems)) {
    const std::optional<std::string> more = read_file(name, kConfigBytesMax, problems);
    std::optional<Value> above = more ? parse_toml(*more, name, problems) : std::nullopt;
    if (above) {
      merge(*root, std::move(*above));
    }
  }
  return root;
}

}  // namespace

std::optional<NextHop> parse_host_and_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.size() - colon < 2 || text.size() - colon > 6) {
    return std::nullopt;
  }
  std::uint32_t port = 0;
  for (const char c : text.substr(colon + 1)) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    port = port * 10 + static_cast<std::uint32_t>(c - '0');
  }
  std::string host(text.substr(0, colon));
  const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (is_bracketed) {
    host = host.substr(1, host.size() - 2);
  }
  in6_addr address{};
  const bool is_six = inet_pton(AF_INET6, host.c_str(), &address) == 1;
  if (port > 65535 || (is_six && !is_bracketed) || (!is_six && !is_host_name(host))) {
    return std::nullopt;
  }
  return NextHop{host, static_cast<std::uint16_t>(port)};
}

std::optional<NodeConfig> load_config(const std::string& file, ConfigUse use, Problems& problems) {
  const std::size_t problems_before = problems.size();
  const std::optional<Value> root = read_files(file, problems);
  if (!root) {
    return std::nullopt;
  }
  NodeConfig config;
  config.file = file;
  Value empty;
  empty.place.file = file;
  Reader node(*root, "", problems);
  read_node(node, config);
  read_shards(Reader(table_of(*root, "shards", empty, problems), "shards", problems), config);
  for (const Value* table : tables_of(*root, "listeners", kListenersMax, problems)) {
    read_listener(Reader(*table, "listeners", problems), config);
  }
  for (const Value* table : tables_of(*root, "routes", kRoutesMax, problems)) {
    read_route(Reader(*table, "routes", problems), config);
  }
  for (const Value* table : tables_of(*root, "tokens", kTokensMax, problems)) {
    read_token(Reader(*table, "tokens", problems), config);
  }
  read_hsm(Reader(table_of(*root, "hsm", empty, problems), "hsm", problems), config);
  read_limits(Reader(table_of(*root, "limits", empty, problems), "limits", problems), config);
  read_timeouts(Reader(table_of(*root, "timeouts", empty, problems), "timeouts", problems), config);
  if (use == ConfigUse::Daemon) {
    require_for_daemon(config, problems);
  }
  if (problems.size() != problems_before) {
    return std::nullopt;
  }
  return config;
}

}  // namespace sealgate::app
