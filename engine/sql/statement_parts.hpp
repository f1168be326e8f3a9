// The parts of a single-table UPDATE or DELETE, found by its tokens. Pure.
//
// Parse trees know where an expression begins but not where it ends; the tokens do.
#pragma once

#include <vector>

#include "sql/job.hpp"
#include "sql/parse_tree.hpp"
#include "sql/split.hpp"

namespace pawl::sql {

struct relation_part {
  slice name;           // without ONLY, `*`, parentheses and alias
  std::size_t end = 0;  // behind those but the alias
};

relation_part find_relation(const statement& st);

// The expression behind WHERE, with a marker's comment if it begins with one; empty without WHERE.
slice find_where(const statement& st, const std::vector<slice>& markers);

// The right-hand side of the SET item whose column stands at `column`.
slice find_assigned(const statement& st, std::size_t column);

// The whole column reference of `parts` names that begins at `begin`: `schema.table.column`.
slice find_reference(const statement& st, std::size_t begin, std::size_t parts);

// The first `parts` names of such a reference, with the dot behind the last of them.
slice find_qualifier(const statement& st, std::size_t begin, std::size_t parts);

}  // namespace pawl::sql
