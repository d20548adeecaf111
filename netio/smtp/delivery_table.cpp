// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/delivery_table.h"

#include "base/check.h"
#include "netio/smtp/path.h"
#include "netio/smtp/reply.h"
#include "netio/smtp/router.h"

namespace sealgate::netio {
namespace {

engine::Reply no_route_reply(const std::string& domain) {
  return {
      .code = 550,
      .enhanced = "5.1.2",
      .text = clean_text("No route to " + (domain.empty() ? "an address without domain" : domain) +
                             "; the operator has to add one to the gateway's routes",
                         kReplyTextBytesMax)};
}

DeliveryJob empty_job(const engine::Delivery& delivery, std::uint64_t ticket) {
  DeliveryJob job;
  job.ticket = ticket;
  job.delivery = {.id = delivery.id,
                  .copy = delivery.copy,
                  .sender = delivery.sender,
                  .recipients = {},
                  .content = delivery.content,
                  .body = delivery.body,
                  .needs_smtputf8 = delivery.needs_smtputf8,
                  .tls = delivery.tls,
                  .dsn_return = delivery.dsn_return,
                  .dsn_id = delivery.dsn_id,
                  .forwarded = delivery.forwarded};
  return job;
}

}  // namespace

std::vector<DeliveryTable::RoutedJob> DeliveryTable::begin(engine::Delivery delivery) {
  const std::uint64_t ticket = ++last_ticket_;
  Open& open = open_[ticket];
  open.finished = {.id = delivery.id, .copy = delivery.copy, .results = {}};
  std::map<std::size_t, DeliveryJob> jobs;
  for (std::size_t i = 0; i < delivery.recipients.size(); ++i) {
    engine::Recipient& recipient = delivery.recipients[i];
    const std::string domain = domain_of(recipient.address);
    const auto route = find_route(routes_, domain);
    open.finished.results.push_back({.address = recipient.address,
                                     .reply = route ? engine::Reply() : no_route_reply(domain),
                                     .next_hop = {}});
    if (!route) continue;
    DeliveryJob& job = jobs.try_emplace(*route, empty_job(delivery, ticket)).first->second;
    job.delivery.recipients.push_back(std::move(recipient));
    job.places.push_back(i);
    job.results.emplace_back();
  }
  open.jobs_left = jobs.size();
  if (jobs.empty()) report(open_.find(ticket));
  std::vector<RoutedJob> routed;
  for (auto& [route, job] : jobs) routed.push_back({.route = route, .job = std::move(job)});
  return routed;
}

void DeliveryTable::finish(const DeliveryJob& job, const std::string& next_hop) {
  const auto found = open_.find(job.ticket);
  SG_CHECK(found != open_.end() && found->second.jobs_left > 0);
  for (std::size_t i = 0; i < job.places.size(); ++i) {
    SG_CHECK(job.results[i].has_value());
    engine::RecipientResult& result = found->second.finished.results[job.places[i]];
    result.reply = *job.results[i];
    result.next_hop = next_hop;
  }
  if (--found->second.jobs_left == 0) report(found);
}

void DeliveryTable::report(std::map<std::uint64_t, Open>::iterator done) {
  events_.emplace_back(std::move(done->second.finished));
  open_.erase(done);
}

}  // namespace sealgate::netio
