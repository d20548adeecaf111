// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/scan/content_kind.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "engine/mime/header_text.h"

namespace sealgate::app {
namespace {

using enum ContentKind;

struct NamedKind {
  std::string_view name;
  ContentKind kind;
};

constexpr NamedKind kExtensions[] = {
    {"exe", Program}, {"dll", Program},  {"scr", Program},  {"com", Program},  {"msi", Program},
    {"jar", Program}, {"apk", Program},  {"bat", Script},   {"cmd", Script},   {"ps1", Script},
    {"vbs", Script},  {"js", Script},    {"sh", Script},    {"py", Script},    {"pl", Script},
    {"zip", Archive}, {"7z", Archive},   {"rar", Archive},  {"tar", Archive},  {"gz", Archive},
    {"tgz", Archive}, {"bz2", Archive},  {"xz", Archive},   {"zst", Archive},  {"cab", Archive},
    {"iso", Archive}, {"lzh", Archive},  {"doc", Office},   {"docx", Office},  {"docm", Office},
    {"dot", Office},  {"dotx", Office},  {"xls", Office},   {"xlsx", Office},  {"xlsm", Office},
    {"xlsb", Office}, {"ppt", Office},   {"pptx", Office},  {"pps", Office},   {"ppsx", Office},
    {"odt", Office},  {"ods", Office},   {"odp", Office},   {"rtf", Office},   {"pdf", Pdf},
    {"png", Picture}, {"jpg", Picture},  {"jpeg", Picture}, {"gif", Picture},  {"bmp", Picture},
    {"tif", Picture}, {"tiff", Picture}, {"webp", Picture}, {"heic", Picture}, {"ico", Picture},
    {"mp3", Media},   {"mp4", Media},    {"m4a", Media},    {"mov", Media},    {"avi", Media},
    {"wav", Media},   {"ogg", Media},    {"mkv", Media},    {"webm", Media},   {"html", Markup},
    {"htm", Markup},  {"xhtml", Markup}, {"xml", Markup},   {"svg", Markup},   {"txt", Text},
    {"csv", Text},    {"log", Text},     {"md", Text},      {"json", Text},    {"ics", Text},
    {"vcf", Text},
};

constexpr NamedKind kTypes[] = {
    {"application/x-dosexec", Program},
    {"application/vnd.microsoft.portable-executable", Program},
    {"application/x-msdownload", Program},
    {"application/x-executable", Program},
    {"application/x-pie-executable", Program},
    {"application/x-sharedlib", Program},
    {"application/x-mach-binary", Program},
    {"application/x-msi", Program},
    {"application/x-ms-shortcut", Program},
    {"application/java-archive", Program},
    {"application/x-java-applet", Program},
    {"application/vnd.android.package-archive", Program},
    {"application/javascript", Script},
    {"text/javascript", Script},
    {"text/x-shellscript", Script},
    {"text/x-msdos-batch", Script},
    {"text/x-perl", Script},
    {"text/x-php", Script},
    {"text/x-python", Script},
    {"text/x-script.python", Script},
    {"text/x-ruby", Script},
    {"application/zip", Archive},
    {"application/x-zip-compressed", Archive},
    {"application/x-7z-compressed", Archive},
    {"application/x-rar", Archive},
    {"application/vnd.rar", Archive},
    {"application/x-rar-compressed", Archive},
    {"application/x-tar", Archive},
    {"application/x-gtar", Archive},
    {"application/gzip", Archive},
    {"application/x-gzip", Archive},
    {"application/x-bzip2", Archive},
    {"application/x-xz", Archive},
    {"application/zstd", Archive},
    {"application/x-zstd", Archive},
    {"application/x-lz4", Archive},
    {"application/x-lzma", Archive},
    {"application/x-compress", Archive},
    {"application/vnd.ms-cab-compressed", Archive},
    {"application/x-cpio", Archive},
    {"application/x-lzh-compressed", Archive},
    {"application/x-lha", Archive},
    {"application/x-iso9660-image", Archive},
    {"application/msword", Office},
    {"application/cdfv2", Office},
    {"application/x-ole-storage", Office},
    {"application/encrypted", Office},
    {"text/rtf", Office},
    {"application/rtf", Office},
    {"application/pdf", Pdf},
    {"image/svg+xml", Markup},
    {"text/html", Markup},
    {"text/xml", Markup},
    {"application/xml", Markup},
    {"application/xhtml+xml", Markup},
};

constexpr std::string_view kOfficeStarts[] = {
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.ms-word",
    "application/vnd.openxmlformats-officedocument.",
    "application/vnd.oasis.opendocument.",
};

ContentKind find(std::string_view name, const NamedKind* first, const NamedKind* last) {
  const NamedKind* const found =
      std::find_if(first, last, [&](const NamedKind& entry) { return entry.name == name; });
  return found == last ? Unknown : found->kind;
}

constexpr std::uint32_t kinds(std::initializer_list<ContentKind> list) {
  std::uint32_t bits = 0;
  for (const ContentKind kind : list) bits |= 1U << static_cast<std::uint32_t>(kind);
  return bits;
}

// The kinds of name that deceive about content of this kind. Text under another name is broken
// at worst; pictures and films are often named after each other.
constexpr std::uint32_t deceived(ContentKind found) {
  switch (found) {
    case Unknown:
    case Text:
      return 0;
    case Program:
      return kinds({Script, Archive, Office, Pdf, Picture, Media, Markup, Text});
    case Script:
      return kinds({Archive, Office, Pdf, Picture, Media});
    case Archive:
      return kinds({Pdf, Picture, Media, Markup, Text});
    case Office:
    case Pdf:
      return kinds({Archive, Picture, Media, Markup, Text, found == Office ? Pdf : Office});
    case Picture:
      return kinds({Archive, Office, Pdf, Markup, Text});
    case Media:
      return kinds({Archive, Office, Pdf});
    case Markup:
      return kinds({Archive, Pdf, Picture, Media});
  }
  return 0;
}

struct Description {
  std::string_view type;
  std::string_view words;
};

constexpr Description kDescriptions[] = {
    {"application/x-dosexec", "a Windows program"},
    {"application/vnd.microsoft.portable-executable", "a Windows program"},
    {"application/x-msi", "a Windows installer"},
    {"application/x-ms-shortcut", "a Windows shortcut"},
    {"application/x-executable", "a Linux program"},
    {"application/x-pie-executable", "a Linux program"},
    {"application/x-sharedlib", "a Linux program"},
    {"application/x-mach-binary", "a macOS program"},
    {"application/java-archive", "a Java program"},
    {"text/x-shellscript", "a shell script"},
    {"application/zip", "a ZIP archive"},
    {"text/html", "an HTML page"},
    {"application/pdf", "a PDF document"},
};

}  // namespace

ContentKind kind_of_name(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return Unknown;
  return find(engine::mime::lower_ascii(name.substr(dot + 1)), std::begin(kExtensions),
              std::end(kExtensions));
}

ContentKind kind_of_type(std::string_view type) {
  const ContentKind exact = find(type, std::begin(kTypes), std::end(kTypes));
  if (exact != Unknown) return exact;
  if (std::any_of(std::begin(kOfficeStarts), std::end(kOfficeStarts),
                  [&](std::string_view start) { return type.starts_with(start); })) {
    return Office;
  }
  if (type.starts_with("image/x-portable-") || type == "image/x-tga") {
    return Unknown;  // Told from so few octets that text is taken for it.
  }
  if (type.starts_with("image/")) return Picture;
  if (type.starts_with("audio/") || type.starts_with("video/")) return Media;
  return type.starts_with("text/") ? Text : Unknown;
}

bool contradicts(ContentKind named, ContentKind found) {
  return (deceived(found) & kinds({named})) != 0;
}

std::string describe_type(std::string_view type) {
  for (const Description& entry : kDescriptions) {
    if (entry.type == type) return std::string(entry.words) + " (" + std::string(type) + ")";
  }
  return "of type " + std::string(type);
}

}  // namespace sealgate::app
