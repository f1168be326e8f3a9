// The query by which a loop of an author's names the rows of one round: `SELECT key FROM t WHERE c
// LIMIT n`. Pure.
#pragma once

#include <optional>
#include <string>

#include "sql/parse_tree.hpp"
#include "sql/query_facts.hpp"
#include "sql/source.hpp"
#include "sql/split.hpp"

namespace pawl::sql {

// Points into the tree that it was read from.
struct round_query {
  std::string key;     // the column of the table that it selects, and nothing else
  std::string output;  // by which a query around it knows that
  table_use table;
  const node* select = nullptr;
  const node* condition = nullptr;
  const node* limit = nullptr;
};

// nullopt if it is no such query of the target's rows; `why` then says what of it is not so, as a
// clause.
std::optional<round_query> read_round(const node& select, const table_use& target,
                                      std::string& why);

// Its condition as the statement itself has to write it, which knows the table as `target`.
std::string condition_of(const source& in, const statement& st, const round_query& round,
                         const table_use& target);

// True if a term of the statement's own WHERE is one of the round's condition too.
bool is_said_by(const round_query& round, const node& term, const table_use& target);

}  // namespace pawl::sql
