#include "sql/loop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "sql/identifier.hpp"
#include "sql/parse_tree.hpp"
#include "sql/query_facts.hpp"
#include "sql/statement_parts.hpp"

namespace pawl::sql {
namespace {

constexpr std::string_view advice =
    "Write the one UPDATE or DELETE that the loop adds up to, without its LIMIT; pawl divides it.";

class loop_reader {
 public:
  explicit loop_reader(std::string body) : body_{"", std::move(body)} {}

  // The reason why it cannot be read; empty if `statement()` can be asked.
  std::string read() {
    const auto tokens = scan_text(body_.text);
    if (!tokens) return "its body is no text that can be read";
    const layout divided = split(*tokens);
    for (const statement& st : divided.statements) {
      auto why = read_piece(st);
      if (!why.empty()) return why;
    }
    return check_end();
  }

  const source& body() const { return body_; }
  const statement& change() const { return found_; }
  bool is_variable(const std::string& name) const { return variables_.contains(name); }

 private:
  std::string word(const statement& st, std::size_t i) const {
    if (i >= st.tokens.size()) return {};
    const slice at = st.tokens[i].at;
    return lower_case(body_.text.substr(at.begin, at.end - at.begin));
  }

  // "when not found", "when n = 0": the round changed no row.
  bool says_no_rows(const statement& st, std::size_t at, std::size_t end) {
    std::string condition;
    for (; at < end; ++at) condition += (condition.empty() ? "" : " ") + word(st, at);
    if (condition == "not found") return true;
    constexpr std::string_view none = " = 0";
    if (!condition.ends_with(none)) return false;
    ends_on_.insert(condition.substr(0, condition.size() - none.size()));
    return true;
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
        if (loop != at + 2 || word(st, at + 1) != "true") {
          return "it loops on a condition of its own";
        }
        at = loop;
        ++loops_;
      } else if (first == "loop") {
        ++loops_;
      } else if (first == "if") {
        const std::size_t then = find_word(st, at, "then");
        if (!says_no_rows(st, at + 1, then)) return "it branches on a condition of its own";
        at = then;
        ++branches_;
      } else if (first == "for" || first == "foreach") {
        return "it loops over given values";
      } else if (first == "exception") {
        return "it catches errors";
      } else {
        return {};
      }
    }
  }

  std::string read_change(const statement& st, std::size_t at) {
    if (!found_.tokens.empty()) return "it changes rows by more than one statement";
    if (loops_ == 0) return "it does not loop";
    if (loops_ > 1 || branches_ > 0) return "its change does not stand directly in one loop";
    found_.tokens.assign(st.tokens.begin() + static_cast<std::ptrdiff_t>(at), st.tokens.end());
    found_.text = {found_.tokens.front().at.begin, st.text.end};
    return {};
  }

  // EXIT ends the loop only when nothing is left.
  std::string read_exit(const statement& st, std::size_t at) {
    exits_ = true;
    if (at + 1 == st.tokens.size() && branches_ > 0) return {};
    const bool at_the_end =
        word(st, at + 1) == "when" && says_no_rows(st, at + 2, st.tokens.size());
    return at_the_end ? std::string{} : "it may end before nothing is left";
  }

  std::string read_piece(const statement& st) {
    std::size_t at = 0;
    if (auto why = skip_openings(st, at); !why.empty() || at >= st.tokens.size()) return why;
    const std::string first = word(st, at);
    const std::string second = word(st, at + 1);
    if (in_declarations_) {
      variables_.insert(first);
      return {};
    }
    if (first == "update" || first == "delete" || first == "with") return read_change(st, at);
    if (first == "exit") return read_exit(st, at);
    if (first == "end") {
      if (second == "loop") --loops_;
      if (second == "if") --branches_;
      return {};
    }
    if (first == "get") {
      // GET DIAGNOSTICS n = ROW_COUNT
      const std::size_t is = find_word(st, at, "row_count");
      if (is >= at + 3 && is < st.tokens.size()) counted_.insert(word(st, is - 2));
      return {};
    }
    constexpr std::array<std::string_view, 5> levels = {"notice", "info", "log", "debug",
                                                        "warning"};
    const bool tells =
        first == "raise" && std::find(levels.begin(), levels.end(), second) != levels.end();
    const bool waits = first == "perform" && second == "pg_sleep";
    if (variables_.contains(first)) assigned_.insert(first);
    if (tells || waits || first == "commit" || first == "null" || variables_.contains(first)) {
      return {};
    }
    return fmt::format("`{}` does more than count and commit", first);
  }

