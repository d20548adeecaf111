// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/smime.h"

#include "engine/cms/base64_lines.h"

namespace sealgate::engine::cms {

std::string make_boundary(RandomSource& random) {
  // "=_" cannot occur in base64 or quoted-printable (RFC 2045, 6.7).
  return "=_sealgate_" + random_token(random, 30);
}

std::string clear_signed_fields(DigestAlgorithm digest, std::string_view boundary) {
  std::string fields =
      "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n micalg=";
  fields += micalg_name(digest);
  fields += ";\r\n boundary=\"";
  fields += boundary;
  fields += "\"\r\n";
  return fields;
}

Result<void> write_clear_signed_body(ChainWriter& writer, std::string_view boundary,
                                     const Chain& entity, ByteView signed_data) {
  // RFC 2046, 5.1.1: the CRLF in front of a delimiter belongs to it, not to the entity.
  std::string delimiter = "--";
  delimiter += boundary;
  SG_TRY(writer.append(delimiter));
  writer.append_static("\r\n");
  writer.append(entity);
  writer.append_static("\r\n");
  SG_TRY(writer.append(delimiter));
  writer.append_static(
      "\r\n"
      "Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n"
      "Content-Transfer-Encoding: base64\r\n"
      "Content-Disposition: attachment; filename=\"smime.p7s\"\r\n"
      "Content-Description: S/MIME signature\r\n"
      "\r\n");
  Base64Lines lines;
  SG_TRY(lines.update(signed_data, writer));
  SG_TRY(lines.finish(writer));
  SG_TRY(writer.append(delimiter));
  writer.append_static("--\r\n");
  return {};
}

std::string_view pkcs7_fields(SmimeType type) {
  switch (type) {
    case SmimeType::SignedData:
      return "Content-Type: application/pkcs7-mime; smime-type=signed-data;\r\n"
             " name=\"smime.p7m\"\r\n"
             "Content-Transfer-Encoding: base64\r\n"
             "Content-Disposition: attachment; filename=\"smime.p7m\"\r\n";
    case SmimeType::EnvelopedData:
      return "Content-Type: application/pkcs7-mime; smime-type=enveloped-data;\r\n"
             " name=\"smime.p7m\"\r\n"
             "Content-Transfer-Encoding: base64\r\n"
             "Content-Disposition: attachment; filename=\"smime.p7m\"\r\n";
    case SmimeType::AuthEnvelopedData:
      return "Content-Type: application/pkcs7-mime; smime-type=authEnveloped-data;\r\n"
             " name=\"smime.p7m\"\r\n"
             "Content-Transfer-Encoding: base64\r\n"
             "Content-Disposition: attachment; filename=\"smime.p7m\"\r\n";
  }
  return "";
}

}  // namespace sealgate::engine::cms
