// What cutting a data statement into batches, or running it twice, would change about its result.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lint/rules.hpp"

namespace pawl::lint {
namespace {

template <class Visit>
void each_select(const node& n, const Visit& visit) {
  sql::any_object(n, [&](const node& object) {
    if (const node* select = sql::as(object, "SelectStmt")) visit(*select);
    return false;
  });
}

bool calls(const node& n, std::string_view function) {
  return holds(functions_called(n), function);
}

// The columns whose value a condition tests: one that is not null stays so.
std::vector<std::string> columns_tested(const node& where) {
  const node* test = sql::as(where, "NullTest");
  if (test != nullptr && text(*test, "nulltesttype") == "IS_NOT_NULL") return {};
  const node* all = sql::as(where, "BoolExpr");
  if (all == nullptr) return columns_read(where);
  std::vector<std::string> found;
  for (const node& term : part(*all, "args")) {
    for (std::string& name : columns_tested(term)) found.push_back(std::move(name));
  }
  return found;
}

bool reads_clock(const node& n) {
  constexpr std::array<std::string_view, 6> clock{
      "SVFOP_CURRENT_TIMESTAMP", "SVFOP_LOCALTIMESTAMP",   "SVFOP_CURRENT_TIMESTAMP_N",
      "SVFOP_CURRENT_DATE",      "SVFOP_LOCALTIMESTAMP_N", "SVFOP_CURRENT_TIME"};
  const bool keyword = sql::any_object(n, [&](const node& object) {
    const node* value = sql::as(object, "SQLValueFunction");
    return value != nullptr &&
           std::find(clock.begin(), clock.end(), text(*value, "op")) != clock.end();
  });
  return keyword || calls(n, "now") || calls(n, "transaction_timestamp");
}

class update_hazards {
 public:
  update_hazards(context& c, const unit& u)
      : c_(c), u_(u), body_(*u.body), on_(relation_of(part(body_, "relation"))) {}

  void check() {
    if (!c_.matters(on_)) return;
    check_groups();
    if (u_.kind != "UpdateStmt") return;
    check_assignments();
    check_join();
  }

 private:
  void tell(std::size_t at, std::string message, std::string safe,
            std::optional<severity> level = std::nullopt) {
    c_.tell(u_, "L55", at, {std::move(message), {}, std::move(safe)}, level);
  }

  bool reads_target(const node& query) const {
    const auto read = tables_read(query);
    return std::any_of(read.begin(), read.end(),
                       [&](const auto& name) { return key_of(name) == key_of(on_); });
  }

  std::vector<std::string> assigned() const {
    std::vector<std::string> found;
    for (const node& item : part(body_, "targetList")) {
      found.push_back(text(part(item, "ResTarget"), "name"));
    }
    return found;
  }

  void check_groups() {
    each_select(body_, [&](const node& select) {
      const bool grouped = select.contains("groupClause") || select.contains("distinctClause");
      const auto function = volatile_call(part(select, "targetList"), c_.known);
      if (grouped && function) {
        tell(u_.begin(),
             fmt::format("{}() makes one value for each group: in batches a group gets several",
                         *function),
             "compute key and value once into a table, then batch over that");
      }
      if (select.contains("havingClause") && calls(part(select, "havingClause"), "count") &&
          reads_target(select) && !keeps_one()) {
        tell(u_.begin(),
             fmt::format("groups of {} are counted: after a batch a group counts less, and a "
                         "duplicate survives",
                         as_sql(on_)),
             "compute the keys once into a table, then batch over that");
      }
      if (!reads_target(select)) return;
      sql::any_object(part(select, "targetList"), [&](const node& object) {
        const node* call = sql::as(object, "FuncCall");
        if (call == nullptr || !call->contains("over")) return false;
        check_window(part(*call, "over"));
        return false;
      });
    });
  }

  // `WHERE a.x = b.x AND a.id <> b.id`: the row that stays in its group is never deleted, so that
  // the group counts until no other is left.
  bool keeps_one() const {
    return sql::any_object(part(body_, "whereClause"), [](const node& object) {
      const node* compared = sql::as(object, "A_Expr");
      return compared != nullptr && names(*compared, "name") == std::vector<std::string>{"<>"} &&
             part(*compared, "lexpr").contains("ColumnRef") &&
             part(*compared, "rexpr").contains("ColumnRef");
    });
  }

  void check_window(const node& window) {
    const std::vector<std::string> ordered = columns_read(window);
    for (const std::string& name : assigned()) {
      if (!holds(ordered, name)) continue;
      tell(u_.begin(),
           fmt::format("a window orders by {}, which the statement assigns: a second batch ranks "
                       "old and new values together",
                       as_sql(name)),
           "compute key and value once into a table, then batch over that");
      return;
    }
  }

