#include "sql/parse_tree.hpp"

#include <fmt/format.h>
#include <pg_query.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "sql/identifier.hpp"
#include "sql/limits.hpp"
#include "sql/tokens.hpp"

namespace pawl::sql {
namespace {

using parser_answer = std::unique_ptr<PgQueryParseResult, decltype([](PgQueryParseResult* answer) {
                                        pg_query_free_parse_result(*answer);
                                        delete answer;
                                      })>;

// libpg_query takes a comment for a token where PostgreSQL looks one token ahead: `NOT /* c */ IN`
// and 'a' -- c (line end) 'b' are errors to it. Blanks of the same size keep every offset.
std::string without_comments(std::string_view sql) {
  std::string blanked(sql);
  // Most statements have none, and a scan takes as long as the parser.
  if (sql.find("--") == sql.npos && sql.find("/*") == sql.npos) return blanked;
  for (const token& t : scan_text(sql).value_or(std::vector<token>())) {
    if (t.is_comment())
      blanked.replace(t.at.begin, t.at.end - t.at.begin, t.at.end - t.at.begin, ' ');
  }
  return blanked;
}

std::size_t nesting_of(std::string_view json) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (in_string && json[i] == '\\') {
      ++i;
    } else if (json[i] == '"') {
      in_string = !in_string;
    } else if (!in_string && json[i] == '{') {
      deepest = std::max(deepest, ++depth);
    } else if (!in_string && json[i] == '}') {
      --depth;
    }
  }
  return deepest;
}

// `:x`, `:'x'`, `:"x"` and `:{?x}`, where the parser stopped: psql would have put a value there.
std::string psql_variable_hint(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(std::min(at, text.size()));
  if (rest.size() < 2 || rest[0] != ':') return {};
  std::size_t end = 1;
  const char opening = rest[1];
  if (opening == '\'' || opening == '"' || opening == '{') {
    const std::size_t closing = rest.find(opening == '{' ? '}' : opening, 2);
    end = std::min(closing, rest.size() - 1) + 1;
  } else {
    const auto is_word = [](char c) { return is_label_character(c) && c != '.' && c != '-'; };
    while (end < rest.size() && is_word(rest[end])) ++end;
  }
  if (end == 1) return {};
  return fmt::format("`{}` is a variable of psql: put its value there.", rest.substr(0, end));
}

// The first of a reference's fields behind `qualifier.`.
node::const_iterator behind_qualifier(const node& fields, std::string_view qualifier) {
  const node* first = fields.size() == 2 ? as(fields.front(), "String") : nullptr;
  const bool is_it =
      !qualifier.empty() && first != nullptr && text_member(*first, "sval") == qualifier;
  return fields.begin() + (is_it ? 1 : 0);
}

error too_deep(const source& in, std::size_t at) {
  return in.fault(errc::sql_syntax, at, "an expression is nested too deeply to be analysed",
                  "Split it, or replace the long chain by an array or a join.");
}

}  // namespace

result<parse_tree> parse_statement(const source& in, slice at) {
  const std::size_t size = at.end - at.begin;
  if (size > statement_bytes_max) {
    return in.fault(errc::sql_syntax, at.begin,
                    fmt::format("a statement of {} bytes is longer than {} MB", size,
                                statement_bytes_max >> 20U),
                    "Load its values into a table first, and join with that.");
  }
  const std::string text = without_comments(std::string_view(in.text).substr(at.begin, size));
  const parser_answer answer(new PgQueryParseResult(pg_query_parse(text.c_str())));
  if (answer->error != nullptr) {
    const std::size_t where = offset_of_character(text, answer->error->cursorpos);
    // Its own stack has 10,000 places, and that is how it says so.
    if (std::string_view(answer->error->message).starts_with("memory exhausted")) {
      return too_deep(in, at.begin + where);
    }
    return in.fault(errc::sql_syntax, at.begin + where, short_complaint(answer->error->message),
                    psql_variable_hint(text, where));
  }
  const std::string_view json = answer->parse_tree;
  if (nesting_of(json) > nesting_max) {
    return too_deep(in, at.begin);
  }
  node tree = node::parse(json, nullptr, false);
  const node* statements = tree.is_object() ? member(tree, "stmts") : nullptr;
  if (statements == nullptr || statements->size() != 1 || !statements->at(0).contains("stmt")) {
    return in.fault(errc::internal, at.begin, "the parser's answer is not one statement");
  }
  return parse_tree{std::move(tree["stmts"][0]["stmt"])};
}

const node* member(const node& n, const char* key) {
  const auto found = n.find(key);
  return found == n.end() ? nullptr : &*found;
}

std::string text_member(const node& n, const char* key) {
  const node* found = member(n, key);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

std::size_t location_of(const node& body) {
  const node* found = member(body, "location");
  return found != nullptr && found->is_number_unsigned() ? found->get<std::size_t>() : 0;
}

const node* as(const node& n, const char* type) {
  return n.is_object() ? member(n, type) : nullptr;
}

std::vector<std::string> names_in(const node* list) {
  std::vector<std::string> names;
  if (list == nullptr) return names;
  for (const node& item : *list) {
    const node* string = as(item, "String");
    names.push_back(string != nullptr ? text_member(*string, "sval") : "*");
  }
  return names;
}

const node* assigned_value(const node& target) {
  const node* value = member(target, "val");
  const node* part = value == nullptr ? nullptr : as(*value, "MultiAssignRef");
  if (part == nullptr) return value;
  const node* row = as(part->at("source"), "RowExpr");
  const node* values = row == nullptr ? nullptr : member(*row, "args");
  const auto place = part->value("colno", std::size_t{1});
  const bool is_listed = values != nullptr && values->size() == part->value("ncolumns", 0U);
  return is_listed ? &values->at(place - 1) : nullptr;
}

bool same_expression(const node& a, const node& b, const qualifiers& ignored) {
  const auto same = [&](const node& x, const node& y) { return same_expression(x, y, ignored); };
  const node* left = as(a, "ColumnRef");
  const node* right = as(b, "ColumnRef");
  if (left != nullptr && right != nullptr) {
    const node& x = left->at("fields");
    const node& y = right->at("fields");
    return std::equal(behind_qualifier(x, ignored.a), x.end(), behind_qualifier(y, ignored.b),
                      y.end(), same);
  }
  if (a.type() != b.type() || a.size() != b.size()) return a == b;
  if (a.is_array()) return std::equal(a.begin(), a.end(), b.begin(), same);
  if (!a.is_object()) return a == b;
  for (const auto& [key, value] : a.items()) {
    const node* other = member(b, key.c_str());
    if (other == nullptr) return false;
    if (key != "location" && !same(value, *other)) return false;
  }
  return true;
}

}  // namespace pawl::sql
