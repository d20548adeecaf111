// SPDX-License-Identifier: Apache-2.0
//
// Every message of the mime-torture corpus, where it is at hand: $SEALGATE_CORPORA or
// ../shared/corpora beside the source root. Python's email package is the reader that is not ours.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <gtest/gtest.h>

#include "engine/mime/body_text.h"
#include "engine/mime/canonical.h"
#include "engine/mime/errors.h"
#include "engine/mime/message_for_test.h"
#include "engine/mime/safe_field.h"

namespace sealgate::engine::mime {
namespace {

namespace fs = std::filesystem;

fs::path corpus() {
  const char* set = std::getenv("SEALGATE_CORPORA");
  const fs::path root = fs::path(__FILE__).parent_path() / "../..";
  return (set != nullptr ? fs::path(set) : root / "../shared/corpora") / "mime-torture";
}

std::vector<fs::path> corpus_files() {
  std::vector<fs::path> files;
  std::error_code missing;
  for (const auto& entry : fs::recursive_directory_iterator(corpus(), missing)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string first_octets(const Chain& chain, Span span) {
  return chain.text(span.offset, span.length);
}

// The message put together from its spans again: headers, bodies of leaves, and what lies
// between them.
std::string reassemble(const TestMessage& message, std::uint32_t index) {
  const Part& part = message.structure.part(index);
  std::string text = first_octets(message.chain, part.header);
  std::uint64_t at = part.header.end();
  for (std::uint32_t i = part.first_child; i != kNoPart;
       i = message.structure.part(i).next_sibling) {
    const Span child = message.structure.part(i).whole;
    EXPECT_GE(child.offset, at);
    EXPECT_LE(child.end(), part.whole.end());
    text += message.chain.text(at, child.offset - at) + reassemble(message, i);
    at = child.end();
  }
  EXPECT_LE(at, part.whole.end());
  return text + message.chain.text(at, part.whole.end() - at);
}

std::vector<std::string> leaves(const Structure& structure, const Chain& chain) {
  std::vector<std::string> bodies;
  for (std::uint32_t i = 0; i < structure.parts().size(); ++i) {
    if (!structure.part(i).is_leaf()) continue;
    const DecodedBody body = decode_body(structure, chain, i, kMessageBytesMax);
    bodies.emplace_back(as_text(body.octets));
  }
  return bodies;
}

enum class Outcome { Unchanged, Changed, Fragile, Refused };

Outcome check_message(const std::string& text, const std::string& name) {
  SCOPED_TRACE(name);
  const std::string whole = describe(read_message(text));
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{500}}) {
    EXPECT_TRUE(describe(read_in_pieces(text, size, 42)) == whole);
  }
  TestMessage message(text);
  EXPECT_TRUE(reassemble(message, 0) == text);

  const auto made = make_transport_safe(message.structure, message.chain, message.writer);
  if (!made) {
    EXPECT_EQ(made.error().kind().error_class, ErrorClass::InvalidInput);
    return Outcome::Refused;
  }
  const std::string entity = TestMessage::all(made.value().bytes);
  const LineTraits traits = text_traits(entity);
  EXPECT_TRUE(traits.is_seven_bit());
  EXPECT_TRUE(traits.is_transport_safe() || made.value().is_fragile);
  TestMessage again(entity);
  EXPECT_EQ(shape(again.structure), shape(message.structure));
  EXPECT_TRUE(leaves(again.structure, again.chain) == leaves(message.structure, message.chain));
  // What is safe stays as it is.
  const auto twice = make_transport_safe(again.structure, again.chain, again.writer);
  EXPECT_TRUE(twice.has_value());
  if (twice) {
    EXPECT_FALSE(twice.value().is_changed);
    EXPECT_TRUE(TestMessage::all(twice.value().bytes) == entity);
  }
  return made.value().is_fragile   ? Outcome::Fragile
         : made.value().is_changed ? Outcome::Changed
                                   : Outcome::Unchanged;
}

TEST(MimeTorture, EveryMessageIsReadExactlyAndMadeSafeOrRefused) {
  const std::vector<fs::path> files = corpus_files();
  if (files.empty()) GTEST_SKIP() << "no mime-torture corpus in " << corpus();
  std::array<int, 4> outcomes{};
  for (const fs::path& file : files) {
    const std::string text = read_file(file);
    check_message(text, file.filename().string());
    const Outcome outcome = check_message(with_crlf(text), file.filename().string() + " in CRLF");
    ++outcomes[static_cast<std::size_t>(outcome)];
    if (outcome == Outcome::Refused) std::cout << "refused: " << file.filename() << "\n";
  }
  std::cout << files.size() << " messages in CRLF lines: " << outcomes[0] << " unchanged, "
            << outcomes[1] << " made safe, " << outcomes[2] << " fragile, " << outcomes[3]
            << " refused\n";
}

// For each leaf its decoded octets in hexadecimal, one a line; "skip" where Python finds defects or
// takes something apart that we do not.
constexpr std::string_view kPython = R"(
import sys, email, email.policy
m = email.message_from_bytes(open(sys.argv[1], "rb").read(), policy=email.policy.compat32)
odd = {"message/delivery-status", "message/partial", "message/external-body"}
parts = list(m.walk())
known = {"", "7bit", "8bit", "binary", "base64", "quoted-printable"}
if any(p.defects or p.get_content_type() in odd or
       str(p.get("content-transfer-encoding", "")).strip().lower() not in known or
       len(p.get_all("content-type", [])) > 1 for p in parts):
    print("skip")
else:
    for p in parts:
        if not p.is_multipart():
            print("=" + p.get_payload(decode=True).hex())
)";

TEST(MimeTorture, LeavesDecodeAsPythonDecodesThem) {
  const std::vector<fs::path> files = corpus_files();
  if (files.empty()) GTEST_SKIP() << "no mime-torture corpus in " << corpus();
  if (std::system("python3 -c 'import email' >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "no python3 here";
  }
  const fs::path folder = fs::temp_directory_path() / ("sealgate_mime_" + std::to_string(getpid()));
  fs::create_directory(folder);
  std::ofstream(folder / "leaves.py") << kPython;
  int compared = 0;
  for (const fs::path& file : files) {
    SCOPED_TRACE(file.filename().string());
    const std::string text = with_crlf(read_file(file));
    TestMessage message(text);
    bool has_blank_in_encoding = false;
    for (const Part& part : message.structure.parts()) {
      // Python keeps blanks at line ends, which RFC 2045, 6.7 (3) takes for padding.
      has_blank_in_encoding |=
          part.encoding == TransferEncoding::QuotedPrintable && part.body_traits.has_trailing_blank;
    }
    if (has_blank_in_encoding || message.structure.has_finding(FindingKind::BareCarriageReturn) ||
        message.structure.has_finding(FindingKind::HeaderLineWithoutColon)) {
      continue;
    }
    std::ofstream(folder / "message", std::ios::binary) << text;
    const std::string command =
        "python3 " + (folder / "leaves.py").string() + " " + (folder / "message").string();
    FILE* pipe = popen(command.c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    std::string output;
    std::array<char, 65536> room{};
    for (std::size_t n = 0; (n = fread(room.data(), 1, room.size(), pipe)) > 0;) {
      output.append(room.data(), n);
    }
    if (pclose(pipe) != 0 || output.starts_with("skip")) continue;
    std::string ours;
    for (const std::string& body : leaves(message.structure, message.chain)) {
      ours += "=" + to_hex(as_bytes(body)) + "\n";
    }
    EXPECT_TRUE(ours == output) << "ours\n"
                                << ours.substr(0, 3000) << "python\n"
                                << output.substr(0, 3000);
    ++compared;
  }
  fs::remove_all(folder);
  std::cout << compared << " messages compared\n";
  EXPECT_GT(compared, 50);
}

}  // namespace
}  // namespace sealgate::engine::mime
