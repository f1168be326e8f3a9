#include "lint/context.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace pawl::lint {

void context::tell(const unit& u, std::string_view rule_id, std::size_t offset, wording says,
                   std::optional<severity> level) {
  const rule* of = find_rule(rule_id);
  if (of == nullptr) throw std::logic_error(fmt::format("there is no rule {}", rule_id));
  severity chosen = level.value_or(of->by_default);
  if (const auto own = chosen_.severities.find(rule_id); own != chosen_.severities.end()) {
    chosen = own->second;
  } else if (u.in_code && chosen == severity::rewritten) {
    chosen = severity::warning;  // the planner rewrites statements, not the code around them
    says.safe.clear();
  }
  if (chosen == severity::off) return;
  told.push_back({{of, chosen, place_of(offset), std::move(says), false}, u.number, offset});
}

place context::place_of(std::size_t offset) {
  constexpr std::size_t step = 4096;
  if (marks_.empty()) marks_.push_back(in.place_of(0));
  const std::size_t end = std::min(offset, in.text.size());
  while (marks_.size() <= end / step) {
    marks_.push_back(
        in.place_behind(marks_.back(), (marks_.size() - 1) * step, marks_.size() * step));
  }
  return in.place_behind(marks_[end / step], end / step * step, end);
}

void context::tell_unreadable(std::string_view rule_id, std::size_t statement, const error& e) {
  place where = e.where;
  if (where.line == 0) where = in.place_of(0);
  told.push_back(
      {{find_rule(rule_id), severity::error, where, {e.message, {}, e.hint}, true}, statement, 0});
}

bool context::is_new(const sql::relation_name& name) const {
  const table* found = std::as_const(known).find_table(name);
  return found != nullptr && found->made_in == file;
}

bool context::is_small(const sql::relation_name& name) const {
  const table* found = std::as_const(known).find_table(name);
  return found != nullptr && found->bytes && *found->bytes <= chosen_.small_table_bytes;
}

row_changes context::rows_of(const sql::relation_name& name) const {
  const auto found = known.pending_rows.find(key_of(name));
  return found == known.pending_rows.end() ? row_changes() : found->second;
}

bool context::holds_todays_data(const sql::relation_name& name,
                                const std::vector<std::string>& columns) const {
  const table* found = std::as_const(known).find_table(name);
  if (found == nullptr || found->made_in != before_all_files || rows_of(name).changed) return false;
  return std::all_of(columns.begin(), columns.end(), [&](const std::string& wanted) {
    const column* of = found->find_column(wanted);
    return of != nullptr && of->made_in == before_all_files;
  });
}

bool context::holds_true(std::string query) {
  return ask({question_kind::truth, {}, std::move(query)}) == "t";
}

}  // namespace pawl::lint
