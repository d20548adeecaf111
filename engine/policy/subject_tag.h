// SPDX-License-Identifier: Apache-2.0
//
// Tags by which a sender asks for protection in the subject: [encrypt], (Encrypt), {ENCRYPT},
// <encrypt>, and any mix of such brackets, full-width forms included.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sealgate::engine::policy {

// Where a tag stands in a subject, brackets included.
struct TagPlace {
  std::size_t offset = 0;
  std::size_t length = 0;
};

// The first place of `tag` (a word without brackets) in `subject`, both UTF-8. Case is ignored
// for all letters that have simple lower-case forms; white space inside the brackets and
// invisible characters (soft hyphen, zero width) are overlooked.
std::optional<TagPlace> find_subject_tag(std::string_view subject, std::string_view tag);

// `subject` without any `tag` (but those nested more than ten deep), and without the white space
// that a removed tag leaves over. Cost: linear in the size of `subject` but for moving its end.
std::string remove_subject_tag(std::string_view subject, std::string_view tag);

}  // namespace sealgate::engine::policy
