// The readers of the kinds of data change. Internal to change.cpp and its neighbours.
#pragma once

#include <string>
#include <string_view>

#include "sql/change.hpp"
#include "sql/query_facts.hpp"
#include "sql/statement_parts.hpp"

namespace pawl::sql {

struct reading {
  const source& in;
  const statement& st;
  const batch_directive* batch;
};

// `what` cannot be divided by its text alone: the error that asks for marker and directive.
error marker_needed(const reading& r, std::string_view what);

// "a", "a and b", "a, b and 2 more": tables for a reason or a remark.
std::string list_of(const std::vector<relation_name>& tables);

// Takes what the catalog has to be asked from the facts.
void keep_facts(const query_facts& facts, change& read);

// The rows of `driver` divide the work. Sets all of that but the WHERE.
relation_part drive(const reading& r, const table_use& driver, change& read);

// An UPDATE or DELETE, `body`, by its own rows; and how it is divided.
result<change> read_row_change(const reading& r, const node& body, change read);
// INSERT ... SELECT.
result<change> read_insert(const reading& r, const node& body, change read);
result<change> read_merge(const reading& r, const node& body, change read);
// A statement whose WITH changes data: divided by the table that its first change reads or empties,
// where that decides what everything else does. `verb` is its own kind, "InsertStmt" and so on.
result<change> read_writing_with(const reading& r, std::string_view verb, const node& body,
                                 change read);

}  // namespace pawl::sql
