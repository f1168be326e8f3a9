#include "sql/marker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "sql/directive.hpp"
#include "sql/identifier.hpp"

namespace pawl::sql {
namespace {

constexpr std::string_view blanks = " \t\r\n\f\v";

// Collects the offsets of boolean constants that are terms of an AND which every row has to pass.
class term_finder {
 public:
  struct position {
    bool term = false;  // the node restricts the rows by itself
    bool from = false;  // the node is an item of FROM, on no side that an outer join fills up
  };

  void visit(const node& n, position at) {
    if (n.is_array()) {
      for (const node& item : n) visit(item, at);
      return;
    }
    for (const auto& [key, value] : n.items()) {
      if (value.is_structured()) visit_member(n, key, value, at);
    }
  }

  const std::set<std::size_t>& found() const { return found_; }

 private:
  void visit_member(const node& parent, const std::string& key, const node& value, position at) {
    // An ON CONFLICT clause restricts only the rows that exist already: no marker counts there.
    if (key == "onConflictClause") return;
    if (key == "A_Const") {
      if (at.term && value.contains("boolval")) found_.insert(location_of(value));
    } else if (key == "BoolExpr") {
      visit(value, {});
      if (const node* args = member(value, "args")) {
        visit(*args, {at.term && text_member(value, "boolop") == "AND_EXPR", false});
      }
    } else if (key == "JoinExpr") {
      visit_join(value, at.from);
    } else if (key == "joinCondition") {
      visit(value, {only_matched(parent), false});
    } else {
      visit(value, {key == "whereClause", key == "fromClause" || key == "usingClause"});
    }
  }

  // An outer join keeps the rows of a side whatever its ON says.
  void visit_join(const node& join, bool from) {
    const std::string type = text_member(join, "jointype");
    const bool inner = from && type == "JOIN_INNER";
    for (const auto& [key, value] : join.items()) {
      if (!value.is_structured()) continue;
      const bool restricted = inner || (from && key == "larg" && type == "JOIN_LEFT") ||
                              (from && key == "rarg" && type == "JOIN_RIGHT");
      visit(value, {inner && key == "quals", restricted});
    }
  }

  // WHEN NOT MATCHED would insert the rows outside of the range.
  static bool only_matched(const node& merge) {
    const node* clauses = member(merge, "mergeWhenClauses");
    return clauses != nullptr &&
           std::all_of(clauses->begin(), clauses->end(), [](const node& clause) {
             const node* when = as(clause, "MergeWhenClause");
             return when != nullptr && when->contains("matched");
           });
  }

  std::set<std::size_t> found_;
};

// What may follow a marker: the end of its WHERE.
constexpr std::array<std::string_view, 14> after_where = {
    "",       ")",         "and",   "group",     "order",  "limit", "having",
    "window", "returning", "union", "intersect", "except", "fetch", "offset"};

// The place of a marker told by tokens alone, for statements newer than the parser.
class token_context {
 public:
  token_context(const source& in, const statement& st) : in_(in), st_(st) {}

  bool restricts(const slice& marker) const {
    const std::size_t at = index_of(marker);
    const std::string next = word(at + 1);
    if (at == 0 || std::find(after_where.begin(), after_where.end(), next) == after_where.end()) {
      return false;
    }
    const std::string before = word(at - 1);
    return (before == "where" || before == "and") && opened_by_where(at) && !met_by_or(at);
  }

 private:
  std::string word(std::size_t i) const {
    if (i >= st_.tokens.size()) return {};
    const slice at = st_.tokens[i].at;
    return lower_case(std::string_view(in_.text).substr(at.begin, at.end - at.begin));
  }

  std::size_t index_of(const slice& marker) const {
    std::size_t i = 0;
    while (i < st_.tokens.size() && st_.tokens[i].at.end < marker.end) ++i;
    return i;
  }

  // Backwards within the marker's parentheses: a WHERE, with neither OR nor CASE between.
  bool opened_by_where(std::size_t at) const {
    bool where = false;
    int depth = 0;
    while (at-- > 0) {
      const std::string text = word(at);
      if (text == ")") ++depth;
      if (text == "(" && --depth < 0) return where && (at == 0 || word(at - 1) != "filter");
      if (depth != 0) continue;
      if (text == "conflict" || (!where && (text == "or" || text == "case"))) return false;
      where = where || text == "where";
    }
    return where;
  }

  bool met_by_or(std::size_t at) const {
    int depth = 0;
    while (++at < st_.tokens.size()) {
      const std::string text = word(at);
      if (text == "(") ++depth;
      if (text == ")" && --depth < 0) return false;
      if (depth == 0 && text == "or") return true;
    }
    return false;
  }

  const source& in_;
  const statement& st_;
};

}  // namespace

result<std::optional<slice>> read_marker(const source& in, const comment& c) {
  const slice at = c.at.at;
  const std::string_view body =
      std::string_view(in.text).substr(at.begin + 2, at.end - at.begin - 4);
  const comment_head head = head_of(body);
  const std::string hint = "The marker is written `/* pawl:range */ true`.";
  const bool ours = lower_case(head.word) == "pawl";
  if (!ours && !is_misspelt_pawl(head.word, head.name)) return std::optional<slice>();

  const std::size_t first = body.find_first_not_of(blanks);
  const std::string_view trimmed = body.substr(first, body.find_last_not_of(blanks) - first + 1);
  if (lower_case(trimmed) != "pawl:range") {
    return in.fault(errc::bad_directive, at.begin,
                    fmt::format("`/* {} */` is no marker", trimmed.substr(0, trimmed.find('\n'))),
                    hint + " Directives are line comments, as in `-- pawl:batch`.");
  }
  const std::size_t gap = in.text.find_first_not_of(blanks, at.end);
  if (c.next.kind != token_kind::true_word || gap != c.next.at.begin) {
    return in.fault(errc::bad_directive, at.begin, "a marker is not followed by `true`", hint);
  }
  return std::optional(slice{at.begin, c.next.at.end});
}

std::optional<error> misplaced_marker(const source& in, const statement& st, const node* tree,
                                      const std::vector<slice>& markers) {
  term_finder terms;
  if (tree != nullptr) terms.visit(*tree, {});
  for (const slice& marker : markers) {
    constexpr std::size_t true_size = 4;
    const bool restricts = tree != nullptr
                               ? terms.found().contains(marker.end - true_size - st.text.begin)
                               : token_context(in, st).restricts(marker);
    if (restricts) continue;
    return in.fault(errc::bad_directive, marker.begin,
                    "a marker stands where it does not restrict the rows of the statement",
                    "Write it as `WHERE /* pawl:range */ true` or `... AND /* pawl:range */ true` "
                    "in the WHERE that reads the rows, outside of OR, NOT and outer joins.");
  }
  return std::nullopt;
}

}  // namespace pawl::sql
