// SPDX-License-Identifier: Apache-2.0
#include <ctime>
#include <iostream>
#include <iterator>
#include <ostream>
#include <sysexits.h>

#include "app/cli/commands.h"
#include "app/cli/json.h"
#include "app/config/file.h"
#include "app/store/snapshot_loader.h"
#include "engine/message/explain.h"

namespace sealgate::app {
namespace {

Json json_of(const engine::ExplainedCertificate& certificate) {
  return Json{{"subject", certificate.subject},       {"issuer", certificate.issuer},
              {"serial", certificate.serial},         {"sha256", certificate.sha256},
              {"origin", certificate.origin},         {"addresses", certificate.addresses},
              {"not_before", certificate.not_before}, {"not_after", certificate.not_after},
              {"is_chosen", certificate.is_chosen},   {"outcome", certificate.outcome},
              {"reason", certificate.reason}};
}

Json json_of(const std::vector<engine::ExplainedCertificate>& certificates) {
  Json list = Json::array();
  for (const engine::ExplainedCertificate& certificate : certificates) {
    list.push_back(json_of(certificate));
  }
  return list;
}

Json json_of(const engine::Reply& reply) {
  return Json{{"code", reply.code}, {"enhanced", reply.enhanced}, {"text", reply.text}};
}

Json json_of(const engine::ExplainedRecipient& recipient) {
  Json value{{"address", recipient.address},
             {"is_known_contact", recipient.is_known_contact},
             {"rule", recipient.rule},
             {"protection", recipient.protection},
             {"algorithms", recipient.algorithms},
             {"profile", recipient.profile},
             {"reasons", recipient.reasons},
             {"certificates", json_of(recipient.certificates)},
             {"is_refused", recipient.is_refused}};
  if (recipient.is_refused) {
    value["reply"] = json_of(recipient.reply);
  } else {
    value["copy"] = recipient.copy;
  }
  return value;
}

Json json_of(const engine::ExplainedCopy& copy) {
  return Json{{"number", copy.number},
              {"recipients", copy.recipients},
              {"protection", copy.protection},
              {"layers", copy.layers},
              {"algorithms", copy.algorithms},
              {"tls", copy.tls},
              {"why_separate", copy.why_separate}};
}

Json json_of(const engine::Explanation& explanation) {
  Json value{{"sender", explanation.sender},
             {"header_from", explanation.header_from},
             {"subject", explanation.subject},
             {"outgoing_subject", explanation.outgoing_subject},
             {"message_id", explanation.message_id},
             {"size", explanation.size},
             {"findings", explanation.findings},
             {"notes", explanation.notes},
             {"identities", json_of(explanation.identities)},
             {"recipients", Json::array()},
             {"copies", Json::array()},
             {"is_refused", explanation.is_refused},
             {"reply", json_of(explanation.reply)}};
  for (const engine::ExplainedRecipient& recipient : explanation.recipients) {
    value["recipients"].push_back(json_of(recipient));
  }
  for (const engine::ExplainedCopy& copy : explanation.copies) {
    value["copies"].push_back(json_of(copy));
  }
  return value;
}

std::optional<std::string> read_message(const std::string& file, Problems& problems) {
  if (file != "-") {
    return read_file(file, kMessageBytesMax, problems);
  }
  std::string content;
  char piece[65536];
  while (std::cin.read(piece, sizeof piece) || std::cin.gcount() > 0) {
    content.append(piece, static_cast<std::size_t>(std::cin.gcount()));
    if (content.size() > kMessageBytesMax) {
      problems.push_back(Problem{"standard input", "is larger than any message taken"});
      return std::nullopt;
    }
  }
  return content;
}

std::string without_brackets(const std::string& path) {
  const bool is_bracketed = path.size() >= 2 && path.front() == '<' && path.back() == '>';
  return is_bracketed ? path.substr(1, path.size() - 2) : path;
}

engine::Envelope envelope_of(const CommandLine& line) {
  engine::Envelope envelope;
  envelope.direction =
      line.explain.is_inbound ? engine::Direction::Inbound : engine::Direction::Outbound;
  envelope.protocol = line.explain.speaks_lmtp ? engine::Protocol::Lmtp : engine::Protocol::Smtp;
  envelope.client_address = "127.0.0.1";
  envelope.client_helo = "localhost";
  envelope.sender = without_brackets(line.explain.sender);
  for (const std::string& address : line.explain.recipients) {
    engine::Recipient recipient;
    recipient.address = without_brackets(address);
    envelope.recipients.push_back(std::move(recipient));
  }
  return envelope;
}

bool is_usable(const engine::Envelope& envelope, std::ostream& err) {
  if (envelope.recipients.size() > kRecipientsMax) {
    err << "at most " << kRecipientsMax << " recipients\n";
    return false;
  }
  for (const engine::Recipient& recipient : envelope.recipients) {
    const std::string& address = recipient.address;
    if (address.size() > kAddressBytesMax || address.find('@') == std::string::npos) {
      err << "--to " << printable(address) << " is not an address\n";
      return false;
    }
  }
  return envelope.sender.size() <= kAddressBytesMax;
}

}  // namespace

int run_explain(const CommandLine& line, Streams streams) {
  const std::optional<NodeConfig> config = config_of(line, streams);
  if (!config) {
    return EX_CONFIG;
  }
  Problems problems;
  const std::optional<std::string> message = read_message(line.files.front(), problems);
  if (!message) {
    print_problems(problems, streams.err);
    return EX_NOINPUT;
  }
  const engine::Envelope envelope = envelope_of(line);
  if (!is_usable(envelope, streams.err)) {
    return EX_USAGE;
  }
  const LoadedSnapshot loaded = load_snapshot(*config, 1);
  print_problems(loaded.problems, streams.err);
  if (loaded.snapshot == nullptr) {
    return EX_CONFIG;
  }
  const Now now{TimePoint(), WallTime(std::chrono::seconds(std::time(nullptr)))};
  const Result<engine::Explanation> explanation = engine::explain(
      *loaded.snapshot, as_bytes(*message), envelope, config->pipeline.partial_refusal, now);
  if (!explanation) {
    streams.err << explanation.error().kind().text << "\n";
    return EX_DATAERR;
  }
  if (line.wants_json) {
    print_json(json_of(explanation.value()), streams.out);
  } else {
    streams.out << engine::render(explanation.value());
  }
  return EX_OK;
}

}  // namespace sealgate::app
