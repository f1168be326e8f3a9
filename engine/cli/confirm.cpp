#include "cli/confirm.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <optional>

#include "cli/session.hpp"
#include "ledger/schema.hpp"
#include "ledger/status.hpp"
#include "observe/format.hpp"
#include "plan/job_plan.hpp"

namespace pawl::cli {

namespace asio = boost::asio;

namespace {

using runs = std::vector<ledger::run_status>;

// A job whose rows no longer match once they are changed passes over them when it begins again. A
// condition of a directive does not stand in the statement, and keeps it from nothing.
asio::awaitable<bool> passes_changed_rows(asio::io_context& io, pg::conninfo info, sql::job job) {
  pg::connection c{io.get_executor()};
  auto open = co_await c.open(std::move(info), "pawl", soon());
  if (!open) {
    co_return false;
  }
  const bool is_said = job.pending.has_value();
  auto plan = co_await plan::resolve(c, std::move(job), nullptr, soon());
  if (!plan) {
    co_return true;  // nothing is restarted then: the run is refused for this reason
  }
  co_return plan->pending.has_value() && !is_said;
}

asio::awaitable<result<std::optional<ledger::run_status>>> unfinished_run(pg::connection& c,
                                                                          std::string job) {
  std::optional<ledger::run_status> none;
  auto r = co_await ledger::find(c, std::move(job), soon());
  if (!r) {
    co_return r.error();
  }
  if (!*r || (*r)->state == "done") {
    co_return none;
  }
  auto found = co_await ledger::list_runs(c, (*r)->id, soon());
  if (!found) {
    co_return found.error();
  }
  if (found->empty() || found->front().done.batches == 0) {
    co_return none;
  }
  co_return std::optional<ledger::run_status>{std::move(found->front())};
}

// The unfinished runs whose committed rows a restart of these jobs would change again.
asio::awaitable<result<runs>> at_stake(asio::io_context& io, pg::conninfo info,
                                       std::vector<sql::job> jobs) {
  runs found;
  pg::connection c{io.get_executor()};
  auto open = co_await c.open(info, "pawl", soon());
  if (!open) {
    co_return open.error();
  }
  auto ledger = co_await ledger::exists(c, soon());
  if (!ledger) {
    co_return ledger.error();
  }
  if (!*ledger) {
    co_return found;
  }
  for (auto& job : jobs) {
    auto unfinished = co_await unfinished_run(c, job.name);
    if (!unfinished) {
      co_return unfinished.error();
    }
    if (!*unfinished) {
      continue;
    }
    const bool passes = co_await passes_changed_rows(io, info, std::move(job));
    if (!passes) {
      found.push_back(std::move(**unfinished));
    }
  }
  co_return found;
}

std::string loss_of(const ledger::run_status& r) {
  return fmt::format(
      "run {} of {} is {} with {} committed batches ({} rows): --restart would change those rows a "
      "second time",
      r.id, r.name, r.state, r.done.batches, observe::grouped(r.done.rows_changed));
}

// Whether somebody at a terminal types the run's name.
bool is_typed(const arguments& a, const ledger::run_status& r) {
  if (a.no_input || isatty(STDIN_FILENO) == 0 || isatty(STDERR_FILENO) == 0) {
    return false;
  }
  fmt::print(stderr, "{}.\nTo begin again from the first row, type its name ({}): ", loss_of(r),
             r.name);
  std::string line;
  std::getline(std::cin, line);
  return line == r.name;
}

error refusal(const arguments& a, const ledger::run_status& r) {
  error e;
  e.code = errc::guard;
  e.message = loss_of(r);
  e.hint = fmt::format(
      "If that is meant: pawl run {} --restart --confirm {}. To go on with it instead: pawl resume "
      "{}",
      a.subject, r.name, r.id);
  return e;
}

}  // namespace

bool is_confirmed(const arguments& a, const std::string& run) {
  return std::find(a.confirmed.begin(), a.confirmed.end(), run) != a.confirmed.end();
}

result<void> confirm_restart(const arguments& a, const pg::conninfo& info,
                             const std::vector<sql::job>& jobs) {
  if (!a.options.restart) {
    return {};
  }
  asio::io_context io{1};
  const auto found = run_to_end(io, at_stake(io, info, jobs));
  if (!found) {
    return found.error();
  }
  for (const auto& r : *found) {
    if (!is_confirmed(a, r.name) && !is_typed(a, r)) {
      return refusal(a, r);
    }
  }
  return {};
}

}  // namespace pawl::cli
