#include "ledger/run.hpp"

#include <fmt/format.h>

#include "ledger/queries.hpp"
#include "ledger/schema.hpp"
#include "ledger/tunables.hpp"
#include "pg/array.hpp"

namespace pawl::ledger {

namespace asio = boost::asio;

namespace {

// A statement with its parameters. Variadic: GCC 12 rejects a braced list in a statement that holds
// a co_await.
template <class... Values>
pg::statement with(std::string_view sql, Values&&... params) {
  return {std::string{sql}, {std::optional<std::string>{std::forward<Values>(params)}...}};
}

asio::awaitable<result<void>> execute(pg::connection& c, pg::statement one,
                                      pg::time_point deadline) {
  auto answer = co_await pg::ask(c, pg::own_path(), std::move(one), deadline);
  if (!answer) {
    co_return answer.error();
  }
  co_return result<void>{};
}

std::optional<run_record> run_of(const pg::result_set& rows) {
  if (rows.rows() == 0) {
    return std::nullopt;
  }
  run_record r;
  r.id = rows.integer(0, 0);
  r.name = rows.text(0, 1);
  r.generation = static_cast<int>(rows.integer(0, 2));
  r.what = definition_of(rows.text(0, 3));
  r.sha256 = rows.text(0, 4);
  r.state = rows.text(0, 5);
  r.desired = rows.text(0, 6);
  r.reason = rows.text(0, 7);
  r.target_oid = static_cast<std::uint32_t>(rows.integer(0, 8));
  r.target = rows.text(0, 9);
  r.session = settings_of(rows.text(0, 10));
  r.tuned = tunables_of(rows.text(0, 11));
  r.round = static_cast<int>(rows.integer(0, 12));
  r.verification = rows.text(0, 13);
  r.rows_stay = rows.integer(0, 14);
  r.system_identifier = rows.integer(0, 15);
  r.timeline = static_cast<int>(rows.integer(0, 16));
  r.protocol = static_cast<int>(rows.integer(0, 17));
  r.engine = rows.text(0, 18);
  r.opened_at = rows.text(0, 19);
  r.state_since = rows.text(0, 20);
  r.opened_by = rows.text(0, 21);
  return r;
}

std::optional<key_values> values_of(const pg::result_set& rows, int row, int column) {
  const auto text = rows.value(row, column);
  return text ? pg::from_array(*text) : std::nullopt;
}

pg::statement leaf_statement(std::int64_t run, const new_leaf& l) {
  std::optional<std::string> bound;
  if (l.bound) {
    bound = pg::to_array(*l.bound);
  }
  return with(queries::insert_leaf, std::to_string(run), std::to_string(l.oid), l.name,
              std::to_string(l.share), bound);
}

}  // namespace

std::string application_prefix(std::int64_t run) {
  return fmt::format("pawl/{}/", run);
}

asio::awaitable<result<std::optional<run_record>>> find(pg::connection& c, std::string name,
                                                        pg::time_point deadline) {
  auto rows =
      co_await pg::ask(c, pg::own_path(), with(queries::find_run, std::move(name)), deadline);
  if (!rows) {
    co_return rows.error();
  }
  co_return run_of(*rows);
}

asio::awaitable<result<std::optional<run_record>>> enter(pg::connection& c, std::string name,
                                                         pg::time_point deadline) {
  std::vector<pg::statement> statements;
  statements.emplace_back("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  statements.push_back(pg::apply_settings(pg::own_path()));
  statements.push_back(with(
      "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('pawl run ' || $1, 0))",
      name));
  statements.push_back(with(queries::find_run, name));
  auto answers = co_await c.run(std::move(statements), deadline);
  if (answers.failure) {
    co_return *answers.failure;
  }
  auto found = run_of(answers.results.back());
  // A number may be another run's name; only the name counts here.
  if (found && found->name != name) {
    found.reset();
  }
  co_return found;
}

asio::awaitable<result<std::int64_t>> insert(pg::connection& c, new_run r, int generation,
                                             std::vector<new_leaf> leaves,
                                             pg::time_point deadline) {
  auto made = co_await c.query(
      with(queries::insert_run, r.name, std::to_string(generation), to_json(r.what), r.sha256,
           std::to_string(r.target_oid), r.target, to_json(r.session), to_json(r.tuned),
           std::to_string(r.system_identifier), std::to_string(r.timeline),
           std::to_string(protocol), r.engine),
      deadline);
  if (!made) {
    co_return made.error();
  }
  const auto id = made->integer(0, 0);
  std::vector<pg::statement> statements;
  for (const auto& l : leaves) {
    statements.push_back(leaf_statement(id, l));
  }
  statements.push_back(
      with(queries::insert_event, std::to_string(id), std::string{"opened"}, std::string{"{}"}));
  statements.emplace_back("COMMIT");
  auto answers = co_await c.run(std::move(statements), deadline);
  if (answers.failure) {
    co_return *answers.failure;
  }
  co_return id;
}

asio::awaitable<result<void>> leave(pg::connection& c, pg::time_point deadline) {
  auto ended = co_await c.query(std::string{"ROLLBACK"}, deadline);
  if (!ended) {
    co_return ended.error();
  }
  co_return result<void>{};
}

asio::awaitable<result<void>> accept_definition(pg::connection& c, std::int64_t run,
                                                definition what, std::string sha256,
                                                pg::time_point deadline) {
  return execute(c, with(queries::accept_definition, std::to_string(run), to_json(what), sha256),
                 deadline);
}

asio::awaitable<result<void>> supersede(pg::connection& c, std::int64_t run,
                                        pg::time_point deadline) {
  auto rows = co_await c.query(with(queries::supersede, std::to_string(run)), deadline);
  if (!rows) {
    co_return rows.error();
  }
  if (rows->rows() == 0) {
    error e;
    e.code = errc::wrong_state;
    e.message = fmt::format("run {} still has a runner at work", run);
    e.hint = fmt::format("End it first: pawl cancel {}", run);
    co_return e;
  }
  co_return result<void>{};
}

asio::awaitable<result<void>> tune(pg::connection& c, std::int64_t run, tunables t,
                                   pg::time_point deadline) {
  return request(c, run, "set", to_json(t), "", "", deadline);
}

asio::awaitable<result<void>> accept_server(pg::connection& c, std::int64_t run,
                                            std::int64_t system_identifier, int timeline,
                                            std::uint32_t target_oid, bool tables,
                                            pg::time_point deadline) {
  return execute(
      c,
      with(queries::accept_server, std::to_string(run), std::to_string(system_identifier),
           std::to_string(timeline), std::to_string(target_oid), tables ? "t" : "f"),
      deadline);
}

asio::awaitable<result<std::vector<leaf_record>>> leaves(pg::connection& c, std::int64_t run,
                                                         pg::time_point deadline) {
  auto rows = co_await pg::ask(c, pg::own_path(), with(queries::list_leaves, std::to_string(run)),
                               deadline);
  if (!rows) {
    co_return rows.error();
  }
  std::vector<leaf_record> found;
  for (int row = 0; row < rows->rows(); ++row) {
    leaf_record l;
    l.number = static_cast<int>(rows->integer(row, 0));
    l.oid = static_cast<std::uint32_t>(rows->integer(row, 1));
    l.name = rows->text(row, 2);
    l.share = rows->real(row, 3);
    l.bound = values_of(*rows, row, 4);
    l.frontier = values_of(*rows, row, 5);
    l.exhausted = rows->boolean(row, 6);
    found.push_back(std::move(l));
  }
  co_return found;
}

asio::awaitable<result<std::string>> work_table(pg::connection& c, std::string name, int generation,
                                                pg::time_point deadline) {
  auto rows = co_await c.query(
      with(queries::work_table, std::move(name), std::to_string(generation)), deadline);
  if (!rows) {
    co_return rows.error();
  }
  co_return rows->text(0, 0);
}

asio::awaitable<result<void>> drop_work_tables(pg::connection& c, std::int64_t run,
                                               pg::time_point deadline) {
  auto rows = co_await pg::ask(c, pg::own_path(),
                               with(queries::list_work_tables, std::to_string(run)), deadline);
  if (!rows) {
    co_return rows.error();
  }
  for (int row = 0; row < rows->rows(); ++row) {
    auto dropped = co_await c.query("DROP TABLE IF EXISTS " + rows->text(row, 0), deadline);
    if (!dropped) {
      co_return dropped.error();
    }
  }
  co_return result<void>{};
}

asio::awaitable<result<void>> add_leaf(pg::connection& c, std::int64_t run, new_leaf l,
                                       pg::time_point deadline) {
  return execute(c, leaf_statement(run, l), deadline);
}

asio::awaitable<result<void>> extend_bound(pg::connection& c, std::int64_t run, int leaf,
                                           key_values bound, pg::time_point deadline) {
  return execute(
      c,
      with(queries::extend_bound, std::to_string(run), std::to_string(leaf), pg::to_array(bound)),
      deadline);
}

asio::awaitable<result<void>> register_runner(pg::connection& c, runner_card r,
                                              pg::time_point deadline) {
  return execute(c,
                 with(queries::register_runner, r.id, std::to_string(r.run), r.host, r.version,
                      std::to_string(protocol), std::to_string(r.connections),
                      std::to_string(r.pid), std::to_string(r.lease.count())),
                 deadline);
}

asio::awaitable<result<void>> remove_runner(pg::connection& c, std::int64_t run, std::string runner,
                                            pg::time_point deadline) {
  std::vector<pg::statement> statements;
  statements.push_back(pg::apply_settings(pg::own_path()));
  statements.push_back(release_all(run, runner));
  statements.push_back(with(queries::remove_runner, runner));
  auto answers = co_await c.run(std::move(statements), deadline);
  if (answers.failure) {
    co_return *answers.failure;
  }
  co_return result<void>{};
}

asio::awaitable<result<pulse>> beat(pg::connection& c, std::int64_t run, std::string runner,
                                    std::chrono::seconds lease, pg::time_point deadline) {
  auto one =
      with(queries::poll, std::to_string(run), std::move(runner), std::to_string(lease.count()));
  auto rows = co_await pg::ask(c, pg::own_path(), std::move(one), deadline);
  if (!rows) {
    co_return rows.error();
  }
  if (rows->rows() == 0) {
    error e;
    e.code = errc::unknown_run;
    e.message = fmt::format("run {} is no longer in the ledger", run);
    co_return e;
  }
  pulse p;
  p.state = rows->text(0, 0);
  p.desired = rows->text(0, 1);
  p.reason = rows->text(0, 2);
  p.tuned = tunables_of(rows->text(0, 3));
  p.round = static_cast<int>(rows->integer(0, 4));
  p.verifier = rows->text(0, 5);
  p.runners = static_cast<int>(rows->integer(0, 6));
  p.exhausted = rows->boolean(0, 7);
  p.ranges_open = rows->integer(0, 8);
  p.wal_position = rows->integer(0, 9);
  p.registered = rows->boolean(0, 10);
  co_return p;
}

asio::awaitable<result<totals>> read_totals(pg::connection& c, std::int64_t run,
                                            pg::time_point deadline) {
  auto rows =
      co_await pg::ask(c, pg::own_path(), with(queries::totals, std::to_string(run)), deadline);
  if (!rows) {
    co_return rows.error();
  }
  totals t;
  t.rows_changed = rows->integer(0, 0);
  t.rows_scanned = rows->integer(0, 1);
  t.rows_hot = rows->integer(0, 2);
  t.batches = rows->integer(0, 3);
  t.ranges_done = rows->integer(0, 4);
  t.ranges_found = rows->integer(0, 5);
  t.fraction = rows->real(0, 6);
  co_return t;
}

asio::awaitable<result<bool>> set_state(pg::connection& c, std::int64_t run, std::string state,
                                        std::string reason, std::vector<std::string> from,
                                        pg::time_point deadline) {
  std::optional<std::string> why;
  std::string detail = "{}";
  if (!reason.empty()) {
    detail = to_json(pg::settings{{"reason", reason}});
    why = std::move(reason);
  }
  auto one = with(queries::set_state, std::to_string(run), std::move(state), std::move(why),
                  std::move(detail), pg::to_array(from));
  auto rows = co_await pg::ask(c, pg::own_path(), std::move(one), deadline);
  if (!rows) {
    co_return rows.error();
  }
  co_return rows->rows() > 0;
}

asio::awaitable<result<bool>> begin_verify(pg::connection& c, std::int64_t run, std::string runner,
                                           pg::time_point deadline) {
  auto one = with(queries::begin_verify, std::to_string(run), std::move(runner));
  auto rows = co_await pg::ask(c, pg::own_path(), std::move(one), deadline);
  if (!rows) {
    co_return rows.error();
  }
  co_return rows->rows() > 0;
}

asio::awaitable<result<void>> record_verification(pg::connection& c, std::int64_t run,
                                                  std::string text, std::int64_t rows_stay,
                                                  pg::time_point deadline) {
  return execute(c,
                 with(queries::record_verification, std::to_string(run), std::move(text),
                      std::to_string(rows_stay)),
                 deadline);
}

asio::awaitable<result<bool>> begin_round(pg::connection& c, std::int64_t run, std::string runner,
                                          std::vector<std::int64_t> ranges,
                                          pg::time_point deadline) {
  std::vector<pg::statement> open;
  open.emplace_back("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  open.push_back(pg::apply_settings(pg::own_path()));
  open.push_back(with(queries::begin_round, std::to_string(run), std::move(runner)));
  auto opened = co_await c.run(std::move(open), deadline);
  if (opened.failure) {
    co_return *opened.failure;
  }
  const bool ours = opened.results.back().rows() > 0;
  std::vector<pg::statement> work;
  for (const auto number : ranges) {
    if (ours) {
      work.push_back(with(queries::insert_sweep, std::to_string(run), std::to_string(number)));
    }
  }
  work.emplace_back(ours ? "COMMIT" : "ROLLBACK");
  auto answers = co_await c.run(std::move(work), deadline);
  if (answers.failure) {
    co_return *answers.failure;
  }
  co_return ours;
}

asio::awaitable<result<std::vector<covered_range>>> list_ranges(pg::connection& c, std::int64_t run,
                                                                std::int64_t after, int most,
                                                                pg::time_point deadline) {
  auto one =
      with(queries::list_ranges, std::to_string(run), std::to_string(after), std::to_string(most));
  auto rows = co_await pg::ask(c, pg::own_path(), std::move(one), deadline);
  if (!rows) {
    co_return rows.error();
  }
  std::vector<covered_range> found;
  for (int row = 0; row < rows->rows(); ++row) {
    covered_range r;
    r.number = rows->integer(row, 0);
    r.leaf = static_cast<int>(rows->integer(row, 1));
    r.lo = values_of(*rows, row, 2);
    r.hi = values_of(*rows, row, 3).value_or(key_values{});
    found.push_back(std::move(r));
  }
  co_return found;
}

asio::awaitable<result<std::vector<std::string>>> coverage_gaps(pg::connection& c, std::int64_t run,
                                                                pg::time_point deadline) {
  auto rows = co_await pg::ask(c, pg::own_path(), with(queries::coverage_gaps, std::to_string(run)),
                               deadline);
  if (!rows) {
    co_return rows.error();
  }
  std::vector<std::string> found;
  for (int row = 0; row < rows->rows(); ++row) {
    found.push_back(rows->text(row, 0));
  }
  co_return found;
}

asio::awaitable<result<void>> note(pg::connection& c, std::int64_t run, std::string kind,
                                   pg::settings detail, pg::time_point deadline) {
  return execute(c,
                 with(queries::insert_event, std::to_string(run), std::move(kind), to_json(detail)),
                 deadline);
}

asio::awaitable<result<void>> request(pg::connection& c, std::int64_t run, std::string what,
                                      std::string argument, std::string reason, std::string host,
                                      pg::time_point deadline) {
  std::optional<std::string> why;
  if (!reason.empty()) {
    why = std::move(reason);
  }
  auto asked = co_await execute(c,
                                with(queries::insert_control, std::to_string(run), std::move(what),
                                     std::move(argument), std::move(why), std::move(host)),
                                deadline);
  if (!asked && asked.error().sqlstate == "PW004") {
    error e = asked.error();
    e.code = errc::wrong_state;
    co_return e;
  }
  co_return asked;
}

asio::awaitable<result<std::vector<std::string>>> blockers(pg::connection& c, std::string prefix,
                                                           pg::time_point deadline) {
  auto rows =
      co_await pg::ask(c, pg::own_path(), with(queries::blockers, std::move(prefix)), deadline);
  if (!rows) {
    co_return rows.error();
  }
  std::vector<std::string> found;
  for (int row = 0; row < rows->rows(); ++row) {
    found.push_back(fmt::format("session {} ({}, {}, {}, {:.0f} s)", rows->text(row, 0),
                                rows->text(row, 1), rows->text(row, 2), rows->text(row, 3),
                                rows->real(row, 4)));
  }
  co_return found;
}

}  // namespace pawl::ledger
