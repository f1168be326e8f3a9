#include "lint/newer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
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

// The same number as PostgreSQL 15 writes it; one that needs more than 64 bits is a 1.
std::string older_number(std::string_view word) {
  std::string digits(word);
  std::erase(digits, '_');
  int base = 10;
  if (digits.size() > 2 && digits[0] == '0') {
    const char letter = static_cast<char>(digits[1] | ' ');
    base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
  }
  if (base == 10) return digits;
  std::uint64_t value = 1;
  std::from_chars(digits.data() + 2, digits.data() + digits.size(), value, base);
  return fmt::format("{}", value);
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
    if (matches(upper_, i, {"PERIOD"}) && is_in_foreign_key(i)) return replace(i + 1, {});
    const bool of_table = i > 0 && (upper_[i - 1] == "," || upper_[i - 1] == "(");
    if (matches(upper_, 0, {"CREATE"}) && of_table) return table_not_null(i);
    if (alters_ && matches(upper_, i, {"ADD"})) return not_null(i);
    if (alters_ && matches(upper_, i, {"ALTER", "CONSTRAINT"}) && inherits(i)) {
      const std::size_t next = upper_[i + 3] == "NO" ? i + 5 : i + 4;
      return replace(next, {"ALTER", "CONSTRAINT", words_[i + 2], "DEFERRABLE"});
    }
    if (sql::is_newer_number(words_[i])) return replace(i + 1, {older_number(words_[i])});
    out_.push_back(words_[i]);
    return i + 1;
  }

  bool inherits(std::size_t i) const {
    return matches(upper_, i + 3, {"INHERIT"}) || matches(upper_, i + 3, {"NO", "INHERIT"});
  }

  // `FOREIGN KEY (a, PERIOD b) REFERENCES t (a, PERIOD b)`; elsewhere it is the name of a column.
  bool is_in_foreign_key(std::size_t i) const {
    if (i == 0 || (upper_[i - 1] != "," && upper_[i - 1] != "(")) return false;
    while (i > 0 && upper_[i] != "(") --i;
    if (i >= 2 && upper_[i - 1] == "KEY" && upper_[i - 2] == "FOREIGN") return true;
    return (i >= 2 && upper_[i - 2] == "REFERENCES") || (i >= 4 && upper_[i - 4] == "REFERENCES");
  }

  // `[CONSTRAINT n] NOT NULL c [NO INHERIT]` among the columns of CREATE TABLE.
  std::size_t table_not_null(std::size_t i) {
    const std::size_t at = matches(upper_, i, {"CONSTRAINT"}) ? i + 2 : i;
    if (!matches(upper_, at, {"NOT", "NULL"}) || at + 2 >= words_.size()) {
      out_.push_back(words_[i]);
      return i + 1;
    }
    out_.insert(out_.end(), words_.begin() + static_cast<std::ptrdiff_t>(i),
                words_.begin() + static_cast<std::ptrdiff_t>(at));
    const std::size_t next = matches(upper_, at + 3, {"NO", "INHERIT"}) ? at + 5 : at + 3;
    return replace(next, {"CHECK", "(", words_[at + 2], "IS", "NOT", "NULL", ")"});
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

  // `ADD [CONSTRAINT n] NOT NULL c [NO INHERIT] [NOT VALID]`: SET NOT NULL, or with NOT VALID a
  // CHECK.
  std::size_t not_null(std::size_t i) {
    const std::size_t at = matches(upper_, i + 1, {"CONSTRAINT"}) ? i + 3 : i + 1;
    if (!matches(upper_, at, {"NOT", "NULL"}) || at + 2 >= words_.size()) {
      out_.push_back(words_[i]);
      return i + 1;
    }
    const std::string& column = words_[at + 2];
    const std::size_t next = matches(upper_, at + 3, {"NO", "INHERIT"}) ? at + 5 : at + 3;
    if (!matches(upper_, next, {"NOT", "VALID"})) {
      return replace(next, {"ALTER", "COLUMN", column, "SET", "NOT", "NULL"});
    }
    out_.insert(out_.end(), words_.begin() + static_cast<std::ptrdiff_t>(i),
                words_.begin() + static_cast<std::ptrdiff_t>(at));
    return replace(next + 2, {"CHECK", "(", column, "IS", "NOT", "NULL", ")", "NOT", "VALID"});
  }

  word_list upper_;
  word_list words_;
  word_list out_;
  older_form made_;
  bool alters_ = false;
  bool found_ = false;
};

