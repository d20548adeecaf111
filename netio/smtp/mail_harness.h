// SPDX-License-Identifier: Apache-2.0
//
// For tests: a MailService on a FakeTransport, with a clock that stands still until it is moved,
// and what the engine would see of it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "netio/smtp/fake_transport.h"
#include "netio/smtp/mail_service.h"

namespace sealgate::netio {

inline MailServiceSettings plain_settings() {
  MailServiceSettings settings;
  settings.hostname = "gate.example";
  settings.segments_reserve = 8;
  settings.listeners.push_back(ListenerSettings{});
  settings.listeners.back().relay_networks = {"192.0.2.0/24"};
  settings.listeners.back().forward_networks = {"192.0.2.7"};
  Route route;
  route.domains = {"*"};
  route.name = "next.example:25";
  route.endpoints = {{.address = "198.51.100.1", .port = 25}};
  route.tls = RouteTls::None;
  settings.routes.push_back(route);
  return settings;
}

class MailHarness {
 public:
  explicit MailHarness(MailServiceSettings settings, std::uint32_t segments = 256)
      : pool(SegmentPool::create(segments).value()),
        transport(*pool),
        service(std::make_unique<MailService>(std::move(settings), transport, *pool)) {}

  // Polls until nothing happens any more.
  void run() {
    do {
      for (engine::IoEvent& event : service->poll(now, Duration::zero())) take(event);
    } while (!transport.is_quiet() || service->next_due() == TimePoint::min());
  }
  void pass(Duration time) {
    now += time;
    run();
  }

  ConnectionId connect_client(std::string address) {
    const ConnectionId id = transport.accept(0, std::move(address));
    run();
    return id;
  }
  // Sends `text` and gives back all replies to it.
  std::string talk(ConnectionId id, std::string_view text) {
    transport.deliver(id, text);
    run();
    return transport.take_text(id);
  }
  void answer(engine::MessageId id, std::vector<engine::Reply> replies) {
    submit(engine::Answer{.id = id, .replies = std::move(replies)});
  }
  void submit(engine::IoAction action) {
    std::vector<engine::IoAction> actions;
    actions.push_back(std::move(action));
    service->submit(std::move(actions), now);
    run();
  }
  Chain chain(std::string_view text) {
    ChainWriter writer(*pool);
    writer.append(text).value();
    return writer.take();
  }

  struct Message {
    engine::MessageId id;
    engine::Envelope envelope;
    std::string content;
    Chain chain;
    bool has_ended = false;
    bool is_abandoned = false;
  };

  const std::unique_ptr<SegmentPool> pool;
  FakeTransport transport;
  std::unique_ptr<MailService> service;
  TimePoint now{};
  std::vector<Message> messages;
  std::vector<engine::DeliveryFinished> finished;
  bool keeps_content = true;

 private:
  Message& find(engine::MessageId id) {
    for (Message& message : messages) {
      if (message.id == id) return message;
    }
    fail_check("an event for a message that has not begun", SourceLocation::current());
  }
  void take(engine::IoEvent& event) {
    if (auto* begun = std::get_if<engine::MessageBegun>(&event)) {
      messages.push_back(
          {.id = begun->id, .envelope = std::move(begun->envelope), .content = {}, .chain = {}});
    } else if (auto* bytes = std::get_if<engine::MessageBytes>(&event)) {
      Message& message = find(bytes->id);
      SG_CHECK(!message.has_ended && !message.is_abandoned);
      if (keeps_content) message.content += as_text(bytes->bytes.bytes);
      if (!keeps_content) message.chain.append(std::move(bytes->bytes));
    } else if (const auto* ended = std::get_if<engine::MessageEnded>(&event)) {
      Message& message = find(ended->id);
      SG_CHECK(!message.has_ended && !message.is_abandoned);
      message.has_ended = true;
    } else if (const auto* abandoned = std::get_if<engine::MessageAbandoned>(&event)) {
      Message& message = find(abandoned->id);
      SG_CHECK(!message.is_abandoned);
      message.is_abandoned = true;
    } else {
      finished.push_back(std::move(std::get<engine::DeliveryFinished>(event)));
    }
  }
};

}  // namespace sealgate::netio
