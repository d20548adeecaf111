// SPDX-License-Identifier: Apache-2.0
//
// Every form that we seal, read by tools that nobody here wrote: the openssl command, NSS
// (cmsutil), GnuPG (gpgsm) and Bouncy Castle, each for what it can read. A form counts only
// where two of them agree. A tool that is not installed is named and skipped.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/cms/enveloped_data.h"
#include "engine/cms/openssl_judge.h"
#include "engine/cms/signed_data.h"
#include "engine/cms/smime.h"
#include "engine/cms/test_identities.h"

namespace sealgate::engine::cms {
namespace {

namespace fs = std::filesystem;
using testing::identity;
using testing::Identity;
using testing::KeyType;

// Tools report what they read in lines of their own, so the content is plain text.
const std::string kEntity =
    "Content-Type: text/plain; charset=us-ascii\r\n"
    "Content-Transfer-Encoding: 7bit\r\n"
    "\r\n"
    "The quick brown fox\r\njumps over the lazy dog.\r\n";

struct Run {
  int status = -1;
  std::string output;  // Standard output and error together.
};

Run run(const std::string& command) {
  Run result;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return result;
  std::array<char, 4096> buffer{};
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    result.output.append(buffer.data(), count);
  }
  result.status = pclose(pipe);
  return result;
}

bool is_installed(const std::string& tool) {
  return run("command -v " + tool).status == 0;
}

void write_file(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary)
      .write(text.data(), static_cast<std::streamsize>(text.size()));
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// One sealed message as each tool wants it.
struct Sample {
  std::string name;
  std::string entity;  // Fields, empty line, body.
  Bytes der;           // The CMS object alone.
  const Identity* recipient = nullptr;
  bool is_detached = false;
};

Sample signed_sample(const std::string& name, KeyType key, DigestAlgorithm digest,
                     RsaPadding padding, bool is_detached) {
  const auto pool = SegmentPool::create(16).value();
  SystemRandom random;
  const Identity& signer = identity(key);
  const testing::Signed made = testing::sign_entity(signer, kEntity, digest, padding);
  const ByteView root = testing::root().certificate->der();
  const std::vector<Bytes> intermediates{{root.begin(), root.end()}};
  const SignedDataInput input{.signer = signer.certificate.get(),
                              .intermediates = intermediates,
                              .scheme = made.scheme,
                              .signed_attributes = made.attributes,
                              .signature = made.signature};
  Sample sample{
      .name = name, .entity = "", .der = {}, .recipient = nullptr, .is_detached = is_detached};
  if (is_detached) {
    sample.der = encode_detached(input).value();
    const std::string boundary = make_boundary(random);
    Chain entity;
    entity.append_static(kEntity);
    ChainWriter writer(*pool);
    EXPECT_TRUE(write_clear_signed_body(writer, boundary, entity, sample.der));
    sample.entity =
        testing::entity_of(clear_signed_fields(made.scheme.digest, boundary), writer.take());
    return sample;
  }
  OpaqueSigner opaque = OpaqueSigner::create(input, kEntity.size(), *pool).value();
  EXPECT_TRUE(opaque.update(as_bytes(kEntity)));
  sample.entity = testing::entity_of(pkcs7_fields(SmimeType::SignedData), opaque.finish().value());
  sample.der = testing::der_of(sample.entity);
  return sample;
}

Sample sealed_sample(const std::string& name, ContentCipher cipher, KeyType key, KeyTransport rsa,
                     RecipientIdKind id) {
  const auto pool = SegmentPool::create(16).value();
  SystemRandom random;
  EnvelopeSealer sealer = EnvelopeSealer::create(cipher, kEntity.size(), random, *pool).value();
  // Someone else stands beside the recipient, so that a reader has to find its own entry. It has
  // an RSA key: NSS 3.87 cannot parse a message with any key agreement in it.
  EXPECT_TRUE(
      sealer.add_recipient({.certificate = identity(key).certificate.get(), .rsa = rsa, .id = id}));
  EXPECT_TRUE(sealer.add_recipient({.certificate = testing::root().certificate.get(),
                                    .rsa = KeyTransport::RsaPkcs1,
                                    .id = RecipientIdKind::IssuerAndSerial}));
  EXPECT_TRUE(sealer.update(as_bytes(kEntity)));
  Sample sample{
      .name = name, .entity = "", .der = {}, .recipient = &identity(key), .is_detached = false};
  sample.entity = testing::entity_of(pkcs7_fields(smime_type_of(cipher)), sealer.finish().value());
  sample.der = testing::der_of(sample.entity);
  return sample;
}

// A directory with everything that the tools need: certificates, keys, an NSS database and a
// GnuPG home, all with the same identities.
class Workshop {
 public:
  Workshop() {
    std::string pattern = (fs::temp_directory_path() / "sealgate-cms-XXXXXX").string();
    SG_CHECK(mkdtemp(pattern.data()) != nullptr);
    home_ = pattern;
    fs::create_directory(home_ / "pki");
    write_file(root_file(), testing::root().certificate_pem());
    for (const KeyType key : {KeyType::Rsa2048, KeyType::P256, KeyType::P384, KeyType::P521,
                              KeyType::RsaPss2048, KeyType::Ed25519}) {
      const std::string name(testing::name_of(key));
      write_file(home_ / "pki" / (name + ".crt"), identity(key).certificate_pem());
      write_file(home_ / "pki" / (name + ".key"), identity(key).key_pem());
    }
  }
  ~Workshop() {
    if (fs::exists(home_ / "gnupg")) run("gpgconf --homedir " + path("gnupg") + " --kill all");
    std::error_code ignored;
    fs::remove_all(home_, ignored);
  }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  fs::path root_file() const { return home_ / "root.pem"; }
  fs::path pki() const { return home_ / "pki"; }
  std::string path(const std::string& name) const { return (home_ / name).string(); }