  // The loop must end by the number of rows of its last round, and by nothing else.
  std::string check_end() const {
    if (found_.tokens.empty()) return "it changes no rows by an UPDATE or DELETE of its own";
    const bool counts = std::all_of(ends_on_.begin(), ends_on_.end(), [&](const std::string& name) {
      return counted_.contains(name) && !assigned_.contains(name);
    });
    return exits_ && counts ? std::string{} : "it may end before nothing is left";
  }

  source body_;
  statement found_;
  std::set<std::string> variables_;
  std::set<std::string> counted_;   // by GET DIAGNOSTICS
  std::set<std::string> assigned_;  // in other ways
  std::set<std::string> ends_on_;   // compared with 0 to end the loop
  bool in_declarations_ = false;
  bool exits_ = false;
  int loops_ = 0;     // open
  int branches_ = 0;  // open
};

// A query that names the rows of one round: `SELECT key FROM t WHERE c LIMIT n`.
struct round_query {
  std::vector<std::string> key;  // fields of its only column
  table_use table;
  const node* select = nullptr;
};

std::optional<round_query> read_round(const node& select) {
  const node* list = member(select, "targetList");
  const node* from = member(select, "fromClause");
  if (!select.contains("limitCount") || select.contains("limitOffset") ||
      select.contains("groupClause") || select.contains("distinctClause") || list == nullptr ||
      from == nullptr || list->size() != 1 || from->size() != 1 ||
      !select.contains("whereClause")) {
    return std::nullopt;
  }
  // What a subquery finds may change from round to round.
  const bool asks = any_object(*member(select, "whereClause"),
                               [](const node& object) { return object.contains("SubLink"); });
  const node* target = as(list->front(), "ResTarget");
  const node* value = target == nullptr ? nullptr : member(*target, "val");
  const node* column = value == nullptr ? nullptr : as(*value, "ColumnRef");
  const node* table = as(from->front(), "RangeVar");
  if (asks || column == nullptr || table == nullptr) return std::nullopt;
  return round_query{names_in(member(*column, "fields")), use_of(*table), &select};
}

// The condition of a round's query, by its tokens.
slice condition_of(const statement& st, const round_query& round) {
  slice where = find_where(st, st.text.begin + round.table.location, {});
  int depth = 0;
  for (const token& t : st.tokens) {
    if (t.at.begin <= where.begin || t.at.begin >= where.end) continue;
    if (t.kind == token_kind::open || t.kind == token_kind::open_bracket) ++depth;
    if (t.kind == token_kind::close || t.kind == token_kind::close_bracket) --depth;
    const bool ends = t.kind == token_kind::order_word || t.kind == token_kind::limit_word ||
                      t.kind == token_kind::for_word;
    if (ends && depth == 0) {
      where.end = t.at.begin;
      break;
    }
  }
  return where;
}

// `key IN (SELECT key ... LIMIT n)` as a term of WHERE.
const node* find_term(const node& condition) {
  if (const node* junction = as(condition, "BoolExpr")) {
    const node* args = member(*junction, "args");
    if (text_member(*junction, "boolop") != "AND_EXPR" || args == nullptr) return nullptr;
    for (const node& arg : *args) {
      if (const node* found = find_term(arg)) return found;
    }
    return nullptr;
  }
  const node* link = as(condition, "SubLink");
  return link != nullptr && text_member(*link, "subLinkType") == "ANY_SUBLINK" ? link : nullptr;
}