  void check_assignments() {
    const std::vector<std::string> all = assigned();
    for (const node& item : part(body_, "targetList")) {
      const node& target = part(item, "ResTarget");
      const node& value = part(target, "val");
      const std::string name = text(target, "name");
      const std::size_t at = u_.at(target);
      if (reads_clock(value)) {
        tell(at,
             fmt::format("{} gets one time in one statement, and a later one with each batch",
                         as_sql(name)),
             "write the time as a constant where rows must share it", severity::info);
      }
      if (changes_again(value, name)) {
        tell(at,
             fmt::format("{} is computed from itself: a second run changes it again", as_sql(name)),
             "pawl runs it once for each row; never start it again by hand", severity::info);
      }
      check_any_row(value, name, at);
      check_unique(value, name, at);
    }
  }

  // `c = c` only touches the row; a plain test of the column in WHERE ends the second run.
  bool changes_again(const node& value, const std::string& name) const {
    if (kind_of(value) == "ColumnRef" || kind_of(value) == "CoalesceExpr") return false;
    if (kind_of(value) == "FuncCall") {
      constexpr std::array<std::string_view, 5> settle{"upper", "lower", "btrim", "trim",
                                                       "initcap"};
      const std::vector<std::string> parts = names(body_of(value), "funcname");
      const bool settles =
          !parts.empty() && std::find(settle.begin(), settle.end(), parts.back()) != settle.end();
      if (settles) return false;
    }
    if (sql::any_object(value, [](const node& n) { return n.contains("SubLink"); })) return false;
    return holds(columns_read(value), name) &&
           !holds(columns_tested(part(body_, "whereClause")), name);
  }

  void check_any_row(const node& value, const std::string& name, std::size_t at) {
    each_select(value, [&](const node& select) {
      if (!select.contains("limitCount") || select.contains("sortClause")) return;
      tell(at,
           fmt::format("LIMIT without ORDER BY picks any row for {}: another try may pick another",
                       as_sql(name)),
           "add an ORDER BY that leaves no tie");
    });
  }

  void check_unique(const node& value, const std::string& name, std::size_t at) {
    const table* known = std::as_const(c_.known).find_table(on_);
    if (known == nullptr || !known->has_key_within({name})) return;
    if (!calls(value, "lower") && !calls(value, "upper") && !calls(value, "btrim")) return;
    tell(at,
         fmt::format("{} is unique, and two values may become the same: that batch fails",
                     as_sql(name)),
         "look for the duplicates that this would make first");
  }

  void check_join() {
    const node& from = part(body_, "fromClause");
    if (!from.is_array()) return;
    const bool joined = sql::any_object(body_, [&](const node& object) {
      const node* compared = sql::as(object, "A_Expr");
      return compared != nullptr && !columns_read(part(*compared, "lexpr")).empty() &&
             !columns_read(part(*compared, "rexpr")).empty();
    });
    if (joined || sql::any_object(from, [](const node& n) { return n.contains("usingClause"); })) {
      return;
    }
    tell(u_.begin(),
         fmt::format("nothing joins {} with what stands in FROM: every row is changed, by any of "
                     "its rows",
                     as_sql(on_)),
         "add the condition that joins the two");
  }

  context& c_;
  const unit& u_;
  const node& body_;
  sql::relation_name on_;
};

void check_insert(context& c, const unit& u) {
  const sql::relation_name on = relation_of(part(*u.body, "relation"));
  const node& query = part(*u.body, "selectStmt");
  const auto read = tables_read(*u.body);
  const bool feeds_itself = std::any_of(
      read.begin(), read.end(), [&](const auto& name) { return key_of(name) == key_of(on); });
  const bool anti_join = sql::any_object(
      query, [](const node& n) { return n.contains("SubLink") || n.contains("JoinExpr"); });
  if (!feeds_itself || anti_join || c.is_new(on) || !c.matters(on)) return;
  c.tell(u, "L55", u.begin(),
         {fmt::format("it inserts into {}, from which it reads: batches would read their own rows",
                      as_sql(on)),
          {},
          "pawl fixes the upper end of the key before it starts; a loop by hand must too"},
         severity::info);
}

}  // namespace

void check_hazards(context& c, const unit& u) {
  if (u.kind == "UpdateStmt" || u.kind == "DeleteStmt") update_hazards(c, u).check();
  if (u.kind == "InsertStmt") check_insert(c, u);
}

}  // namespace pawl::lint
