// SPDX-License-Identifier: Apache-2.0
//
// Kinds of content, coarse enough to say that a name and a content contradict each other. Formats
// that are honestly kept under each other's names (.doc that is RTF or HTML, .docx that is a ZIP
// archive) do not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sealgate::app {

enum class ContentKind : std::uint8_t {
  Unknown,
  Program,
  Script,
  Archive,
  Office,
  Pdf,
  Picture,
  Media,
  Markup,
  Text,
};

// By the extension of a name, without regard to case: "a.tar.gz" is an Archive.
ContentKind kind_of_name(std::string_view name);

// By a MIME type, lower case.
ContentKind kind_of_type(std::string_view type);

// Whether content of kind `found` under a name of kind `named` deceives its reader.
bool contradicts(ContentKind named, ContentKind found);

// For reasons: "a Windows program (application/x-dosexec)".
std::string describe_type(std::string_view type);

}  // namespace sealgate::app
