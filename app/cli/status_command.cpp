// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <ostream>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <system_error>
#include <unistd.h>

#include "app/cli/commands.h"
#include "app/cli/json.h"

namespace sealgate::app {
namespace {

constexpr std::size_t kStatusBytesMax = 16UL << 20U;
constexpr timeval kPatience{5, 0};

// What the daemon says, or nothing with errno set.
std::optional<std::string> ask(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return std::nullopt;
  }
  path.copy(address.sun_path, path.size());
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int failure = errno;
    close(descriptor);
    errno = failure;
    return std::nullopt;
  }
  std::string text;
  char piece[65536];
  ssize_t count = 0;
  while (text.size() < kStatusBytesMax && (count = recv(descriptor, piece, sizeof piece, 0)) > 0) {
    text.append(piece, static_cast<std::size_t>(count));
  }
  close(descriptor);
  return text;
}

void print_status(const Json& status, std::ostream& out) {
  out << "sealgated " << status.at("version").get<std::string>() << " on "
      << printable(status.at("hostname").get<std::string>()) << ": "
      << status.at("state").get<std::string>() << ", up " << status.at("uptime_seconds")
      << " s, generation " << status.at("generation") << "\n";
  for (const Json& listener : status.at("listeners")) {
    out << "  listening   " << listener.at("address").get<std::string>() << " port "
        << listener.at("port") << ", " << listener.at("direction").get<std::string>()
        << (listener.at("lmtp").get<bool>() ? ", LMTP" : "") << "\n";
  }
  for (const Json& token : status.at("tokens")) {
    out << "  token       " << printable(token.at("uri").get<std::string>()) << ": "
        << token.at("state").get<std::string>() << ", " << token.at("keys") << " keys, "
        << token.at("operations") << " operations, " << token.at("failures") << " failed\n";
    if (token.at("state") != "ready") {
      out << "              " << token.at("text").get<std::string>() << "\n";
    }
  }
  std::size_t number = 0;
  for (const Json& shard : status.at("shards")) {
    const Json& mail = shard.at("mail");
    out << "  shard " << number++ << "     " << mail.at("messages_ended") << " messages, "
        << mail.at("answers_positive") << " taken, " << mail.at("answers_transient")
        << " deferred, " << mail.at("answers_permanent") << " refused, " << shard.at("in_flight")
        << " in flight, " << shard.at("segments_free") << " of " << shard.at("segments")
        << " buffers free\n";
  }
  if (!status.at("sandboxed").get<bool>()) {
    out << "  WARNING     the sandbox is off\n";
  }
  if (!status.at("memory_locked").get<bool>()) {
    out << "  WARNING     memory is not locked and may be swapped\n";
  }
  if (status.at("audit").at("failures").get<std::uint64_t>() != 0) {
    out << "  WARNING     the audit log could not be written at times\n";
  }
  if (status.at("reloads_refused").get<std::uint64_t>() != 0) {
    out << "  WARNING     reloads were refused; run `sealgate config check`\n";
  }
}

}  // namespace

int run_status(const CommandLine& line, Streams streams) {
  const std::optional<NodeConfig> config = config_of(line, streams);
  if (!config) {
    return EX_CONFIG;
  }
  const std::optional<std::string> text = ask(config->status_socket);
  if (!text) {
    const int failure = errno;
    streams.err << config->status_socket << ": "
                << std::error_code(failure, std::generic_category()).message()
                << "; is sealgated running, and are you its user or root?\n";
    return failure == EACCES ? EX_NOPERM : EX_UNAVAILABLE;
  }
  const Json status = Json::parse(*text, nullptr, false);
  if (status.is_discarded()) {
    streams.err << config->status_socket << ": the answer is not JSON; is it sealgated?\n";
    return EX_PROTOCOL;
  }
  if (line.wants_json) {
    print_json(status, streams.out);
  } else {
    print_status(status, streams.out);
  }
  return status.at("state") == "operational" ? EX_OK : EX_TEMPFAIL;
}

}  // namespace sealgate::app
