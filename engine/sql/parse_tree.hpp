// Parse trees of libpg_query, as JSON, and the few ways this room looks into them.
//
// Pure. Parsing and walking a tree recurse with its depth: both belong on a big stack
// (big_stack.hpp). A node is an object with one member, its type: {"ColumnRef": {...}}. Protobuf
// leaves out what is zero, false or empty, so every access has a default. Errors: sql_syntax with
// the place.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "sql/job.hpp"
#include "sql/source.hpp"

namespace pawl::sql {

using node = nlohmann::json;

// Not a bare node: one converts to anything, also to an error.
struct parse_tree {
  node statement;
};

// The tree of the one statement at `at`. Locations in it count from at.begin.
result<parse_tree> parse_statement(const source& in, slice at);

// The member of an object, nullptr if it is left out.
const node* member(const node& n, const char* key);

std::string text_member(const node& n, const char* key);

// The `location` of a node's body; 0 if it has none, which no expression's location can be.
std::size_t location_of(const node& body);

// The body of a node if it has this type, else nullptr.
const node* as(const node& n, const char* type);

// The strings of a list such as `fields`, `names`, `funcname`; "*" for A_Star.
std::vector<std::string> names_in(const node* list);

// The value that an item of SET, a ResTarget, gives its column; of `(a, b) = (x, y)` the one at its
// place. nullptr for `(a, b) = (SELECT ...)` and without one.
const node* assigned_value(const node& target);

// The names by which two expressions may qualify the columns of one table.
struct qualifiers {
  std::string_view a;
  std::string_view b;
};

// Equal but for locations: the same expression, whatever its white space, comments, parentheses and
// those qualifiers.
bool same_expression(const node& a, const node& b, const qualifiers& ignored = {});

// True if `wanted(object)` holds for some object of the tree.
template <class Predicate>
bool any_object(const node& n, const Predicate& wanted) {
  if (n.is_object() && wanted(n)) return true;
  for (const node& part : n) {
    if (part.is_structured() && any_object(part, wanted)) return true;
  }
  return false;
}

}  // namespace pawl::sql
