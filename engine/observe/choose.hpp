// Which view, and whether in colour: the rules as pure functions of flags and environment.
#pragma once

#include <optional>
#include <string>

#include "observe/view.hpp"

namespace pawl::observe {

enum class colour_flag { automatic, always, never };
enum class progress_flag { automatic, bar, plain, none };
enum class view_kind { terminal, plain, none };

// Facts about one stream and the process; a variable that is not set is empty.
struct surroundings {
  bool is_terminal = false;
  std::optional<std::string> term;            // TERM
  std::optional<std::string> no_color;        // NO_COLOR
  std::optional<std::string> force_color;     // FORCE_COLOR
  std::optional<std::string> clicolor_force;  // CLICOLOR_FORCE
};

// The flag, else NO_COLOR (if not empty), else FORCE_COLOR or CLICOLOR_FORCE (if neither empty nor
// 0), else: a terminal that is not dumb.
bool choose_colour(colour_flag flag, const surroundings& s);

// The flag, else a block on a terminal that can move its cursor, else plain lines.
view_kind choose_view(progress_flag flag, const surroundings& s);

// By the codeset of the locale in use, as nl_langinfo(CODESET) names it.
charset choose_charset(std::string_view codeset);

}  // namespace pawl::observe
