#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "run/check.hpp"

namespace pawl::cli {

namespace asio = boost::asio;

namespace {

asio::awaitable<result<int>> check(asio::io_context& io, const arguments& a, pg::connection& c,
                                   pg::conninfo info) {
  auto r = co_await find_run(c, a.subject);
  if (!r) {
    co_return r.error();
  }
  auto jobs = sql::read_jobs(r->what.file, r->what.text);
  if (!jobs) {
    co_return jobs.error();
  }
  const auto index = static_cast<std::size_t>(r->what.job);
  if (index >= jobs->size()) {
    error e;
    e.code = errc::ledger_damaged;
    e.message = fmt::format("the definition of run {} has no job {}", r->id, index + 1);
    co_return e;
  }
  auto found = co_await run::check_run(io.get_executor(), std::move(info), std::move(*r),
                                       std::move((*jobs)[index]));
  if (!found) {
    co_return found.error();
  }
  print(*found + '\n');
  co_return 0;
}

}  // namespace

int verify_command(const arguments& a) {
  auto info = find_connection(a);
  if (!info) {
    return fail(a, info.error());
  }
  return converse(a,
                  [&](asio::io_context& io, pg::connection& c) { return check(io, a, c, *info); });
}

}  // namespace pawl::cli
