#include <fmt/format.h>

#include "pg/sqlstate.hpp"
#include "run/backoff.hpp"
#include "run/context.hpp"
#include "run/limits.hpp"

namespace pawl::run {

namespace asio = boost::asio;

namespace {

error given_up(const context& x, const error& last) {
  error e = last;
  e.code = errc::unreachable;
  e.message = fmt::format("the server was not reachable for {} s: {}",
                          x.options.unreachable_for.count(), last.message);
  e.hint =
      fmt::format("Everything committed is kept. When the server is back: pawl resume {}", x.run);
  return e;
}

}  // namespace

asio::awaitable<bool> ensure_open(context& x, pg::connection& c, std::string name) {
  std::chrono::milliseconds pause{0};
  while (!c.is_open()) {
    auto opened = co_await c.open(x.info, name, x.in(limits::connect_timeout));
    if (opened) {
      x.server_lost_since.reset();
      co_return true;
    }
    const auto now = std::chrono::steady_clock::now();
    if (!x.server_lost_since) {
      x.server_lost_since = now;
    }
    if (now - *x.server_lost_since > x.options.unreachable_for) {
      x.stop(given_up(x, opened.error()));
    }
    if (x.leaving) {
      co_return false;
    }
    pause = next_pause(pause, x.draw());
    co_await x.changed.wait(x.in(pause));
  }
  co_return true;
}

}  // namespace pawl::run
