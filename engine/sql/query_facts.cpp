#include "sql/query_facts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <string_view>

namespace pawl::sql {
namespace {

template <class Value>
void add_once(std::vector<Value>& to, Value value) {
  if (std::find(to.begin(), to.end(), value) == to.end()) to.push_back(std::move(value));
}

constexpr std::array<std::string_view, 4> writing = {"InsertStmt", "UpdateStmt", "DeleteStmt",
                                                     "MergeStmt"};

bool is_set_operation(const node& select) {
  const std::string op = text_member(select, "op");
  return op.starts_with("SETOP_") && op != "SETOP_NONE";
}

bool sorts_out(const node& select) {
  constexpr std::array parts = {"groupClause",  "havingClause", "distinctClause",
                                "windowClause", "limitCount",   "limitOffset"};
  return std::any_of(parts.begin(), parts.end(),
                     [&](const char* part) { return select.contains(part); });
}

// A call that only makes sense over many rows, whatever the function.
bool is_over_rows(const node& call) {
  constexpr std::array parts = {"agg_star",   "agg_distinct",     "agg_order",
                                "agg_filter", "agg_within_group", "over"};
  return std::any_of(parts.begin(), parts.end(),
                     [&](const char* part) { return call.contains(part); });
}

// The names that FROM gives to what it reads, anywhere below `n`.
std::set<std::string> names_given(const node& n) {
  std::set<std::string> names;
  any_object(n, [&](const node& object) {
    if (object.contains("aliasname")) names.insert(text_member(object, "aliasname"));
    if (object.contains("relname")) names.insert(text_member(object, "relname"));
    return false;
  });
  return names;
}

// A subquery that names a column of the query around it, so that each row has an answer of its own.
// A column without its table's name could be of either, and counts as the subquery's.
bool asks_about_outer_row(const node& link) {
  const node* query = member(link, "subselect");
  if (query == nullptr) return false;
  const auto own = names_given(*query);
  return any_object(*query, [&](const node& object) {
    const node* reference = as(object, "ColumnRef");
    if (reference == nullptr) return false;
    const auto fields = names_in(member(*reference, "fields"));
    return fields.size() >= 2 && !own.contains(fields[fields.size() - 2]);
  });
}

// Where a node stands: by itself, in a subquery that is asked for each row, or in one whose rows
// are computed as a whole.
enum class place_of_node { own, per_row, derived };

class fact_walk {
 public:
  explicit fact_walk(query_facts& to) : to_(to) {}

  // All members of `n` but `except`, under the names that its WITH gives to its CTEs.
  void visit_members(const node& n, place_of_node at, std::string_view except = "") {
    const std::size_t outer = ctes_.size();
    if (const node* with = except == "withClause" ? nullptr : member(n, "withClause")) {
      visit_with(*with, at);
    }
    for (const auto& [key, value] : n.items()) {
      if (key != except && key != "withClause" && value.is_structured()) {
        visit_member(key, value, at);
      }
    }
    ctes_.resize(outer);
  }

 private:
  void visit_member(const std::string& key, const node& value, place_of_node at) {
    if (key == "FuncCall") call(value, at);
    if (key == "ColumnRef") dotted_call(member(value, "fields"), 1, at);
    if (key == "A_Indirection") dotted_call(member(value, "indirection"), 0, at);
    if (key == "name" || key == "operName" || key == "useOp") add_operator(value);
    // CURRENT_TIMESTAMP and its like are now() in other words.
    const bool is_time =
        key == "SQLValueFunction" && (text_member(value, "op").starts_with("SVFOP_CURRENT_TIME") ||
                                      text_member(value, "op").starts_with("SVFOP_CURRENT_DATE") ||
                                      text_member(value, "op").starts_with("SVFOP_LOCALTIME"));
    if (is_time) add_once<std::string>(to_.functions, "now");
    if (std::find(writing.begin(), writing.end(), key) != writing.end()) {
      // The table that it changes is not one that it reads.
      visit_members(value, at, "relation");
      return;
    }
    const bool whole =
        key == "CommonTableExpr" || (key == "RangeSubselect" && !value.contains("lateral"));
    if (whole) at = place_of_node::derived;
    // Each batch would draw a sample of its own.
    if (key == "RangeTableSample") to_.groups = true;
    if (key == "SubLink") {
      add_outer_calls(value);
      if (!asks_about_outer_row(value)) at = place_of_node::derived;
    }
    if (key == "SubLink" || key == "RangeSubselect" || key == "RangeFunction") {
      at = std::max(at, place_of_node::per_row);
    }
    visit(value, at);
  }

