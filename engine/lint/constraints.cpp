#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lint/learn.hpp"
#include "lint/rules.hpp"

namespace pawl::lint {
namespace {

void check_check(context& c, const unit& u, const alteration& a, const constraint& made) {
  if (!made.valid || !c.matters(a.on)) return;
  c.tell(u, "L12", a.at,
         {fmt::format("CHECK {} reads all of {}", as_sql(made.name), as_sql(a.on)),
          locks_out_all(a.on, "for the whole scan"),
          "ADD CONSTRAINT NOT VALID, then VALIDATE CONSTRAINT in a transaction of its own (P3)"});
}

std::string joined(const std::vector<std::string>& left, const std::vector<std::string>& right) {
  std::string condition;
  for (std::size_t i = 0; i < left.size(); ++i) {
    condition +=
        fmt::format("{}p.{} = c.{}", i == 0 ? "" : " AND ", as_sql(right[i]), as_sql(left[i]));
  }
  return condition;
}

}  // namespace

void check_orphans(context& c, const unit& u, const alteration& a, const constraint& made) {
  std::vector<std::string> target = made.target_columns;
  const table* parent = std::as_const(c.known).find_table(made.target);
  if (target.empty() && parent != nullptr && parent->primary_key() != nullptr) {
    target = parent->primary_key()->columns;
  }
  if (target.size() != made.columns.size() || a.known == nullptr) return;
  const row_changes parents = c.rows_of(made.target);
  if (!c.holds_todays_data(a.on, made.columns) || !c.holds_todays_data(made.target, target) ||
      parents.added) {
    return;
  }
  std::string not_null;
  for (const std::string& name : made.columns) {
    not_null += fmt::format("c.{} IS NOT NULL AND ", as_sql(name));
  }
  const std::string query =
      fmt::format("SELECT EXISTS (SELECT FROM {} c WHERE {}NOT EXISTS (SELECT FROM {} p WHERE {}))",
                  as_sql(a.on), not_null, as_sql(made.target), joined(made.columns, target));
  if (!c.holds_true(query)) return;
  c.tell(u, "L73", a.at,
         {fmt::format("{} has rows whose {} is not in {}, so foreign key {} fails", as_sql(a.on),
                      quoted_list(made.columns), as_sql(made.target), as_sql(made.name)),
          {},
          "mend or delete those rows by a job first"});
}

namespace {

// Where NOT VALID (before PostgreSQL 18), CONCURRENTLY and USING INDEX are refused. What its
// partitions have already it takes over: measured on 15, neither reads them again.
bool is_partitioned(const alteration& a) {
  return a.known != nullptr && a.known->partitioned;
}

std::string safe_foreign_key(const context& c, const alteration& a, const constraint& made) {
  const bool all_null =
      a.known != nullptr && !c.rows_of(a.on).changed &&
      std::any_of(made.columns.begin(), made.columns.end(), [&](const std::string& name) {
        const column* of = a.known->find_column(name);
        return of != nullptr && of->made_in == c.file && !of->not_null;
      });
  if (all_null && made.columns.size() == 1) {
    return "REFERENCES in the ADD COLUMN: the new column is NULL in every row, so nothing is read";
  }
  if (is_partitioned(a)) {
    return "the same on each partition NOT VALID (P3), then on the table, which takes them over "
           "without a scan; from PostgreSQL 18 on NOT VALID on the table itself";
  }
  return "ADD CONSTRAINT NOT VALID, then VALIDATE CONSTRAINT in a transaction of its own (P3)";
}

void check_foreign_key(context& c, const unit& u, const alteration& a, const constraint& made) {
  // NOT VALID looks at no row that is there: what is wrong with them VALIDATE finds.
  if (!made.valid) return;
  check_orphans(c, u, a, made);
  if (!c.matters(a.on)) return;
  c.tell(u, "L13", a.at,
         {fmt::format("foreign key {} reads all of {} and looks every row up in {}",
                      as_sql(made.name), as_sql(a.on), as_sql(made.target)),
          fmt::format("SHARE ROW EXCLUSIVE on {} and on {} for the whole scan: writers of both "
                      "wait",
                      as_sql(a.on), as_sql(made.target)),
          safe_foreign_key(c, a, made)});
}

std::vector<std::string> nullable(const alteration& a, const std::vector<std::string>& columns) {
  std::vector<std::string> found;
  for (const std::string& name : columns) {
    const column* known = a.known == nullptr ? nullptr : a.known->find_column(name);
    if (known != nullptr && !known->not_null && !a.known->proven_not_null(name)) {
      found.push_back(name);
    }
  }
  return found;
}

void check_key(context& c, const unit& u, const alteration& a, const constraint& made) {
  const bool primary = made.kind == constraint_kind::primary_key;
  const std::string from = text(part(part(*a.command, "def"), "Constraint"), "indexname");
  std::vector<std::string> columns = made.columns;
  if (!from.empty() && a.known != nullptr) {
    for (const index& i : a.known->indexes) {
      if (i.name == from) columns = i.columns;
    }
  }
  check_duplicates(c, u, a.at, a.on, columns, part(part(*a.command, "def"), "Constraint"));
  if (!c.matters(a.on)) return;
  const std::vector<std::string> open = primary ? nullable(a, columns) : std::vector<std::string>();
  if (!open.empty()) {
    c.tell(u, "L15", a.at,
           {fmt::format("{} of {} may be NULL, so the primary key reads the whole table",
                        quoted_list(open), as_sql(a.on)),
            locks_out_all(a.on, "for the whole scan"),
            "CHECK (… IS NOT NULL) NOT VALID, VALIDATE, SET NOT NULL, then the key (P4, P5)"});
  }
  if (!from.empty()) return;
  c.tell(
      u, primary ? "L23" : "L22", a.at,
      {fmt::format("{} {} builds its index over all of {}", primary ? "PRIMARY KEY" : "UNIQUE",
                   as_sql(made.name), as_sql(a.on)),
       locks_out_all(a.on, "while the index is built"),
       is_partitioned(a)
           ? "the same on each partition (P5), under other names, then on the table, which takes "
             "them over without a scan"
           : "CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT USING INDEX (P5)"});
}

}  // namespace

void check_duplicates(context& c, const unit& u, std::size_t at, const sql::relation_name& on,
                      const std::vector<std::string>& columns, const node& key) {
  if (columns.empty() || !c.holds_todays_data(on, columns)) return;
  std::string not_null;
  for (const std::string& name : columns) {
    not_null += fmt::format("{}{} IS NOT NULL", not_null.empty() ? "" : " AND ", as_sql(name));
  }
  if (flag(key, "nulls_not_distinct")) not_null = "true";
  const std::string list = quoted_list(columns);
  const std::string query =
      fmt::format("SELECT EXISTS (SELECT FROM {} WHERE {} GROUP BY {} HAVING count(*) > 1)",
                  as_sql(on), not_null, list);
  if (!c.holds_true(query)) return;
  c.tell(u, "L71", at,
         {fmt::format("{} has duplicates of ({}), so this fails", as_sql(on), list),
          {},
          "merge or delete the duplicates by a job first"});
}

namespace {

// A constraint that is dropped and made again, usually with another action, still protects the
// data.
void take_back_drop(context& c, const std::string& constraint) {
  for (const auto& dropped : c.past.constraints) {
    if (dropped.name != constraint) continue;
    std::erase_if(c.told,
                  [&](const draft& d) { return d.offset == dropped.at && d.what.of->id == "L67"; });
  }
}

}  // namespace

void check_add_constraint(context& c, const unit& u, const alteration& a) {
  const node& body = part(part(*a.command, "def"), "Constraint");
  const auto made = constraint_of(body, a.on, {}, c.file);
  if (!made) return;
  if (!made->valid) c.past.not_valid.push_back(key_of(a.on) + '.' + made->name);
  take_back_drop(c, key_of(a.on) + '.' + made->name);
  switch (made->kind) {
    case constraint_kind::check:
      return check_check(c, u, a, *made);
    case constraint_kind::foreign_key:
      return check_foreign_key(c, u, a, *made);
    case constraint_kind::unique:
    case constraint_kind::primary_key:
      return check_key(c, u, a, *made);
    case constraint_kind::exclusion:
      if (!c.matters(a.on)) return;
      c.tell(u, "L24", a.at,
             {fmt::format("EXCLUDE builds its index over all of {}, and PostgreSQL has no online "
                          "way to add one",
                          as_sql(a.on)),
              locks_out_all(a.on, "while the index is built"),
              "a new table or partition with the constraint, or a maintenance window"});
  }
}

void check_drop_constraint(context& c, const unit& u, const alteration& a) {
  const std::string name = text(*a.command, "name");
  const constraint* known = a.known == nullptr ? nullptr : a.known->find_constraint(name);
  if (c.is_new(a.on) || (known != nullptr && known->made_in == c.file)) return;
  // PostgreSQL and every migration tool end the names of foreign keys so.
  const bool foreign = known != nullptr ? known->kind == constraint_kind::foreign_key
                                        : name.ends_with("_fkey") || name.ends_with("_fk");
  const bool own = known != nullptr && key_of(known->target) == key_of(a.on);
  if (foreign && !own) {
    const std::string parent = known != nullptr ? as_sql(known->target) : "the referenced table";
    c.tell(u, "L42", a.at,
           {fmt::format("dropping foreign key {} locks {} too", as_sql(name), parent),
            fmt::format("ACCESS EXCLUSIVE on {} and on {}: readers of both wait", as_sql(a.on),
                        parent),
            "a short transaction of its own that is tried again (P1)"});
  }
  const bool back = sql::any_object(part(*u.body, "cmds"), [&](const node& n) {
    return n.contains("Constraint") && n.contains("Constraint") &&
           text(part(n, "Constraint"), "conname") == name;
  });
  if (back) return;
  c.past.constraints.push_back({key_of(a.on) + '.' + name, a.at});
  c.tell(
      u, "L67", a.at,
      {fmt::format("constraint {} of {} no longer protects the data", as_sql(name), as_sql(a.on)),
       {},
       {}});
}

void check_set_not_null(context& c, const unit& u, const alteration& a) {
  const std::string name = text(*a.command, "name");
  const column* known = a.known == nullptr ? nullptr : a.known->find_column(name);
  if (known != nullptr && known->not_null) return;
  if (c.is_new(a.on)) return;
  const std::string on = as_sql(a.on);
  if (c.holds_todays_data(a.on, {name}) &&
      c.holds_true(
          fmt::format("SELECT EXISTS (SELECT FROM {} WHERE {} IS NULL)", on, as_sql(name)))) {
    c.tell(u, "L72", a.at,
           {fmt::format("{} has rows with NULL in {}, so SET NOT NULL fails", on, as_sql(name)),
            {},
            "fill them by a job first (P8)"});
  }
  if (!c.matters(a.on)) return;
  const bool proven = a.known != nullptr && a.known->proven_not_null(name);
  if (!proven) {
    c.tell(u, "L11", a.at,
           {fmt::format("SET NOT NULL on {} reads all of {}", as_sql(name), on),
            locks_out_all(a.on, "for the whole scan"),
            "CHECK (… IS NOT NULL) NOT VALID, VALIDATE, then SET NOT NULL, which trusts the CHECK "
            "(P4)"});
    return;
  }
  for (const node& item : part(*u.body, "cmds")) {
    const node& other = part(item, "AlterTableCmd");
    const constraint* dropped = text(other, "subtype") == "AT_DropConstraint"
                                    ? a.known->find_constraint(text(other, "name"))
                                    : nullptr;
    if (dropped == nullptr || !holds(dropped->proves_not_null, name)) continue;
    c.tell(u, "L17", a.at,
           {fmt::format("the CHECK that proves {} is dropped in the same statement, and PostgreSQL "
                        "drops first: all of {} is read again",
                        as_sql(name), on),
            locks_out_all(a.on, "for the whole scan"),
            "two statements: SET NOT NULL, then DROP CONSTRAINT (P4)"});
  }
}

}  // namespace pawl::lint
