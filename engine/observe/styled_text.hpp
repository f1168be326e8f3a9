// Lines made of coloured pieces. Values; their text has gone through visible().
//
// Only the 16-colour palette and the attributes bold and faint are used, and never is a fact told
// by colour alone.
#pragma once

#include <string>
#include <vector>

namespace pawl::observe {

enum class style { plain, strong, quiet, good, warning, bad };

struct span {
  std::string text;
  style look = style::plain;

  bool operator==(const span&) const = default;
};

using styled_line = std::vector<span>;

std::string render(const styled_line& line, bool colour);

int width_of(const styled_line& line);

// Lines of a label and a text (exactly two pieces) that are too long go on below their text, broken
// at blanks; in fewer than 20 columns for the text, and for all other lines, nothing is changed.
std::vector<styled_line> folded(const std::vector<styled_line>& lines, int columns);

// Each line with its line end.
std::string joined(const std::vector<styled_line>& lines, bool colour);

}  // namespace pawl::observe
