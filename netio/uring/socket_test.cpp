// SPDX-License-Identifier: Apache-2.0
#include "netio/uring/socket.h"

#include <unistd.h>

#include <gtest/gtest.h>

#include "netio/uring/errors.h"

namespace sealgate::netio {
namespace {

TEST(Socket, ReadsNumericAddressesOnly) {
  EXPECT_TRUE(to_socket_address({.address = "192.0.2.1", .port = 25}));
  EXPECT_TRUE(to_socket_address({.address = "2001:db8::1", .port = 25}));
  for (const char* address : {"", "localhost", "1.2", "0x7f.1", "192.0.2.256", "::1::", "[::1]"}) {
    EXPECT_FALSE(to_socket_address({.address = address, .port = 25})) << address;
  }
}

TEST(Socket, WritesAddressesAsTheyAreRead) {
  for (const char* address : {"192.0.2.1", "2001:db8::1"}) {
    const Endpoint endpoint = {.address = address, .port = 2525};
    EXPECT_EQ(to_endpoint(*to_socket_address(endpoint)), endpoint);
  }
}

TEST(Socket, TakesTheDisguiseOffIpv4) {
  const Endpoint mapped = {.address = "::ffff:192.0.2.1", .port = 25};
  EXPECT_EQ(to_endpoint(*to_socket_address(mapped)),
            (Endpoint{.address = "192.0.2.1", .port = 25}));
}

TEST(Socket, SaysWhatIsWrongWithAListener) {
  const Result<int> named = open_listener({.address = "localhost", .port = 0}, 1);
  EXPECT_TRUE(named.error().is(kEndpointInvalid));
  const Result<int> foreign = open_listener({.address = "192.0.2.1", .port = 0}, 1);
  ASSERT_FALSE(foreign);
  EXPECT_TRUE(foreign.error().is(kListenFailed));
  EXPECT_EQ(foreign.error().detail(), EADDRNOTAVAIL);
}

TEST(Socket, RecognisesWhatIsNoListener) {
  const int idle = open_client(*to_socket_address({.address = "127.0.0.1", .port = 1}));
  EXPECT_TRUE(prepare_listener(idle).error().is(kNotAListener));
  ::close(idle);
  int pipes[2] = {};
  ASSERT_EQ(pipe(pipes), 0);
  EXPECT_TRUE(prepare_listener(pipes[0]).error().is(kNotAListener));
  ::close(pipes[0]);
  ::close(pipes[1]);
}

}  // namespace
}  // namespace sealgate::netio
