#include <fmt/format.h>

#include <utility>

#include "lint/rules.hpp"

namespace pawl::lint {
namespace {

bool is_key(const node& def, const node& elements) {
  const std::string name = text(def, "colname");
  for (const node& item : part(def, "constraints")) {
    if (text(part(item, "Constraint"), "contype") == "CONSTR_PRIMARY") return true;
  }
  for (const node& item : elements) {
    const node& own = part(item, "Constraint");
    if (text(own, "contype") == "CONSTR_PRIMARY" && holds(names(own, "keys"), name)) return true;
  }
  return false;
}

void check_column(context& c, const unit& u, const node& def, const node& elements) {
  const type_name type = type_of(part(def, "typeName"));
  const std::string name = as_sql(text(def, "colname"));
  const std::size_t at = u.at(def);
  const auto tell = [&](std::string_view id, std::string message, std::string safe) {
    c.tell(u, id, at, {std::move(message), {}, std::move(safe)});
  };
  const bool small = type.name == "int4" || type.name == "int2" || type.name == "serial";
  if (small && is_key(def, elements)) {
    tell("S1", fmt::format("key {} is {}, which ends at 2147483647 rows", name, type.name),
         "bigint");
  }
  if (type.name == "timestamp") {
    tell("S2", fmt::format("{} has no time zone: its meaning depends on who reads it", name),
         "timestamptz");
  }
  if (type.name == "varchar" && !type.modifiers.empty()) {
    tell("S3", fmt::format("{} is {}, whose limit is hard to lower", name, to_string(type)),
         "text and a CHECK");
  }
  if (type.name.ends_with("serial")) {
    tell("S4", fmt::format("{} is {}, whose sequence has rights of its own", name, type.name),
         "bigint GENERATED ALWAYS AS IDENTITY");
  }
  if (type.name == "json") {
    tell("S5", fmt::format("{} is json, which has no equality and is parsed on each use", name),
         "jsonb");
  }
  if (type.name == "bpchar") {
    tell("S6", fmt::format("{} is char(n), which pads with blanks", name), "text");
  }
}

void check_qualified(context& c, const unit& u) {
  const node& relation = part(*u.body, "relation");
  if (!relation.is_object() || !text(relation, "schemaname").empty()) return;
  if (text(relation, "relpersistence") == "t") return;
  c.tell(u, "S7", u.at(relation),
         {fmt::format("{} is found by search_path", as_sql(text(relation, "relname"))),
          {},
          "write its schema"});
}

}  // namespace

void check_style(context& c, const unit& u) {
  if (u.kind == "CreateStmt") {
    const node& elements = part(*u.body, "tableElts");
    for (const node& item : elements) {
      if (const node* def = sql::as(item, "ColumnDef")) check_column(c, u, *def, elements);
    }
    check_qualified(c, u);
  } else if (u.kind == "AlterTableStmt") {
    for (const node& item : part(*u.body, "cmds")) {
      const node& command = part(item, "AlterTableCmd");
      if (text(command, "subtype") != "AT_AddColumn") continue;
      check_column(c, u, part(part(command, "def"), "ColumnDef"), node());
    }
    check_qualified(c, u);
  } else if (u.kind == "AlterEnumStmt") {
    if (text(*u.body, "oldVal").empty() && text(*u.body, "newValNeighbor").empty()) {
      c.tell(u, "S8", u.begin(),
             {fmt::format("'{}' sorts behind all other values", text(*u.body, "newVal")),
              {},
              "ADD VALUE … BEFORE or AFTER another"});
    }
  } else if (u.kind == "CreateEnumStmt") {
    c.tell(u, "S9", u.begin(),
           {"the values of an enum can be added and renamed, never removed",
            {},
            "text with a CHECK, or a table of values"});
  }
}

}  // namespace pawl::lint
