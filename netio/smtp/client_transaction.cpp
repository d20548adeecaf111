// SPDX-License-Identifier: Apache-2.0
//
// The transaction of SmtpClient: one job from MAIL to its results.
#include <algorithm>
#include <utility>

#include "netio/smtp/client_facts.h"
#include "netio/smtp/dot_stuffer.h"
#include "netio/smtp/path.h"
#include "netio/smtp/smtp_client.h"
#include "netio/smtp/syntax.h"

namespace sealgate::netio {

using engine::BodyType;

namespace {

// Whoever made the address: no line end, bracket or parameter in it may become a command of ours.
// So all of it must be the address that stands between the brackets.
bool can_be_sent_on(const std::string& address, PathKind kind) {
  const std::string text = "<" + address + ">";
  const Result<Path> path = parse_path(text, kind);
  return path && path.value().address == address && path.value().rest.empty();
}

}  // namespace

void SmtpClient::start_job() {
  accepted_.assign(job_->delivery.recipients.size(), false);
  is_mail_accepted_ = false;
  is_content_sent_ = false;
  is_content_leaving_ = false;
  data_reply_.reset();
  is_chunked_ = job_->delivery.body == BodyType::BinaryMime;
  const bool is_unfit = refuse_unfit();
  const auto& results = job_->results;
  if (is_unfit || std::find(results.begin(), results.end(), std::nullopt) == results.end()) {
    return finish_job();
  }
  write_script();
  follow_script();
}

// Gives every recipient its result where this next hop cannot take the message at all.
bool SmtpClient::refuse_unfit() {
  const engine::Delivery& delivery = job_->delivery;
  const auto refuse = [&](std::uint16_t code, std::string_view enhanced, std::string_view what) {
    engine::Reply reply = trouble(enhanced, what);
    reply.code = code;
    job_->fill_open_results(reply);
    return true;
  };
  if (delivery.needs_smtputf8 && !offers_.smtputf8) {
    return refuse(550, "5.6.7", "it does not take internationalized addresses (SMTPUTF8)");
  }
  if (delivery.body == BodyType::EightBitMime && !offers_.eight_bit) {
    return refuse(550, "5.6.3", "it does not take 8-bit content (8BITMIME)");
  }
  if (is_chunked_ && !(offers_.binary && offers_.chunking)) {
    return refuse(550, "5.6.3", "it does not take binary content (BINARYMIME)");
  }
  if (offers_.size_max > 0 && delivery.content.size() > offers_.size_max) {
    return refuse(552, "5.3.4", "the message is bigger than it takes");
  }
  const bool is_sender_fit = can_be_sent_on(delivery.sender, PathKind::Reverse) &&
                             (delivery.needs_smtputf8 || is_ascii(delivery.sender));
  if (!is_sender_fit) return refuse(553, "5.1.7", "the sender's address cannot be sent on");
  refuse_unfit_addresses();
  if (is_chunked_) return false;
  Result<Chain> stuffed = stuff_dots(delivery.content, shard_.writer);
  if (!stuffed) {
    return refuse(550, "5.6.11", "the message has a CR or LF alone, which cannot be sent on");
  }
  stuffed_ = std::move(stuffed).value();
  return false;
}

void SmtpClient::refuse_unfit_addresses() {
  const engine::Delivery& delivery = job_->delivery;
  for (std::size_t i = 0; i < delivery.recipients.size(); ++i) {
    const std::string& address = delivery.recipients[i].address;
    const bool is_fit = can_be_sent_on(address, PathKind::Forward);
    const bool is_plain = delivery.needs_smtputf8 || is_ascii(address);
    if (is_fit && is_plain) continue;
    engine::Reply reply =
        is_fit ? trouble("5.6.7", "the address needs SMTPUTF8, which the message does not have")
               : trouble("5.1.3", "the recipient's address cannot be sent on");
    reply.code = 553;
    job_->results[i] = reply;
  }
}

void SmtpClient::write_script() {
  const engine::Delivery& delivery = job_->delivery;
  if (target_.route.sends_xforward) {
    for (std::string& line : format_xforward(delivery.forwarded, offers_.xforward)) {
      script_.push_back({.expect = Expect::Xforward, .recipient = 0, .command = std::move(line)});
    }
  }
  script_.push_back({.expect = Expect::Mail, .recipient = 0, .command = mail_command()});
  for (std::size_t i = 0; i < delivery.recipients.size(); ++i) {
    if (job_->results[i]) continue;
    script_.push_back({.expect = Expect::Rcpt,
                       .recipient = i,
                       .command = recipient_command(delivery.recipients[i])});
  }
  if (!is_chunked_) script_.push_back({.expect = Expect::Data, .recipient = 0, .command = "DATA"});
}

std::string SmtpClient::mail_command() const {
  const engine::Delivery& delivery = job_->delivery;
  std::string command = "MAIL FROM:<" + delivery.sender + ">";
  if (offers_.size) command += " SIZE=" + std::to_string(delivery.content.size());
  if (delivery.body == BodyType::EightBitMime) command += " BODY=8BITMIME";
  if (delivery.body == BodyType::BinaryMime) command += " BODY=BINARYMIME";
  if (delivery.needs_smtputf8) command += " SMTPUTF8";
  if (!offers_.dsn) return command;
  if (delivery.dsn_return == engine::DsnReturn::Full) command += " RET=FULL";
  if (delivery.dsn_return == engine::DsnReturn::Headers) command += " RET=HDRS";
  if (!delivery.dsn_id.empty() && is_xtext(delivery.dsn_id)) command += " ENVID=" + delivery.dsn_id;
  return command;
}

std::string SmtpClient::recipient_command(const engine::Recipient& recipient) const {
  std::string command = "RCPT TO:<" + recipient.address + ">";
  if (!offers_.dsn) return command;
  const engine::DsnNotify& notify = recipient.notify;
  if (!notify.is_default) {
    std::string list;
    if (notify.success) list += ",SUCCESS";
    if (notify.failure) list += ",FAILURE";
    if (notify.delay) list += ",DELAY";
    const bool is_never = notify.never || list.empty();
    command += " NOTIFY=" + (is_never ? std::string("NEVER") : list.substr(1));
  }
  const bool is_original_fit =
      is_free_of_controls(recipient.original) && recipient.original.find(' ') == std::string::npos;
  if (!recipient.original.empty() && is_original_fit) command += " ORCPT=" + recipient.original;
  return command;
}

// Without PIPELINING each command waits for the reply to the one before (RFC 2920, 3.1).
void SmtpClient::follow_script() {
  while (!script_.empty() && (offers_.pipelining || expected_.empty())) {
    Step step = std::move(script_.front());
    script_.pop_front();
    send(std::move(step));
  }
}

void SmtpClient::hear_transaction(const engine::Reply& reply, Expect expect,
                                  std::size_t recipient) {
  if (expect == Expect::Content) return hear_content(reply);
  // Only DATA may be answered with 3xx.
  const bool is_out_of_place = reply.code / 100 == (expect == Expect::Data ? 2 : 3);
  if (is_out_of_place) {
    give_up(trouble("4.5.0", "it said " + std::to_string(reply.code) + " out of place"),
            Ending::Abort);
    return;
  }
  if (expect == Expect::Mail) {
    is_mail_accepted_ = reply.is_positive();
    if (!is_mail_accepted_) {
      job_->fill_open_results(reply);
      script_.clear();
    }
  } else if (expect == Expect::Rcpt) {
    accepted_[recipient] = is_mail_accepted_ && reply.is_positive();
    if (!accepted_[recipient] && !job_->results[recipient]) job_->results[recipient] = reply;
  } else if (expect == Expect::Data) {
    data_reply_ = reply;
  }
  const bool is_data_next = script_.size() == 1 && script_.front().expect == Expect::Data;
  if (is_data_next && count_accepted() == 0) script_.clear();
  follow_script();
  if (script_.empty() && expected_.empty()) finish_envelope();
}

std::size_t SmtpClient::count_accepted() const {
  return static_cast<std::size_t>(std::count(accepted_.begin(), accepted_.end(), true));
}

// All of the envelope, and DATA if it was sent, has been answered.
void SmtpClient::finish_envelope() {
  if (!job_) return;  // send() has given up and taken it along.
  const bool wants_data = data_reply_ && data_reply_->code / 100 == 3;
  if (count_accepted() > 0 && (is_chunked_ || wants_data)) return send_content(is_chunked_);
  if (wants_data) {
    // RFC 2920, 3.1: a server may go ahead though no recipient is left; give it nothing.
    expected_.push_back({.expect = Expect::Nothing});
    Chain end;
    end.append_static(".\r\n");
    transmit(end);
  } else {
    if (data_reply_) job_->fill_open_results(*data_reply_);
    if (is_mail_accepted_) send({.expect = Expect::Rset, .recipient = 0, .command = "RSET"});
  }
  if (job_) finish_job();
}

void SmtpClient::send_content(bool is_chunk) {
  // From here on the next hop may have the message, whatever we hear of it.
  const std::size_t replies = target_.route.speaks_lmtp ? count_accepted() : 1;
  if (is_chunk) {
    ChainWriter& writer = shard_.writer;
    const std::uint64_t size = job_->delivery.content.size();
    const Result<void> written = writer.append("BDAT " + std::to_string(size) + " LAST\r\n");
    stuffed_ = writer.take();
    if (!written) return give_up(reply_for(written.error()), Ending::Abort);
    stuffed_.append(job_->delivery.content);
  }
  is_content_sent_ = true;
  is_content_leaving_ = true;
  for (std::size_t i = 0; i < replies; ++i) expected_.push_back({.expect = Expect::Content});
  transmit(std::exchange(stuffed_, Chain()));
}

void SmtpClient::hear_content(const engine::Reply& reply) {
  engine::Reply result = reply;
  const bool is_early = !unencrypted_.empty();
  if (reply.code / 100 == 3 || (is_early && reply.is_positive())) {
    result = trouble("4.5.0", "it said " + std::to_string(reply.code) + " out of place");
  }
  if (reply.code == 421 || is_early || !target_.route.speaks_lmtp) {
    job_->fill_open_results(result);
    expected_.clear();
  } else {
    // RFC 2033, 4.2: in the order of the recipients that were taken.
    const auto open = std::find(job_->results.begin(), job_->results.end(), std::nullopt);
    if (open != job_->results.end()) *open = result;
  }
  if (is_early) output_.end(Ending::Abort);
  // A server that refuses before it has read all may take the rest for commands: it must not leave.
  const bool is_out_of_step = is_content_leaving_ && !reply.is_positive();
  if (is_out_of_step) output_.end(Ending::Abort);
  if (reply.code == 421) output_.end(Ending::Close);
  if (expected_.empty()) finish_job();
}

void SmtpClient::finish_job() {
  is_content_sent_ = false;
  stuffed_.clear();
  outcome_ = JobOutcome{.kind = JobOutcome::Kind::Finished,
                        .job = std::move(*job_),
                        .reason = {},
                        .did_tls_fail = false};
  job_.reset();
}

}  // namespace sealgate::netio
