#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lint/rules.hpp"

namespace pawl::lint {
namespace {

// The columns that a WHERE compares with a constant, AND-ed: `id = 1`, `id IN (1, 2)`.
void add_fixed(const node& where, std::vector<std::string>& to) {
  if (const node* all = sql::as(where, "BoolExpr")) {
    if (text(*all, "boolop") != "AND_EXPR") return;
    for (const node& term : part(*all, "args")) add_fixed(term, to);
    return;
  }
  const node* compared = sql::as(where, "A_Expr");
  if (compared == nullptr) return;
  const std::string kind = text(*compared, "kind");
  if ((kind != "AEXPR_OP" && kind != "AEXPR_IN") ||
      names(*compared, "name") != std::vector<std::string>{"="})
    return;
  const node* read = sql::as(part(*compared, "lexpr"), "ColumnRef");
  const node& value = part(*compared, "rexpr");
  const node* list = sql::as(value, "List");
  const bool constant = list == nullptr
                            ? constant_of(value).has_value()
                            : std::all_of(part(*list, "items").begin(), part(*list, "items").end(),
                                          [](const node& n) { return constant_of(n).has_value(); });
  if (read == nullptr || !constant) return;
  const std::vector<std::string> fields = names(*read, "fields");
  if (!fields.empty()) to.push_back(fields.back());
}

// One row or a short list of them, by their key: not worth batches.
bool is_by_key(const context& c, const node& where, const sql::relation_name& on) {
  if (const node* any = sql::as(where, "BoolExpr");
      any != nullptr && text(*any, "boolop") == "OR_EXPR") {
    const node& terms = part(*any, "args");
    return std::all_of(terms.begin(), terms.end(),
                       [&](const node& term) { return is_by_key(c, term, on); });
  }
  std::vector<std::string> fixed;
  add_fixed(where, fixed);
  const table* known = c.known.find_table(on);
  if (known != nullptr && known->has_key_within(fixed)) return true;
  const bool certain = known != nullptr && known->complete;
  return !certain && holds(fixed, "id");
}

// The columns of the key that pawl would walk: the primary key.
std::vector<std::string> key_columns(const table* known) {
  const constraint* key = known == nullptr ? nullptr : known->primary_key();
  return key == nullptr ? std::vector<std::string>() : key->columns;
}

void check_key(context& c, const unit& u, const sql::relation_name& on,
               const std::vector<std::string>& assigned) {
  const table* known = std::as_const(c.known).find_table(on);
  if (known == nullptr || !known->complete) return;
  if (!known->has_key()) {
    c.tell(u, "L54", u.begin(),
           {fmt::format("{} has no primary key and no unique index over NOT NULL columns, so the "
                        "change cannot be cut into batches",
                        as_sql(on)),
            {},
            "add a key first (P5), or run it as one statement where the table is small"});
    return;
  }
  for (const std::string& name : key_columns(known)) {
    if (!holds(assigned, name)) continue;
    c.tell(u, "L54", u.begin(),
           {fmt::format("it assigns {}, which is in the key of {}: a row would move while the "
                        "batches walk by it",
                        as_sql(name), as_sql(on)),
            {},
            "a new column for the new key, filled by a job, then a swap (P7)"});
  }
}

void check_change(context& c, const unit& u) {
  const node& body = *u.body;
  const bool update = u.kind == "UpdateStmt";
  const sql::relation_name on = relation_of(part(body, "relation"));
  std::vector<std::string> assigned;
  for (const node& item : part(body, "targetList")) {
    const std::string name = text(part(item, "ResTarget"), "name");
    if (update && holds(assigned, name) && !part(item, "ResTarget").contains("indirection")) {
      c.tell(u, "L95", u.at(part(item, "ResTarget")),
             {fmt::format("{} is assigned twice, which PostgreSQL refuses", as_sql(name)), {}, {}});
    }
    assigned.push_back(name);
  }
  if (!c.matters(on) || is_by_key(c, part(body, "whereClause"), on)) return;
  check_key(c, u, on, assigned);
  if (c.is_job) return;
  const bool all = !body.contains("whereClause") && !body.contains("fromClause") &&
                   !body.contains("usingClause");
  c.tell(u, update ? "L50" : "L51", u.begin(),
         {fmt::format("{} {} {} in one transaction", update ? "changes" : "deletes",
                      all ? "every row of" : "many rows of", as_sql(on)),
          "each row is locked until COMMIT, and no VACUUM helps meanwhile: writers of these rows "
          "wait",
          "pawl runs it in batches by the key, each committed with its checkpoint (P8)"});
}

// A query without FROM makes one row, whatever its subqueries read; so does each of VALUES.
bool reads_rows(const node& select) {
  if (select.contains("larg")) {
    return reads_rows(part(select, "larg")) || reads_rows(part(select, "rarg"));
  }
  return select.contains("fromClause");
}

void check_copy(context& c, const unit& u, const node& query, const sql::relation_name& into,
                std::string_view does = "copies rows of {} into {}") {
  if (c.is_job) return;
  std::vector<sql::relation_name> from = tables_read(query);
  const std::vector<std::string> outer =
      u.around == nullptr ? std::vector<std::string>() : with_names(*u.around);
  std::erase_if(from, [&](const sql::relation_name& name) {
    return !c.matters(name) || (name.schema.empty() && holds(outer, name.table));
  });
  if (from.empty()) return;
  c.tell(
      u, "L52", u.begin(),
      {fmt::format(fmt::runtime(does), as_sql(from.front()), as_sql(into)) + " in one transaction",
       "a snapshot held for the whole copy: no VACUUM cleans up meanwhile",
       "pawl runs it in batches by the key of its source, with the upper end fixed at the start "
       "(P8)"});
}

}  // namespace

void check_data(context& c, const unit& u) {
  const node& body = *u.body;
  if (u.kind == "UpdateStmt" || u.kind == "DeleteStmt") return check_change(c, u);
  if (u.kind == "InsertStmt") {
    const node* select = sql::as(part(body, "selectStmt"), "SelectStmt");
    if (select == nullptr || !reads_rows(*select)) return;
    // The whole statement, so that the names of its WITH are known; its target is no RangeVar node.
    return check_copy(c, u, body, relation_of(part(body, "relation")));
  }
  if (u.kind == "CreateTableAsStmt") {
    if (text(body, "objtype") != "OBJECT_TABLE" || flag(part(body, "into"), "skipData")) return;
    return check_copy(c, u, part(body, "query"), relation_of(part(part(body, "into"), "rel")));
  }
  if (u.kind == "SelectStmt" && body.contains("intoClause")) {
    return check_copy(c, u, part(body, "fromClause"),
                      relation_of(part(part(body, "intoClause"), "rel")));
  }
  if (u.kind == "MergeStmt") {
    const bool adds = sql::any_object(part(body, "mergeWhenClauses"), [](const node& n) {
      return text(part(n, "MergeWhenClause"), "commandType") == "CMD_INSERT";
    });
    check_copy(
        c, u, part(body, "sourceRelation"), relation_of(part(body, "relation")),
        adds ? "merges rows of {} into {}" : "uses rows of {} to change or delete those of {}");
  }
}

}  // namespace pawl::lint
