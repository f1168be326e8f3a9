// What is said before and after a run, as text: the opening tells what will happen and how to watch
// and stop it, the closing what was done, and what to type next. Pure.
#pragma once

#include <pawl/events.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "observe/progress_snapshot.hpp"
#include "observe/styled_text.hpp"
#include "observe/view.hpp"

namespace pawl::observe {

std::vector<styled_line> opening_lines(const run_opened& e, charset set);

// `s` is the model's snapshot after `e`: batch times and waiting come from there, totals from `e`.
std::vector<styled_line> closing_lines(const run_ended& e, const progress_snapshot& s, charset set);

// One line for what scrolls by above the block. `left_out` equal ones were not shown.
std::string retry_text(const batch_retried& e, std::int64_t left_out);
std::string takeover_text(const range_claimed& e);

}  // namespace pawl::observe
