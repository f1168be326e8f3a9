#include "sql/round_query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "sql/identifier.hpp"
#include "sql/statement_parts.hpp"

namespace pawl::sql {
namespace {

// Why a SELECT takes other rows than `WHERE` and `LIMIT` say; empty if it does not.
std::string why_other_rows(const node& select) {
  struct part {
    const char* member;
    const char* why;
  };
  constexpr std::array<part, 8> parts = {{{"withClause", "has a WITH of its own"},
                                          {"valuesLists", "lists VALUES"},
                                          {"distinctClause", "takes DISTINCT rows"},
                                          {"groupClause", "groups its rows"},
                                          {"havingClause", "groups its rows"},
                                          {"windowClause", "has a WINDOW"},
                                          {"limitOffset", "skips rows by OFFSET"},
                                          {"intoClause", "has an INTO"}}};
  for (const part& one : parts) {
    if (select.contains(one.member)) return fmt::format("their query {}", one.why);
  }
  const std::string op = text_member(select, "op");
  if (!op.empty() && op != "SETOP_NONE") return "their query is put together by a set operation";
  if (!select.contains("whereClause")) return "their query has no WHERE";
  return select.contains("limitCount") ? std::string{} : "their query has no LIMIT";
}

// Why FROM is not the target alone; empty if it is.
std::string why_other_table(const node* from, const table_use& target) {
  if (from == nullptr || from->empty()) return "their query reads no table";
  if (from->size() > 1) return "their query reads more than one table";
  const node* table = as(from->front(), "RangeVar");
  if (table == nullptr) return "their query reads more than a plain table";
  const node* alias = member(*table, "alias");
  if (alias != nullptr && alias->contains("colnames")) {
    return "their query renames the columns of its table";
  }
  const table_use use = use_of(*table);
  if (use.name.table != target.name.table) {
    return fmt::format("their query reads {}, another table than {}, which is changed",
                       use.name.table, target.name.table);
  }
  if (use.name != target.name) return "their query names the table by another schema";
  return use.only == target.only ? std::string{} : "ONLY is written on one side alone";
}

// Why a name could be of another row than the query's own, or of none in the statement itself,
// which knows the table as `outer`; empty if there is no such name.
std::string why_other_names(const node& select, const std::string& inner,
                            const std::string& outer) {
  std::string why;
  any_object(select, [&](const node& object) {
    const node* reference = as(object, "ColumnRef");
    if (reference == nullptr) return false;
    const auto fields = names_in(member(*reference, "fields"));
    if (fields.size() > 2) {
      why = "their query names a column by more than its table's name";
    } else if (fields.size() == 2 && fields.front() != inner) {
      why = fmt::format("their query names {}.{}, which is not of its own table", fields.front(),
                        fields.back());
    } else if (fields.size() == 1 && inner != outer &&
               (fields.front() == inner || fields.front() == outer)) {
      why = fmt::format("\"{}\" may stand for a whole row in their query", fields.front());
    }
    return !why.empty();
  });
  return why;
}

// The condition, by the query's tokens.
slice find_condition(const statement& st, const round_query& round) {
  slice where = find_where(st, st.text.begin + round.table.location, {});
  int depth = 0;
  for (const token& t : st.tokens) {
    if (t.at.begin < where.begin || t.at.begin >= where.end) continue;
    if (t.kind == token_kind::open || t.kind == token_kind::open_bracket) ++depth;
    if (t.kind == token_kind::close || t.kind == token_kind::close_bracket) --depth;
    const bool ends = t.kind == token_kind::order_word || t.kind == token_kind::limit_word ||
                      t.kind == token_kind::for_word || t.kind == token_kind::fetch_word;
    if (ends && depth == 0) {
      where.end = t.at.begin;
      break;
    }
  }
  return where;
}

}  // namespace

std::optional<round_query> read_round(const node& select, const table_use& target,
                                      std::string& why) {
  why = why_other_rows(select);
  if (why.empty()) why = why_other_table(member(select, "fromClause"), target);
  if (!why.empty()) return std::nullopt;
  round_query round;
  round.select = &select;
  round.table = use_of(*as(member(select, "fromClause")->front(), "RangeVar"));
  round.condition = member(select, "whereClause");
  round.limit = member(select, "limitCount");
  const node* list = member(select, "targetList");
  const node* item =
      list != nullptr && list->size() == 1 ? as(list->front(), "ResTarget") : nullptr;
  const node* value = item == nullptr ? nullptr : member(*item, "val");
  const node* column = value == nullptr ? nullptr : as(*value, "ColumnRef");
  if (column == nullptr || names_in(member(*column, "fields")).back() == "*") {
    why = "their query selects something else than one column";
    return std::nullopt;
  }
  round.key = names_in(member(*column, "fields")).back();
  const std::string renamed = text_member(*item, "name");
  round.output = renamed.empty() ? round.key : renamed;
  // What a subquery finds may change from round to round.
  const bool asks =
      any_object(*round.condition, [](const node& object) { return object.contains("SubLink"); });
  why = asks ? "their condition asks a subquery"
             : why_other_names(select, round.table.own_name(), target.own_name());
  return why.empty() ? std::optional{round} : std::nullopt;
}

std::string condition_of(const source& in, const statement& st, const round_query& round,
                         const table_use& target) {
  const slice where = find_condition(st, round);
  std::vector<slice> names;
  any_object(*round.condition, [&](const node& object) {
    const node* reference = as(object, "ColumnRef");
    if (reference != nullptr && names_in(member(*reference, "fields")).size() == 2) {
      names.push_back(find_reference(st, st.text.begin + location_of(*reference), 1));
    }
    return false;
  });
  if (round.table.own_name() == target.own_name()) names.clear();
  std::sort(names.begin(), names.end(),
            [](const slice& a, const slice& b) { return a.begin < b.begin; });
  std::string text;
  std::size_t at = where.begin;
  for (const slice& name : names) {
    text += in.text.substr(at, name.begin - at) + quote_identifier(target.own_name());
    at = name.end;
  }
  return text + in.text.substr(at, where.end - at);
}

bool is_said_by(const round_query& round, const node& term, const table_use& target) {
  const qualifiers ignored{round.table.own_name(), target.own_name()};
  const auto known = terms_of(*round.condition);
  return std::any_of(known.begin(), known.end(),
                     [&](const node* one) { return same_expression(*one, term, ignored); });
}

}  // namespace pawl::sql
