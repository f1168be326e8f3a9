#include <fmt/format.h>

#include <algorithm>

#include "run/backoff.hpp"
#include "run/context.hpp"
#include "run/limits.hpp"

namespace pawl::run {

namespace asio = boost::asio;

namespace {

std::chrono::seconds patience(const context& x) {
  return std::min(x.options.unreachable_for, x.options.hold_for);
}

error given_up(const context& x, const error& last) {
  error e = last;
  e.code = errc::unreachable;
  e.message =
      fmt::format("the server was not reachable for {} s: {}", patience(x).count(), last.message);
  e.hint =
      fmt::format("Everything committed is kept. When the server is back: pawl resume {}", x.run);
  return e;
}

}  // namespace

void context::hold(const error& cause) {
  const bool first = !tasks.is_held();
  tasks.hold(in(limits::probe_interval));
  if (first) {
    held_reason = cause.message;
    if (!cause.sqlstate.empty()) {
      held_reason += fmt::format(" [{}]", cause.sqlstate);
    }
    emit(state_changed{run_state::held, held_reason});
    control_wanted.raise();
  }
}

void context::release_hold() {
  if (tasks.is_held()) {
    tasks.release_hold();
    emit(state_changed{run_state::running, "the cause is gone"});
    control_wanted.raise();
  }
}

asio::awaitable<bool> ensure_open(context& x, pg::connection& c, std::string name) {
  std::chrono::milliseconds pause{0};
  while (!c.is_open()) {
    // What was begun is safe in the ledger; a runner that leaves does not wait for a server.
    if (x.leaving) {
      co_return false;
    }
    auto opened = co_await c.open(x.info, name, x.in(limits::connect_timeout));
    if (opened) {
      x.server_lost_since.reset();
      if (pause.count() > 0) {
        x.release_hold();
      }
      co_return true;
    }
    const auto now = std::chrono::steady_clock::now();
    if (!x.server_lost_since) {
      x.server_lost_since = now;
    }
    ++x.retries["lost"];
    x.hold(opened.error());
    if (now - *x.server_lost_since > patience(x)) {
      x.stop(given_up(x, opened.error()));
      co_return false;
    }
    pause = next_pause(pause, x.draw());
    co_await x.changed.wait(x.in(pause));
  }
  co_return true;
}

}  // namespace pawl::run
