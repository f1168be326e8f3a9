#include <fmt/format.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "ledger/schema.hpp"

namespace pawl::cli {

namespace asio = boost::asio;

namespace {

constexpr int timed_out_exit = 3;
constexpr auto interval = std::chrono::milliseconds{500};

// Exit code of a run's end; nullopt while it goes on.
std::optional<int> ending_of(const ledger::run_record& r) {
  if (r.state == "done") {
    return 0;
  }
  if (r.state == "cancelled") {
    return exit_code_of(errc::cancelled);
  }
  if (r.state == "failed") {
    return exit_code_of(errc::statement_failed);
  }
  return std::nullopt;
}

asio::awaitable<void> sleep(std::chrono::milliseconds d) {
  asio::steady_timer timer{co_await asio::this_coro::executor};
  timer.expires_after(d);
  co_await timer.async_wait(asio::use_awaitable);
}

// The run's end over one connection; an error when it broke.
asio::awaitable<result<std::optional<int>>> look(const arguments& a, pg::connection& c,
                                                 const pg::conninfo& info) {
  if (!c.is_open()) {
    auto open = co_await c.open(info, "pawl", soon());
    if (!open) {
      co_return open.error();
    }
  }
  if (a.reachable) {
    co_return std::optional<int>{0};
  }
  auto ledger = co_await ledger::exists(c, soon());
  if (!ledger) {
    co_return ledger.error();
  }
  if (!*ledger) {
    co_return std::optional<int>{};  // a run that nobody opened yet
  }
  auto r = co_await ledger::find(c, a.subject, soon());
  if (!r) {
    co_return r.error();
  }
  if (!*r) {
    co_return std::optional<int>{};
  }
  co_return ending_of(**r);
}

bool may_pass(const error& e) {
  return e.code == errc::unreachable || e.code == errc::connection_lost ||
         e.code == errc::timed_out || e.sqlstate.starts_with("57P0");
}

asio::awaitable<result<int>> wait(const arguments& a, asio::io_context& io, pg::conninfo info) {
  const auto begin = std::chrono::steady_clock::now();
  pg::connection c{io.get_executor()};
  for (;;) {
    auto end = co_await look(a, c, info);
    if (!end && !may_pass(end.error())) {
      co_return end.error();
    }
    if (end && *end) {
      co_return **end;
    }
    const auto waited = std::chrono::steady_clock::now() - begin;
    if (a.timeout.count() > 0 && waited + interval > a.timeout) {
      fmt::print(stderr, "{}\n",
                 end ? fmt::format("run \"{}\" goes on after {} ms", a.subject, a.timeout.count())
                     : end.error().message);
      co_return timed_out_exit;
    }
    co_await sleep(interval);
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
