#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lint/rules.hpp"

namespace pawl::lint {
namespace {

constexpr std::array<std::string_view, 6> serials{"serial",  "bigserial", "smallserial",
                                                  "serial4", "serial8",   "serial2"};
constexpr const char* while_rewritten = "while the table and its indexes are rewritten";

// What ADD COLUMN says about the new column.
struct new_column {
  std::string name;
  type_name type;
  const node* default_value = nullptr;
  bool not_null = false;
  bool serial = false;
  bool identity = false;
  bool generated = false;
  const node* check = nullptr;
  const node* unique = nullptr;
  const node* primary = nullptr;
  const node* foreign = nullptr;
};

new_column read_column(const node& def) {
  new_column made;
  made.name = text(def, "colname");
  made.type = type_of(part(def, "typeName"));
  made.serial = std::find(serials.begin(), serials.end(), made.type.name) != serials.end();
  for (const node& item : part(def, "constraints")) {
    const node& body = part(item, "Constraint");
    const std::string type = text(body, "contype");
    if (type == "CONSTR_DEFAULT") made.default_value = &part(body, "raw_expr");
    if (type == "CONSTR_NOTNULL") made.not_null = true;
    if (type == "CONSTR_IDENTITY") made.identity = true;
    if (type == "CONSTR_GENERATED") made.generated = true;
    if (type == "CONSTR_CHECK") made.check = &body;
    if (type == "CONSTR_UNIQUE") made.unique = &body;
    if (type == "CONSTR_PRIMARY") made.primary = &body;
    if (type == "CONSTR_FOREIGN") made.foreign = &body;
  }
  if (made.default_value != nullptr && constant_of(*made.default_value) == "NULL") {
    made.default_value = nullptr;
  }
  return made;
}

class added_column {
 public:
  added_column(context& c, const unit& u, const alteration& a)
      : c_(c),
        u_(u),
        a_(a),
        def_(part(part(*a.command, "def"), "ColumnDef")),
        made_(read_column(def_)),
        on_(as_sql(a.on)),
        name_(as_sql(made_.name)) {}

  bool is_there() const {
    return flag(*a_.command, "missing_ok") && a_.known != nullptr &&
           a_.known->find_column(made_.name) != nullptr;
  }

  void check() {
    check_again();
    if (is_there()) return;
    check_required();
    if (c_.matters(a_.on)) {
      check_rewrite();
      check_scans();
    }
    if (!c_.is_new(a_.on)) {
      tell("L85", {fmt::format("adding {} makes prepared `SELECT *` statements on {} fail once",
                               name_, on_),
                   {},
                   "name the columns in prepared statements"});
    }
  }

 private:
  void tell(std::string_view id, wording says, std::optional<severity> level = std::nullopt) {
    c_.tell(u_, id, a_.at, std::move(says), level);
  }

  void check_again() {
    for (const auto& gone : c_.past.columns) {
      if (gone.table != key_of(a_.on) || gone.column != made_.name || c_.is_new(a_.on)) continue;
      tell("L66",
           {fmt::format("column {} of {} is dropped and added again: its data is lost", name_, on_),
            {},
            "change the type in place with USING, or add a column of another name, copy, "
            "and drop the old one in a later migration (P7)"});
    }
  }

  void check_required() {
    const user_type* type = c_.known.find_type(made_.type);
    const bool filled = made_.default_value != nullptr || made_.serial || made_.identity ||
                        made_.generated || (type != nullptr && type->kind == type_kind::domain);
    const bool required = made_.not_null || made_.primary != nullptr;
    if (!required || filled || c_.is_new(a_.on)) return;
    const row_changes earlier = c_.rows_of(a_.on);
    if (earlier.emptied) return;
    const auto rows = c_.ask({question_kind::truth, {}, "SELECT EXISTS (SELECT FROM " + on_ + ")"});
    if (rows == "f" && !earlier.added) return;
    const bool unsure = c_.known.from_database && earlier.thinned;
    tell("L70",
         {fmt::format("column {} of {} is NOT NULL without a default: this fails as soon as "
                      "the table has a row",
                      name_, on_),
          {},
          "add it without NOT NULL, fill it by a job, then SET NOT NULL (P1, P8, P4)"},
         unsure ? std::optional(severity::info) : std::nullopt);
  }

