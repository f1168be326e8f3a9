#include "observe/choose.hpp"

namespace pawl::observe {
namespace {

bool forces(const std::optional<std::string>& variable) {
  return variable && !variable->empty() && *variable != "0";
}

// No TERM at all is what cron and containers have.
bool is_dumb(const surroundings& s) {
  return !s.term || s.term->empty() || *s.term == "dumb";
}

}  // namespace

bool choose_colour(colour_flag flag, const surroundings& s) {
  if (flag != colour_flag::automatic) {
    return flag == colour_flag::always;
  }
  if (s.no_color && !s.no_color->empty()) {
    return false;
  }
  if (forces(s.force_color) || forces(s.clicolor_force)) {
    return true;
  }
  return s.is_terminal && !is_dumb(s);
}

view_kind choose_view(progress_flag flag, const surroundings& s) {
  switch (flag) {
    case progress_flag::bar:
      return view_kind::terminal;
    case progress_flag::plain:
      return view_kind::plain;
    case progress_flag::none:
      return view_kind::none;
    case progress_flag::automatic:
      break;
  }
  return s.is_terminal && !is_dumb(s) ? view_kind::terminal : view_kind::plain;
}

charset choose_charset(std::string_view codeset) {
  return codeset == "UTF-8" || codeset == "utf8" ? charset::utf8 : charset::ascii;
}

}  // namespace pawl::observe
