// Text that is safe to print on a terminal, and how wide it is there.
//
// What a server sends is untrusted: an escape sequence in an error message must not move the
// cursor, and a bidirectional override must not reorder a line. Widths come from wcwidth, so for
// charset::utf8 the process's LC_CTYPE has to be a UTF-8 one.
#pragma once

#include <string>
#include <string_view>

#include "observe/view.hpp"

namespace pawl::observe {

// `text` on one line: tabs and line ends become blanks; control characters (C0, DEL, C1) and
// bidirectional controls vanish; bytes that are no UTF-8, and for ascii all that is not ASCII, turn
// into a replacement character. Applied to its own result it changes nothing.
std::string visible(std::string_view text, charset set);

// Columns that the result of visible() takes.
int width_of(std::string_view text);

// The result of visible(), cut to at most `columns` with an ellipsis at its end.
std::string fit(std::string_view text, int columns, charset set);

}  // namespace pawl::observe
