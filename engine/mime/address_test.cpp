// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/address.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "engine/mime/errors.h"
#include "engine/mime/header_text.h"

namespace sealgate::engine::mime {
namespace {

// "name <address>|..." with "!" at the end where something was skipped.
std::string list(std::string_view raw) {
  const AddressList parsed = parse_address_list(raw).value();
  std::string text;
  for (const Mailbox& mailbox : parsed.mailboxes) {
    if (!text.empty()) text += "|";
    text += mailbox.display_name + "<" + mailbox.address() + ">";
  }
  return text + (parsed.has_trouble ? "!" : "");
}

TEST(AddressList, ReadsWhatTheStandardShows) {
  EXPECT_EQ(list("John Doe <jdoe@machine.example>"), "John Doe<jdoe@machine.example>");
  EXPECT_EQ(list("\"Joe Q. Public\" <john.q.public@example.com>"),
            "Joe Q. Public<john.q.public@example.com>");
  EXPECT_EQ(list("Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>"),
            "Mary Smith<mary@x.test>|<jdoe@example.org>|Who?<one@y.test>");
  EXPECT_EQ(list("A Group:Ed Jones <joe@where.test>,John <jdoe@one.test>;"),
            "Ed Jones<joe@where.test>|John<jdoe@one.test>");
  EXPECT_EQ(list("Undisclosed recipients:;"), "");
  EXPECT_EQ(list("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>"),
            "Pete<pete@silly.test>");
  EXPECT_EQ(list("<@a.test,@b.test:jdoe@c.test>"), "<jdoe@c.test>");
}

TEST(AddressList, ReadsMailAsItIs) {
  EXPECT_EQ(list("=?utf-8?Q?M=C3=BCller=2C_A?= <a@b.c>"), "M\xC3\xBCller, A<a@b.c>");
  EXPECT_EQ(list("=?utf-8?B?w6Q=?=\r\n =?utf-8?B?w7Y=?= <a@b.c>"), "\xC3\xA4\xC3\xB6<a@b.c>");
  EXPECT_EQ(list(",, a@b.c ,,d@e.f,"), "<a@b.c>|<d@e.f>");
  EXPECT_EQ(list("a@b.c; d@e.f"), "<a@b.c>|<d@e.f>");
  EXPECT_EQ(list("\"a b\"@c.d"), "<\"a b\"@c.d>");
  EXPECT_EQ(list("\"ab\"@c.d"), "<ab@c.d>");
  EXPECT_EQ(list("a@[192.0.2.1]"), "<a@[192.0.2.1]>");
  EXPECT_EQ(list("dr. x. <a@b.c>"), "dr. x.<a@b.c>");
  EXPECT_EQ(list("\xC3\xBC@\xC3\xA4.example"), "<\xC3\xBC@\xC3\xA4.example>");
  EXPECT_EQ(list(""), "");
}

TEST(AddressList, SkipsWhatIsNoAddress) {
  EXPECT_EQ(list("nobody, a@b.c"), "<a@b.c>!");
  EXPECT_EQ(list("a@b@c"), "!");
  EXPECT_EQ(list("a@b.c d@e.f"), "!");
  EXPECT_EQ(list("<a@b.c> <d@e.f>"), "!");
  EXPECT_EQ(list("<a@b.c"), "!");
  EXPECT_EQ(list("a..b@c.d"), "!");
  EXPECT_EQ(list("a@.b"), "!");
  EXPECT_EQ(list("\"unclosed <a@b.c>"), "!");
  EXPECT_EQ(list("(unclosed a@b.c"), "!");
  EXPECT_EQ(list(std::string_view("a\0@b.c", 6)), "<a@b.c>!");
  EXPECT_EQ(list("\xFF@b.c"), "!");
  EXPECT_EQ(list(std::string(kAddressBytesMax, 'a') + "@b.c"), "!");
}

TEST(AddressList, StopsAtTheLimit) {
  std::string raw;
  for (std::size_t i = 0; i < kHeaderAddressesMax; ++i) raw += "a@b.c,";
  EXPECT_EQ(parse_address_list(raw).value().mailboxes.size(), kHeaderAddressesMax);
  const Result<AddressList> outcome = parse_address_list(raw + "a@b.c");
  ASSERT_FALSE(outcome);
  EXPECT_TRUE(outcome.error().is(kAddressListTooLong));
}

TEST(Address, TakesExactlyOne) {
  EXPECT_EQ(parse_address("a.b+c@example.com").value().local, "a.b+c");
  EXPECT_EQ(parse_address("\"a\\\"b\"@example.com").value().local, "a\"b");
  for (const std::string_view text :
       {"", "a", "@b", "a@", "a @b", " a@b", "a@b ", "<a@b>", "a@b,c@d", "a@b(c)", "a@b\n",
        "\"a\nb\"@c", "a@b c", "a@b@c", "a@[]", "a@b..c"}) {
    const Result<Mailbox> outcome = parse_address(text);
    ASSERT_FALSE(outcome) << text;
    EXPECT_TRUE(outcome.error().is(kAddressMalformed));
  }
  EXPECT_FALSE(parse_address(std::string_view("a@b\0", 4)));
}

TEST(Address, HasOneNormalFormForEachAddress) {
  EXPECT_EQ(normal_form("User@EXAMPLE.com").value(), "User@example.com");
  EXPECT_EQ(normal_form("\"user\"@example.com").value(), "user@example.com");
  EXPECT_EQ(normal_form("u@b\xC3\xBC"
                        "cher.example")
                .value(),
            "u@xn--bcher-kva.example");
  EXPECT_EQ(normal_form("u@B\xC3\x9C"
                        "CHER.example")
                .value(),
            "u@xn--bcher-kva.example");
  EXPECT_EQ(normal_form("u@XN--BCHER-KVA.example").value(), "u@xn--bcher-kva.example");
  EXPECT_EQ(normal_form("u@stra\xC3\x9F"
                        "e.example")
                .value(),
            "u@xn--strae-oqa.example");
  EXPECT_NE(normal_form("User@example.com").value(), normal_form("user@example.com").value());
  EXPECT_EQ(normal_form("u@[IPv6:2001:DB8::1]").value(), "u@[ipv6:2001:db8::1]");
  EXPECT_EQ(normal_domain("my_host.Example").value(), "my_host.example");
  EXPECT_FALSE(normal_form("u@xn--\xC3\xBC.example"));
  EXPECT_FALSE(normal_domain("a b"));
  EXPECT_FALSE(normal_domain("a\xE2\x80\x8B.example\xFF"));
}

TEST(Address, WritesListsThatComeBack) {
  std::vector<Mailbox> mailboxes;
  for (int i = 0; i < 20; ++i) {
    mailboxes.push_back({.display_name = i % 2 == 0 ? "M\xC3\xBCller, \"X\"" : "Plain",
                         .local = i % 3 == 0 ? "a b" : "user",
                         .domain = "example.com"});
  }
  const std::string text = format_address_list(mailboxes, 4);
  EXPECT_TRUE(is_ascii(text));
  const AddressList parsed = parse_address_list(text).value();
  EXPECT_FALSE(parsed.has_trouble);
  ASSERT_EQ(parsed.mailboxes.size(), mailboxes.size());
  for (std::size_t i = 0; i < mailboxes.size(); ++i) {
    EXPECT_EQ(parsed.mailboxes[i].display_name, mailboxes[i].display_name);
    EXPECT_EQ(parsed.mailboxes[i].address(), mailboxes[i].address());
  }
}

}  // namespace
}  // namespace sealgate::engine::mime
