// The parts of a data change, found by its tokens. Pure.
//
// Parse trees know where an expression begins but not where it ends; the tokens do. Every search
// stays within the parentheses that it begins in. Offsets are of the file.
#pragma once

#include <vector>

#include "sql/job.hpp"
#include "sql/parse_tree.hpp"
#include "sql/split.hpp"

namespace pawl::sql {

struct relation_part {
  slice name;             // without ONLY, `*`, parentheses and alias
  std::size_t begin = 0;  // of ONLY, or of the name
  std::size_t end = 0;    // behind those but the alias
};

// The verb of the statement itself, behind its WITH.
std::size_t find_verb(const statement& st);

// The relation behind UPDATE, DELETE FROM, INSERT INTO or MERGE INTO.
relation_part find_relation(const statement& st, std::size_t verb);

// The relation whose name begins at `name`, as parse trees give it.
relation_part relation_at(const statement& st, std::size_t name);

// The expression behind the first WHERE from `after` on, with a marker's comment if it begins with
// one, up to RETURNING; empty without WHERE.
slice find_where(const statement& st, std::size_t after, const std::vector<slice>& markers);

// What stands behind FROM or USING, up to WHERE; empty without it. `after` lies behind the target.
slice find_sources(const statement& st, std::size_t after);

// Where a WHERE can be put behind `after`: before RETURNING, else at the end of the parentheses.
std::size_t where_place(const statement& st, std::size_t after);

// The query of an INSERT and what follows it (ON CONFLICT). `listed`: it has a list of columns.
struct inserted_query {
  slice query;
  slice tail;
};
inserted_query find_query(const statement& st, std::size_t after_relation, bool listed,
                          bool has_conflict_clause);

// The source of a MERGE with its alias: behind USING, up to ON.
slice find_merged(const statement& st, std::size_t after_relation);

// Where SET begins behind `after`.
std::size_t find_set(const statement& st, std::size_t after);

// The right-hand side of the SET item whose column, or one of whose columns, stands at `column`.
slice find_assigned(const statement& st, std::size_t column);

// The expressions of a list such as `(a, b)` or `ROW(a, b)`.
std::vector<slice> find_listed(const statement& st, slice list);

// The whole column reference of `parts` names that begins at `begin`: `schema.table.column`.
slice find_reference(const statement& st, std::size_t begin, std::size_t parts);

// The first `parts` names of such a reference, with the dot behind the last of them.
slice find_qualifier(const statement& st, std::size_t begin, std::size_t parts);

}  // namespace pawl::sql
