// How help looks: names on the left, what they mean on the right, within 80 columns. Pure.
#pragma once

#include <string>
#include <string_view>

namespace pawl::cli {

// One entry, with the end of its last line.
std::string help_entry(std::string_view name, std::string_view meaning);

}  // namespace pawl::cli