// Where the parentheses that open at or behind `from` close.
std::size_t closing(const statement& st, std::size_t from) {
  int depth = 0;
  for (const token& t : st.tokens) {
    if (t.at.begin < from) continue;
    if (t.kind == token_kind::open) ++depth;
    if (t.kind == token_kind::close && --depth == 0) return t.at.end;
  }
  return st.text.end;
}

class unroller {
 public:
  explicit unroller(const loop_reader& loop) : loop_(loop), st_(loop.change()) {}

  const std::string& key() const { return key_; }

  // The statement's text, or the reason why there is none.
  std::string unroll(std::string& why) {
    const auto tree = parse_statement(loop_.body(), st_.text);
    if (!tree) {
      why = "its statement cannot be read: " + tree.error().message;
      return {};
    }
    const node& body = tree->statement.front();
    if (!member(body, "relation")) {
      why = "its statement is no UPDATE or DELETE";
      return {};
    }
    target_ = use_of(*member(body, "relation"));
    why = names_variable(body);
    if (!why.empty()) return {};
    auto text = body.contains("withClause") ? from_cte(body) : from_term(body);
    if (text.empty()) {
      why = "its rounds are not `key IN (SELECT key FROM the same table WHERE ... LIMIT n)`";
    }
    return text;
  }

 private:
  std::string_view text(slice at) const {
    return std::string_view(loop_.body().text).substr(at.begin, at.end - at.begin);
  }

  // Variables may stand only behind LIMIT, where they fall away.
  std::string names_variable(const node& n) const {
    std::string found;
    any_object(n, [&](const node& object) {
      const node* reference = as(object, "ColumnRef");
      if (reference == nullptr || object.contains("limitCount")) return false;
      const auto fields = names_in(member(*reference, "fields"));
      if (fields.size() == 1 && loop_.is_variable(fields.front()) && !only_limits(n, fields)) {
        found = fmt::format("its statement reads the variable \"{}\"", fields.front());
      }
      return false;
    });
    return found;
  }

  static bool only_limits(const node& n, const std::vector<std::string>& fields) {
    int all = 0;
    int limits = 0;
    const auto is_it = [&](const node& object) {
      const node* reference = as(object, "ColumnRef");
      return reference != nullptr && names_in(member(*reference, "fields")) == fields;
    };
    any_object(n, [&](const node& object) {
      all += is_it(object) ? 1 : 0;
      const node* limit = member(object, "limitCount");
      limits += limit != nullptr && any_object(*limit, is_it) ? 1 : 0;
      return false;
    });
    return all == limits;
  }

  // The same table, under a name by which the statement itself knows it.
  bool is_target(const round_query& round) const {
    if (round.table.name != target_.name) return false;
    const std::string& outer = target_.alias.empty() ? target_.name.table : target_.alias;
    bool same = true;
    any_object(*round.select, [&](const node& object) {
      const node* reference = as(object, "ColumnRef");
      const auto fields = reference == nullptr ? std::vector<std::string>{}
                                               : names_in(member(*reference, "fields"));
      same = same && (fields.size() < 2 || (fields.size() == 2 && fields.front() == outer));
      return false;
    });
    return same;
  }

  std::string from_term(const node& body) {
    const node* where = member(body, "whereClause");
    const node* term = where == nullptr ? nullptr : find_term(*where);
    const node* tested = term == nullptr ? nullptr : member(*term, "testexpr");
    const node* column = tested == nullptr ? nullptr : as(*tested, "ColumnRef");
    const node* query = term == nullptr ? nullptr : member(*term, "subselect");
    const node* select = query == nullptr ? nullptr : as(*query, "SelectStmt");
    if (column == nullptr || select == nullptr || term->contains("operName")) return {};
    const auto round = read_round(*select);
    if (!round || names_in(member(*column, "fields")).back() != round->key.back() ||
        !is_target(*round)) {
      return {};
    }
    key_ = round->key.back();
    const std::size_t begin = st_.text.begin + location_of(*column);
    const std::size_t end = closing(st_, st_.text.begin + location_of(*term));
    return fmt::format("{}({}){}", text({st_.text.begin, begin}), text(condition_of(st_, *round)),
                       text({end, st_.text.end}));
  }