  // A CTE does not see itself unless it is recursive: `WITH t AS (SELECT ... FROM t)` reads table
  // t.
  void visit_with(const node& with, place_of_node at) {
    const node* list = member(with, "ctes");
    if (list == nullptr) return;
    const bool recursive = with.contains("recursive");
    for (const node& item : *list) {
      if (const node* cte = as(item, "CommonTableExpr"); cte != nullptr && recursive) {
        ctes_.push_back(text_member(*cte, "ctename"));
      }
    }
    for (const node& item : *list) {
      const node* cte = as(item, "CommonTableExpr");
      if (cte == nullptr) continue;
      visit_member("CommonTableExpr", *cte, at);
      ctes_.push_back(text_member(*cte, "ctename"));
    }
  }

  void visit(const node& n, place_of_node at) {
    if (n.is_array()) {
      for (const node& item : n) visit(item, at);
      return;
    }
    if (!n.is_object()) return;
    if (n.contains("relname")) read(n);
    if (is_set_operation(n)) to_.combines = true;
    if (at == place_of_node::derived && sorts_out(n)) to_.groups = true;
    visit_members(n, at);
  }

  // In a subquery without FROM an aggregate is one of the query around it.
  void add_outer_calls(const node& link) {
    const node* query = member(link, "subselect");
    const node* select = query == nullptr ? nullptr : as(*query, "SelectStmt");
    if (select == nullptr || select->contains("fromClause")) return;
    any_object(*select, [&](const node& object) {
      if (const node* body = as(object, "FuncCall")) add_once(to_.own_functions, name_of(*body));
      return false;
    });
  }

  static std::string name_of(const node& call) {
    return fmt::format("{}", fmt::join(names_in(member(call, "funcname")), "."));
  }

  void read(const node& range_var) {
    const relation_name name = relation_of(range_var);
    const bool is_cte =
        name.schema.empty() && std::find(ctes_.begin(), ctes_.end(), name.table) != ctes_.end();
    if (!is_cte) add_once(to_.reads, name);
  }

  void call(const node& body, place_of_node at) {
    const std::string name = name_of(body);
    add_once(to_.functions, name);
    add_once(at == place_of_node::own ? to_.own_functions : to_.derived_functions, name);
    if (at == place_of_node::derived && is_over_rows(body)) to_.groups = true;
  }

  // The last of `names`, if it stands behind a dot.
  void dotted_call(const node* names, std::size_t in_front, place_of_node at) {
    if (names == nullptr || names->size() <= in_front) return;
    const node* name = as(names->back(), "String");
    if (name == nullptr) return;
    const std::string called = "." + text_member(*name, "sval");
    add_once(to_.functions, called);
    add_once(at == place_of_node::own ? to_.own_functions : to_.derived_functions, called);
  }

  void add_operator(const node& names) {
    if (!names.is_array() || names.empty()) return;
    if (const auto parts = names_in(&names); !parts.empty()) add_once(to_.operators, parts.back());
  }

