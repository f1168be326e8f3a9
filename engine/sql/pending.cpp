#include "sql/pending.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "sql/expression.hpp"
#include "sql/statement_parts.hpp"

namespace pawl::sql {
namespace {

struct set_value {
  std::string column;
  const node* value;
};

// Changed by every update, whatever SET says.
constexpr std::array<std::string_view, 5> changing = {"ctid", "xmin", "xmax", "cmin", "cmax"};

template <class Names>
bool holds(const Names& names, std::string_view wanted) {
  return std::find(std::begin(names), std::end(names), wanted) != std::end(names);
}

bool is_null_literal(const node& expression) {
  if (const node* constant = as(expression, "A_Const")) return constant->contains("isnull");
  for (const char* wrapper : {"TypeCast", "CollateClause"}) {
    const node* wrapped = as(expression, wrapper);
    const node* arg = wrapped == nullptr ? nullptr : member(*wrapped, "arg");
    if (arg != nullptr) return is_null_literal(*arg);
  }
  return false;
}

// The assigned column that an expression is, by itself.
const set_value* assigned_by(const std::vector<set_value>& values, const node* n) {
  const node* reference = n == nullptr ? nullptr : as(*n, "ColumnRef");
  if (reference == nullptr) return nullptr;
  const std::vector<std::string> fields = names_in(member(*reference, "fields"));
  const auto found = std::find_if(values.begin(), values.end(), [&](const set_value& v) {
    return !fields.empty() && v.column == fields.back();
  });
  return found == values.end() ? nullptr : &*found;
}

bool holds_same(const node* list, const node& wanted) {
  return list != nullptr && std::any_of(list->begin(), list->end(), [&](const node& member) {
           return same_expression(member, wanted);
         });
}

// c <> e, c IS DISTINCT FROM e, either way round; c NOT IN (..., e, ...), c <> ALL (ARRAY[..., e]).
bool comparison_turns_false(const node& term, const std::vector<set_value>& values) {
  if (names_in(member(term, "name")) !=
      std::vector<std::string>{text_member(term, "kind") == "AEXPR_DISTINCT" ? "=" : "<>"}) {
    return false;
  }
  const std::string kind = text_member(term, "kind");
  const node* left = member(term, "lexpr");
  const node* right = member(term, "rexpr");
  if (left == nullptr || right == nullptr) return false;
  const set_value* assigned = assigned_by(values, left);
  if (kind == "AEXPR_IN" || kind == "AEXPR_OP_ALL") {
    const node* list = as(*right, kind == "AEXPR_IN" ? "List" : "A_ArrayExpr");
    return assigned != nullptr && list != nullptr &&
           holds_same(member(*list, kind == "AEXPR_IN" ? "items" : "elements"), *assigned->value);
  }
  if (kind != "AEXPR_OP" && kind != "AEXPR_DISTINCT") return false;
  if (assigned != nullptr && same_expression(*right, *assigned->value)) return true;
  assigned = assigned_by(values, right);
  return assigned != nullptr && same_expression(*left, *assigned->value);
}

// True if some top-level AND term is false once SET has been applied.
bool turns_false(const node& term, const std::vector<set_value>& values) {
  if (const node* junction = as(term, "BoolExpr")) {
    const node* args = member(*junction, "args");
    return text_member(*junction, "boolop") == "AND_EXPR" && args != nullptr &&
           std::any_of(args->begin(), args->end(),
                       [&](const node& arg) { return turns_false(arg, values); });
  }
  if (const node* test = as(term, "NullTest")) {
    const set_value* assigned = assigned_by(values, member(*test, "arg"));
    return text_member(*test, "nulltesttype") == "IS_NULL" && assigned != nullptr &&
           !is_null_literal(*assigned->value);
  }
  const node* comparison = as(term, "A_Expr");
  return comparison != nullptr && comparison_turns_false(*comparison, values);
}

std::vector<set_value> plain_values(const node& body) {
  std::vector<set_value> values;
  const node* list = member(body, "targetList");
  if (list == nullptr) return values;
  for (const node& item : *list) {
    const node* target = as(item, "ResTarget");
    const node* value = target == nullptr ? nullptr : assigned_value(*target);
    if (value != nullptr) values.push_back({text_member(*target, "name"), value});
  }
  return values;
}

// A lone name that is the table's or the alias's stands for the whole row, unless there is such a
// column, which only the catalog knows.
bool may_be_row(const column_reference& reference, const change& update) {
  return reference.fields.size() == 1 &&
         (reference.column() == update.target.table || reference.column() == update.alias);
}

}  // namespace

std::optional<pending_proof> prove_pending(const statement& st, const node& body,
                                           const change& update) {
  const node* where = member(body, "whereClause");
  const bool all_plain = update.assignments.size() == update.set_columns.size();
  // U&"..." UESCAPE '!' takes more than the one token that a name has elsewhere.
  const bool escapes = std::any_of(st.tokens.begin(), st.tokens.end(), [](const token& t) {
    return t.kind == token_kind::unicode_ident || t.kind == token_kind::uescape_word;
  });
  // The predicate is also asked of a leaf under an alias, where `schema.table.column` finds
  // nothing.
  const bool portable = update.schema_qualifiers.empty();
  if (where == nullptr || !all_plain || escapes || !portable) return std::nullopt;

  const std::vector<set_value> values = plain_values(body);
  expression_facts sources;
  expression_facts facts;
  for (const set_value& v : values) {
    if (!add_facts(*v.value, sources)) return std::nullopt;
  }
  facts.calls = sources.calls;
  if (!add_facts(*where, facts) || !turns_false(*where, values)) return std::nullopt;

  pending_proof proof;
  proof.predicate = update.where;
  proof.calls = std::move(facts.calls);
  for (const column_reference& read : sources.columns) {
    if (holds(update.set_columns, read.column())) return std::nullopt;
  }
  facts.columns.insert(facts.columns.end(), sources.columns.begin(), sources.columns.end());
  for (const column_reference& read : facts.columns) {
    if (may_be_row(read, update) || holds(changing, read.column())) return std::nullopt;
    if (holds(update.set_columns, read.column())) {
      const std::size_t begin = st.text.begin + read.location;
      proof.assigned.push_back({read.column(), find_reference(st, begin, read.fields.size())});
    } else if (!holds(proof.reads, read.column())) {
      proof.reads.push_back(read.column());
    }
  }
  const auto before = [](const column_use& a, const column_use& b) {
    return a.where.begin < b.where.begin;
  };
  std::sort(proof.assigned.begin(), proof.assigned.end(), before);
  return proof;
}

}  // namespace pawl::sql