  void check_rewrite() {
    const std::string lock = locks_out_all(a_.on, while_rewritten);
    if (made_.serial || made_.identity) {
      return tell("L02", {fmt::format("{} column {} rewrites {}",
                                      made_.serial ? made_.type.name : "identity", name_, on_),
                          lock,
                          "a nullable bigint column with a sequence as its default for new rows, "
                          "batches for the old ones, then SET NOT NULL (P6, P4)"});
    }
    if (made_.generated) {
      return tell("L03", {fmt::format("stored generated column {} rewrites {}", name_, on_), lock,
                          "a plain column that a trigger keeps, filled by a job; on PostgreSQL 18 "
                          "a VIRTUAL column"});
    }
    if (made_.default_value != nullptr) {
      if (const auto function = volatile_call(*made_.default_value, c_.known)) {
        return tell("L01", {fmt::format("default {}() of {} is volatile, so every row of {} is "
                                        "rewritten",
                                        *function, name_, on_),
                            lock,
                            "ADD COLUMN and SET DEFAULT in one statement, then batches for the old "
                            "rows (P6)"});
      }
    }
    const user_type* type = c_.known.find_type(made_.type);
    if (type != nullptr && type->kind == type_kind::domain && type->constrained) {
      tell("L04", {fmt::format("domain {} has a constraint, so adding {} rewrites {}",
                               made_.type.name, name_, on_),
                   lock, "the domain's base type and a CHECK, NOT VALID and then validated (P3)"});
    }
  }

  void check_scans() {
    if (made_.check != nullptr) {
      tell("L14", {fmt::format("the CHECK of new column {} reads all of {}", name_, on_),
                   locks_out_all(a_.on, "for the whole scan"),
                   "add the column, then the CHECK NOT VALID, then VALIDATE (P1, P3)"});
    }
    if (made_.unique != nullptr || made_.primary != nullptr) {
      const bool primary = made_.primary != nullptr;
      tell(primary ? "L23" : "L22",
           {fmt::format("{} on new column {} builds an index over all of {}",
                        primary ? "PRIMARY KEY" : "UNIQUE", name_, on_),
            locks_out_all(a_.on, "while the index is built"),
            "add the column, build the unique index CONCURRENTLY, then ADD CONSTRAINT USING INDEX "
            "(P5)"});
    }
    const bool has_values = made_.default_value != nullptr;
    if (made_.foreign != nullptr && has_values) {
      const sql::relation_name target = relation_of(part(*made_.foreign, "pktable"));
      tell("L13", {fmt::format("the foreign key of {} and its default make PostgreSQL check every "
                               "row of {} against {}",
                               name_, on_, as_sql(target)),
                   fmt::format("ACCESS EXCLUSIVE on {}, SHARE ROW EXCLUSIVE on {} for the whole "
                               "scan: everybody waits for the first, writers for the second",
                               on_, as_sql(target)),
                   "add the column, then the foreign key NOT VALID, then VALIDATE (P1, P3)"});
    }
  }

  context& c_;
  const unit& u_;
  const alteration& a_;
  const node& def_;
  new_column made_;
  std::string on_;
  std::string name_;
};

std::string indexes_lost(const table& of, const std::string& column) {
  std::string list;
  for (const index& i : of.indexes) {
    const bool contains = holds(i.columns, column) || holds(i.reads, column);
    const bool composite = i.columns.size() > 1 || i.partial || !i.reads.empty();
    if (!contains || !composite) continue;
    std::string columns = quoted_list(i.columns);
    list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", as_sql(i.name), columns);
  }
  return list;
}

}  // namespace

void check_add_column(context& c, const unit& u, const alteration& a) {
  added_column(c, u, a).check();
}

void check_drop_column(context& c, const unit& u, const alteration& a) {
  const std::string name = text(*a.command, "name");
  const std::string on = as_sql(a.on);
  const column* known = a.known == nullptr ? nullptr : a.known->find_column(name);
  const bool incomplete = a.known == nullptr || !a.known->complete;
  const bool made_here = known != nullptr && known->made_in == c.file;
  if (c.is_new(a.on) || made_here) return;
  if (known == nullptr && !incomplete && flag(*a.command, "missing_ok")) return;

  const bool again = sql::any_object(part(*u.body, "cmds"), [&](const node& n) {
    return text(part(n, "ColumnDef"), "colname") == name;
  });
  if (!again) {
    c.tell(u, "L61", a.at,
           {fmt::format("column {} of {} and its data are dropped, and code that still reads it "
                        "fails",
                        as_sql(name), on),
            locks_out_all(a.on, "for a moment"),
            "first deploy code that does not use it; drop it in a later migration"});
  }
  c.past.columns.push_back({key_of(a.on), name});
  if (a.known == nullptr) return;
  if (const std::string lost = indexes_lost(*a.known, name); !lost.empty()) {
    c.tell(u, "L64", a.at,
           {fmt::format("dropping {} also drops what needs it: {}", as_sql(name), lost),
            {},
            "build the index that queries still need, without the column, before this"});
  }
  for (const constraint& k : a.known->constraints) {
    if (k.kind != constraint_kind::foreign_key || !holds(k.columns, name)) continue;
    c.tell(u, "L42", a.at,
           {fmt::format("dropping {} drops its foreign key, which locks {} too", as_sql(name),
                        as_sql(k.target)),
            fmt::format("ACCESS EXCLUSIVE on {} and on {}: readers of both wait", on,
                        as_sql(k.target)),
            "drop the constraint first, in a short transaction of its own (P1)"});
  }
}

}  // namespace pawl::lint
