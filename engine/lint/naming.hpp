// How migrations are named. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lint/context.hpp"

namespace pawl::lint {

// The name without its stamp: "add_x_to_y" of "20240131120000_add_x_to_y".
std::string_view described(std::string_view name);

// Why a name without its stamp says nothing; nullopt if it does say something.
std::optional<std::string> why_vague(std::string_view name);

void check_name(context& c, const unit& u, const naming& rules, std::string_view migration);

}  // namespace pawl::lint
