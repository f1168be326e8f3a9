// Which tables' rows a pending statement changes.
#include <algorithm>
#include <array>

#include "lint/learn.hpp"

namespace pawl::lint {
namespace {

void empty(schema& known, const sql::relation_name& name) {
  row_changes& of = known.pending_rows[key_of(name)];
  of.changed = of.emptied = true;
  of.added = false;
}

// TRUNCATE ... CASCADE, which goes on with the tables that reference those.
void empty_all(schema& known, sql::relation_name first, bool cascade) {
  std::vector<sql::relation_name> all{std::move(first)};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string target = key_of(all[i]);
    empty(known, all[i]);
    if (!cascade) return;
    for (const auto& [key, other] : known.tables) {
      const bool there = std::any_of(all.begin(), all.end(),
                                     [&](const auto& name) { return key_of(name) == key; });
      const bool refers =
          std::any_of(other.constraints.begin(), other.constraints.end(), [&](const constraint& k) {
            return k.kind == constraint_kind::foreign_key && key_of(k.target) == target;
          });
      if (refers && !there) all.push_back(other.name);
    }
  }
}

void learn_change(std::string_view kind, const node& body, schema& known) {
  const sql::relation_name on = relation_of(part(body, "relation"));
  if (kind == "DeleteStmt" && !body.contains("whereClause") && !body.contains("usingClause")) {
    return empty(known, on);
  }
  row_changes& of = known.pending_rows[key_of(on)];
  if (kind == "InsertStmt") {
    of.added = true;
    of.emptied = false;
    of.changed = of.changed || body.contains("onConflictClause");
    return;
  }
  of.changed = true;
  if (kind != "UpdateStmt") of.thinned = true;
  if (kind == "MergeStmt") {
    of.added = true;
    of.emptied = false;
  }
}

}  // namespace

void learn_rows(const unit& u, schema& known) {
  if (u.kind == "TruncateStmt") {
    const bool cascade = text(*u.body, "behavior") == "DROP_CASCADE";
    for (const node& item : part(*u.body, "relations")) {
      empty_all(known, relation_of(item), cascade);
    }
  }
  if (u.kind == "CopyStmt" && flag(*u.body, "is_from")) learn_change("InsertStmt", *u.body, known);
  if (is_change(u.kind)) learn_change(u.kind, *u.body, known);
  for (const auto& [kind, body] : inner_changes(u)) learn_change(kind, *body, known);
}

}  // namespace pawl::lint
