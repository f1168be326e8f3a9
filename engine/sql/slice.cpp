#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sql/identifier.hpp"
#include "sql/job.hpp"

namespace pawl::sql {
namespace {

// `text` takes the place of `at`; an empty `at` makes it an insertion.
struct edit {
  slice at;
  std::string text;
};

std::string edited(const job& j, slice whole, std::vector<edit> edits) {
  // An insertion comes before what is replaced at the same place.
  std::stable_sort(edits.begin(), edits.end(), [](const edit& a, const edit& b) {
    return std::pair(a.at.begin, a.at.end) < std::pair(b.at.begin, b.at.end);
  });
  std::string text;
  std::size_t at = whole.begin;
  for (const edit& e : edits) {
    text += text_of(j, {at, e.at.begin});
    text += e.text;
    at = e.at.end;
  }
  return text += text_of(j, {at, whole.end});
}

void replace_markers(const std::vector<slice>& markers, std::string_view condition,
                     std::vector<edit>& edits) {
  for (const slice& marker : markers) edits.push_back({marker, fmt::format("({})", condition)});
}

// `USING s AS x` becomes `USING (SELECT * FROM leaf AS x WHERE condition) AS x`.
void wrap_relation(const change& c, std::string_view target, std::string_view condition,
                   std::vector<edit>& edits) {
  const std::string name = quote_identifier(c.own_name());
  edits.push_back(
      {c.target_text, fmt::format("(SELECT * FROM {} AS {} WHERE {})", target, name, condition)});
  if (c.alias.empty()) edits.push_back({{c.alias_insert, c.alias_insert}, " AS " + name});
}

void replace_relation(const change& c, std::string_view target, std::vector<edit>& edits) {
  edits.push_back({c.target_text, std::string(target)});
  if (!c.alias.empty()) return;
  const std::size_t behind = c.alias_insert;
  edits.push_back({{behind, behind}, fmt::format(" AS {}", quote_identifier(c.target.table))});
  for (const slice& qualifier : c.schema_qualifiers) edits.push_back({qualifier, ""});
}

void add_condition(const change& c, std::string_view condition, std::vector<edit>& edits) {
  if (c.where.empty()) {
    edits.push_back({{c.where_insert, c.where_insert}, fmt::format(" WHERE {}", condition)});
    return;
  }
  edits.push_back({{c.where.begin, c.where.begin}, "("});
  edits.push_back({{c.where.end, c.where.end}, fmt::format(") AND ({})", condition)});
}

}  // namespace

std::string_view text_of(const job& j, slice s) {
  return std::string_view(j.text).substr(s.begin, s.end - s.begin);
}

std::string batch_statement(const job& j, std::string_view target, std::string_view condition) {
  std::vector<edit> edits;
  if (j.what.is_wrapped) {
    wrap_relation(j.what, target, condition, edits);
    return edited(j, j.what.statement, std::move(edits));
  }
  if (!target.empty() && j.what.kind != change_kind::marked) {
    replace_relation(j.what, target, edits);
  }
  replace_markers(j.what.markers, condition, edits);
  if (j.what.markers.empty()) add_condition(j.what, condition, edits);
  return edited(j, j.what.statement, std::move(edits));
}

std::string verify_statement(const job& j, std::string_view condition) {
  if (!j.verify) return {};
  std::vector<edit> edits;
  replace_markers(j.verify_markers, condition, edits);
  return edited(j, *j.verify, std::move(edits));
}

std::string stays_pending(const job& j, const std::map<std::string, std::string>& type_of) {
  if (!j.what.pending) return {};
  std::vector<edit> edits;
  for (const column_use& use : j.what.pending->assigned) {
    const auto assigned = std::find_if(j.what.assignments.begin(), j.what.assignments.end(),
                                       [&](const assignment& a) { return a.column == use.column; });
    const std::string_view value = text_of(j, assigned->expression);
    const auto type = type_of.find(use.column);
    edits.push_back({use.where, type == type_of.end()
                                    ? fmt::format("({})", value)
                                    : fmt::format("CAST(({}) AS {})", value, type->second)});
  }
  return edited(j, j.what.pending->predicate, std::move(edits));
}

}  // namespace pawl::sql