  query_facts& to_;
  std::vector<std::string> ctes_;  // in scope
};

std::optional<table_use> driver_below(const node& item) {
  if (const node* table = as(item, "RangeVar")) {
    // Columns that the alias renames could not be named by the key's own names.
    const node* alias = member(*table, "alias");
    const bool renamed = alias != nullptr && alias->contains("colnames");
    return renamed ? std::nullopt : std::optional{use_of(*table)};
  }
  const node* join = as(item, "JoinExpr");
  if (join == nullptr) return std::nullopt;
  const std::string type = text_member(*join, "jointype");
  const node* left = member(*join, "larg");
  const bool kept = type == "JOIN_INNER" || type == "JOIN_LEFT";
  return kept && left != nullptr && !join->contains("alias") ? driver_below(*left) : std::nullopt;
}

void add_terms(const node& condition, std::vector<const node*>& to) {
  const node* junction = as(condition, "BoolExpr");
  const node* args = junction == nullptr ? nullptr : member(*junction, "args");
  if (args == nullptr || text_member(*junction, "boolop") != "AND_EXPR") {
    to.push_back(&condition);
    return;
  }
  for (const node& arg : *args) add_terms(arg, to);
}

// The two sides of each `=` among the terms of an AND chain.
void for_each_equation(const node& condition,
                       const std::function<void(const node&, const node&)>& act) {
  for (const node* term : terms_of(condition)) {
    const node* comparison = as(*term, "A_Expr");
    if (comparison == nullptr || text_member(*comparison, "kind") != "AEXPR_OP" ||
        names_in(member(*comparison, "name")) != std::vector<std::string>{"="}) {
      continue;
    }
    const node* left = member(*comparison, "lexpr");
    const node* right = member(*comparison, "rexpr");
    if (left != nullptr && right != nullptr) act(*left, *right);
  }
}

bool is_literal(const node& expression) {
  if (expression.contains("A_Const")) return true;
  const node* cast = as(expression, "TypeCast");
  const node* arg = cast == nullptr ? nullptr : member(*cast, "arg");
  return arg != nullptr && is_literal(*arg);
}

}  // namespace

relation_name relation_of(const node& range_var) {
  return {text_member(range_var, "schemaname"), text_member(range_var, "relname")};
}

table_use use_of(const node& range_var) {
  table_use use{relation_of(range_var), {}, location_of(range_var), !range_var.contains("inh")};
  if (const node* alias = member(range_var, "alias")) use.alias = text_member(*alias, "aliasname");
  return use;
}

bool may_be_same(const relation_name& a, const relation_name& b) {
  return a.table == b.table && (a.schema.empty() || b.schema.empty() || a.schema == b.schema);
}

bool reads_table(const query_facts& facts, const relation_name& name) {
  return std::any_of(facts.reads.begin(), facts.reads.end(),
                     [&](const relation_name& read) { return may_be_same(read, name); });
}

int count_uses(const node& n, const relation_name& name) {
  int uses = 0;
  any_object(n, [&](const node& object) {
    uses += object.contains("relname") && may_be_same(relation_of(object), name) ? 1 : 0;
    return false;
  });
  return uses;
}

bool names_cte(const node& n, const std::string& name) {
  return any_object(n, [&](const node& object) {
    const node* cte = as(object, "CommonTableExpr");
    return cte != nullptr && text_member(*cte, "ctename") == name;
  });
}

query_facts read_query_facts(const node& body, const char* except) {
  query_facts facts;
  fact_walk(facts).visit_members(body, place_of_node::own, except);
  return facts;
}

bool is_row_by_row(const node& select) {
  if (is_set_operation(select) || sorts_out(select) || select.contains("sortClause") ||
      select.contains("lockingClause") || select.contains("intoClause")) {
    return false;
  }
  const node* list = member(select, "targetList");
  return list == nullptr || !any_object(*list, [](const node& object) {
           const node* call = as(object, "FuncCall");
           return call != nullptr && is_over_rows(*call);
         });
}

std::optional<table_use> driving_table(const node& select) {
  const node* from = member(select, "fromClause");
  return from == nullptr || from->empty() ? std::nullopt : driver_below(from->front());
}

std::vector<const node*> terms_of(const node& condition) {
  std::vector<const node*> terms;
  add_terms(condition, terms);
  return terms;
}

std::vector<equality> equalities_in(const node* condition) {
  std::vector<equality> found;
  if (condition == nullptr) return found;
  for_each_equation(*condition, [&](const node& left, const node& right) {
    const node* a = as(left, "ColumnRef");
    const node* b = as(right, "ColumnRef");
    if (a == nullptr || b == nullptr) return;
    found.push_back({names_in(member(*a, "fields")), names_in(member(*b, "fields"))});
  });
  return found;
}

std::vector<std::string> constants_in(const node* condition) {
  std::vector<std::string> found;
  if (condition == nullptr) return found;
  for_each_equation(*condition, [&](const node& left, const node& right) {
    const node* column = is_literal(right) ? as(left, "ColumnRef") : nullptr;
    if (column == nullptr && is_literal(left)) column = as(right, "ColumnRef");
    if (column != nullptr) found.push_back(names_in(member(*column, "fields")).back());
  });
  return found;
}

}  // namespace pawl::sql
