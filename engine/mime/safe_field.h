// SPDX-License-Identifier: Apache-2.0
//
// Header fields of parts in the form that canonical.h promises.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/mime/structure.h"

namespace sealgate::engine::mime {

// The traits of all lines of `text`.
LineTraits text_traits(std::string_view text);

// The whole field, `whole`, with raw 8-bit encoded, long lines folded, blanks at line ends and
// lines of blanks gone, each line ended by CRLF. Fails with kHeaderNotSafe, also where a line after
// the first is no continuation, or kHeaderLineTooLong. Requires: `whole` begins with `name`.
Result<std::string> make_field_safe(std::string_view name, std::string_view whole);

}  // namespace sealgate::engine::mime
