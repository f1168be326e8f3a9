#include "cli/run_state.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <pawl/run.hpp>

#include "run/limits.hpp"

namespace pawl::cli {

std::string shown_state(std::string_view state, std::string_view desired) {
  if (desired == "pause" && state != "paused" && !has_ended(state)) {
    return "pausing";
  }
  if (desired == "cancel" && !has_ended(state)) {
    return "cancelling";
  }
  return std::string{state};
}

bool has_ended(std::string_view state) {
  return state == "done" || state == "failed" || state == "cancelled";
}

std::string why_stalled(const ledger::run_status& r) {
  namespace limits = pawl::run::limits;
  using seconds = std::chrono::duration<double>;
  const auto target = r.tuned.target.value_or(run_options{}.target_default);
  const auto longest = std::max<seconds>(limits::stalled_min, limits::stalled_targets * target);
  return ledger::stalled_because(r, longest.count());
}

int exit_code_of_reason(std::string_view reason) {
  constexpr std::string_view mark = "PAWL-";
  constexpr std::size_t digits = 3;
  // A file's name may stand before the number, and look like one.
  for (auto at = reason.find(mark); at != std::string_view::npos; at = reason.find(mark, at + 1)) {
    const auto number = reason.substr(at + mark.size(), digits);
    int code = 0;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), code);
    const bool is_code = read.ec == std::errc{} && code >= static_cast<int>(errc::statement_failed);
    if (is_code && reason.substr(at + mark.size() + digits).starts_with(':')) {
      return exit_code_of(static_cast<errc>(code));
    }
  }
  return exit_code_of(errc::statement_failed);
}

}  // namespace pawl::cli
