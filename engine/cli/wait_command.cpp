#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/documents.hpp"
#include "cli/run_state.hpp"
#include "cli/session.hpp"
#include "ledger/status.hpp"

namespace pawl::cli {

namespace asio = boost::asio;

namespace {

constexpr int timed_out_exit = 3;
constexpr auto interval = std::chrono::milliseconds{500};
// A run that was opened a moment ago has no runner yet.
constexpr int stalled_looks_min = 2;

// What a look at the run, or at the server, has shown.
struct sight {
  std::int64_t run = 0;  // 0: not known
  std::string name;
  std::string state = "unreachable";
  std::optional<int> exit;  // absent while it goes on
  std::string stalled;      // why, empty if it is not
};

std::optional<int> ending_of(const ledger::run_record& r) {
  if (r.state == "done") {
    return 0;
  }
  if (r.state == "cancelled") {
    return exit_code_of(errc::cancelled);
  }
  if (r.state == "failed") {
    return exit_code_of_reason(r.reason);
  }
  return std::nullopt;
}

// An error when the connection broke, or when there is no such run.
asio::awaitable<result<sight>> look(const arguments& a, pg::connection& c,
                                    const pg::conninfo& info) {
  if (!c.is_open()) {
    auto open = co_await c.open(info, "pawl", soon());
    if (!open) {
      co_return open.error();
    }
  }
  sight seen;
  if (a.reachable) {
    seen.state = "reachable";
    seen.exit = 0;
    co_return seen;
  }
  auto present = co_await expect_ledger(c);
  if (!present) {
    co_return present.error();
  }
  auto r = co_await find_run(c, a.subject);
  if (!r) {
    co_return r.error();
  }
  seen.run = r->id;
  seen.name = r->name;
  seen.state = shown_state(r->state, r->desired);
  seen.exit = ending_of(*r);
  if (seen.exit) {
    co_return seen;
  }
  auto now = co_await ledger::list_runs(c, r->id, soon());
  if (!now) {
    co_return now.error();
  }
  if (!now->empty()) {
    seen.stalled = why_stalled(now->front());
  }
  co_return seen;
}

bool may_pass(const error& e) {
  return e.code == errc::unreachable || e.code == errc::connection_lost ||
         e.code == errc::timed_out || e.sqlstate.starts_with("57P0");
}

int conclude(const arguments& a, const sight& seen, int exit) {
  if (a.json) {
    nlohmann::ordered_json j;
    j["schema"] = "pawl.wait/1";
    j["run"] = seen.run == 0 ? nlohmann::ordered_json() : nlohmann::ordered_json(seen.run);
    j["state"] = seen.state;
    j["exit"] = exit;
    print(json_line(j));
  }
  return exit;
}

void warn_of_stall(const sight& seen) {
  fmt::print(stderr, "warning: run {} ({}) is stalled: {}; to go on with it: pawl resume {}\n",
             seen.run, seen.name, seen.stalled, seen.run);
}

asio::awaitable<result<int>> wait(const arguments& a, asio::io_context& io, pg::conninfo info) {
  const auto begin = std::chrono::steady_clock::now();
  pg::connection c{io.get_executor()};
  int stalled_looks = 0;
  for (;;) {
    auto seen = co_await look(a, c, info);
    if (!seen && !may_pass(seen.error())) {
      co_return seen.error();
    }
    if (seen && seen->exit) {
      co_return conclude(a, *seen, *seen->exit);
    }
    if (seen && !seen->stalled.empty() && ++stalled_looks == stalled_looks_min) {
      warn_of_stall(*seen);
    }
    const auto waited = std::chrono::steady_clock::now() - begin;
    if (a.timeout.count() > 0 && waited + interval > a.timeout) {
      fmt::print(stderr, "{}\n",
                 seen ? fmt::format("run {} ({}) is {} after {} ms", seen->run, seen->name,
                                    seen->state, a.timeout.count())
                      : seen.error().message);
      co_return conclude(a, seen ? *seen : sight{}, timed_out_exit);
    }
    co_await let_pass(interval);
  }
}

}  // namespace

int wait_command(const arguments& a) {
  if (a.reachable == !a.subject.empty()) {
    error e;
    e.code = errc::usage;
    e.message = "wait for what?";
    e.hint = "Type `pawl wait RUN`, or `pawl wait --reachable`.";
    return fail(a, e);
  }
  auto info = find_connection(a);
  if (!info) {
    return fail(a, info.error());
  }
  asio::io_context io{1};
  auto code = run_to_end(io, wait(a, io, std::move(*info)));
  return code ? *code : fail(a, code.error());
}

}  // namespace pawl::cli
