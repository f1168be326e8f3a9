#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lint/rules.hpp"

namespace pawl::lint {
namespace {

void check_partition_of(context& c, const unit& u) {
  const node& parents = part(*u.body, "inhRelations");
  if (!u.body->contains("partbound") || !parents.is_array() || parents.empty()) return;
  const sql::relation_name parent = relation_of(parents.front());
  if (c.is_new(parent)) return;
  const sql::relation_name child = relation_of(part(*u.body, "relation"));
  c.tell(u, "L43", u.begin(),
         {fmt::format("creating {} as a partition locks {}", as_sql(child), as_sql(parent)),
          fmt::format("ACCESS EXCLUSIVE on {} and its default partition: reads and writes wait",
                      as_sql(parent)),
          "CREATE TABLE (LIKE …), a CHECK of the bounds, then ATTACH PARTITION"});
}

}  // namespace

void check_create_table(context& c, const unit& u) {
  check_partition_of(c, u);
}

namespace {

void check_enum_change(context& c, const unit& u) {
  const node& body = *u.body;
  const sql::relation_name type = relation_of_names(names(body, "typeName"));
  const auto found = c.known.types.find(key_of(type));
  if (found != c.known.types.end() && found->second.made_in == c.file) return;
  const std::string old = text(body, "oldVal");
  const std::string value = text(body, "newVal");
  if (old.empty()) {
    c.past.values.push_back({as_sql(type), value, c.tx.open});
    return;
  }
  c.tell(u, "L82", u.begin(),
         {fmt::format("code that writes or compares '{}' of enum {} fails once it is '{}'", old,
                      as_sql(type), value),
          {},
          "add the new value, change the code and the rows, and leave the old value"});
}

void check_domain(context& c, const unit& u) {
  const node& body = *u.body;
  const std::string subtype = text(body, "subtype");
  const sql::relation_name domain = relation_of_names(names(body, "typeName"));
  const auto found = c.known.types.find(key_of(domain));
  if (found != c.known.types.end() && found->second.made_in == c.file) return;
  const bool adds =
      subtype == "C" && !flag(part(part(body, "def"), "Constraint"), "skip_validation");
  // V: VALIDATE, O: SET NOT NULL.
  if (!adds && subtype != "V" && subtype != "O") return;
  c.tell(u, "L19", u.begin(),
         {fmt::format("every table with a column of domain {} is read", as_sql(domain)),
          "SHARE on each of these tables for the whole scan: INSERT, UPDATE and DELETE wait",
          "add the constraint NOT VALID, which locks no table, and validate it in a quiet hour"});
}

// `ALTER TYPE x RENAME TO x_old`, the new enum, the columns, `DROP TYPE x_old`: how values go.
void check_swapped_enum(context& c, const unit& u) {
  for (const node& object : part(*u.body, "objects")) {
    const node* type = sql::as(object, "TypeName");
    const std::vector<std::string> parts =
        type == nullptr ? std::vector<std::string>() : names(*type, "names");
    const auto renamed = c.past.old_types.find(key_of(relation_of_names(parts)));
    if (renamed == c.past.old_types.end()) continue;
    const auto old = c.known.types.find(renamed->first);
    const auto now = c.known.types.find(renamed->second);
    std::string lost;
    std::string added;
    const bool both_known = old != c.known.types.end() && now != c.known.types.end();
    if (both_known) {
      for (const std::string& v : old->second.values) {
        if (!holds(now->second.values, v))
          lost += fmt::format("{}'{}'", lost.empty() ? " " : ", ", v);
      }
      for (const std::string& v : now->second.values) {
        if (!holds(old->second.values, v)) added += (added.empty() ? "" : ",") + v;
      }
    }
    if (both_known && lost.empty()) continue;
    const bool one_for_one = !lost.empty() && lost.find(',') == std::string::npos &&
                             !added.empty() && added.find(',') == std::string::npos;
    const std::string hint =
        one_for_one
            ? fmt::format("if it was renamed: ALTER TYPE … RENAME VALUE{} TO '{}'", lost, added)
            : std::string(
                  "leave the values in the type and forbid them by a CHECK, NOT VALID and "
                  "then validated (P3)");
    c.tell(u, "L65", u.begin(),
           {fmt::format("enum {} is built again without{}: rows that hold such a value make this "
                        "fail, and every table that uses it is rewritten in one transaction",
                        as_sql(renamed->second), lost.empty() ? " some values" : lost),
            "ACCESS EXCLUSIVE on every table that uses it, until COMMIT", hint});
  }
}

}  // namespace

void check_type(context& c, const unit& u) {
  if (u.kind == "AlterEnumStmt") check_enum_change(c, u);
  if (u.kind == "AlterDomainStmt") check_domain(c, u);
  if (u.kind == "DropStmt") check_swapped_enum(c, u);
}

void check_enum_values(context& c, const unit& u) {
  if (c.past.values.empty() || u.kind == "AlterEnumStmt") return;
  for (const sql::token& t : u.written->tokens) {
    const std::string_view word = c.text_of(t.at);
    if (!word.starts_with('\'')) continue;
    for (const auto& added : c.past.values) {
      if (word.substr(1, word.size() - 2) != added.value) continue;
      c.tell(u, "L91", t.at.begin,
             {fmt::format("'{}' is used in the file that adds it to enum {}: as one transaction "
                          "this fails with 55P04",
                          added.value, added.type),
              {},
              "a migration of its own for ADD VALUE"},
             added.in_transaction ? std::optional(severity::error) : std::nullopt);
      return;
    }
  }
}

}  // namespace pawl::lint
