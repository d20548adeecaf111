// SPDX-License-Identifier: Apache-2.0
#include "app/sealgated/status.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/config/utc.h"

namespace sealgate::app {
namespace {

using Json = nlohmann::ordered_json;

std::string_view name_of(hsm::TokenState state) {
  switch (state) {
    case hsm::TokenState::Ready:
      return "ready";
    case hsm::TokenState::Recovering:
      return "recovering";
    case hsm::TokenState::Refused:
      return "refused";
  }
  return "";
}

Json json_of(const hsm::TokenStatus& token) {
  const hsm::TokenCounters& counters = token.counters;
  return Json{{"uri", token.uri},
              {"label", token.label},
              {"state", name_of(token.state)},
              {"error", token.error == nullptr ? "" : token.error->name},
              {"text", token.error == nullptr ? "" : token.error->text},
              {"detail", token.detail},
              {"lanes", token.lanes},
              {"keys", token.keys},
              {"operations", counters.operations},
              {"operations_sign", counters.operations_sign},
              {"operations_decrypt", counters.operations_decrypt},
              {"operations_derive", counters.operations_derive},
              {"failures", counters.failures},
              {"deadlines_passed", counters.deadlines_passed},
              {"verify_failures", counters.verify_failures},
              {"batches", counters.batches},
              {"recoveries", counters.recoveries},
              {"logins", counters.logins},
              {"queue_depth", counters.queue_depth}};
}

Json json_of(const netio::MailServiceCounters& mail) {
  return Json{{"connections_accepted", mail.connections_accepted},
              {"connections_refused", mail.connections_refused},
              {"messages_begun", mail.messages_begun},
              {"messages_ended", mail.messages_ended},
              {"messages_abandoned", mail.messages_abandoned},
              {"answers_positive", mail.answers_positive},
              {"answers_transient", mail.answers_transient},
              {"answers_permanent", mail.answers_permanent},
              {"messages_refused_bare_line_end", mail.messages_refused_bare_line_end},
              {"messages_refused_too_big", mail.messages_refused_too_big},
              {"messages_refused_no_segments", mail.messages_refused_no_segments},
              {"relays_refused", mail.relays_refused},
              {"client_errors", mail.client_errors},
              {"client_timeouts", mail.client_timeouts},
              {"connects", mail.connects},
              {"connects_failed", mail.connects_failed},
              {"tls_opened", mail.tls_opened},
              {"tls_failed", mail.tls_failed},
              {"connections_reused", mail.connections_reused},
              {"deliveries_finished", mail.deliveries_finished},
              {"deliveries_unknown", mail.deliveries_unknown},
              {"clients_open", mail.clients_open},
              {"next_hops_open", mail.next_hops_open},
              {"deliveries_open", mail.deliveries_open},
              {"messages_open", mail.messages_open}};
}

Json json_of(const ShardNumbers& shard, std::uint32_t segments) {
  return Json{{"turns", shard.turns},
              {"turns_long", shard.turns_long},
              {"turn_longest_us", shard.turn_longest_nanos / 1000},
              {"generation", shard.generation},
              {"in_flight", shard.in_flight},
              {"segments", segments},
              {"segments_free", shard.segments_free},
              {"audit_waits", shard.audit_waits},
              {"bytes_copied", shard.bytes_copied},
              {"pipeline",
               {{"begun", shard.pipeline.begun},
                {"answered", shard.pipeline.answered},
                {"abandoned", shard.pipeline.abandoned},
                {"key_operations", shard.pipeline.key_operations},
                {"copies", shard.pipeline.copies},
                {"reports", shard.pipeline.reports},
                {"withheld", shard.pipeline.withheld}}},
              {"mail", json_of(shard.mail)}};
}

}  // namespace

std::string_view state_of(const StatusFacts& facts) {
  const auto ready = std::count_if(facts.tokens.begin(), facts.tokens.end(), [](const auto& token) {
    return token.state == hsm::TokenState::Ready;
  });
  if (ready == 0) {
    return "locked";
  }
  return static_cast<std::size_t>(ready) == facts.tokens.size() ? "operational" : "degraded";
}

std::string status_json(const StatusFacts& facts) {
  Json status{
      {"state", facts.is_draining ? "draining" : state_of(facts)},
      {"version", facts.version},
      {"hostname", facts.hostname},
      {"pid", facts.pid},
      {"started", utc_text(facts.started)},
      {"uptime_seconds", std::chrono::duration_cast<std::chrono::seconds>(facts.uptime).count()},
      {"generation", facts.generation},
      {"reloads_refused", facts.reloads_refused},
      {"sandboxed", facts.is_sandboxed},
      {"memory_locked", facts.is_memory_locked},
      {"audit", {{"written", facts.audit_written}, {"failures", facts.audit_failures}}}};
  Json& listeners = status["listeners"] = Json::array();
  for (const ListenerStatus& listener : facts.listeners) {
    listeners.push_back(Json{{"address", listener.endpoint.address},
                             {"port", listener.endpoint.port},
                             {"direction", listener.is_outbound ? "outbound" : "inbound"},
                             {"lmtp", listener.speaks_lmtp}});
  }
  Json& tokens = status["tokens"] = Json::array();
  for (const hsm::TokenStatus& token : facts.tokens) {
    tokens.push_back(json_of(token));
  }
  Json& shards = status["shards"] = Json::array();
  for (const ShardNumbers& shard : facts.shards) {
    shards.push_back(json_of(shard, facts.segments));
  }
  return status.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sealgate::app
