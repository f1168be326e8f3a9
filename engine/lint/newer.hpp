// Syntax that is newer than the parser's grammar, PostgreSQL 15. Pure.
//
// Nothing here is run: a statement is only replaced, for the rules, by an older one with the same
// locks and the same work.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/split.hpp"

namespace pawl::lint {

struct older_form {
  std::string sql;
  std::vector<std::string> set_expression;  // columns of SET EXPRESSION
};

// nullopt if the statement holds none of the forms that are known.
std::optional<older_form> in_older_syntax(std::string_view text, const sql::statement& st);

// What makes a statement newer than the grammar; empty if nothing known does where the parser
// stopped, at the word `stop`, so that its complaint is about a slip.
std::string newer_syntax(const std::vector<std::string>& words, std::size_t stop,
                         std::string_view complaint);

}  // namespace pawl::lint
