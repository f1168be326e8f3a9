// What stands in code: the bodies of DO blocks, and calls of functions.
#include <fmt/format.h>
#include <pg_query.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "lint/code.hpp"
#include "lint/rules.hpp"

namespace pawl::lint {
namespace {

using plpgsql_answer =
    std::unique_ptr<PgQueryPlpgsqlParseResult, decltype([](PgQueryPlpgsqlParseResult* answer) {
                      pg_query_free_plpgsql_parse_result(*answer);
                      delete answer;
                    })>;

std::string query_of(const node& statement, const char* key) {
  return text(part(part(statement, key), "PLpgSQL_expr"), "query");
}

void read_body(const node& tree, code_facts& to) {
  sql::any_object(tree, [&](const node& n) {
    if (const node* run = sql::as(n, "PLpgSQL_stmt_execsql")) {
      to.statements.push_back(query_of(*run, "sqlstmt"));
    }
    if (const node* run = sql::as(n, "PLpgSQL_stmt_perform")) {
      to.statements.push_back(query_of(*run, "expr"));
    }
    if (n.contains("PLpgSQL_stmt_dynexecute") || n.contains("PLpgSQL_stmt_dynfors")) {
      to.dynamic = true;
    }
    if (n.contains("PLpgSQL_stmt_call")) to.calls = true;
    return false;
  });
}

std::string language_of(const node& do_statement) {
  for (const node& item : part(do_statement, "args")) {
    const node& option = part(item, "DefElem");
    if (text(option, "defname") == "language") return text(body_of(part(option, "arg")), "sval");
  }
  return "plpgsql";
}

void tell_opaque(context& c, const unit& u, std::string message) {
  c.tell(u, "L57", u.begin(),
         {std::move(message), "unknown",
          "write the statements themselves, so that they can be checked and batched"});
}

}  // namespace

code_facts read_do_block(const std::string& statement, const node& body) {
  code_facts facts;
  if (language_of(body) != "plpgsql") {
    facts.unreadable = true;
    return facts;
  }
  const plpgsql_answer answer(
      new PgQueryPlpgsqlParseResult(pg_query_parse_plpgsql(statement.c_str())));
  if (answer->error != nullptr || answer->plpgsql_funcs == nullptr) {
    facts.unreadable = true;
    return facts;
  }
  read_body(node::parse(std::string_view(answer->plpgsql_funcs), nullptr, false), facts);
  return facts;
}

void check_block(context& c, const unit& u, const code_facts& facts) {
  if (facts.unreadable) tell_opaque(c, u, "the body of this DO block cannot be analysed");
  if (facts.dynamic) {
    tell_opaque(c, u, "EXECUTE runs text that is put together at run time, which no check can see");
  }
  if (facts.calls) tell_opaque(c, u, "CALL runs a procedure that is not in the file");
}

void check_code(context& c, const unit& u) {
  if (u.kind == "CallStmt") {
    const std::vector<std::string> name = names(part(*u.body, "funccall"), "funcname");
    return tell_opaque(c, u,
                       fmt::format("what procedure {} does is not in the file",
                                   name.empty() ? "" : as_sql(name.back())));
  }
  // What a SET calls makes values; elsewhere it may run for each row that is looked at.
  const bool sets = u.kind == "UpdateStmt" || u.kind == "DeleteStmt";
  for (const std::string& name : functions_called(sets ? part(*u.body, "whereClause") : *u.body)) {
    const auto own = c.known.volatile_functions.find(name);
    if (own == c.known.volatile_functions.end() || !own->second) continue;
    tell_opaque(c, u, fmt::format("what function {} does is not in the statement", as_sql(name)));
  }
}

}  // namespace pawl::lint