  std::string gpgsm() const { return "gpgsm --homedir " + path("gnupg") + " "; }

  void make_nss_database() {
    fs::create_directory(home_ / "nss");
    const std::string database = " -d sql:" + path("nss") + " ";
    run("certutil -N --empty-password" + database);
    run("certutil -A -n root -t C,C,C" + database + "-i " + root_file().string());
    for (const KeyType key : {KeyType::Rsa2048, KeyType::P256, KeyType::P384}) {
      const Run imported = run("pk12util -W x -i " + pkcs12_of(key) + database);
      EXPECT_EQ(imported.status, 0) << imported.output;
    }
  }

  void make_gnupg_home() {
    const fs::path gnupg = home_ / "gnupg";
    fs::create_directory(gnupg);
    fs::permissions(gnupg, fs::perms::owner_all);
    write_file(gnupg / "gpgsm.conf", "disable-crl-checks\ndisable-dirmngr\nbatch\n");
    write_file(gnupg / "gpg-agent.conf", "allow-loopback-pinentry\n");
    const std::string fingerprint =
        run("openssl x509 -noout -fingerprint -sha1 -in " + root_file().string() + " | cut -d= -f2")
            .output;
    write_file(gnupg / "trustlist.txt", fingerprint.substr(0, 59) + " S relax\n");
    run(gpgsm() + "--import " + root_file().string());
    for (const KeyType key : {KeyType::P256, KeyType::P384}) {
      run(gpgsm() + "--import " + certificate_of(key));
    }
    EXPECT_TRUE(import_key_into_gnupg(KeyType::Rsa2048));
  }

 private:
  std::string certificate_of(KeyType key) const {
    return (home_ / "pki" / (std::string(testing::name_of(key)) + ".crt")).string();
  }

  // gpgsm 2.2 cannot parse about one in 300 exports of one and the same key: it depends on the
  // salt. It says so, imports the certificate alone and exits with success.
  bool import_key_into_gnupg(KeyType key) const {
    constexpr int kTriesMax = 5;
    for (int i = 0; i < kTriesMax; ++i) {
      const Run imported =
          run("echo x | " + gpgsm() + "--pinentry-mode loopback --passphrase-fd 0 --import " +
              pkcs12_of(key));
      const bool is_parsed = imported.output.find("error parsing") == std::string::npos;
      if (imported.status == 0 && is_parsed) return true;
      std::fprintf(stderr, "gpgsm --import: %s\n", imported.output.c_str());
    }
    return false;
  }

  // gpgsm imports PKCS#12 with the encryption of long ago only; NSS takes that too. A new salt
  // each time.
  std::string pkcs12_of(KeyType key) const {
    const std::string name(testing::name_of(key));
    const std::string file = path(name + ".p12");
    const Run made = run("openssl pkcs12 -export -legacy -in " + certificate_of(key) + " -inkey " +
                         (home_ / "pki" / (name + ".key")).string() + " -certfile " +
                         root_file().string() + " -name " + name + " -passout pass:x -out " + file);
    EXPECT_EQ(made.status, 0) << made.output;
    return file;
  }

