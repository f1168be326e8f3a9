#include "sql/pending.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "sql/expression.hpp"
#include "sql/identifier.hpp"
#include "sql/query_facts.hpp"
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

bool holds_same(const node* list, const node& wanted, const qualifiers& ignored) {
  return list != nullptr && std::any_of(list->begin(), list->end(), [&](const node& member) {
           return same_expression(member, wanted, ignored);
         });
}

// c <> e, c IS DISTINCT FROM e, either way round; c NOT IN (..., e, ...), c <> ALL (ARRAY[..., e]).
bool comparison_turns_false(const node& term, const std::vector<set_value>& values,
                            const qualifiers& ignored) {
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
           holds_same(member(*list, kind == "AEXPR_IN" ? "items" : "elements"), *assigned->value,
                      ignored);
  }
  if (kind != "AEXPR_OP" && kind != "AEXPR_DISTINCT") return false;
  if (assigned != nullptr && same_expression(*right, *assigned->value, ignored)) return true;
  assigned = assigned_by(values, right);
  return assigned != nullptr && same_expression(*left, *assigned->value, ignored);
}

// True if the term is false once SET has been applied.
bool turns_false(const node& term, const std::vector<set_value>& values,
                 const qualifiers& ignored) {
  if (const node* test = as(term, "NullTest")) {
    const set_value* assigned = assigned_by(values, member(*test, "arg"));
    return text_member(*test, "nulltesttype") == "IS_NULL" && assigned != nullptr &&
           !is_null_literal(*assigned->value);
  }
  const node* comparison = as(term, "A_Expr");
  return comparison != nullptr && comparison_turns_false(*comparison, values, ignored);
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

// A literal; strings are compared only where no type takes two spellings for one value.
struct constant {
  enum class kind { truth, number, text, null } is;
  bool truth = false;
  std::int64_t number = 0;
  std::string text{};
};

// Letters, then letters, digits, `_` and `-`, folded; no word that a type reads in a way of its
// own.
std::optional<std::string> plain_word(const std::string& text) {
  constexpr std::array<std::string_view, 22> special = {
      "t",        "true", "y",     "yes",      "on",       "f",       "false",     "n",
      "no",       "off",  "now",   "today",    "tomorrow", "epoch",   "yesterday", "inf",
      "infinity", "none", "empty", "midnight", "noon",     "allballs"};
  std::string word;
  for (const char c : lower_case(text)) {
    const bool letter = c >= 'a' && c <= 'z';
    const bool other = (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!letter && (!other || word.empty())) return std::nullopt;
    if (c != '_' && c != '-') word += c;
  }
  if (word.empty() || holds(special, word)) return std::nullopt;
  return word;
}

std::optional<constant> constant_of(const node* expression) {
  const node* body = expression == nullptr ? nullptr : as(*expression, "A_Const");
  if (body == nullptr) return std::nullopt;
  if (body->contains("isnull")) return constant{constant::kind::null};
  if (const node* truth = member(*body, "boolval")) {
    return constant{constant::kind::truth, truth->value("boolval", false)};
  }
  if (const node* number = member(*body, "ival")) {
    return constant{constant::kind::number, false, number->value("ival", std::int64_t{0})};
  }
  const node* text = member(*body, "sval");
  const auto word = text == nullptr ? std::nullopt : plain_word(text_member(*text, "sval"));
  if (!word) return std::nullopt;
  return constant{constant::kind::text, false, 0, *word};
}

// Both are known, of one kind, and no type takes them for the same.
bool differ(const std::optional<constant>& a, const std::optional<constant>& b) {
  if (!a || !b || a->is != b->is || a->is == constant::kind::null) return false;
  return a->truth != b->truth || a->number != b->number || a->text != b->text;
}

bool is_set_to(const std::vector<set_value>& values, const node* column, bool wanted) {
  const set_value* assigned = assigned_by(values, column);
  const auto given = assigned == nullptr ? std::nullopt : constant_of(assigned->value);
  return given && given->is == constant::kind::truth && given->truth == wanted;
}

bool equation_turns_false(const node& term, const std::vector<set_value>& values) {
  if (names_in(member(term, "name")) != std::vector<std::string>{"="}) return false;
  const std::string kind = text_member(term, "kind");
  const node* left = member(term, "lexpr");
  const node* right = member(term, "rexpr");
  const set_value* assigned = assigned_by(values, left);
  if (assigned == nullptr || right == nullptr) return false;
  const auto given = constant_of(assigned->value);
  if (kind == "AEXPR_OP") return differ(given, constant_of(right));
  const node* list = kind == "AEXPR_IN" ? as(*right, "List") : nullptr;
  const node* items = list == nullptr ? nullptr : member(*list, "items");
  return items != nullptr && std::all_of(items->begin(), items->end(), [&](const node& item) {
           return differ(given, constant_of(&item));
         });
}

bool constant_turns_false(const node& term, const std::vector<set_value>& values) {
  if (const node* junction = as(term, "BoolExpr")) {
    const node* args = member(*junction, "args");
    const std::string op = text_member(*junction, "boolop");
    if (args == nullptr || args->empty()) return false;
    if (op == "NOT_EXPR") return is_set_to(values, &args->front(), true);
    return op == "AND_EXPR" && std::any_of(args->begin(), args->end(), [&](const node& arg) {
             return constant_turns_false(arg, values);
           });
  }
  if (const node* test = as(term, "BooleanTest")) {
    const std::string type = text_member(*test, "booltesttype");
    const node* arg = member(*test, "arg");
    return ((type == "IS_FALSE" || type == "IS_NOT_TRUE") && is_set_to(values, arg, true)) ||
           ((type == "IS_TRUE" || type == "IS_NOT_FALSE") && is_set_to(values, arg, false));
  }
  if (const node* test = as(term, "NullTest")) {
    const set_value* assigned = assigned_by(values, member(*test, "arg"));
    return text_member(*test, "nulltesttype") == "IS_NOT_NULL" && assigned != nullptr &&
           is_null_literal(*assigned->value);
  }
  if (term.contains("ColumnRef")) return is_set_to(values, &term, false);
  const node* comparison = as(term, "A_Expr");
  return comparison != nullptr && equation_turns_false(*comparison, values);
}

}  // namespace

bool ends_by_constant(const node& update) {
  const node* where = member(update, "whereClause");
  return where != nullptr && constant_turns_false(*where, plain_values(update));
}

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
  // The statement reads no other table, so that `t.c` is `c`.
  const qualifiers own{update.own_name(), update.own_name()};
  const auto terms = terms_of(*where);
  const bool ends = std::any_of(terms.begin(), terms.end(),
                                [&](const node* term) { return turns_false(*term, values, own); });
  if (!add_facts(*where, facts) || !ends) return std::nullopt;

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
