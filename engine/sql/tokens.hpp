// The tokens of a text, as PostgreSQL's own scanner cuts them; comments are tokens too.
//
// Pure and safe on any thread. `scan` reads a whole file (sql_syntax with the place), `scan_text` a
// piece such as a directive's value, where the caller knows the place.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "sql/job.hpp"
#include "sql/source.hpp"

namespace pawl::sql {

// Numbers of libpg_query 15's `enum Token` that this room asks for; single characters are their
// own ASCII code. tests/sql/tokens_test.cpp compares them with the scanner.
enum class token_kind : int {
  open = '(',
  close = ')',
  star = '*',
  comma = ',',
  dot = '.',
  semicolon = ';',
  equals = '=',
  open_bracket = '[',
  backslash = '\\',
  close_bracket = ']',
  ident = 258,
  unicode_ident = 259,
  unicode_string = 262,
  param = 267,
  line_comment = 275,
  block_comment = 276,
  and_word = 291,
  as_word = 294,
  conflict_word = 345,
  delete_word = 380,
  distinct_word = 390,
  do_word = 391,
  fetch_word = 418,
  for_word = 424,
  from_word = 429,
  insert_word = 467,
  into_word = 473,
  limit_word = 491,
  merge_word = 506,
  not_word = 528,
  on_word = 543,
  only_word = 544,
  or_word = 548,
  order_word = 549,
  overriding_word = 557,
  recursive_word = 590,
  returning_word = 606,
  select_word = 625,
  set_word = 632,
  table_word = 661,
  true_word = 680,
  uescape_word = 685,
  update_word = 695,
  using_word = 697,
  values_word = 703,
  where_word = 713,
  with_word = 716,
};

enum class keyword_kind : int { none, unreserved, column_name, type_or_function, reserved };

struct token {
  slice at;
  token_kind kind{};
  keyword_kind keyword = keyword_kind::none;

  bool is_comment() const {
    return kind == token_kind::line_comment || kind == token_kind::block_comment;
  }
  bool operator==(const token&) const = default;
};

// `1_000`, `0xFF`: a number as only PostgreSQL 16 and newer write it.
bool is_newer_number(std::string_view word);

// The parser's message, which quotes the rest of the file behind "unterminated", on one short line.
std::string short_complaint(std::string_view message);

result<std::vector<token>> scan(const source& in);

std::optional<std::vector<token>> scan_text(std::string_view text);

}  // namespace pawl::sql
