// The last line of the block: the state in a word, since when, why, and what can be done about it.
// Pure.
#pragma once

#include <string>

#include "observe/progress_snapshot.hpp"
#include "observe/styled_text.hpp"
#include "observe/view.hpp"

namespace pawl::observe {

// The state in one word: "PAUSED", "WAITING", "STOPPED", ...
span state_word(const progress_snapshot& s);

styled_line state_line(const progress_snapshot& s, int columns, charset set);

}  // namespace pawl::observe
