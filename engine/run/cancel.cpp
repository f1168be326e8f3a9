#include "run/cancel.hpp"

#include "run/limits.hpp"

namespace pawl::run {

namespace asio = boost::asio;

namespace {

asio::awaitable<bool> cancel_backend(context& x, pg::connection& c, int backend_pid) {
  pg::statement one{"SELECT pg_catalog.pg_cancel_backend($1)", {std::to_string(backend_pid)}};
  auto sent = co_await c.query(std::move(one), x.in(limits::connect_timeout));
  co_return sent.has_value();
}

}  // namespace

asio::awaitable<void> cancel_batches(context& x) {
  x.cancelling = true;
  pg::connection c{x.executor};
  const tracked cut_off{x, c};
  co_await c.open(x.info, ledger::application_prefix(x.run) + "cancel",
                  x.in(limits::connect_timeout));
  for (auto& [worker, status] : x.workers) {
    if (!status.in_work) {
      continue;
    }
    const bool sent = co_await cancel_backend(x, c, status.backend_pid);
    if (!sent && status.in_work) {
      status.connection->abort();
    }
  }
}

}  // namespace pawl::run
