// The progress block as lines. Pure: the same snapshot in the same space gives the same lines.
//
// Three layouts: wide (from 110 columns), medium (from 60) and narrow; what still does not fit is
// left out, the least important first. No line reaches the last column, so that no terminal wraps.
#pragma once

#include <chrono>
#include <vector>

#include "observe/progress_snapshot.hpp"
#include "observe/styled_text.hpp"
#include "observe/view.hpp"

namespace pawl::observe {

struct block_space {
  int columns = 80;
  int lines = 24;  // at most so many lines; at least one is drawn
  charset set = charset::ascii;
  bool workers = false;                // one more line for each worker
  std::chrono::seconds utc_offset{0};  // of the reader's clock
};

std::vector<styled_line> block_lines(const progress_snapshot& s, const block_space& space);

}  // namespace pawl::observe