  // WITH batch AS (SELECT key FROM t WHERE c LIMIT n) UPDATE t ... FROM batch WHERE t.key =
  // batch.key
  std::string from_cte(const node& body) {
    const node* ctes = member(*member(body, "withClause"), "ctes");
    const node* cte = ctes->size() == 1 ? as(ctes->front(), "CommonTableExpr") : nullptr;
    const node* query = cte == nullptr ? nullptr : member(*cte, "ctequery");
    const node* select = query == nullptr ? nullptr : as(*query, "SelectStmt");
    const auto round = select == nullptr ? std::nullopt : read_round(*select);
    const node* where = member(body, "whereClause");
    const auto joined = equalities_in(where);
    if (!round || !is_target(*round) || joined.size() != 1 || as(*where, "A_Expr") == nullptr) {
      return {};
    }
    const std::string name = text_member(*cte, "ctename");
    const std::string& own = target_.alias.empty() ? target_.name.table : target_.alias;
    const std::string& key = round->key.back();
    const std::vector<std::string> mine = {own, key};
    const std::vector<std::string> theirs = {name, key};
    const bool by_key = (joined[0].left == mine && joined[0].right == theirs) ||
                        (joined[0].left == theirs && joined[0].right == mine);
    int uses = 0;
    any_object(body, [&](const node& object) {
      const node* reference = as(object, "ColumnRef");
      uses += reference != nullptr && names_in(member(*reference, "fields")).front() == name;
      return false;
    });
    const std::size_t verb = find_verb(st_);
    const relation_part relation = find_relation(st_, verb);
    const bool update = !body.contains("usingClause");
    const std::size_t after = update ? find_set(st_, relation.end) : relation.end;
    const slice sources = find_sources(st_, after);
    if (!by_key || uses != 1 || sources.empty() || text(sources) != name) return {};
    key_ = key;
    std::size_t from = sources.begin;
    for (const token& t : st_.tokens) {
      if (t.at.end <= sources.begin) from = t.at.begin;
    }
    return fmt::format("{}WHERE {}", text({verb, from}), text(condition_of(st_, *round)));
  }

  const loop_reader& loop_;
  const statement& st_;
  table_use target_;
  std::string key_;
};

// The text between dollar quotes; empty for another kind of string.
std::string body_of(std::string_view literal) {
  if (!literal.starts_with('$')) return {};
  const std::size_t tag = literal.find('$', 1);
  if (tag == std::string_view::npos || literal.size() < 2 * (tag + 1)) return {};
  return std::string(literal.substr(tag + 1, literal.size() - 2 * (tag + 1)));
}

}  // namespace

result<unrolled_loop> statement_of_loop(const source& in, const statement& st) {
  const auto refused = [&](std::string_view why) {
    return in.fault(errc::not_a_job, st.text.begin,
                    fmt::format("this DO block cannot be run as a job: {}", why),
                    std::string(advice));
  };
  std::string body;
  for (const token& t : st.tokens) {
    const auto found = body_of(std::string_view(in.text).substr(t.at.begin, t.at.end - t.at.begin));
    if (!found.empty()) body = found;
  }
  if (body.empty()) return refused("its body does not stand between dollar quotes");
  loop_reader loop(std::move(body));
  if (const auto why = loop.read(); !why.empty()) return refused(why);
  std::string why;
  unroller rounds(loop);
  auto text = rounds.unroll(why);
  if (!why.empty()) return refused(why);
  return unrolled_loop{std::move(text), rounds.key()};
}

}  // namespace pawl::sql
