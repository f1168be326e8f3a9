// `-- pawl:ignore L20[,L21] reason`: findings that somebody has looked at.
//
// Pure. It binds to the statement it stands in, or to the one that ends on its line, else to the
// next one. An ignore that is wrong, or that hides nothing, is told as L97.
#pragma once

#include <vector>

#include "lint/context.hpp"

namespace pawl::lint {

struct ignore {
  std::vector<std::string> ids;
  std::vector<bool> used;
  std::size_t statement = 0;
  std::size_t offset = 0;
};

// Those of a file; wrong ones are told to `c`.
std::vector<ignore> read_ignores(context& c, const sql::layout& divided);

// Takes the findings that are ignored out of what `c` was told, and tells those that hid nothing.
void apply_ignores(context& c, std::vector<ignore>& all, const options& chosen);

}  // namespace pawl::lint
