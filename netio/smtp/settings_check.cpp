// SPDX-License-Identifier: Apache-2.0
//
// Whether a mail service can run with its settings: said at start, not at the first message.
#include <algorithm>

#include "base/limits.h"
#include "netio/smtp/errors.h"
#include "netio/smtp/mail_service.h"
#include "netio/smtp/network_set.h"
#include "netio/smtp/syntax.h"
#include "netio/tls/tls_client.h"

namespace sealgate::netio {
namespace {

Result<void> check_listener(const ListenerSettings& listener) {
  const bool is_in_range =
      listener.message_bytes_max > 0 && listener.message_bytes_max <= kMessageBytesMax &&
      listener.recipients_max > 0 && listener.recipients_max <= kRecipientsMax &&
      listener.connections_max > 0 && listener.connections_per_client_max > 0;
  if (!is_in_range) return kLimitOutOfRange;
  SG_TRY(NetworkSet::parse(listener.relay_networks));
  SG_TRY(NetworkSet::parse(listener.forward_networks));
  return {};
}

Result<void> check_route(const Route& route) {
  const bool is_complete =
      !route.domains.empty() && !route.name.empty() && !route.endpoints.empty() &&
      std::all_of(route.endpoints.begin(), route.endpoints.end(), [](const Endpoint& endpoint) {
        return endpoint.port != 0 && is_numeric_address(endpoint.address);
      });
  if (!is_complete) return kRouteIncomplete;
  if (route.connections_max == 0) return kLimitOutOfRange;
  if (route.tls == RouteTls::Verified) SG_TRY(TlsClientContext::create(route.tls_ca_file));
  return {};
}

}  // namespace

Result<void> check_settings(const MailServiceSettings& settings) {
  if (!is_ascii(settings.hostname) || !is_domain(settings.hostname)) return kHostnameInvalid;
  for (const ListenerSettings& listener : settings.listeners) SG_TRY(check_listener(listener));
  for (const Route& route : settings.routes) SG_TRY(check_route(route));
  return {};
}

}  // namespace sealgate::netio
