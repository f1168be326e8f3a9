#include "ledger/schema.hpp"

#include <fmt/format.h>

#include "ledger/queries.hpp"
#include "pg/settings.hpp"
#include "pg/sqlstate.hpp"

namespace pawl::ledger {

namespace asio = boost::asio;

namespace {

// Any fixed number: two runners that make the schema at once must meet at the same one.
constexpr std::string_view schema_lock =
    "SELECT pg_catalog.pg_advisory_xact_lock(7023141592653589793)";

error newer(std::int64_t found) {
  error e;
  e.code = errc::ledger_newer;
  e.message =
      fmt::format("schema pawl has version {}, this pawl knows version {}", found, schema_version);
  e.hint = "Use the pawl that made it, or a newer one: `pawl version` shows what a build knows.";
  return e;
}

error unlogged() {
  error e;
  e.code = errc::ledger_unlogged;
  e.message = "a table of schema pawl is unlogged or temporary, so a crash would lose checkpoints";
  e.hint = "Make it permanent: ALTER TABLE pawl.<table> SET LOGGED;";
  return e;
}

// The statements of schema.sql, for a protocol that takes one at a time: they end in ";" at the end
// of a line, outside of the $$ bodies.
std::vector<pg::statement> schema_statements() {
  std::vector<pg::statement> statements;
  std::string current;
  bool in_body = false;
  std::string_view rest = schema_sql();
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size() - 1);
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    current += std::string{line} + '\n';
    for (auto at = line.find("$$"); at != std::string_view::npos; at = line.find("$$", at + 2)) {
      in_body = !in_body;
    }
    if (!in_body && line.ends_with(';')) {
      statements.emplace_back(std::move(current));
      current.clear();
    }
  }
  return statements;
}

}  // namespace

std::string_view schema_sql() {
  return queries::schema;
}

asio::awaitable<result<bool>> exists(pg::connection& c, pg::time_point deadline) {
  auto present = co_await c.query(
      std::string{"SELECT pg_catalog.to_regclass('pawl.meta') IS NOT NULL"}, deadline);
  if (!present) {
    co_return present.error();
  }
  if (!present->boolean(0, 0)) {
    co_return false;
  }
  auto found = co_await pg::ask(c, pg::own_path(), std::string{queries::version}, deadline);
  if (!found) {
    co_return found.error();
  }
  if (found->rows() == 0) {
    error e;
    e.code = errc::ledger_damaged;
    e.message = "pawl.meta is empty: schema pawl was not made by pawl, or was damaged";
    e.hint = "Restore its row, or drop schema pawl if no run of it is needed any more.";
    co_return e;
  }
  if (found->integer(0, 0) > schema_version) {
    co_return newer(found->integer(0, 0));
  }
  if (found->boolean(0, 1)) {
    co_return unlogged();
  }
  co_return true;
}

asio::awaitable<result<void>> prepare(pg::connection& c, pg::time_point deadline) {
  auto present = co_await exists(c, deadline);
  if (!present) {
    co_return present.error();
  }
  if (*present) {
    co_return result<void>{};
  }
  std::vector<pg::statement> lock;
  lock.emplace_back("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  lock.emplace_back(std::string{schema_lock});
  // Read from the catalog's tables: to_regclass() would answer from this session's cache, which
  // does not know yet what another session made while this one waited for the lock.
  lock.emplace_back(
      "SELECT EXISTS (SELECT FROM pg_catalog.pg_class c "
      "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
      "WHERE n.nspname = 'pawl' AND c.relname = 'meta')");
  auto locked = co_await c.run(std::move(lock), deadline);
  if (locked.failure) {
    co_return *locked.failure;
  }
  std::vector<pg::statement> work;
  if (!locked.results.back().boolean(0, 0)) {
    work = schema_statements();
  }
  work.emplace_back("COMMIT");
  auto made = co_await c.run(std::move(work), deadline);
  if (!made.failure) {
    co_return result<void>{};
  }
  error e = *made.failure;
  co_await c.query(std::string{"ROLLBACK"}, deadline);
  if (e.sqlstate == pg::insufficient_privilege) {
    e.code = errc::forbidden;
    e.message = fmt::format("schema pawl cannot be made: {}", e.message);
    e.hint =
        "Let a DBA make it: `pawl version --ddl` prints the statements; or GRANT CREATE ON "
        "DATABASE to this role.";
  }
  co_return e;
}

}  // namespace pawl::ledger
