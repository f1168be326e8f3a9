// A file's tokens, divided into statements and the comments around them. Pure.
#pragma once

#include <vector>

#include "sql/tokens.hpp"

namespace pawl::sql {

struct statement {
  slice text;                 // first token to last token, without the semicolon
  std::vector<token> tokens;  // without comments
  bool operator==(const statement&) const = default;
};

struct comment {
  token at;
  std::size_t of = 0;   // the statement it stands in or before; their number after the last one
  bool inside = false;  // behind the statement's first token and before its semicolon
  token next;           // the token after it, comments included; default at the end of the file
  bool operator==(const comment&) const = default;
};

struct layout {
  std::vector<statement> statements;
  std::vector<comment> comments;
};

// Every semicolon ends a statement: a data change holds none, and bodies such as BEGIN ATOMIC occur
// only in statements that a job file must not hold anyway.
layout split(const std::vector<token>& tokens);

}  // namespace pawl::sql
