// SPDX-License-Identifier: Apache-2.0
#include "engine/opening/layer.h"

#include <string>

#include <gtest/gtest.h>

#include "engine/mime/reader.h"

namespace sealgate::engine::opening {
namespace {

mime::Structure read(const std::string& message) {
  mime::Reader reader;
  EXPECT_TRUE(reader.feed(as_bytes(message)));
  return reader.finish();
}

std::string with_type(const std::string& fields) {
  return fields + "\r\n\r\nMIIB\r\n";
}

constexpr const char* kSigned =
    "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b\r\n\r\n"
    "--b\r\n\r\nhello\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nMIIB\r\n--b--\r\n";

TEST(Layer, IsACmsObjectWhateverItsSmimeTypeSays) {
  for (const char* type :
       {"Content-Type: application/pkcs7-mime", "Content-Type: APPLICATION/X-PKCS7-MIME",
        "Content-Type: application/pkcs7-mime; smime-type=authenticated-enveloped-data",
        "Content-Type: application/octet-stream; name=\"smime.P7M\"",
        "Content-Type: application/octet-stream\r\n"
        "Content-Disposition: attachment; filename=smime.p7m"}) {
    const LayerPlace place = find_layer(read(with_type(type)));
    EXPECT_EQ(place.kind, LayerKind::Cms) << type;
    EXPECT_EQ(place.cms, 0U) << type;
  }
}

TEST(Layer, IsNotAnOctetStreamOfAnotherName) {
  for (const char* type : {"Content-Type: application/octet-stream; name=smime.p7m.exe",
                           "Content-Type: application/octet-stream", "Content-Type: text/plain"}) {
    EXPECT_EQ(find_layer(read(with_type(type))).kind, LayerKind::None) << type;
  }
}

TEST(Layer, IsAMultipartSignedOfTwoPartsWithAPkcs7Signature) {
  const LayerPlace place = find_layer(read(kSigned));
  EXPECT_EQ(place.kind, LayerKind::ClearSigned);
  EXPECT_EQ(place.content, 1U);
  EXPECT_EQ(place.cms, 2U);
}

TEST(Layer, IsNotAMultipartSignedWithAThirdPartOrAnotherSignature) {
  std::string three = kSigned;
  three.insert(three.find("--b--"), "--b\r\n\r\nthird\r\n");
  EXPECT_EQ(find_layer(read(three)).kind, LayerKind::None);
  std::string pgp = kSigned;
  pgp.replace(pgp.rfind("pkcs7-signature"), 15, "pgp-signature");
  EXPECT_EQ(find_layer(read(pgp)).kind, LayerKind::None);
  const std::string one =
      "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n"
      "Content-Type: application/pkcs7-signature\r\n\r\nMIIB\r\n--b--\r\n";
  EXPECT_EQ(find_layer(read(one)).kind, LayerKind::None);
}

TEST(Layer, AmongOtherPartsIsErrant) {
  const std::string mixed =
      "Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\nnote\r\n--m\r\n" +
      std::string(kSigned) +
      "\r\n--m\r\nContent-Type: application/pkcs7-mime\r\n\r\nMIIB\r\n--m--\r\n";
  const mime::Structure structure = read(mixed);
  EXPECT_EQ(find_layer(structure).kind, LayerKind::None);
  const ErrantLayers errant = find_errant_layers(structure);
  EXPECT_TRUE(errant.has_signed);
  EXPECT_TRUE(errant.has_cms_object);
  const ErrantLayers none = find_errant_layers(read("Subject: x\r\n\r\nhello\r\n"));
  EXPECT_FALSE(none.has_signed || none.has_cms_object);
}

}  // namespace
}  // namespace sealgate::engine::opening
