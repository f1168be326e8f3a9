#include "sql/loop_body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "sql/identifier.hpp"

namespace pawl::sql {
namespace {

// An integer above 0 that is written without a sign.
std::optional<std::int64_t> positive_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = failed == std::errc{} && end == text.data() + text.size();
  return whole && number > 0 ? std::optional{number} : std::nullopt;
}

template <class Words>
bool is_among(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Types that hold a number of rows as it is.
constexpr std::array<std::string_view, 7> integers = {"int",  "integer", "bigint", "smallint",
                                                      "int4", "int8",    "int2"};

// What notices and pauses call.
constexpr std::array<std::string_view, 20> harmless = {"clock_timestamp",
                                                       "now",
                                                       "statement_timestamp",
                                                       "transaction_timestamp",
                                                       "timeofday",
                                                       "coalesce",
                                                       "round",
                                                       "format",
                                                       "to_char",
                                                       "age",
                                                       "greatest",
                                                       "least",
                                                       "extract",
                                                       "date_part",
                                                       "numeric",
                                                       "interval",
                                                       "ceil",
                                                       "floor",
                                                       "abs",
                                                       "nullif"};

constexpr std::string_view early_end = "it may end before nothing is left";

class loop_reader {
 public:
  explicit loop_reader(std::string body) : body_{"", std::move(body)} {}

  loop_body read() {
    loop_body found;
    found.refusal = read_pieces();
    for (const auto& [name, number] : numbers_) {
      if (!assigned_.contains(name) && !counted_.contains(name)) found.numbers[name] = number;
    }
    for (const auto& word : ends_below_) {
      const auto known = found.numbers.find(word);
      const auto number =
          known == found.numbers.end() ? positive_number(word) : std::optional{known->second};
      if (!number && found.refusal.empty()) found.refusal = early_end;
      found.ends_below.insert(number.value_or(0));
    }
    found.labels = std::move(labels_);
    found.variables = std::move(variables_);
    found.change = std::move(found_);
    found.text = std::move(body_);
    return found;
  }

 private:
  // The reason why it cannot be read; empty if there is none.
  std::string read_pieces() {
    const auto tokens = scan_text(body_.text);
    if (!tokens) return "its body is no text that can be read";
    const layout divided = split(*tokens);
    for (const statement& st : divided.statements) {
      auto why = read_piece(st);
      if (!why.empty()) return why;
    }
    return check_end();
  }

  std::string word(const statement& st, std::size_t i) const {
    if (i >= st.tokens.size()) return {};
    const slice at = st.tokens[i].at;
    return lower_case(body_.text.substr(at.begin, at.end - at.begin));
  }

  // "when not found", "when n = 0": the round changed no row. "when n < 1000": it found no more.
  bool says_the_end(const statement& st, std::size_t at, std::size_t end) {
    if (end == at + 3 && word(st, at + 1) == "<" && word(st, at + 2) != "1") {
      const std::string name = word(st, at);
      ends_on_.insert(name);
      ends_below_.insert(word(st, at + 2));
      return !found_.tokens.empty() && counted_.contains(name) && integers_.contains(name);
    }
    std::string condition;
    for (; at < end; ++at) condition += (condition.empty() ? "" : " ") + word(st, at);
    if (found_.tokens.empty()) return false;
    if (condition == "not found") return !performs_;
    for (const std::string_view none : {" = 0", " < 1", " <= 0"}) {
      if (!condition.ends_with(none)) continue;
      const std::string name = condition.substr(0, condition.size() - none.size());
      ends_on_.insert(name);
      return counted_.contains(name);
    }
    return false;
  }

  // WHILE true, or WHILE n > 0 where n is declared so that there is a first round.
  bool loops_to_the_end(const statement& st, std::size_t at, std::size_t loop) {
    if (loop == at + 1) return word(st, at) == "true";
    const std::string name = word(st, at);
    const std::string sign = word(st, at + 1);
    const bool counts = loop == at + 3 && (sign == ">" || sign == "<>" || sign == "!=") &&
                        word(st, at + 2) == "0" && numbers_.contains(name);
    if (counts) {
      ends_on_.insert(name);
      exits_ = true;
    }
    return counts;
  }

  // Why what stands behind `from` could do or read more than the variables; empty if it cannot.
  std::string why_more(const statement& st, std::size_t from) const {
    for (std::size_t i = from; i < st.tokens.size(); ++i) {
      const std::string one = word(st, i);
      const bool queries = one == "select" || (one == "from" && word(st, i - 2) != "(");
      if (queries) return "it runs a query besides its change";
      const bool named = !one.empty() && (std::isalpha(static_cast<unsigned char>(one[0])) != 0 ||
                                          one[0] == '_' || one[0] == '"');
      const bool known = std::find(harmless.begin(), harmless.end(), one) != harmless.end();
      if (named && !known && word(st, i + 1) == "(") {
        return fmt::format("it calls {}, which may do more than count", one);
      }
    }
    return {};
  }

  std::size_t find_word(const statement& st, std::size_t at, std::string_view wanted) const {
    while (at < st.tokens.size() && word(st, at) != wanted) ++at;
    return at;
  }

  // Skips what opens blocks: DECLARE, BEGIN, LOOP, WHILE true LOOP, and IF that tests for the end.
  std::string skip_openings(const statement& st, std::size_t& at) {
    for (;; ++at) {
      const std::string first = word(st, at);
      if (first == "declare" || first == "begin") {
        in_declarations_ = first == "declare";
      } else if (first == "while") {
        const std::size_t loop = find_word(st, at, "loop");
        if (!loops_to_the_end(st, at + 1, loop)) return "it loops on a condition of its own";
        at = loop;
        ++loops_;
      } else if (first == "loop") {
        ++loops_;
      } else if (first == "if") {
        const std::size_t then = find_word(st, at, "then");
        if (!says_the_end(st, at + 1, then)) return "it branches on a condition of its own";
        at = then;
        ++branches_;
      } else if (first == "for" || first == "foreach") {
        return "it loops over given values";
      } else if (first == "exception") {
        return "it catches errors";
      } else if (first == "else" || first == "elsif" || first == "case") {
        return "it branches on a condition of its own";
      } else if (first == "<<") {
        if (auto why = read_label(st, at); !why.empty()) return why;
      } else {
        return {};
      }
    }
  }

  // <<name>> in front of a block or a loop; goes on to its end.
  std::string read_label(const statement& st, std::size_t& at) {
    const std::string name = word(st, at + 1);
    const std::string next = word(st, at + 3);
    const bool of_loop = next == "loop" || next == "while";
    const bool of_block = next == "begin" || next == "declare";
    if (word(st, at + 2) != ">>" || !(of_loop || of_block)) {
      return "it has a label before something else than a block or a loop";
    }
    if (!labels_.insert(name).second) return fmt::format("it has the label \"{}\" twice", name);
    if (of_loop) loop_label_ = name;
    at += 2;
    return {};
  }

  std::string read_change(const statement& st, std::size_t at) {
    if (!found_.tokens.empty()) return "it changes rows by more than one statement";
    if (loops_ == 0) return "it does not loop";
    if (loops_ > 1 || branches_ > 0) return "its change does not stand directly in one loop";
    performs_ = runs_more_ = false;
    found_.tokens.assign(st.tokens.begin() + static_cast<std::ptrdiff_t>(at), st.tokens.end());
    found_.text = {found_.tokens.front().at.begin, st.text.end};
    return {};
  }

  // EXIT ends the loop only when nothing is left.
  std::string read_exit(const statement& st, std::size_t at) {
    exits_ = true;
    const std::string label = word(st, at + 1);
    if (!label.empty() && label != "when") {
      const bool of_loop = word(st, at) == "exit" && label == loop_label_;
      if (!of_loop) return fmt::format("it leaves \"{}\", which is not its loop", label);
      ++at;
    }
    if (at + 1 == st.tokens.size() && branches_ > 0) return {};
    const bool at_the_end =
        word(st, at + 1) == "when" && says_the_end(st, at + 2, st.tokens.size());
    return at_the_end ? std::string{} : std::string{early_end};
  }

  std::string read_declaration(const statement& st, std::size_t at) {
    const std::string name = word(st, at);
    if (word(st, at + 1) == "alias") return "it gives a variable a second name";
    if (!variables_.insert(name).second) return fmt::format("it declares \"{}\" twice", name);
    const std::string value = word(st, st.tokens.size() - 1);
    const std::string sign = word(st, st.tokens.size() - 2);
    const bool is_given = sign == ":=" || sign == "=" || sign == "default";
    const std::size_t type = word(st, at + 1) == "constant" ? at + 2 : at + 1;
    const std::string behind_type = word(st, type + 1);
    const bool is_integer = is_among(integers, word(st, type)) &&
                            (behind_type.empty() || behind_type == ":=" || behind_type == "=" ||
                             behind_type == "default" || behind_type == "not");
    if (is_integer) integers_.insert(name);
    if (const auto number = positive_number(value); number && is_given && is_integer) {
      numbers_[name] = *number;
    }
    std::size_t behind = at;
    while (behind < st.tokens.size() && word(st, behind) != ":=" && word(st, behind) != "=" &&
           word(st, behind) != "default") {
      ++behind;
    }
    return why_more(st, behind);
  }

  std::string read_count(const statement& st, std::size_t at) {
    // GET DIAGNOSTICS n = ROW_COUNT
    const std::size_t is = find_word(st, at, "row_count");
    for (std::size_t i = at; i < st.tokens.size(); ++i) {
      if (i + 2 != is && variables_.contains(word(st, i))) assigned_.insert(word(st, i));
    }
    if (is < at + 3 || is >= st.tokens.size()) return {};
    if (word(st, is - 3) == ".") return "GET DIAGNOSTICS names its variable by a label";
    if (found_.tokens.empty() || runs_more_ || branches_ > 0) {
      return "GET DIAGNOSTICS does not stand right behind its change";
    }
    counted_.insert(word(st, is - 2));
    return {};
  }

  std::string read_piece(const statement& st) {
    std::size_t at = 0;
    if (auto why = skip_openings(st, at); !why.empty() || at >= st.tokens.size()) return why;
    const std::string first = word(st, at);
    const std::string second = word(st, at + 1);
    if (in_declarations_) return read_declaration(st, at);
    if (first == "update" || first == "delete" || first == "with") return read_change(st, at);
    if (first == "exit" || first == "return") return read_exit(st, at);
    if (first == "end") {
      if (second == "loop") --loops_;
      if (second == "if") --branches_;
      return {};
    }
    if (first == "get") return read_count(st, at);
    constexpr std::array<std::string_view, 5> levels = {"notice", "info", "log", "debug",
                                                        "warning"};
    const bool tells =
        first == "raise" && std::find(levels.begin(), levels.end(), second) != levels.end();
    const bool waits = first == "perform" && second == "pg_sleep";
    const bool sets = variables_.contains(first);
    if (sets) assigned_.insert(first);
    performs_ = performs_ || waits;
    if (first == "commit" || first == "null") return {};
    runs_more_ = true;
    if (tells || waits || sets) return why_more(st, at + 2);
    return fmt::format("`{}` does more than count and commit", first);
  }

  // The loop must end by the number of rows of its last round, and by nothing else.
  std::string check_end() const {
    if (found_.tokens.empty()) return "it changes no rows by an UPDATE or DELETE of its own";
    const bool counts = std::all_of(ends_on_.begin(), ends_on_.end(), [&](const std::string& name) {
      return counted_.contains(name) && !assigned_.contains(name);
    });
    return exits_ && counts ? std::string{} : std::string{early_end};
  }

  source body_;
  statement found_;
  std::set<std::string> variables_;
  std::set<std::string> counted_;                // by GET DIAGNOSTICS
  std::set<std::string> assigned_;               // in other ways
  std::set<std::string> ends_on_;                // compared to end the loop
  std::set<std::string> ends_below_;             // compared with <, as written
  std::map<std::string, std::int64_t> numbers_;  // declared with a number greater than 0
  std::set<std::string> integers_;               // declared as such
  std::set<std::string> labels_;
  std::string loop_label_;
  bool performs_ = false;   // since the change: PERFORM sets FOUND
  bool runs_more_ = false;  // since the change: what may set ROW_COUNT
  bool in_declarations_ = false;
  bool exits_ = false;
  int loops_ = 0;     // open
  int branches_ = 0;  // open
};

}  // namespace

loop_body read_loop_body(std::string text) {
  return loop_reader(std::move(text)).read();
}

}  // namespace pawl::sql
