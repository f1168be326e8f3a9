// "Did you mean": the nearest of some known words. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace pawl {

// How many bytes were left out, added, replaced or exchanged with their neighbour.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The known word nearest to `word`, empty if none is near enough to be a slip of the same word.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

// "Did you mean `x`?", or "Known are `a`, `b` and `c`." if nothing is near.
std::string suggestion(std::string_view word, std::span<const std::string_view> known);

}  // namespace pawl
