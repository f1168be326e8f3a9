#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "lint/rules.hpp"

namespace pawl::lint {
namespace {

void check_validate(context& c, const unit& u, const alteration& a) {
  const std::string name = text(*a.command, "name");
  if (c.is_new(a.on)) return;
  const constraint* of = a.known == nullptr ? nullptr : a.known->find_constraint(name);
  const bool foreign = of != nullptr && of->kind == constraint_kind::foreign_key;
  if (foreign && !of->valid) check_orphans(c, u, a, *of);
  if (!holds(c.past.not_valid, key_of(a.on) + '.' + name)) return;
  c.tell(u, "L16", a.at,
         {fmt::format("{} is added NOT VALID and validated in one transaction, which keeps the "
                      "first lock over the scan",
                      as_sql(name)),
          foreign ? fmt::format("SHARE ROW EXCLUSIVE on {} and the referenced table for the whole "
                                "scan: writers wait",
                                as_sql(a.on))
                  : locks_out_all(a.on, "for the whole scan"),
          "two transactions: NOT VALID, then VALIDATE (P3)"});
}

void check_copy(context& c, const unit& u, const alteration& a, std::string_view what) {
  if (!c.matters(a.on)) return;
  c.tell(u, "L10", a.at,
         {fmt::format("{} copies all of {}", what, as_sql(a.on)),
          locks_out_all(a.on, "while it is copied"),
          "pg_repack or pg_squeeze, or a maintenance window"});
}

// A CHECK that speaks of the whole partition key may prove the bounds; what it says of it is for
// the server to tell.
bool may_prove(const constraint& k, const std::vector<std::string>& partitioned_by) {
  return k.kind == constraint_kind::check && k.valid &&
         std::all_of(partitioned_by.begin(), partitioned_by.end(),
                     [&](const std::string& column) { return holds(k.reads, column); });
}

void check_attach(context& c, const unit& u, const alteration& a) {
  const sql::relation_name child =
      relation_of(part(part(part(*a.command, "def"), "PartitionCmd"), "name"));
  const table* known = std::as_const(c.known).find_table(child);
  if (c.is_new(child) || c.is_small(child)) return;
  const std::vector<std::string> by =
      a.known == nullptr ? std::vector<std::string>{} : a.known->partitioned_by;
  const bool has_check =
      known != nullptr && std::any_of(known->constraints.begin(), known->constraints.end(),
                                      [&](const constraint& k) { return may_prove(k, by); });
  if (has_check) return;
  c.tell(u, "L18", a.at,
         {fmt::format("ATTACH reads all of {}, which has no CHECK that proves its bounds",
                      as_sql(child)),
          fmt::format("ACCESS EXCLUSIVE on {} and on the default partition for the whole scan",
                      as_sql(child)),
          "a CHECK of the bounds, NOT VALID and then validated, then ATTACH (P3)"});
}

void check_detach(context& c, const unit& u, const alteration& a) {
  const node& command = part(part(*a.command, "def"), "PartitionCmd");
  if (c.is_new(a.on) || flag(command, "concurrent")) return;
  c.tell(u, "L48", a.at,
         {fmt::format("DETACH of {} locks {}", as_sql(relation_of(part(command, "name"))),
                      as_sql(a.on)),
          fmt::format("ACCESS EXCLUSIVE on {}, the partition and the default partition: reads and "
                      "writes wait",
                      as_sql(a.on)),
          "DETACH CONCURRENTLY outside of a transaction, if there is no default partition"});
}

void check_drop_not_null(context& c, const unit& u, const alteration& a) {
  if (c.is_new(a.on)) return;
  c.tell(u, "L84", a.at,
         {fmt::format("{} of {} may be NULL from now on: code that reads it must bear that",
                      as_sql(text(*a.command, "name")), as_sql(a.on)),
          {},
          {}});
}

void check_command(context& c, const unit& u, const alteration& a) {
  static const std::map<std::string, void (*)(context&, const unit&, const alteration&)> checks{
      {"AT_AddColumn", check_add_column},         {"AT_DropColumn", check_drop_column},
      {"AT_AddConstraint", check_add_constraint}, {"AT_DropConstraint", check_drop_constraint},
      {"AT_AlterColumnType", check_type_change},  {"AT_SetNotNull", check_set_not_null},
      {"AT_DropNotNull", check_drop_not_null},    {"AT_ValidateConstraint", check_validate},
      {"AT_AttachPartition", check_attach},       {"AT_DetachPartition", check_detach},
  };
  static const std::map<std::string, std::string_view> copies{
      {"AT_SetUnLogged", "SET UNLOGGED"},
      {"AT_SetLogged", "SET LOGGED"},
      {"AT_SetTableSpace", "SET TABLESPACE"},
      {"AT_SetAccessMethod", "SET ACCESS METHOD"},
  };
  const std::string subtype = text(*a.command, "subtype");
  if (const auto found = checks.find(subtype); found != checks.end()) found->second(c, u, a);
  if (const auto found = copies.find(subtype); found != copies.end()) {
    check_copy(c, u, a, found->second);
  }
  if (text(*a.command, "behavior") == "DROP_CASCADE" && !c.is_new(a.on) &&
      subtype.starts_with("AT_Drop")) {
    std::string lost;
    for (const dependent& d : c.known.dependents) {
      const bool uses =
          d.table_key == key_of(a.on) && (d.column == text(*a.command, "name") || d.column == "*");
      if (uses && lost.find(d.what) == std::string::npos) {
        lost += (lost.empty() ? ": " : ", ") + d.what;
      }
    }
    c.tell(u, "L63", a.at,
           {fmt::format("CASCADE also drops whatever depends on {}{}",
                        as_sql(text(*a.command, "name")), lost),
            {},
            "drop what depends on it by name, so that the file says what is lost"});
  }
}

}  // namespace

void check_alter_table(context& c, const unit& u) {
  const node& body = *u.body;
  if (text(body, "objtype") != "OBJECT_TABLE") return;
  const node& commands = part(body, "cmds");
  const std::vector<sql::slice> slices = command_slices(c.in.text, *u.written);
  alteration a;
  a.on = relation_of(part(body, "relation"));
  a.known = std::as_const(c.known).find_table(a.on);
  for (std::size_t i = 0; i < commands.size(); ++i) {
    a.command = &part(commands[i], "AlterTableCmd");
    const bool told_apart = slices.size() == commands.size();
    a.text = told_apart ? slices[i] : u.written->text;
    a.at = told_apart ? slices[i].begin : u.begin();
    check_command(c, u, a);
  }
}

}  // namespace pawl::lint
