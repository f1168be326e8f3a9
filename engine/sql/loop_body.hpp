// What the body of a DO block does around the one statement that it repeats, by its tokens. Pure.
#pragma once

#include <set>
#include <string>

#include "sql/source.hpp"
#include "sql/split.hpp"

namespace pawl::sql {

struct loop_body {
  source text;
  statement change;                 // in `text`
  std::set<std::string> variables;  // folded
  std::set<std::string> positive;   // those declared with a number above 0 that stays
  // Why it is no loop that ends when, and only when, a round changes nothing; empty if it is one.
  std::string refusal;
};

loop_body read_loop_body(std::string text);

}  // namespace pawl::sql
