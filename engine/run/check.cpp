#include "run/check.hpp"

#include <fmt/format.h>

#include "run/context.hpp"
#include "run/limits.hpp"
#include "run/open.hpp"
#include "run/verify.hpp"

namespace pawl::run {

namespace asio = boost::asio;

namespace {

class silent final : public observer {
 public:
  void on(const event&) override {}
};

}  // namespace

asio::awaitable<result<std::string>> check_run(asio::any_io_executor executor, pg::conninfo where,
                                               ledger::run_record r, sql::job job) {
  silent nobody;
  context x{executor, std::move(where), {}, nobody};
  pg::connection c{executor};
  auto open = co_await c.open(x.info, "pawl/verify", x.in(limits::connect_timeout));
  if (!open) {
    co_return open.error();
  }
  const std::string state = r.state;
  auto ready = co_await open_for_reading(x, c, std::move(r), std::move(job));
  if (!ready) {
    co_return ready.error();
  }
  auto covered = co_await check_coverage(x, c);
  if (!covered && state != "done") {
    error e;
    e.code = errc::verification_failed;
    e.message = fmt::format("run {} is {}: not all of its rows were changed yet", x.run, state);
    e.hint = fmt::format("`pawl resume {}` goes on with them.", x.run);
    co_return e;
  }
  if (!covered) {
    co_return covered.error();
  }
  auto found = co_await look_at_ranges(x, c, 0, true);
  if (!found) {
    co_return found.error();
  }
  if (!found->false_at && found->rows_to_sweep == 0) {
    co_return describe(x.plan, *found);
  }
  error e;
  e.code = errc::verification_failed;
  e.message = found->false_at
                  ? fmt::format("the job's check does not hold for {}", *found->false_at)
                  : fmt::format("{} rows are still to be changed", found->rows_to_sweep);
  e.hint = fmt::format("`pawl resume {}` goes on with them.", x.run);
  co_return e;
}

}  // namespace pawl::run
