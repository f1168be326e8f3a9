#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lint/rules.hpp"

namespace pawl::lint {
namespace {

// What else CASCADE would take along, as far as it is known: " (a, b)".
std::string dependents_of(const context& c, const sql::relation_name& name) {
  std::vector<std::string> found;
  for (const dependent& d : c.known.dependents) {
    if (d.table_key == key_of(name) && !holds(found, d.what)) found.push_back(d.what);
  }
  for (const auto& [key, other] : c.known.tables) {
    for (const constraint& k : other.constraints) {
      if (k.kind != constraint_kind::foreign_key || key_of(k.target) != key_of(name)) continue;
      if (key != key_of(name)) {
        found.push_back(fmt::format("foreign key {} of {}", as_sql(k.name), as_sql(other.name)));
      }
    }
  }
  std::string list;
  for (const std::string& what : found) list += (list.empty() ? "" : ", ") + what;
  return list.empty() ? "" : ": " + list;
}

void tell_cascade(context& c, const unit& u, const std::string& what, const std::string& lost) {
  c.tell(u, "L63", u.begin(),
         {fmt::format("CASCADE also drops whatever depends on {}{}", what, lost),
          "ACCESS EXCLUSIVE on whatever is dropped",
          "drop what depends on it by name, so that the file says what is lost"});
}

void check_parents(context& c, const unit& u, const sql::relation_name& name) {
  const table* known = std::as_const(c.known).find_table(name);
  if (known == nullptr) return;
  for (const constraint& k : known->constraints) {
    if (k.kind != constraint_kind::foreign_key || key_of(k.target) == key_of(name)) continue;
    c.tell(u, "L42", u.begin(),
           {fmt::format("dropping {} drops its foreign key {}, which locks {} too", as_sql(name),
                        as_sql(k.name), as_sql(k.target)),
            fmt::format("ACCESS EXCLUSIVE on {} and on {}: readers of both wait", as_sql(name),
                        as_sql(k.target)),
            "drop the constraints first, one short transaction each (P1)"});
  }
}

void check_drop_table(context& c, const unit& u, const sql::relation_name& name, bool cascade) {
  if (c.is_new(name)) return;
  const table* known = std::as_const(c.known).find_table(name);
  if (known == nullptr && c.known.from_database && flag(*u.body, "missing_ok")) return;
  c.tell(u, "L60", u.begin(),
         {fmt::format("table {} and its data are dropped, and code that still reads it fails",
                      as_sql(name)),
          locks_out_all(name, "for a moment"),
          "rename it first, wait until nothing asks for it, drop it in a later migration"});
  check_parents(c, u, name);
  if (cascade) tell_cascade(c, u, as_sql(name), dependents_of(c, name));
}

void check_concurrent_drop(context& c, const unit& u, const sql::relation_name& name,
                           std::size_t count) {
  const auto found = c.known.find_index(name.table);
  std::string why;
  if (count > 1) why = "it takes one index at a time";
  if (text(*u.body, "behavior") == "DROP_CASCADE") why = "it takes no CASCADE";
  if (found.what != nullptr && found.what->of_constraint) {
    why = fmt::format("{} belongs to a constraint", as_sql(name));
  }
  if (found.of != nullptr && found.of->partitioned) {
    why = fmt::format("{} is an index of a partitioned table", as_sql(name));
  }
  if (why.empty()) return;
  c.tell(u, "L31", u.begin(),
         {fmt::format("PostgreSQL refuses this DROP INDEX CONCURRENTLY: {}", why),
          {},
          "one statement for each index; DROP CONSTRAINT for that of a constraint"});
}

void check_drop_index(context& c, const unit& u, const sql::relation_name& name,
                      std::size_t count) {
  const bool concurrent = flag(*u.body, "concurrent");
  if (concurrent) check_concurrent_drop(c, u, name, count);
  const auto found = c.known.find_index(name.table);
  if (found.of == nullptr && c.known.from_database && flag(*u.body, "missing_ok")) return;
  const bool is_new =
      found.what != nullptr && (found.what->made_in == c.file || c.is_new(found.of->name));
  if (is_new) return;
  if (found.what != nullptr) c.past.indexes.push_back({key_of(found.of->name), *found.what});
  if (concurrent || (found.of != nullptr && c.is_small(found.of->name))) return;
  const std::string on = found.of == nullptr ? "its table" : as_sql(found.of->name);
  c.tell(u, "L21", u.begin(),
         {fmt::format("DROP INDEX {} waits for every query on {} and blocks new ones behind it",
                      as_sql(name), on),
          fmt::format("ACCESS EXCLUSIVE on {}: reads and writes wait", on),
          "DROP INDEX CONCURRENTLY in a step of its own"});
}

void check_truncate(context& c, const unit& u) {
  const bool cascade = text(*u.body, "behavior") == "DROP_CASCADE";
  for (const node& item : part(*u.body, "relations")) {
    const sql::relation_name name = relation_of(item);
    if (c.is_new(name)) continue;
    c.tell(u, "L56", u.begin(),
           {fmt::format("all rows of {} are deleted", as_sql(name)),
            locks_out_all(name, "until COMMIT"), "DELETE in batches by a job (P8)"});
    if (!cascade) continue;
    c.tell(u, "L63", u.begin(),
           {fmt::format("CASCADE also empties every table that references {}{}", as_sql(name),
                        dependents_of(c, name)),
            "ACCESS EXCLUSIVE on each of them",
            "name the tables, so that the file says what is lost"});
  }
}

void check_drop_schema(context& c, const unit& u, const std::string& what) {
  c.tell(u, "L62", u.begin(),
         {fmt::format("{} and everything in it is dropped", what),
          "ACCESS EXCLUSIVE on everything in it",
          "drop the tables by name, in a migration that says so"});
}

}  // namespace

void check_drop(context& c, const unit& u) {
  if (u.kind == "TruncateStmt") return check_truncate(c, u);
  if (u.kind == "DropdbStmt") {
    return check_drop_schema(c, u, "database " + as_sql(text(*u.body, "dbname")));
  }
  const std::string kind = text(*u.body, "removeType");
  const bool cascade = text(*u.body, "behavior") == "DROP_CASCADE";
  const node& objects = part(*u.body, "objects");
  for (const node& object : objects) {
    const node* list = sql::as(object, "List");
    const sql::relation_name name =
        relation_of_names(list == nullptr ? std::vector<std::string>() : names(*list, "items"));
    if (kind == "OBJECT_TABLE") check_drop_table(c, u, name, cascade);
    if (kind == "OBJECT_INDEX") check_drop_index(c, u, name, objects.size());
    if (kind == "OBJECT_SCHEMA") {
      const node* schema = sql::as(object, "String");
      check_drop_schema(c, u, "schema " + as_sql(schema == nullptr ? "" : text(*schema, "sval")));
    }
  }
  const bool others = kind != "OBJECT_TABLE" && kind != "OBJECT_SCHEMA" && kind != "OBJECT_INDEX";
  if (cascade && others) tell_cascade(c, u, "what is dropped", {});
}

void check_rename(context& c, const unit& u) {
  const node& body = *u.body;
  const sql::relation_name on = relation_of(part(body, "relation"));
  if (u.kind == "AlterObjectSchemaStmt") {
    if (text(body, "objectType") != "OBJECT_TABLE" || c.is_new(on)) return;
    c.tell(u, "L83", u.begin(),
           {fmt::format("code that asks for {} fails once it is in schema {}", as_sql(on),
                        as_sql(text(body, "newschema"))),
            locks_out_all(on, "for a moment"),
            "leave a view of the old name, or move it together with the code"});
    return;
  }
  const std::string kind = text(body, "renameType");
  const std::string to = text(body, "newname");
  if (kind == "OBJECT_TYPE") {
    const sql::relation_name type =
        relation_of_names(sql::names_in(&part(part(part(body, "object"), "List"), "items")));
    c.past.old_types[key_of({type.schema, to})] = key_of(type);
  }
  if (c.is_new(on)) return;
  const table* known = std::as_const(c.known).find_table(on);
  const column* renamed = known == nullptr ? nullptr : known->find_column(text(body, "subname"));
  if (kind == "OBJECT_TABLE") {
    c.tell(u, "L80", u.begin(),
           {fmt::format("code that asks for {} fails once it is named {}", as_sql(on), as_sql(to)),
            locks_out_all(on, "for a moment"),
            fmt::format("leave a view {} over it until no code asks for it", as_sql(on))});
  }
  if (kind == "OBJECT_COLUMN" && text(body, "relationType") == "OBJECT_TABLE" &&
      (renamed == nullptr || renamed->made_in != c.file)) {
    c.tell(u, "L81", u.begin(),
           {fmt::format("code that asks for {} of {} fails once it is named {}",
                        as_sql(text(body, "subname")), as_sql(on), as_sql(to)),
            locks_out_all(on, "for a moment"),
            "a new column, filled by a job and kept by a trigger, until no code asks for the old "
            "one (P7)"});
  }
}

void check_maintenance(context& c, const unit& u) {
  const node& body = *u.body;
  const sql::relation_name on = relation_of(part(body, "relation"));
  if (u.kind == "RefreshMatViewStmt") {
    if (flag(body, "concurrent") || flag(body, "skipData") || c.is_new(on)) return;
    c.tell(u, "L47", u.begin(),
           {fmt::format("REFRESH of {} blocks its readers until it is done", as_sql(on)),
            locks_out_all(on, "while the query runs"),
            "REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index without WHERE"});
  } else if (u.kind == "LockStmt") {
    constexpr int share = 5;  // LOCKMODE: the weakest that writers wait for
    const node& mode = part(body, "mode");
    if (!mode.is_number() || mode.get<int>() < share) return;
    for (const node& item : part(body, "relations")) {
      const sql::relation_name name = relation_of(item);
      if (c.is_new(name)) continue;
      c.tell(u, "L46", u.begin(),
             {fmt::format("{} is locked until the transaction ends", as_sql(name)),
              "everybody who writes waits, and by default everybody who reads",
              "leave it out: batches lock the rows that they change"});
    }
  } else if (u.kind == "ClusterStmt" || has_option(part(body, "options"), "full")) {
    const node& rels = part(body, "rels");
    const sql::relation_name name =
        rels.is_array() ? relation_of(part(part(rels.front(), "VacuumRelation"), "relation")) : on;
    if (!name.table.empty() && !c.matters(name)) return;
    c.tell(u, "L10", u.begin(),
           {fmt::format("{} copies {}", u.kind == "ClusterStmt" ? "CLUSTER" : "VACUUM FULL",
                        name.table.empty() ? "every table" : "all of " + as_sql(name)),
            "ACCESS EXCLUSIVE while it is copied: reads and writes wait",
            "pg_repack or pg_squeeze, or a maintenance window"});
  }
}

}  // namespace pawl::lint
