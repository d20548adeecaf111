// SPDX-License-Identifier: Apache-2.0
//
// The commands of SmtpServer.
#include <algorithm>
#include <utility>

#include "netio/smtp/client_facts.h"
#include "netio/smtp/errors.h"
#include "netio/smtp/parameters.h"
#include "netio/smtp/path.h"
#include "netio/smtp/smtp_server.h"
#include "netio/smtp/syntax.h"

namespace sealgate::netio {
namespace {

// What stands behind "FROM:" or "TO:", or nothing. A space after the colon is against RFC 5321,
// 4.1.1.2 but common.
std::optional<std::string_view> path_behind(std::string_view keyword, std::string_view argument) {
  if (!has_prefix_ignoring_case(argument, keyword)) return {};
  argument.remove_prefix(keyword.size());
  argument.remove_prefix(std::min(argument.find_first_not_of(' '), argument.size()));
  return argument;
}

std::string_view parameter_refusal(const Error& error) {
  return error.is(kParameterUnknown) ? "555 5.5.4 A parameter of the command is not supported\r\n"
                                     : "501 5.5.4 A parameter of the command is malformed\r\n";
}

std::string_view path_refusal(const Error& error, PathKind kind) {
  if (error.is(kPathTooLong)) return "501 5.1.7 The address is too long\r\n";
  return kind == PathKind::Reverse
             ? "501 5.1.7 The sender is malformed; expected MAIL FROM:<local@domain>\r\n"
             : "501 5.1.3 The recipient is malformed; expected RCPT TO:<local@domain>\r\n";
}

}  // namespace

void SmtpServer::obey(const Command& command) {
  // RFC 3030, 2: between the chunks of a message only few commands make sense.
  const bool is_inside_content =
      has_begun_ &&
      (command.verb == Verb::Mail || command.verb == Verb::Rcpt || command.verb == Verb::Data);
  if (is_inside_content) {
    refuse("503 5.5.1 The message has begun; expected BDAT or RSET\r\n");
    return;
  }
  const bool is_idle = command.verb == Verb::Noop || command.verb == Verb::Rset ||
                       command.verb == Verb::Vrfy || command.verb == Verb::Help ||
                       command.verb == Verb::Xforward || command.verb == Verb::Ehlo ||
                       command.verb == Verb::Helo || command.verb == Verb::Lhlo;
  if (is_idle && ++idle_commands_ > kIdleCommandsMax) {
    leave("421 4.7.0 Too many commands without a message\r\n");
    return;
  }
  switch (command.verb) {
    case Verb::Ehlo:
    case Verb::Helo:
    case Verb::Lhlo:
      return hello(command);
    case Verb::Mail:
      return mail(command.argument);
    case Verb::Rcpt:
      return rcpt(command.argument);
    case Verb::Data:
      if (!command.argument.empty()) return refuse("501 5.5.4 DATA has no parameters\r\n");
      return start_data();
    case Verb::Bdat:
      return start_chunk(command.argument);
    case Verb::Rset:
      if (!command.argument.empty()) return refuse("501 5.5.4 RSET has no parameters\r\n");
      reset_transaction();
      say("250 2.0.0 Reset\r\n");
      return drain();
    case Verb::Noop:
      return say("250 2.0.0 Ok\r\n");
    case Verb::Vrfy:
      if (command.argument.empty()) return refuse("501 5.5.4 Expected VRFY address\r\n");
      return say("252 2.1.5 Cannot verify; send the message and see\r\n");
    case Verb::Help:
      return say("214 2.0.0 See RFC 5321\r\n");
    case Verb::Quit:
      if (!command.argument.empty()) return refuse("501 5.5.4 QUIT has no parameters\r\n");
      return leave("221 2.0.0 Bye\r\n");
    case Verb::Xforward:
      return forward_client(command.argument);
    case Verb::Known:
      return refuse("502 5.5.1 The command is not offered\r\n");
    case Verb::Unknown:
      return refuse("500 5.5.1 Unknown command\r\n");
  }
}

void SmtpServer::hello(const Command& command) {
  const bool is_lmtp = command.verb == Verb::Lhlo;
  if (is_lmtp != listener_.settings.speaks_lmtp) {
    // RFC 2033, 4.1.
    refuse(is_lmtp ? "500 5.5.1 SMTP is spoken here; expected EHLO\r\n"
                   : "500 5.5.1 LMTP is spoken here; expected LHLO\r\n");
    return;
  }
  constexpr std::size_t kNameBytesMax = 255;
  const std::string_view name = command.argument;
  const bool is_name = !name.empty() && name.size() <= kNameBytesMax &&
                       name.find(' ') == name.npos && is_ascii(name);
  if (!is_name) {
    refuse("501 5.5.4 Expected your host name\r\n");
    return;
  }
  reset_transaction();
  forwarded_ = {};
  helo_ = name;
  is_extended_ = command.verb != Verb::Helo;
  output_.add_static(is_extended_ ? "250-" : "250 ");
  output_.add_copy(shard_.settings.hostname);
  say("\r\n");
  if (is_extended_) offer_extensions();
}

void SmtpServer::offer_extensions() {
  say("250-PIPELINING\r\n250-SIZE ");
  output_.add_copy(std::to_string(listener_.settings.message_bytes_max));
  say("\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250-DSN\r\n250-CHUNKING\r\n");
  if (may_forward_) {
    say("250-XFORWARD ");
    say(kForwardAttributes);
    say("\r\n");
  }
  say("250 BINARYMIME\r\n");
}

void SmtpServer::mail(std::string_view argument) {
  if (helo_.empty()) return refuse("503 5.5.1 Say EHLO first\r\n");
  if (has_sender_) return refuse("503 5.5.1 The sender is already given\r\n");
  const auto text = path_behind("FROM:", argument);
  if (!text) return refuse("501 5.5.4 Expected MAIL FROM:<address>\r\n");
  Result<Path> path = parse_path(*text, PathKind::Reverse);
  if (!path) return refuse(path_refusal(path.error(), PathKind::Reverse));
  const Result<MailParameters> parsed = parse_mail_parameters(path.value().rest);
  if (!parsed) return refuse(parameter_refusal(parsed.error()));
  const MailParameters& parameters = parsed.value();
  if (!parameters.needs_smtputf8 && !is_ascii(path.value().address)) {
    return refuse("553 5.6.7 The address needs SMTPUTF8\r\n");  // RFC 6531, 3.5.
  }
  if (parameters.size > listener_.settings.message_bytes_max) {
    ++shard_.counters.messages_refused_too_big;
    return refuse("552 5.3.4 The message is too big\r\n");
  }
  if (shard_.is_draining) return leave("421 4.3.2 Going down; try again later\r\n");
  if (is_short_of_segments(parameters.size)) {
    ++shard_.counters.messages_refused_no_segments;
    return say("452 4.3.1 Too much mail at once; try again later\r\n");
  }
  has_sender_ = true;
  envelope_.sender = std::move(path).value().address;
  envelope_.body = parameters.body;
  envelope_.needs_smtputf8 = parameters.needs_smtputf8;
  envelope_.dsn_return = parameters.dsn_return;
  envelope_.dsn_id = parameters.dsn_id;
  say("250 2.1.0 Sender ok\r\n");
}

void SmtpServer::rcpt(std::string_view argument) {
  if (!has_sender_) return refuse("503 5.5.1 Say MAIL first\r\n");
  const auto text = path_behind("TO:", argument);
  if (!text) return refuse("501 5.5.4 Expected RCPT TO:<address>\r\n");
  was_recipient_refused_ = true;  // Until it is taken.
  Result<Path> path = parse_path(*text, PathKind::Forward);
  if (!path) return refuse(path_refusal(path.error(), PathKind::Forward));
  Result<RecipientParameters> parameters = parse_recipient_parameters(path.value().rest);
  if (!parameters) return refuse(parameter_refusal(parameters.error()));
  if (!envelope_.needs_smtputf8 && !is_ascii(path.value().address)) {
    return refuse("553 5.6.7 The address needs SMTPUTF8\r\n");
  }
  if (!may_relay_) {
    ++shard_.counters.relays_refused;
    return refuse(
        "550 5.7.1 Your address may not relay here; the operator can allow it in relay_networks "
        "of this listener\r\n");
  }
  const std::size_t recipients_max =
      std::min<std::size_t>(listener_.settings.recipients_max, kRecipientsMax);
  if (envelope_.recipients.size() >= recipients_max) {
    return say("452 4.5.3 Too many recipients; send the message again for the rest\r\n");
  }
  envelope_.recipients.push_back({.address = std::move(path).value().address,
                                  .notify = parameters.value().notify,
                                  .original = std::move(parameters).value().original});
  say("250 2.1.5 Recipient ok\r\n");
}

void SmtpServer::forward_client(std::string_view argument) {
  if (!may_forward_) return refuse("550 5.7.0 XFORWARD is not for you\r\n");
  if (helo_.empty()) return refuse("503 5.5.1 Say EHLO first\r\n");
  if (has_sender_) return refuse("503 5.5.1 Not inside a transaction\r\n");
  const Result<void> parsed = parse_xforward(argument, forwarded_);
  if (!parsed) return refuse("501 5.5.4 An XFORWARD attribute is malformed\r\n");
  say("250 2.0.0 Ok\r\n");
}

void SmtpServer::reset_transaction() {
  lost();
  // XFORWARD holds for one transaction.
  if (has_sender_) forwarded_ = {};
  has_sender_ = false;
  was_recipient_refused_ = false;
  envelope_ = {};
  has_begun_ = false;
  verdict_.clear();
  data_ = {};
  line_ends_ = {};
  content_bytes_ = 0;
  small_pieces_ = 0;
  phase_ = Phase::Command;
}

}  // namespace sealgate::netio
