// What a statement reads besides the table that it changes, by its parse tree alone. Pure.
//
// Function names are not resolved: whether one aggregates or is volatile only the catalog knows,
// and the plan room asks it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/job.hpp"
#include "sql/parse_tree.hpp"

namespace pawl::sql {

// An occurrence of a table in FROM or USING.
struct table_use {
  relation_name name;
  std::string alias;         // empty if there is none
  std::size_t location = 0;  // of the name, in the statement
  bool only = false;

  // By which the statement knows it.
  const std::string& own_name() const { return alias.empty() ? name.table : alias; }
  bool operator==(const table_use&) const = default;
};

struct query_facts {
  std::vector<relation_name> reads;  // each once; not the names of CTEs
  // Called anywhere. `.f` stands for the last name of `t.f` and `(e).f`, which is the function f of
  // one row where there is no such column.
  std::vector<std::string> functions;
  std::vector<std::string> own_functions;  // called outside of every subquery
  // Called where one value may serve many rows: in CTEs, in subqueries of FROM, and in subqueries
  // that name no column of the query around them.
  std::vector<std::string> derived_functions;
  std::vector<std::string> operators;  // without schema
  bool combines = false;               // UNION, INTERSECT or EXCEPT somewhere
  // A subquery of these kinds groups, ranks, sorts out or limits its rows, or a table is sampled.
  bool groups = false;
};

// Of all that hangs below `body` but its member `except` (the changed table itself).
query_facts read_query_facts(const node& body, const char* except = "relation");

// True if `body` reads `name` anywhere but in its member `except`. Without a schema search_path
// decides, and the text cannot tell two tables apart.
bool reads_table(const query_facts& facts, const relation_name& name);
bool may_be_same(const relation_name& a, const relation_name& b);

relation_name relation_of(const node& range_var);
table_use use_of(const node& range_var);

// How often FROM, USING and INTO below `n` name the table or CTE.
int count_uses(const node& n, const relation_name& name);
// True if a WITH anywhere below `n` gives its name to a CTE.
bool names_cte(const node& n, const std::string& name);

// A SELECT that makes each of its rows from one row of each table it reads: nothing is grouped,
// ranked, combined, limited or put in order.
bool is_row_by_row(const node& select);

// The first table of FROM whose rows are all kept by the joins around it, and are joined to nothing
// else than by each row's own values; nullopt if FROM begins with something else.
std::optional<table_use> driving_table(const node& select);

// The terms of an AND chain; the condition itself if it is none.
std::vector<const node*> terms_of(const node& condition);

// Columns that two sides of an AND chain equate: `a.x = b.y` as {"a","x"} and {"b","y"}.
struct equality {
  std::vector<std::string> left;
  std::vector<std::string> right;
};
std::vector<equality> equalities_in(const node* condition);

// The columns that an AND chain equates with a literal.
std::vector<std::string> constants_in(const node* condition);

}  // namespace pawl::sql
