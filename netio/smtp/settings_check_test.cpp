// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/limits.h"
#include "netio/smtp/errors.h"
#include "netio/smtp/mail_harness.h"
#include "netio/tls/errors.h"

namespace sealgate::netio {
namespace {

// The name of what is wrong once `change` was made to settings that are right.
template <typename Change>
std::string_view wrong(Change change) {
  MailServiceSettings settings = plain_settings();
  change(settings);
  const Result<void> checked = check_settings(settings);
  return checked ? "" : checked.error().kind().name;
}

TEST(CheckSettings, NamesWhatIsWrong) {
  using Settings = MailServiceSettings;
  EXPECT_EQ(wrong([](Settings&) {}), "");
  EXPECT_EQ(wrong([](Settings& s) { s.hostname = ""; }), kHostnameInvalid.name);
  EXPECT_EQ(wrong([](Settings& s) { s.hostname = "a b\r\n"; }), kHostnameInvalid.name);
  for (const char* network : {"x", "192.0.2.1/24", "192.0.2.0/33", "2001:db8::/129", "1.2.3.4/"}) {
    EXPECT_EQ(wrong([&](Settings& s) { s.listeners[0].relay_networks = {network}; }),
              kNetworkInvalid.name)
        << network;
    EXPECT_EQ(wrong([&](Settings& s) { s.listeners[0].forward_networks = {network}; }),
              kNetworkInvalid.name);
  }
  EXPECT_EQ(wrong([](Settings& s) { s.listeners[0].message_bytes_max = 0; }),
            kLimitOutOfRange.name);
  EXPECT_EQ(wrong([](Settings& s) { s.listeners[0].message_bytes_max = kMessageBytesMax; }), "");
  EXPECT_EQ(wrong([](Settings& s) { s.listeners[0].message_bytes_max = kMessageBytesMax + 1; }),
            kLimitOutOfRange.name);
  EXPECT_EQ(wrong([](Settings& s) { s.listeners[0].recipients_max = kRecipientsMax + 1; }),
            kLimitOutOfRange.name);
  EXPECT_EQ(wrong([](Settings& s) { s.listeners[0].connections_max = 0; }), kLimitOutOfRange.name);
  EXPECT_EQ(wrong([](Settings& s) { s.routes[0].connections_max = 0; }), kLimitOutOfRange.name);
  EXPECT_EQ(wrong([](Settings& s) { s.routes[0].endpoints.clear(); }), kRouteIncomplete.name);
  EXPECT_EQ(wrong([](Settings& s) { s.routes[0].endpoints[0].port = 0; }), kRouteIncomplete.name);
  EXPECT_EQ(wrong([](Settings& s) { s.routes[0].endpoints[0].address = "host"; }),
            kRouteIncomplete.name);
  EXPECT_EQ(wrong([](Settings& s) { s.routes[0].domains.clear(); }), kRouteIncomplete.name);
  EXPECT_EQ(wrong([](Settings& s) {
              s.routes[0].tls = RouteTls::Verified;
              s.routes[0].tls_ca_file = "/nonexistent/ca.pem";
            }),
            kTlsTrustUnreadable.name);
}

}  // namespace
}  // namespace sealgate::netio
