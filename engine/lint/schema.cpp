#include "lint/schema.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace pawl::lint {
namespace {

bool holds(const std::vector<std::string>& names, std::string_view wanted) {
  return std::find(names.begin(), names.end(), wanted) != names.end();
}

}  // namespace

std::string to_string(const type_name& type) {
  std::string text = type.name;
  if (!type.modifiers.empty()) text += fmt::format("({})", fmt::join(type.modifiers, ","));
  if (type.array) text += "[]";
  return text;
}

const column* table::find_column(std::string_view wanted) const {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const column& c) { return c.name == wanted; });
  return found == columns.end() ? nullptr : &*found;
}

column* table::find_column(std::string_view wanted) {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const column& c) { return c.name == wanted; });
  return found == columns.end() ? nullptr : &*found;
}

const constraint* table::find_constraint(std::string_view wanted) const {
  const auto found = std::find_if(constraints.begin(), constraints.end(),
                                  [&](const constraint& c) { return c.name == wanted; });
  return found == constraints.end() ? nullptr : &*found;
}

const constraint* table::primary_key() const {
  const auto found = std::find_if(constraints.begin(), constraints.end(), [](const constraint& c) {
    return c.kind == constraint_kind::primary_key;
  });
  return found == constraints.end() ? nullptr : &*found;
}

bool table::has_key_within(const std::vector<std::string>& these) const {
  const auto all_within = [&](const std::vector<std::string>& names) {
    return !names.empty() && std::all_of(names.begin(), names.end(),
                                         [&](const std::string& n) { return holds(these, n); });
  };
  for (const constraint& c : constraints) {
    const bool unique = c.kind == constraint_kind::primary_key || c.kind == constraint_kind::unique;
    if (unique && all_within(c.columns)) return true;
  }
  return std::any_of(indexes.begin(), indexes.end(), [&](const index& i) {
    return i.unique && !i.partial && i.valid && all_within(i.columns);
  });
}

bool table::has_key() const {
  std::vector<std::string> not_null;
  for (const column& c : columns) {
    if (c.not_null) not_null.push_back(c.name);
  }
  return primary_key() != nullptr || has_key_within(not_null);
}

bool table::proven_not_null(std::string_view wanted) const {
  return std::any_of(constraints.begin(), constraints.end(), [&](const constraint& c) {
    return c.valid && holds(c.proves_not_null, wanted);
  });
}

std::string key_of(const sql::relation_name& name) {
  if (name.schema.empty() || name.schema == "public") return name.table;
  return name.schema + '.' + name.table;
}

table* schema::find_table(const sql::relation_name& name) {
  const auto found = tables.find(key_of(name));
  return found == tables.end() ? nullptr : &found->second;
}

const table* schema::find_table(const sql::relation_name& name) const {
  const auto found = tables.find(key_of(name));
  return found == tables.end() ? nullptr : &found->second;
}

const user_type* schema::find_type(const type_name& type) const {
  const auto found = types.find(type.name);
  return found == types.end() ? nullptr : &found->second;
}

schema::found_index schema::find_index(std::string_view name) {
  for (auto& [key, t] : tables) {
    for (index& i : t.indexes) {
      if (i.name == name) return {&t, &i};
    }
  }
  return {};
}

}  // namespace pawl::lint
