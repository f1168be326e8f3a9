// What the rules ask of a parse tree. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lint/schema.hpp"
#include "sql/parse_tree.hpp"

namespace pawl::lint {

using sql::node;

// The type of a node, `FuncCall` of {"FuncCall": {...}}, and its body.
std::string_view kind_of(const node& n);
const node& body_of(const node& n);

// A member that is an object or array; an empty node if it is left out.
const node& part(const node& body, const char* key);

bool flag(const node& body, const char* key);
std::string text(const node& body, const char* key);

// The names of a list member: `keys`, `fk_attrs`, `funcname`.
std::vector<std::string> names(const node& body, const char* key);

sql::relation_name relation_of(const node& range_variable);
// Of a list of names: `schema.t`.
sql::relation_name relation_of_names(const std::vector<std::string>& parts);
type_name type_of(const node& body);

// `"schema"."t"` as SQL, with quotes where they are needed.
std::string as_sql(const sql::relation_name& name);
std::string as_sql(std::string_view name);
// `(a, b)` likewise, without the parentheses.
std::string quoted_list(const std::vector<std::string>& names);

// The columns that an expression reads, each once, without qualifiers; "*" for whole rows.
std::vector<std::string> columns_read(const node& expression);

// The functions that an expression calls, without schema.
std::vector<std::string> functions_called(const node& expression);

// The columns that must be non-null where the expression is true: `c IS NOT NULL`, also AND-ed.
std::vector<std::string> proven_not_null(const node& expression);

// A constant's text; nullopt if the node is none.
std::optional<std::string> constant_of(const node& n);

// True for an option such as FULL in a list of DefElem, unless it is switched off.
bool has_option(const node& options, std::string_view name);

bool holds(const std::vector<std::string>& all, std::string_view one);

}  // namespace pawl::lint
