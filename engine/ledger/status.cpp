#include "ledger/status.hpp"

#include <fmt/format.h>

#include "ledger/queries.hpp"
#include "ledger/tunables.hpp"
#include "pg/settings.hpp"

namespace pawl::ledger {

namespace asio = boost::asio;

namespace {

using values = std::vector<std::optional<std::string>>;

run_status status_of(const pg::result_set& rows, int row) {
  run_status r;
  r.id = rows.integer(row, 0);
  r.name = rows.text(row, 1);
  r.generation = static_cast<int>(rows.integer(row, 2));
  r.state = rows.text(row, 3);
  r.desired = rows.text(row, 4);
  r.reason = rows.text(row, 5);
  r.target = rows.text(row, 6);
  r.tuned = tunables_of(rows.text(row, 7));
  r.opened_at = rows.text(row, 8);
  r.state_since = rows.text(row, 9);
  r.state_age_s = rows.real(row, 10);
  r.done.rows_changed = rows.integer(row, 11);
  r.done.rows_scanned = rows.integer(row, 12);
  r.done.rows_hot = rows.integer(row, 13);
  r.done.batches = rows.integer(row, 14);
  r.done.ranges_done = rows.integer(row, 15);
  r.done.ranges_found = rows.integer(row, 16);
  r.done.fraction = rows.real(row, 17);
  r.silent_s = rows.real(row, 18);
  r.last_sqlstate = rows.text(row, 19);
  r.verification = rows.text(row, 20);
  r.rows_stay = rows.integer(row, 21);
  r.runners = static_cast<int>(rows.integer(row, 22));
  r.runners_alive = static_cast<int>(rows.integer(row, 23));
  r.age_s = rows.real(row, 24);
  r.has_fraction = rows.boolean(row, 25) && r.done.fraction > 0;
  return r;
}

}  // namespace

std::string stalled_because(const run_status& r, double stalled_after_s) {
  const bool should_run = r.state == "running" || r.state == "verifying" || r.state == "held";
  if (!should_run || r.desired != "run") {
    return {};
  }
  if (r.runners_alive == 0) {
    return r.runners == 0 ? "no runner works on it" : "its runner is gone";
  }
  if (r.state == "running" && r.silent_s > stalled_after_s) {
    return r.last_sqlstate.empty() ? "no batch was committed"
                                   : "batches fail with SQLSTATE " + r.last_sqlstate;
  }
  return {};
}

asio::awaitable<result<std::vector<run_status>>> list_runs(pg::connection& c,
                                                           std::optional<std::int64_t> run,
                                                           pg::time_point deadline) {
  values params(1);
  if (run) {
    params.front() = std::to_string(*run);
  }
  pg::statement one{std::string{queries::list_runs}, std::move(params)};
  auto rows = co_await pg::ask(c, pg::own_path(), std::move(one), deadline);
  if (!rows) {
    co_return rows.error();
  }
  std::vector<run_status> found;
  for (int row = 0; row < rows->rows(); ++row) {
    found.push_back(status_of(*rows, row));
  }
  co_return found;
}

asio::awaitable<result<std::vector<runner_status>>> list_runners(pg::connection& c,
                                                                 std::int64_t run,
                                                                 pg::time_point deadline) {
  pg::statement one{std::string{queries::list_runners}, values(1, std::to_string(run))};
  auto rows = co_await pg::ask(c, pg::own_path(), std::move(one), deadline);
  if (!rows) {
    co_return rows.error();
  }
  std::vector<runner_status> found;
  for (int row = 0; row < rows->rows(); ++row) {
    runner_status r;
    r.id = rows->text(row, 0);
    r.host = rows->text(row, 1);
    r.version = rows->text(row, 2);
    r.connections = static_cast<int>(rows->integer(row, 3));
    r.is_alive = rows->boolean(row, 4);
    r.age_s = rows->real(row, 5);
    r.ranges = static_cast<int>(rows->integer(row, 6));
    found.push_back(std::move(r));
  }
  co_return found;
}

asio::awaitable<result<std::vector<event_record>>> list_events(pg::connection& c, std::int64_t run,
                                                               std::int64_t after,
                                                               pg::time_point deadline) {
  values params(1, std::to_string(run));
  params.emplace_back(std::to_string(after));
  pg::statement one{std::string{queries::list_events}, std::move(params)};
  auto rows = co_await pg::ask(c, pg::own_path(), std::move(one), deadline);
  if (!rows) {
    co_return rows.error();
  }
  std::vector<event_record> found;
  for (int row = 0; row < rows->rows(); ++row) {
    event_record e;
    e.id = rows->integer(row, 0);
    e.at = rows->text(row, 1);
    e.kind = rows->text(row, 2);
    e.detail = rows->text(row, 3);
    e.by = rows->text(row, 4);
    found.push_back(std::move(e));
  }
  co_return found;
}

asio::awaitable<result<void>> forget(pg::connection& c, std::int64_t run, pg::time_point deadline) {
  pg::settings allowed = pg::own_path();
  allowed["pawl.forget"] = std::to_string(run);
  std::vector<pg::statement> remove;
  remove.emplace_back("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  remove.push_back(pg::apply_settings(allowed));
  remove.push_back({std::string{queries::list_work_tables}, values(1, std::to_string(run))});
  remove.push_back({std::string{queries::forget_run}, values(1, std::to_string(run))});
  auto answers = co_await c.run(std::move(remove), deadline);
  if (answers.failure) {
    error e = *answers.failure;
    if (c.in_transaction()) {
      co_await c.query(std::string{"ROLLBACK"}, deadline);
    }
    co_return e;
  }
  const bool is_gone = answers.results[3].rows() > 0;
  std::vector<pg::statement> end;
  for (int row = 0; is_gone && row < answers.results[2].rows(); ++row) {
    end.emplace_back("DROP TABLE IF EXISTS " + answers.results[2].text(row, 0));
  }
  end.emplace_back(is_gone ? "COMMIT" : "ROLLBACK");
  auto ended = co_await c.run(std::move(end), deadline);
  if (ended.failure) {
    co_return *ended.failure;
  }
  if (!is_gone) {
    error e;
    e.code = errc::wrong_state;
    e.message = fmt::format("run {} still has a runner at work", run);
    e.hint = fmt::format("End it first: pawl cancel {}", run);
    co_return e;
  }
  co_return result<void>{};
}

}  // namespace pawl::ledger
