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

std::string octets_of(const Chain& chain, Span span) {
  return chain.text(span.offset, span.length);
}

// The message put together from its spans again: headers, bodies of leaves, and what lies
// between them.
std::string reassemble(const TestMessage& message, std::uint32_t index) {
  const Part& part = message.structure.part(index);
  std::string text = octets_of(message.chain, part.header);
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
    std::cout << name << ": refused, " << made.error().kind().name << "\n";
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
  }
  std::cout << files.size() << " messages in CRLF lines: " << outcomes[0] << " unchanged, "
            << outcomes[1] << " made safe, " << outcomes[2] << " fragile, " << outcomes[3]
            << " refused\n";
}

// For each message its name, then for each leaf its decoded octets in hexadecimal, one a line; or
// "skip" where Python finds defects, cannot decode or takes something apart that we do not.
constexpr std::string_view kPython = R"(
import base64, email, email.policy, os, re, sys
odd = {"message/delivery-status", "message/partial", "message/external-body"}
known = {"", "7bit", "8bit", "binary", "base64", "quoted-printable"}

def encoding(part):
    return str(part.get("content-transfer-encoding", "")).lower()

def decodes(part):
    if encoding(part) != "base64" or part.is_multipart():
        return True
    try:
        base64.b64decode(re.sub(r"\s", "", part.get_payload()), validate=True)
        return True
    except ValueError:
        return False

for name in sorted(os.listdir(sys.argv[1])):
    print("#" + name)
    with open(os.path.join(sys.argv[1], name), "rb") as file:
        message = email.message_from_bytes(file.read(), policy=email.policy.compat32)
    parts = list(message.walk())
    if any(p.defects or p.get_content_type() in odd or encoding(p) not in known or
           not decodes(p) or len(p.get_all("content-type", [])) > 1 for p in parts):
        print("skip")
        continue
    for p in parts:
        if not p.is_multipart():
            print("=" + p.get_payload(decode=True).hex())
)";

// Where another reader may rightly differ: Python keeps blanks at the line ends of
// quoted-printable, which RFC 2045, 6.7 (3) takes for padding, and joins two delimiters in a row.
bool is_well_defined(const Structure& structure) {
  for (const Part& part : structure.parts()) {
    if (part.encoding == TransferEncoding::QuotedPrintable && part.body_traits.has_trailing_blank) {
      return false;
    }
    if (!part.delimiter.is_empty() && part.whole.is_empty()) return false;
  }
  return !structure.has_finding(FindingKind::BareCarriageReturn) &&
         !structure.has_finding(FindingKind::HeaderLineWithoutColon);
}

TEST(MimeTorture, LeavesDecodeAsPythonDecodesThem) {
  const std::vector<fs::path> files = corpus_files();
  if (files.empty()) GTEST_SKIP() << "no mime-torture corpus in " << corpus();
  if (std::system("python3 -c 'import email' >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "no python3 here";
  }
  const fs::path folder = fs::temp_directory_path() / ("sealgate_mime_" + std::to_string(getpid()));
  fs::create_directories(folder / "messages");
  std::ofstream(folder / "leaves.py") << kPython;
  std::vector<std::string> ours(files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string text = with_crlf(read_file(files[i]));
    TestMessage message(text);
    if (!is_well_defined(message.structure)) continue;
    for (const std::string& body : leaves(message.structure, message.chain)) {
      ours[i] += "=" + to_hex(as_bytes(body)) + "\n";
    }
    std::ofstream(folder / "messages" / std::to_string(i), std::ios::binary) << text;
  }
  const std::string command = "python3 " + (folder / "leaves.py").string() + " " +
                              (folder / "messages").string() + " >" + (folder / "out").string();
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::istringstream output(read_file(folder / "out"));
  std::vector<std::string> theirs(files.size());
  std::size_t current = 0;
  for (std::string line; std::getline(output, line);) {
    if (line.starts_with('#')) {
      current = std::stoul(line.substr(1));
    } else {
      theirs[current] += line + "\n";
    }
  }
  fs::remove_all(folder);
  int compared = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (theirs[i].empty() || theirs[i] == "skip\n") continue;
    EXPECT_TRUE(ours[i] == theirs[i]) << files[i].filename();
    ++compared;
  }
  std::cout << compared << " messages compared\n";
  EXPECT_GT(compared, 100);
}

}  // namespace
}  // namespace sealgate::engine::mime