// The phrase stands where the parser stopped: it is in it, or it has just been read.
bool stops_at(const word_list& words, std::size_t stop,
              std::initializer_list<std::string_view> these) {
  for (std::size_t behind = 0; behind <= these.size() && behind <= stop; ++behind) {
    if (matches(words, stop - behind, these)) return true;
  }
  return false;
}

// The function of SQL/JSON in whose parentheses the parser stopped.
std::string json_call_around(const word_list& words, std::size_t stop) {
  constexpr std::array<std::string_view, 10> all{
      "JSON_TABLE",     "JSON_QUERY", "JSON_VALUE",  "JSON_EXISTS",   "JSON_SCALAR",
      "JSON_SERIALIZE", "JSON_ARRAY", "JSON_OBJECT", "JSON_ARRAYAGG", "JSON_OBJECTAGG"};
  for (std::size_t at = 0; at + 1 < words.size() && at < stop; ++at) {
    if (std::find(all.begin(), all.end(), words[at]) == all.end() || words[at + 1] != "(") continue;
    if (behind_parentheses(words, at + 1) > stop) return words[at];
  }
  return {};
}

}  // namespace

std::optional<older_form> in_older_syntax(std::string_view text, const sql::statement& st) {
  return translator(text, st).translate();
}

std::string newer_syntax(const word_list& words, std::size_t stop, std::string_view complaint) {
  using phrase = std::initializer_list<std::string_view>;
  const auto at = [&](phrase these) { return stops_at(words, stop, these); };
  if (std::string call = json_call_around(words, stop); !call.empty()) return call;
  if (at({"ENFORCED"})) return "ENFORCED";
  if (matches(words, 0, {"REPACK"})) return "REPACK";
  if (at({"IS", "JSON"}) || at({"IS", "NOT", "JSON"})) return "IS JSON";
  if (at({"AT", "LOCAL"})) return "AT LOCAL";
  if (at({"MERGE", "PARTITIONS"})) return "MERGE PARTITIONS";
  if (at({"SPLIT", "PARTITION"})) return "SPLIT PARTITION";
  if (at({"BY", "SOURCE"})) return "MERGE … BY SOURCE";
  if (at({"RETURNING", "WITH"})) return "RETURNING WITH";
  if (at({"METHOD", "DEFAULT"})) return "SET ACCESS METHOD DEFAULT";
  if (at({"STATISTICS", "DEFAULT"})) return "SET STATISTICS DEFAULT";
  if (at({"CREATE", "STATISTICS", "ON"})) return "CREATE STATISTICS without a name";
  if (at({"VACUUM", "ONLY"}) || at({"ANALYZE", "ONLY"})) return "ONLY";
  const bool merges = std::find(words.begin(), words.end(), "MERGE") != words.end();
  if (merges && at({"RETURNING"})) return "MERGE … RETURNING";
  const bool grants = !words.empty() && (words[0] == "GRANT" || words[0] == "REVOKE");
  if (grants && (at({"INHERIT"}) || at({"WITH", "SET"}) || at({"MAINTAIN"}))) {
    return "a GRANT option";
  }
  if (matches(words, 0, {"CREATE"}) && at({"STORAGE"})) return "STORAGE of a column";
  if (complaint.find("must have an alias") != std::string_view::npos) {
    return "a subquery without an alias";
  }
  return {};
}

}  // namespace pawl::lint
