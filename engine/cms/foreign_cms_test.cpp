// SPDX-License-Identifier: Apache-2.0
//
// Samples that others made. What OpenSSL can parse as CMS, DerReader can walk through to its
// leaves; what a fuzzer made, it survives.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <openssl/cms.h>
#include <openssl/err.h>

#include "engine/cms/der_reader.h"
#include "engine/cms/errors.h"

namespace sealgate::engine::cms {
namespace {

namespace fs = std::filesystem;

fs::path corpora() {
  if (const char* configured = std::getenv("SEALGATE_CORPORA")) return configured;
  const fs::path root = fs::path(__FILE__).parent_path().parent_path().parent_path();
  return root.parent_path() / "shared" / "corpora";
}

Bytes read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Result<void> walk(DerReader reader) {
  while (!reader.is_at_end()) {
    const DerElement element = SG_TRY(reader.next());
    if (!element.is_constructed()) continue;
    const DerReader inside = SG_TRY(reader.enter(element));
    SG_TRY(walk(inside));
  }
  return {};
}

std::vector<Bytes> files_of(const fs::path& set) {
  std::vector<Bytes> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(set)) {
    if (entry.is_regular_file()) files.push_back(read_file(entry.path()));
  }
  return files;
}

// Of a known type: some samples were damaged on their way, and their identifiers too.
bool is_cms_for_openssl(const Bytes& bytes) {
  const unsigned char* at = bytes.data();
  CMS_ContentInfo* cms = d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(bytes.size()));
  const bool is_whole = cms != nullptr && at == bytes.data() + bytes.size() &&
                        OBJ_obj2nid(CMS_get0_type(cms)) != NID_undef;
  CMS_ContentInfo_free(cms);
  ERR_clear_error();
  return is_whole;
}

TEST(ForeignCms, IsWalkedThroughWhereOpensslParsesIt) {
  std::size_t parsed = 0;
  for (const char* set : {"cms-samples", "lamps-pqc-cms"}) {
    if (!fs::exists(corpora() / set)) GTEST_SKIP() << set << " is not there";
    for (const Bytes& file : files_of(corpora() / set)) {
      if (!is_cms_for_openssl(file)) continue;
      ++parsed;
      EXPECT_TRUE(walk(DerReader(file, Encoding::Ber))) << to_hex(ByteView(file).first(40));
    }
  }
  EXPECT_GE(parsed, 10U);
}

TEST(ForeignCms, IsSurvivedWhereAFuzzerMadeIt) {
  const fs::path set = corpora() / "openssl-fuzz" / "cms";
  if (!fs::exists(set)) GTEST_SKIP() << "openssl-fuzz/cms is not there";
  std::size_t walked = 0;
  std::size_t refused = 0;
  for (const Bytes& file : files_of(set)) {
    const Result<void> result = walk(DerReader(file, Encoding::Ber));
    (result ? walked : refused) += 1;
  }
  EXPECT_GT(walked, 100U);
  EXPECT_GT(refused, 100U);
}

}  // namespace
}  // namespace sealgate::engine::cms
