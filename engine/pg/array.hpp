// PostgreSQL's text form of one-dimensional text[] values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::pg {

// {"a","b\"c"}: every element quoted, so that nothing in it is read as NULL or as a separator.
std::string to_array(const std::vector<std::string>& elements);

// The elements of an array without NULLs, as the server prints it; nullopt if it is none.
std::optional<std::vector<std::string>> from_array(std::string_view text);

}  // namespace pawl::pg
