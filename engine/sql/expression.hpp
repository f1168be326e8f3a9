// What an expression reads and calls. Pure.
#pragma once

#include <string>
#include <vector>

#include "sql/job.hpp"
#include "sql/parse_tree.hpp"

namespace pawl::sql {

struct column_reference {
  std::vector<std::string> fields;  // qualifier and column
  std::size_t location = 0;         // in the statement

  const std::string& column() const { return fields.back(); }
};

struct expression_facts {
  std::vector<column_reference> columns;
  catalog_names calls;  // each name once
};

// Adds the facts of an expression. False if it holds anything whose reads or calls are not known in
// full: subqueries, whole rows, fields of composites, window functions, XML, ...
bool add_facts(const node& expression, expression_facts& to);

}  // namespace pawl::sql
