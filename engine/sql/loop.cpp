#include "sql/loop.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "sql/identifier.hpp"
#include "sql/loop_body.hpp"
#include "sql/parse_tree.hpp"
#include "sql/query_facts.hpp"
#include "sql/round_query.hpp"
#include "sql/statement_parts.hpp"

namespace pawl::sql {
namespace {

constexpr std::string_view advice =
    "Write the one UPDATE or DELETE that the loop adds up to, without its LIMIT; pawl divides it.";

constexpr std::string_view shape =
    "its rounds are not `key IN (SELECT key FROM the same table WHERE ... LIMIT n)`";

// `key IN (SELECT ...)`, `key = ANY (SELECT ...)` or `key = ANY (ARRAY(SELECT ...))`.
struct key_term {
  const node* key = nullptr;
  const node* link = nullptr;
  std::size_t location = 0;  // of IN, or of =
};

key_term read_key_term(const node& term) {
  const std::vector<std::string> equals = {"="};
  const node* link = as(term, "SubLink");
  if (link != nullptr) {
    const bool is_any =
        text_member(*link, "subLinkType") == "ANY_SUBLINK" &&
        (!link->contains("operName") || names_in(member(*link, "operName")) == equals);
    return is_any ? key_term{member(*link, "testexpr"), link, location_of(*link)} : key_term{};
  }
  const node* comparison = as(term, "A_Expr");
  if (comparison == nullptr || text_member(*comparison, "kind") != "AEXPR_OP_ANY" ||
      names_in(member(*comparison, "name")) != equals) {
    return {};
  }
  const node* array = member(*comparison, "rexpr");
  link = array == nullptr ? nullptr : as(*array, "SubLink");
  const bool is_array = link != nullptr && text_member(*link, "subLinkType") == "ARRAY_SUBLINK";
  return is_array ? key_term{member(*comparison, "lexpr"), link, location_of(*comparison)}
                  : key_term{};
}

// `c < x`, `c BETWEEN x AND y` and their like.
bool is_range(const node& term) {
  const node* comparison = as(term, "A_Expr");
  if (comparison == nullptr) return false;
  if (text_member(*comparison, "kind").find("BETWEEN") != std::string::npos) return true;
  const auto name = names_in(member(*comparison, "name"));
  constexpr std::array<std::string_view, 4> signs = {"<", "<=", ">", ">="};
  return !name.empty() && std::find(signs.begin(), signs.end(), name.back()) != signs.end();
}

// A query of FROM, USING or WITH, and the name by which the statement knows its rows.
struct named_query {
  std::string name;
  const node* select = nullptr;
};

// The one query of a WITH; without select if there are several, or another statement.
named_query query_of_with(const node& with) {
  const node* ctes = member(with, "ctes");
  const bool is_one = ctes != nullptr && ctes->size() == 1;
  const node* cte = is_one ? as(ctes->front(), "CommonTableExpr") : nullptr;
  const node* query = cte == nullptr ? nullptr : member(*cte, "ctequery");
  const bool renames = cte != nullptr && cte->contains("aliascolnames");
  if (query == nullptr || renames) return {};
  return {text_member(*cte, "ctename"), as(*query, "SelectStmt")};
}

bool renames_columns(const node& item) {
  const node* alias = member(item, "alias");
  return alias != nullptr && alias->contains("colnames");
}

// A table of FROM that is what WITH names so.
std::optional<table_use> use_of_query(const node& item, const named_query& with) {
  const node* table = as(item, "RangeVar");
  if (table == nullptr || with.select == nullptr || renames_columns(*table)) return std::nullopt;
  table_use use = use_of(*table);
  return use.name == relation_name{"", with.name} ? std::optional{std::move(use)} : std::nullopt;
}

// `SELECT column FROM name`, and no more of it: each row that WITH names so.
bool selects_all(const node& select, const named_query& with, const std::string& column) {
  constexpr std::array<std::string_view, 4> plain = {"targetList", "fromClause", "limitOption",
                                                     "op"};
  for (const auto& [key, value] : select.items()) {
    if (std::find(plain.begin(), plain.end(), key) == plain.end()) return false;
  }
  const node* list = member(select, "targetList");
  const node* from = member(select, "fromClause");
  if (list == nullptr || from == nullptr || list->size() != 1 || from->size() != 1) return false;
  const auto use = use_of_query(from->front(), with);
  const node* item = as(list->front(), "ResTarget");
  const node* value = item == nullptr ? nullptr : member(*item, "val");
  const node* reference = value == nullptr ? nullptr : as(*value, "ColumnRef");
  if (!use || reference == nullptr) return false;
  const auto fields = names_in(member(*reference, "fields"));
  const bool is_own = fields.size() == 1 || (fields.size() == 2 && fields[0] == use->own_name());
  return is_own && (fields.back() == column || fields.back() == "*");
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
  // Why there is no text.
  const std::string& why() const { return why_; }

  // The statement's text; empty if there is none.
  std::string unroll() {
    const auto tree = parse_statement(loop_.text, st_.text);
    if (!tree) return refused("its statement cannot be read: " + tree.error().message);
    if (!tree->statement.contains("UpdateStmt") && !tree->statement.contains("DeleteStmt")) {
      return refused("its statement is no UPDATE or DELETE");
    }
    const node& body = tree->statement.front();
    target_ = use_of(*member(body, "relation"));
    if (auto reads = why_variable(body); !reads.empty()) return refused(std::move(reads));
    const node* with = member(body, "withClause");
    if (with != nullptr) with_ = query_of_with(*with);
    if (with != nullptr && (with_.select == nullptr || with_.name == target_.name.table)) {
      return unlike("its WITH is not the one query of a round, by a name of its own");
    }
    const node* where = member(body, "whereClause");
    if (where == nullptr) return unlike("it has no WHERE");
    const auto terms = terms_of(*where);
    const auto found = std::find_if(terms.begin(), terms.end(), [](const node* term) {
      return read_key_term(*term).link != nullptr;
    });
    return found == terms.end() ? by_source(body, *where) : by_term(body, terms, **found);
  }

 private:
  std::string refused(std::string why) {
    why_ = std::move(why);
    return {};
  }

  std::string unlike(std::string_view why) { return refused(fmt::format("{}: {}", shape, why)); }

  std::string_view text(slice at) const {
    return std::string_view(loop_.text.text).substr(at.begin, at.end - at.begin);
  }

  // Variables may stand only behind LIMIT, where they fall away.
  std::string why_variable(const node& body) const {
    std::vector<std::string> read;
    any_object(body, [&](const node& object) {
      const node* reference = as(object, "ColumnRef");
      if (reference == nullptr) return false;
      auto fields = names_in(member(*reference, "fields"));
      const bool is_labelled = fields.size() > 1 && loop_.labels.contains(fields.front());
      const bool is_variable = fields.size() == 1 && loop_.variables.contains(fields.front());
      if (is_labelled || (is_variable && !only_limits(body, fields))) read = std::move(fields);
      return !read.empty();
    });
    if (read.empty()) return {};
    const auto name = fmt::format("{}", fmt::join(read, "."));
    if (moves_window(body, read)) {
      return fmt::format(
          "its rounds are windows that the variable \"{}\" moves, not up to LIMIT rows of those "
          "that are left",
          name);
    }
    return fmt::format("its statement reads the variable \"{}\"", name);
  }

  static bool names(const node& object, const std::vector<std::string>& fields) {
    const node* reference = as(object, "ColumnRef");
    return reference != nullptr && names_in(member(*reference, "fields")) == fields;
  }

  static bool moves_window(const node& body, const std::vector<std::string>& fields) {
    const node* where = member(body, "whereClause");
    if (where == nullptr) return false;
    const auto terms = terms_of(*where);
    return std::any_of(terms.begin(), terms.end(), [&](const node* term) {
      return is_range(*term) &&
             any_object(*term, [&](const node& object) { return names(object, fields); });
    });
  }

  static bool only_limits(const node& n, const std::vector<std::string>& fields) {
    int all = 0;
    int limits = 0;
    const auto is_it = [&](const node& object) { return names(object, fields); };
    any_object(n, [&](const node& object) {
      all += is_it(object) ? 1 : 0;
      const node* limit = member(object, "limitCount");
      limits += limit != nullptr && any_object(*limit, is_it) ? 1 : 0;
      return false;
    });
    return all == limits;
  }

  void keep(const round_query& round, const node& body) {
    rounds_.key = round.key;
    const auto steady = read_query_facts(*round.select).functions;
    const node* set = member(body, "targetList");
    if (set == nullptr) return;
    for (auto& name : read_query_facts(node{{"targetList", *set}}).functions) {
      if (std::find(steady.begin(), steady.end(), name) == steady.end()) {
        rounds_.may_vary.push_back(std::move(name));
      }
    }
  }

  // Why the loop may end while its query still finds rows that no round took; empty if it may not.
  std::string why_early_end(const round_query& round) const {
    const auto limit = number_of(*round.limit);
    if (!limit) return "its LIMIT is not known to be greater than 0";
    for (const std::int64_t wanted : loop_.ends_below) {
      if (wanted == *limit) continue;
      return fmt::format("it ends when a round changes fewer than {} rows, and its LIMIT is {}",
                         wanted, *limit);
    }
    return {};
  }

  // If it is greater than 0, and always the same.
  std::optional<std::int64_t> number_of(const node& limit) const {
    if (const node* constant = as(limit, "A_Const")) {
      const node* number = member(*constant, "ival");
      const auto value = number == nullptr ? 0 : number->value("ival", std::int64_t{0});
      return value > 0 ? std::optional{value} : std::nullopt;
    }
    const node* variable = as(limit, "ColumnRef");
    const auto fields =
        variable == nullptr ? std::vector<std::string>{} : names_in(member(*variable, "fields"));
    const auto found = fields.size() == 1 ? loop_.numbers.find(fields[0]) : loop_.numbers.end();
    return found == loop_.numbers.end() ? std::nullopt : std::optional{found->second};
  }

  // UPDATE t ... WHERE key IN (SELECT ...), also where WITH holds the query of the round.
  std::string by_term(const node& body, const std::vector<const node*>& terms, const node& named) {
    const key_term term = read_key_term(named);
    const node* column = term.key == nullptr ? nullptr : as(*term.key, "ColumnRef");
    const node* query = member(*term.link, "subselect");
    const node* select = query == nullptr ? nullptr : as(*query, "SelectStmt");
    if (column == nullptr || select == nullptr) return unlike("no column is sought in their query");
    std::string why;
    const bool in_with = with_.select != nullptr;
    const auto round = read_round(in_with ? *with_.select : *select, target_, why);
    if (!round) return unlike(why);
    if (in_with &&
        (!selects_all(*select, with_, round->output) || count_uses(body, {"", with_.name}) != 1)) {
      return unlike(fmt::format("{} is read otherwise than by `SELECT {} FROM {}`", with_.name,
                                round->output, with_.name));
    }
    const auto fields = names_in(member(*column, "fields"));
    // Beside another table a lone name is of either, or of both, which is an error.
    const bool alone = !body.contains("fromClause") && !body.contains("usingClause");
    const bool is_own =
        fields.size() == 1 ? alone : fields.size() == 2 && fields.front() == target_.own_name();
    if (!is_own || fields.back() != round->key) {
      return unlike(fmt::format("{} is sought among values of {}{}", fmt::join(fields, "."),
                                round->key, is_own ? "" : ", maybe of another table"));
    }
    const bool asks_more = std::any_of(terms.begin(), terms.end(), [&](const node* one) {
      return one != &named && !is_said_by(*round, *one, target_);
    });
    if (asks_more) {
      return refused(
          "its WHERE asks more of a row than the query of its rounds, so that it may end before "
          "nothing is left");
    }
    if (why = why_early_end(*round); !why.empty()) return refused(why);
    keep(*round, body);
    const std::size_t begin = st_.text.begin + location_of(*column);
    const std::size_t end = closing(st_, st_.text.begin + term.location);
    return fmt::format("{}({}){}", text({find_verb(st_), begin}),
                       condition_of(loop_.text, st_, *round, target_), text({end, st_.text.end}));
  }

  // The query that the only item of FROM or USING is, or that WITH names so.
  named_query query_of(const node& item) const {
    if (const auto use = use_of_query(item, with_)) return {use->own_name(), with_.select};
    const node* subselect = with_.select == nullptr ? as(item, "RangeSubselect") : nullptr;
    const node* alias = subselect == nullptr ? nullptr : member(*subselect, "alias");
    const node* query = subselect == nullptr ? nullptr : member(*subselect, "subquery");
    if (alias == nullptr || query == nullptr || renames_columns(*subselect) ||
        subselect->contains("lateral")) {
      return {};
    }
    return {text_member(*alias, "aliasname"), as(*query, "SelectStmt")};
  }

  // UPDATE t ... FROM (SELECT key ...) b WHERE t.key = b.key, also where WITH holds the query.
  std::string by_source(const node& body, const node& where) {
    const bool has_using = body.contains("usingClause");
    const node* sources = member(body, has_using ? "usingClause" : "fromClause");
    if (sources == nullptr) return unlike("no query names the rows of a round");
    const named_query batch = sources->size() == 1 ? query_of(sources->front()) : named_query{};
    if (batch.select == nullptr) return unlike("its FROM is not the query of a round alone");
    std::string why;
    const auto round = read_round(*batch.select, target_, why);
    if (!round) return unlike(why);
    const auto joined = equalities_in(&where);
    const std::vector<std::string> mine = {target_.own_name(), round->key};
    const std::vector<std::string> theirs = {batch.name, round->key};
    const bool by_key = joined.size() == 1 && as(where, "A_Expr") != nullptr &&
                        ((joined[0].left == mine && joined[0].right == theirs) ||
                         (joined[0].left == theirs && joined[0].right == mine));
    if (!by_key || round->output != round->key) {
      return unlike(fmt::format("its WHERE is not `{} = {}` alone", fmt::join(mine, "."),
                                fmt::join(theirs, ".")));
    }
    int uses = 0;
    for (const char* part : {"targetList", "whereClause"}) {
      const node* list = member(body, part);
      if (list != nullptr) uses += count_names(*list, batch.name);
    }
    const bool in_with = with_.select != nullptr;
    if (uses != 1 || (in_with && count_uses(body, {"", with_.name}) != 1)) {
      return unlike(fmt::format("{} is read once more", batch.name));
    }
    if (why = why_early_end(*round); !why.empty()) return refused(why);
    keep(*round, body);
    return fmt::format("{}WHERE {}", text({find_verb(st_), begin_of_sources(has_using)}),
                       condition_of(loop_.text, st_, *round, target_));
  }

  static int count_names(const node& n, const std::string& name) {
    int found = 0;
    any_object(n, [&](const node& object) {
      const node* reference = as(object, "ColumnRef");
      found += reference != nullptr && names_in(member(*reference, "fields")).front() == name;
      return false;
    });
    return found;
  }

  // Of the word FROM or USING.
  std::size_t begin_of_sources(bool has_using) const {
    const relation_part relation = find_relation(st_, find_verb(st_));
    const std::size_t after = has_using ? relation.end : find_set(st_, relation.end);
    const slice sources = find_sources(st_, after);
    std::size_t begin = sources.begin;
    for (const token& t : st_.tokens) {
      if (t.at.end <= sources.begin) begin = t.at.begin;
    }
    return begin;
  }

  const loop_body& loop_;
  const statement& st_;
  table_use target_;
  named_query with_;
  author_rounds rounds_;
  std::string why_;
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
  unroller rounds(loop);
  auto text = rounds.unroll();
  if (!rounds.why().empty()) return refused(rounds.why());
  return unrolled_loop{std::move(text), rounds.rounds(), !loop.ends_below.empty()};
}

}  // namespace pawl::sql
