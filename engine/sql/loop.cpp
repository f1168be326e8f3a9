#include "sql/loop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "sql/identifier.hpp"
#include "sql/loop_body.hpp"
#include "sql/parse_tree.hpp"
#include "sql/query_facts.hpp"
#include "sql/statement_parts.hpp"

namespace pawl::sql {
namespace {

constexpr std::string_view advice =
    "Write the one UPDATE or DELETE that the loop adds up to, without its LIMIT; pawl divides it.";

// A query that names the rows of one round: `SELECT key FROM t WHERE c LIMIT n`.
struct round_query {
  std::vector<std::string> key;  // fields of its only column
  table_use table;
  const node* select = nullptr;
  const node* condition = nullptr;
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
  const node* condition = member(select, "whereClause");
  const bool asks =
      any_object(*condition, [](const node& object) { return object.contains("SubLink"); });
  const node* target = as(list->front(), "ResTarget");
  const node* value = target == nullptr ? nullptr : member(*target, "val");
  const node* column = value == nullptr ? nullptr : as(*value, "ColumnRef");
  const node* table = as(from->front(), "RangeVar");
  if (asks || column == nullptr || table == nullptr) return std::nullopt;
  return round_query{names_in(member(*column, "fields")), use_of(*table), &select, condition};
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
                      t.kind == token_kind::for_word || t.kind == token_kind::fetch_word;
    if (ends && depth == 0) {
      where.end = t.at.begin;
      break;
    }
  }
  return where;
}

// `key IN (SELECT ...)`, `key = ANY (SELECT ...)` or `key = ANY (ARRAY(SELECT ...))`.
struct key_term {
  const node* key = nullptr;
  const node* link = nullptr;
  std::size_t location = 0;  // of IN, or of =
};

key_term read_key_term(const node& term) {
  const node* link = as(term, "SubLink");
  if (link != nullptr) {
    const bool is_in =
        text_member(*link, "subLinkType") == "ANY_SUBLINK" && !link->contains("operName");
    return is_in ? key_term{member(*link, "testexpr"), link, location_of(*link)} : key_term{};
  }
  const node* comparison = as(term, "A_Expr");
  if (comparison == nullptr || text_member(*comparison, "kind") != "AEXPR_OP_ANY" ||
      names_in(member(*comparison, "name")) != std::vector<std::string>{"="}) {
    return {};
  }
  const node* array = member(*comparison, "rexpr");
  link = array == nullptr ? nullptr : as(*array, "SubLink");
  const bool is_array = link != nullptr && text_member(*link, "subLinkType") == "ARRAY_SUBLINK";
  return is_array ? key_term{member(*comparison, "lexpr"), link, location_of(*comparison)}
                  : key_term{};
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
  explicit unroller(const loop_body& loop) : loop_(loop), st_(loop.change) {}

  const author_rounds& rounds() const { return rounds_; }

  // The statement's text, or the reason why there is none.
  std::string unroll(std::string& why) {
    const auto tree = parse_statement(loop_.text, st_.text);
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
    auto text = body.contains("withClause") ? from_cte(body, why) : from_term(body, why);
    if (text.empty() && why.empty()) {
      why = "its rounds are not `key IN (SELECT key FROM the same table WHERE ... LIMIT n)`";
    }
    return text;
  }

 private:
  std::string_view text(slice at) const {
    return std::string_view(loop_.text.text).substr(at.begin, at.end - at.begin);
  }

  // Variables may stand only behind LIMIT, where they fall away.
  std::string names_variable(const node& n) const {
    std::string found;
    any_object(n, [&](const node& object) {
      const node* reference = as(object, "ColumnRef");
      if (reference == nullptr || object.contains("limitCount")) return false;
      const auto fields = names_in(member(*reference, "fields"));
      if (fields.size() == 1 && loop_.variables.contains(fields.front()) &&
          !only_limits(n, fields)) {
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
    const std::string& outer = target_.own_name();
    const bool one_name = round.table.own_name() == outer;
    bool same = round.table.only == target_.only;
    any_object(*round.select, [&](const node& object) {
      const node* reference = as(object, "ColumnRef");
      const auto fields = reference == nullptr ? std::vector<std::string>{}
                                               : names_in(member(*reference, "fields"));
      same = same &&
             (fields.size() < 2 || (fields.size() == 2 && fields.front() == outer && one_name));
      return false;
    });
    return same;
  }

  void keep(const round_query& round, const node& body) {
    rounds_.key = round.key.back();
    const auto steady = read_query_facts(*round.select).functions;
    const node* set = member(body, "targetList");
    if (set == nullptr) return;
    for (auto& name : read_query_facts(node{{"targetList", *set}}).functions) {
      if (std::find(steady.begin(), steady.end(), name) == steady.end()) {
        rounds_.may_vary.push_back(std::move(name));
      }
    }
  }

  // What a round may not leave undone, or it finds the same rows again and the loop ends early.
  bool is_said_by_round(const node& term, const round_query& round) const {
    const auto known = terms_of(*round.condition);
    return std::any_of(known.begin(), known.end(),
                       [&](const node* one) { return same_expression(*one, term); });
  }

  std::string why_not_limited(const round_query& round) const {
    return has_positive_limit(*member(*round.select, "limitCount"))
               ? std::string{}
               : "its LIMIT is not known to be greater than 0";
  }

  bool has_positive_limit(const node& limit) const {
    if (const node* constant = as(limit, "A_Const")) {
      const node* number = member(*constant, "ival");
      return number != nullptr && number->value("ival", 0) > 0;
    }
    const node* variable = as(limit, "ColumnRef");
    const auto fields =
        variable == nullptr ? std::vector<std::string>{} : names_in(member(*variable, "fields"));
    return fields.size() == 1 && loop_.positive.contains(fields.front());
  }

  std::string from_term(const node& body, std::string& why) {
    const node* where = member(body, "whereClause");
    if (where == nullptr) return {};
    const auto terms = terms_of(*where);
    const auto found = std::find_if(terms.begin(), terms.end(), [](const node* term) {
      return read_key_term(*term).link != nullptr;
    });
    if (found == terms.end()) return {};
    const key_term term = read_key_term(**found);
    const node* column = term.key == nullptr ? nullptr : as(*term.key, "ColumnRef");
    const node* query = member(*term.link, "subselect");
    const node* select = query == nullptr ? nullptr : as(*query, "SelectStmt");
    if (column == nullptr || select == nullptr) return {};
    const auto round = read_round(*select);
    const auto fields = names_in(member(*column, "fields"));
    const std::string& own = target_.own_name();
    const bool is_own = fields.size() == 1 || (fields.size() == 2 && fields.front() == own);
    if (!round || !is_own || fields.back() != round->key.back() || !is_target(*round)) return {};
    const bool asks_more = std::any_of(terms.begin(), terms.end(), [&](const node* one) {
      return one != *found && !is_said_by_round(*one, *round);
    });
    if (asks_more) {
      why =
          "its WHERE asks more of a row than the query of its rounds, so that it may end before "
          "nothing is left";
      return {};
    }
    if (why = why_not_limited(*round); !why.empty()) return {};
    keep(*round, body);
    const std::size_t begin = st_.text.begin + location_of(*column);
    const std::size_t end = closing(st_, st_.text.begin + term.location);
    return fmt::format("{}({}){}", text({st_.text.begin, begin}), text(condition_of(st_, *round)),
                       text({end, st_.text.end}));
  }

  // WITH batch AS (SELECT key FROM t WHERE c LIMIT n) UPDATE t ... FROM batch WHERE t.key =
  // batch.key
  std::string from_cte(const node& body, std::string& why) {
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
    const std::string& own = target_.own_name();
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
    if (why = why_not_limited(*round); !why.empty()) return {};
    keep(*round, body);
    std::size_t from = sources.begin;
    for (const token& t : st_.tokens) {
      if (t.at.end <= sources.begin) from = t.at.begin;
    }
    return fmt::format("{}WHERE {}", text({verb, from}), text(condition_of(st_, *round)));
  }

  const loop_body& loop_;
  const statement& st_;
  table_use target_;
  author_rounds rounds_;
};

// The text between dollar quotes; empty for another kind of string.
std::string body_of(std::string_view literal) {
  if (!literal.starts_with('$')) return {};
  const std::size_t tag = literal.find('$', 1);
  if (tag == std::string_view::npos || literal.size() < 2 * (tag + 1)) return {};
  return std::string(literal.substr(tag + 1, literal.size() - 2 * (tag + 1)));
}

bool names_other_language(const source& in, const statement& st) {
  const auto text = [&](const token& t) {
    return lower_case(in.text.substr(t.at.begin, t.at.end - t.at.begin));
  };
  for (std::size_t i = 0; i + 1 < st.tokens.size(); ++i) {
    const std::string name = text(st.tokens[i + 1]);
    if (text(st.tokens[i]) != "language") continue;
    return name != "plpgsql" && name != "'plpgsql'" && name != "\"plpgsql\"";
  }
  return false;
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
  if (names_other_language(in, st)) return refused("it is in another language than PL/pgSQL");
  const loop_body loop = read_loop_body(std::move(body));
  if (!loop.refusal.empty()) return refused(loop.refusal);
  std::string why;
  unroller rounds(loop);
  auto text = rounds.unroll(why);
  if (!why.empty()) return refused(why);
  return unrolled_loop{std::move(text), rounds.rounds()};
}

}  // namespace pawl::sql
