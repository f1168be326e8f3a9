// One statement as the rules see it. A view: it lives as long as the file's source and its tree.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lint/tree.hpp"
#include "sql/split.hpp"

namespace pawl::lint {

struct unit {
  const sql::statement* written = nullptr;
  std::size_t number = 0;      // of the statement in its file; what a DO block holds has its number
  std::string_view kind;       // "UpdateStmt"
  const node* body = nullptr;  // nullptr: not parsed
  bool exact = true;           // the tree's locations are those of the text
  bool in_code = false;        // inside of a DO block
  const node* around = nullptr;  // the statement that runs this change, as in its WITH

  std::size_t begin() const { return written->text.begin; }
  // The place in the file of a location in the tree.
  std::size_t at(std::size_t location) const { return begin() + (exact ? location : 0); }
  std::size_t at(const node& body_with_location) const {
    return at(sql::location_of(body_with_location));
  }
};

// UPDATE, DELETE, INSERT, MERGE.
bool is_change(std::string_view kind);

// The changes of rows that a statement runs besides itself: those of its WITH, of EXPLAIN ANALYZE,
// of PREPARE and of COPY (...) TO.
struct inner_change {
  std::string_view kind;
  const node* body = nullptr;
};
std::vector<inner_change> inner_changes(const unit& u);

// The commands of an ALTER TABLE: one slice each, in the order of the tree's `cmds`.
std::vector<sql::slice> command_slices(std::string_view text, const sql::statement& st);

// The tokens' text as words, unquoted ones in upper case.
std::vector<std::string> words_of(std::string_view text, const sql::statement& st);

// Divides a file as PostgreSQL would: a semicolon inside of parentheses (CREATE RULE) or of a
// BEGIN ATOMIC body ends no statement.
sql::layout divide(std::string_view text, const std::vector<sql::token>& tokens);

}  // namespace pawl::lint
