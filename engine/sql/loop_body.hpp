// What the body of a DO block does around the one statement that it repeats, by its tokens. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "sql/source.hpp"
#include "sql/split.hpp"

namespace pawl::sql {

struct loop_body {
  source text;
  statement change;                             // in `text`
  std::set<std::string> variables;              // folded
  std::map<std::string, std::int64_t> numbers;  // those declared with a number above 0 that stays
  std::set<std::string> labels;                 // of blocks and loops, folded
  // It also ends when a round changed fewer rows than these.
  std::set<std::int64_t> ends_below;
  // Why it is no loop that ends when, and only when, a round changes nothing, or fewer rows than it
  // may; empty if it is one.
  std::string refusal;
};

loop_body read_loop_body(std::string text);

}  // namespace pawl::sql
