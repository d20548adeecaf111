// SPDX-License-Identifier: Apache-2.0
//
// Code points of UTF-8 text that comes from strangers.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sealgate::engine::trust {

// The code point at `offset`, and `offset` moved behind it. None, with `offset` unmoved, where
// the bytes are not well-formed (RFC 3629: no overlong forms, no surrogates) or at the end.
std::optional<char32_t> next_code_point(std::string_view text, std::size_t& offset);

// White space, controls, invisible and direction-changing characters, unassigned specials:
// nothing that an address may hold or that an operator should be shown raw.
bool is_unprintable(char32_t code_point);

// `text` for people: unprintable characters and malformed bytes as '?', at most `bytes_max`
// octets, cut between characters. Plain spaces stay.
std::string printable(std::string_view text, std::size_t bytes_max);

}  // namespace sealgate::engine::trust