  fs::path home_;
};

Workshop& workshop() {
  static Workshop made;
  return made;
}

enum class Tool { Openssl, Nss, Gpgsm, BouncyCastle };

bool reads_openssl(const Sample& sample) {
  const std::string in = workshop().path(sample.name + ".eml");
  const std::string out = workshop().path(sample.name + ".out");
  write_file(in, "MIME-Version: 1.0\r\n" + sample.entity);
  std::string command = "openssl cms -in " + in + " -out " + out;
  if (!sample.is_detached) command += " -binary";
  if (sample.recipient == nullptr) {
    command += " -verify -purpose smimesign -CAfile " + workshop().root_file().string();
  } else {
    write_file(workshop().path("recipient.crt"), sample.recipient->certificate_pem());
    write_file(workshop().path("recipient.key"), sample.recipient->key_pem());
    command += " -decrypt -recip " + workshop().path("recipient.crt") + " -inkey " +
               workshop().path("recipient.key");
  }
  const Run result = run(command);
  const bool is_read = result.status == 0 && read_file(out) == kEntity;
  if (!is_read)
    std::fprintf(stderr, "openssl, %s: %s\n", sample.name.c_str(), result.output.c_str());
  return is_read;
}

bool reads_nss(const Sample& sample) {
  const std::string in = workshop().path(sample.name + ".der");
  const std::string out = workshop().path(sample.name + ".nss");
  const std::string content = workshop().path("content");
  write_file(in, as_text(sample.der));
  write_file(content, kEntity);
  const std::string base = "cmsutil -D -u 4 -d sql:" + workshop().path("nss") + " -i " + in;
  if (sample.recipient != nullptr) {
    const Run opened = run(base + " -o " + out);
    if (read_file(out) == kEntity) return true;
    std::fprintf(stderr, "cmsutil, %s: %s\n", sample.name.c_str(), opened.output.c_str());
    return false;
  }
  const Run judged = run(base + " -h 0" + (sample.is_detached ? " -c " + content : ""));
  const bool is_good = judged.output.find("status=GoodSignature") != std::string::npos;
  if (!is_good)
    std::fprintf(stderr, "cmsutil, %s: %s\n", sample.name.c_str(), judged.output.c_str());
  if (sample.is_detached) return is_good;
  run(base + " -o " + out);
  return is_good && read_file(out) == kEntity;
}

bool reads_gpgsm(const Sample& sample) {
  const std::string in = workshop().path(sample.name + ".der");
  const std::string out = workshop().path(sample.name + ".gpg");
  const std::string content = workshop().path("content");
  write_file(in, as_text(sample.der));
  write_file(content, kEntity);
  const std::string base = workshop().gpgsm() + "--status-fd 1 ";
  Run result;
  if (sample.recipient != nullptr) {
    result = run("echo x | " + base + "--pinentry-mode loopback --passphrase-fd 0 --yes --output " +
                 out + " --decrypt " + in);
  } else if (sample.is_detached) {
    result = run(base + "--verify " + in + " " + content);
  } else {
    result = run(base + "--yes --output " + out + " --verify " + in);
  }
  const std::string& status = result.output;
  const bool is_good = sample.recipient != nullptr
                           ? status.find("DECRYPTION_OKAY") != std::string::npos
                           : status.find("GOODSIG") != std::string::npos &&
                                 status.find("TRUST_FULLY") != std::string::npos;
  const bool is_read = is_good && (sample.is_detached || read_file(out) == kEntity);
  if (!is_read) std::fprintf(stderr, "gpgsm, %s: %s\n", sample.name.c_str(), status.c_str());
  return is_read;
}

struct Expectation {
  Sample sample;
  std::set<Tool> tools;  // Who reads this form, by what was found about each.
};

const std::set<Tool> kAll{Tool::Openssl, Tool::Nss, Tool::Gpgsm, Tool::BouncyCastle};
const std::set<Tool> kNotGpgsm{Tool::Openssl, Tool::Nss, Tool::BouncyCastle};
const std::set<Tool> kModern{Tool::Openssl, Tool::BouncyCastle};

std::vector<Expectation> signed_forms() {
  using enum DigestAlgorithm;
  using enum KeyType;
  std::vector<Expectation> forms;
  for (const bool is_detached : {true, false}) {
    const auto add = [&](const std::string& name, KeyType key, DigestAlgorithm digest,
                         RsaPadding padding, const std::set<Tool>& tools) {
      forms.push_back({signed_sample(name + (is_detached ? "-clear" : "-opaque"), key, digest,
                                     padding, is_detached),
                       tools});
    };
    add("rsa-sha256", Rsa2048, Sha256, RsaPadding::Pkcs1, kAll);
    add("rsa-sha384", Rsa2048, Sha384, RsaPadding::Pkcs1, kAll);
    add("rsa-sha512", Rsa2048, Sha512, RsaPadding::Pkcs1, kAll);
    add("pss-sha256", Rsa2048, Sha256, RsaPadding::Pss, kAll);
    add("pss-sha512", Rsa2048, Sha512, RsaPadding::Pss, kAll);
    add("pss-key", RsaPss2048, Sha256, RsaPadding::Pss, kModern);
    add("ecdsa-p256", P256, Sha256, RsaPadding::Pkcs1, kAll);
    add("ecdsa-p384", P384, Sha384, RsaPadding::Pkcs1, kAll);
    add("ecdsa-p521", P521, Sha512, RsaPadding::Pkcs1, kNotGpgsm);
    // One tool only: the other judge of Ed25519 is OpenSSL's primitive, in its own test.
    add("ed25519", Ed25519, Sha512, RsaPadding::Pkcs1, {Tool::BouncyCastle});
  }
  return forms;
}

std::vector<Expectation> sealed_forms() {
  using enum ContentCipher;
  using enum KeyTransport;
  using enum RecipientIdKind;
  using enum KeyType;
  std::vector<Expectation> forms;
  const auto add = [&](const std::string& name, ContentCipher cipher, KeyType key, KeyTransport rsa,
                       RecipientIdKind id, const std::set<Tool>& tools) {
    forms.push_back({sealed_sample(name, cipher, key, rsa, id), tools});
  };
  add("cbc128-rsa", Aes128Cbc, Rsa2048, RsaPkcs1, IssuerAndSerial, kAll);
  add("cbc256-rsa", Aes256Cbc, Rsa2048, RsaPkcs1, IssuerAndSerial, kAll);
  add("cbc256-rsa-ski", Aes256Cbc, Rsa2048, RsaPkcs1, SubjectKeyId, kNotGpgsm);
  add("cbc256-oaep1", Aes256Cbc, Rsa2048, RsaOaepSha1, IssuerAndSerial, kModern);
  add("cbc256-oaep256", Aes256Cbc, Rsa2048, RsaOaepSha256, IssuerAndSerial, kModern);
  add("cbc128-p256", Aes128Cbc, P256, RsaPkcs1, IssuerAndSerial, kModern);
  add("cbc256-p256", Aes256Cbc, P256, RsaPkcs1, IssuerAndSerial, kModern);
  add("cbc256-p256-ski", Aes256Cbc, P256, RsaPkcs1, SubjectKeyId, kModern);
  add("cbc256-p384", Aes256Cbc, P384, RsaPkcs1, IssuerAndSerial, kModern);
  add("cbc256-p521", Aes256Cbc, P521, RsaPkcs1, IssuerAndSerial, kModern);
  add("gcm128-rsa", Aes128Gcm, Rsa2048, RsaPkcs1, IssuerAndSerial, kModern);
  add("gcm256-rsa", Aes256Gcm, Rsa2048, RsaPkcs1, IssuerAndSerial, kModern);
  add("gcm256-oaep1", Aes256Gcm, Rsa2048, RsaOaepSha1, IssuerAndSerial, kModern);
  add("gcm256-oaep256", Aes256Gcm, Rsa2048, RsaOaepSha256, SubjectKeyId, kModern);
  // Bouncy Castle 1.72 has no key agreement for AuthEnvelopedData; that combines two forms which
  // it reads apart.
  add("gcm256-p256", Aes256Gcm, P256, RsaPkcs1, IssuerAndSerial, {Tool::Openssl});
  return forms;
}

void judge(Tool tool, const std::function<bool(const Sample&)>& reads) {
  std::vector<Expectation> forms = signed_forms();
  for (Expectation& form : sealed_forms()) forms.push_back(std::move(form));
  for (const Expectation& form : forms) {
    if (!form.tools.contains(tool)) continue;
    EXPECT_TRUE(reads(form.sample)) << form.sample.name;
  }
}

TEST(ToolMatrix, HasTwoJudgesForEachFormButTheNewest) {
  const std::set<std::string> newest{"ed25519-clear", "ed25519-opaque", "gcm256-p256"};
  std::vector<Expectation> forms = signed_forms();
  for (Expectation& form : sealed_forms()) forms.push_back(std::move(form));
  for (const Expectation& form : forms) {
    EXPECT_GE(form.tools.size(), newest.contains(form.sample.name) ? 1U : 2U) << form.sample.name;
  }
}

TEST(ToolMatrix, IsReadByOpenssl) {
  if (!is_installed("openssl")) GTEST_SKIP() << "openssl is not installed";
  judge(Tool::Openssl, reads_openssl);
}

TEST(ToolMatrix, IsReadByNss) {
  if (!is_installed("cmsutil")) GTEST_SKIP() << "cmsutil (libnss3-tools) is not installed";
  workshop().make_nss_database();
  judge(Tool::Nss, reads_nss);
}

TEST(ToolMatrix, IsReadByGnupg) {
  if (!is_installed("gpgsm")) GTEST_SKIP() << "gpgsm is not installed";
  workshop().make_gnupg_home();
  judge(Tool::Gpgsm, reads_gpgsm);
}

fs::path bouncy_castle_source() {
  const char* configured = std::getenv("SEALGATE_ORACLES");
  const fs::path root = fs::path(__FILE__).parent_path().parent_path().parent_path();
  const fs::path oracles =
      configured != nullptr ? fs::path(configured) : root.parent_path() / "shared" / "oracles";
  return oracles / "BcSmime.java";
}

std::string bouncy_castle_class_path() {
  std::string path;
  for (const std::string jar :
       {"bcprov", "bcpkix", "bcutil", "bcmail", "javax.mail", "javax.activation"}) {
    path += (path.empty() ? "" : ":") + ("/usr/share/java/" + jar + ".jar");
  }
  return path;
}

// Each file on one line: "name<TAB>clear-signed[sigOK,...,chainOK] > text/plain".
std::map<std::string, std::string> ask_bouncy_castle(const std::vector<Expectation>& forms) {
  std::string files;
  for (const Expectation& form : forms) {
    const std::string file = workshop().path(form.sample.name + ".bc");
    write_file(file, "MIME-Version: 1.0\r\n" + form.sample.entity);
    files += " " + file;
  }
  std::istringstream lines(
      run("java -cp " + bouncy_castle_class_path() + " " + bouncy_castle_source().string() +
          " check " + workshop().pki().string() + " " + workshop().root_file().string() + files)
          .output);
  std::map<std::string, std::string> answers;
  std::string line;
  while (std::getline(lines, line)) {
    const std::size_t end = line.find(".bc\t");
    if (end != std::string::npos) answers[line.substr(0, end)] = line.substr(end + 4);
  }
  return answers;
}

TEST(ToolMatrix, IsReadByBouncyCastle) {
  if (!is_installed("java")) GTEST_SKIP() << "java is not installed";
  if (!fs::exists("/usr/share/java/bcmail.jar")) GTEST_SKIP() << "libbcmail-java is not installed";
  if (!fs::exists(bouncy_castle_source())) GTEST_SKIP() << "BcSmime.java is not there";
  std::vector<Expectation> forms = signed_forms();
  for (Expectation& form : sealed_forms()) forms.push_back(std::move(form));
  const auto answers = ask_bouncy_castle(forms);
  for (const Expectation& form : forms) {
    if (!form.tools.contains(Tool::BouncyCastle)) continue;
    const auto found = answers.find(form.sample.name);
    ASSERT_NE(found, answers.end()) << form.sample.name;
    const std::string& answer = found->second;
    EXPECT_TRUE(answer.ends_with("> text/plain")) << form.sample.name << ": " << answer;
    const bool is_signed = form.sample.recipient == nullptr;
    if (is_signed) {
      EXPECT_NE(answer.find("[sigOK,"), std::string::npos) << form.sample.name << ": " << answer;
      EXPECT_NE(answer.find("chainOK"), std::string::npos) << form.sample.name << ": " << answer;
    }
  }
}

}  // namespace
}  // namespace sealgate::engine::cms
