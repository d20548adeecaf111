// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "app/config/utc.h"
#include "app/sealgated/audit_log.h"

namespace sealgate::app {
namespace {

using Json = nlohmann::ordered_json;

std::string_view name_of(engine::Disposition disposition) {
  switch (disposition) {
    case engine::Disposition::Delivered:
      return "delivered";
    case engine::Disposition::PartlyDelivered:
      return "partly_delivered";
    case engine::Disposition::Deferred:
      return "deferred";
    case engine::Disposition::Refused:
      return "refused";
    case engine::Disposition::Abandoned:
      return "abandoned";
  }
  return "";
}

Json json_of(const engine::RecipientAudit& recipient) {
  return Json{{"address", recipient.address},         {"rule", recipient.rule},
              {"protection", recipient.protection},   {"algorithms", recipient.algorithms},
              {"certificate", recipient.certificate}, {"copy", recipient.copy},
              {"reasons", recipient.reasons},         {"code", recipient.reply.code},
              {"enhanced", recipient.reply.enhanced}, {"reply", recipient.reply.text}};
}

}  // namespace

std::string audit_line(const engine::AuditRecord& record) {
  Json line{{"at", utc_text(record.at)},
            {"id", record.id.value},
            {"queue_id", record.queue_id},
            {"generation", record.generation},
            {"disposition", name_of(record.disposition)},
            {"sender", record.sender},
            {"header_from", record.header_from},
            {"message_id", record.message_id},
            {"client", record.client},
            {"bytes_in", record.bytes_in},
            {"bytes_out", record.bytes_out},
            {"copies", record.copies},
            {"key_operations", record.key_operations},
            {"latency_us",
             std::chrono::duration_cast<std::chrono::microseconds>(record.latency).count()}};
  Json& recipients = line["recipients"] = Json::array();
  for (const engine::RecipientAudit& recipient : record.recipients) {
    recipients.push_back(json_of(recipient));
  }
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sealgate::app
