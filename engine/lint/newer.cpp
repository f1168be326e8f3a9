#include "lint/newer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lint/unit.hpp"

namespace pawl::lint {
namespace {

using word_list = std::vector<std::string>;

bool matches(const word_list& words, std::size_t at,
             std::initializer_list<std::string_view> these) {
  if (at + these.size() > words.size()) return false;
  return std::equal(these.begin(), these.end(), words.begin() + static_cast<std::ptrdiff_t>(at));
}

// One past the parenthesis that closes the one at `at`.
std::size_t behind_parentheses(const word_list& words, std::size_t at) {
  int depth = 0;
  for (; at < words.size(); ++at) {
    if (words[at] == "(") ++depth;
    if (words[at] == ")" && --depth == 0) return at + 1;
  }
  return at;
}

// Words in, words out; each form takes as many words as it covers.
class translator {
 public:
  translator(std::string_view text, const sql::statement& st)
      : upper_(words_of(text, st)), alters_(matches(upper_, 0, {"ALTER", "TABLE"})) {
    for (const sql::token& t : st.tokens) {
      words_.emplace_back(text.substr(t.at.begin, t.at.end - t.at.begin));
    }
  }

  std::optional<older_form> translate() {
    for (std::size_t i = 0; i < upper_.size();) i = take(i);
    if (!found_) return std::nullopt;
    made_.sql = fmt::format("{}", fmt::join(out_, "\n"));
    return std::move(made_);
  }

 private:
  std::size_t replace(std::size_t next, std::initializer_list<std::string> by) {
    found_ = true;
    out_.insert(out_.end(), by);
    return next;
  }

  std::size_t take(std::size_t i) {
    if (matches(upper_, i, {"SET", "EXPRESSION", "AS", "("})) {
      if (i > 0) made_.set_expression.push_back(words_[i - 1]);
      return replace(behind_parentheses(upper_, i + 3), {"SET", "STATISTICS", "100"});
    }
    if (matches(upper_, i, {"GENERATED", "ALWAYS", "AS", "("})) return generated(i);
    if (matches(upper_, i, {"NOT", "ENFORCED"})) {
      // Not checked, so nothing is read.
      if (alters_) return replace(i + 2, {"NOT", "VALID"});
      return replace(i + 2, {});
    }
    if (matches(upper_, i, {"WITHOUT", "OVERLAPS"})) return replace(i + 2, {});
    if (matches(upper_, i, {"PERIOD"}) && i > 0 && (upper_[i - 1] == "," || upper_[i - 1] == "(")) {
      return replace(i + 1, {});
    }
    if (alters_ && matches(upper_, i, {"ADD"})) return not_null(i);
    if (alters_ && matches(upper_, i, {"ALTER", "CONSTRAINT"}) && inherits(i)) {
      const std::size_t next = upper_[i + 3] == "NO" ? i + 5 : i + 4;
      return replace(next, {"ALTER", "CONSTRAINT", words_[i + 2], "DEFERRABLE"});
    }
    out_.push_back(words_[i]);
    return i + 1;
  }

  bool inherits(std::size_t i) const {
    return matches(upper_, i + 3, {"INHERIT"}) || matches(upper_, i + 3, {"NO", "INHERIT"});
  }

  // A virtual column costs nothing, as a plain one without a default.
  std::size_t generated(std::size_t i) {
    const std::size_t next = behind_parentheses(upper_, i + 3);
    if (matches(upper_, next, {"STORED"})) {
      out_.push_back(words_[i]);
      return i + 1;
    }
    return replace(matches(upper_, next, {"VIRTUAL"}) ? next + 1 : next, {});
  }

  // `ADD [CONSTRAINT n] NOT NULL c [NOT VALID]`: SET NOT NULL, or with NOT VALID a CHECK.
  std::size_t not_null(std::size_t i) {
    const std::size_t at = matches(upper_, i + 1, {"CONSTRAINT"}) ? i + 3 : i + 1;
    if (!matches(upper_, at, {"NOT", "NULL"}) || at + 2 >= words_.size()) {
      out_.push_back(words_[i]);
      return i + 1;
    }
    const std::string& column = words_[at + 2];
    if (!matches(upper_, at + 3, {"NOT", "VALID"})) {
      return replace(at + 3, {"ALTER", "COLUMN", column, "SET", "NOT", "NULL"});
    }
    out_.insert(out_.end(), words_.begin() + static_cast<std::ptrdiff_t>(i),
                words_.begin() + static_cast<std::ptrdiff_t>(at));
    return replace(at + 5, {"CHECK", "(", column, "IS", "NOT", "NULL", ")", "NOT", "VALID"});
  }

  word_list upper_;
  word_list words_;
  word_list out_;
  older_form made_;
  bool alters_ = false;
  bool found_ = false;
};

bool contains(const word_list& words, std::initializer_list<std::string_view> these) {
  return std::search(words.begin(), words.end(), these.begin(), these.end()) != words.end();
}

}  // namespace

std::optional<older_form> in_older_syntax(std::string_view text, const sql::statement& st) {
  return translator(text, st).translate();
}

std::string newer_syntax(const word_list& words, std::string_view complaint) {
  constexpr std::array<std::string_view, 12> single{
      "JSON_TABLE",    "JSON_QUERY",     "JSON_VALUE", "JSON_EXISTS",
      "JSON_SCALAR",   "JSON_SERIALIZE", "JSON_ARRAY", "JSON_OBJECT",
      "JSON_ARRAYAGG", "JSON_OBJECTAGG", "ENFORCED",   "REPACK"};
  for (const std::string_view word : single) {
    if (std::find(words.begin(), words.end(), word) != words.end()) return std::string(word);
  }
  if (contains(words, {"IS", "JSON"}) || contains(words, {"IS", "NOT", "JSON"})) return "IS JSON";
  if (contains(words, {"AT", "LOCAL"})) return "AT LOCAL";
  if (contains(words, {"MERGE", "PARTITIONS"})) return "MERGE PARTITIONS";
  if (contains(words, {"SPLIT", "PARTITION"})) return "SPLIT PARTITION";
  if (contains(words, {"BY", "SOURCE"})) return "MERGE … BY SOURCE";
  if (contains(words, {"RETURNING", "WITH"})) return "RETURNING WITH";
  if (contains(words, {"METHOD", "DEFAULT"})) return "SET ACCESS METHOD DEFAULT";
  if (contains(words, {"STATISTICS", "DEFAULT"})) return "SET STATISTICS DEFAULT";
  if (contains(words, {"CREATE", "STATISTICS", "ON"})) return "CREATE STATISTICS without a name";
  if (contains(words, {"VACUUM", "ONLY"}) || contains(words, {"ANALYZE", "ONLY"})) return "ONLY";
  const bool merges = !words.empty() && (words[0] == "MERGE" || words[0] == "WITH");
  if (merges && contains(words, {"RETURNING"}) && contains(words, {"MERGE"})) {
    return "MERGE … RETURNING";
  }
  const bool grants = !words.empty() && (words[0] == "GRANT" || words[0] == "REVOKE");
  if (grants && (contains(words, {"INHERIT"}) || contains(words, {"WITH", "SET"}) ||
                 contains(words, {"MAINTAIN"}))) {
    return "a GRANT option";
  }
  const bool creates = contains(words, {"CREATE"}) && contains(words, {"STORAGE"});
  if (creates) return "STORAGE of a column";
  if (complaint.find("must have an alias") != std::string_view::npos) {
    return "a subquery without an alias";
  }
  return {};
}

}  // namespace pawl::lint
