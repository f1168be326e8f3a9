#include "run/snapshot.hpp"

#include <fmt/format.h>

#include "plan/work_table.hpp"
#include "run/limits.hpp"

namespace pawl::run {

namespace asio = boost::asio;

namespace {

// What is computed once may take as long as the one statement would.
pg::settings unhurried(pg::settings under) {
  under["statement_timeout"] = "0";
  under["idle_in_transaction_session_timeout"] = "0";
  return under;
}

error explained(error e, sql::change_kind kind) {
  if (e.sqlstate != "23505") {
    return e;
  }
  if (kind == sql::change_kind::merge) {
    e.message = fmt::format(
        "two rows of the source of MERGE are joined by the same values, so both may belong to one "
        "row: {}",
        e.message);
    e.hint = "Make the rows of the source unique in what ON compares: group them, or DISTINCT ON.";
  } else if (kind == sql::change_kind::insert) {
    e.message = fmt::format(
        "two of its rows meet in one key of ON CONFLICT DO UPDATE, which one statement would "
        "refuse "
        "as well: {}",
        e.message);
    e.hint = "Group the rows of the query by that key.";
  }
  return e;
}

}  // namespace

asio::awaitable<result<void>> make_work_table(context& x, pg::connection& c, int generation) {
  auto name =
      co_await ledger::work_table(c, x.plan.job.name, generation, x.in(limits::query_timeout));
  if (!name) {
    co_return name.error();
  }
  const auto script = plan::work_table(x.plan, *name);
  std::vector<pg::statement> s;
  s.push_back(pg::apply_settings(unhurried(x.own_settings)));
  for (const auto& one : script.make) {
    s.emplace_back(one);
  }
  if (!script.fill.empty()) {
    x.emit(notice{fmt::format("computing its rows once, into {}: {}", *name, x.plan.reason)});
    s.push_back(pg::apply_settings(unhurried(x.user_settings)));
    s.emplace_back(script.fill);
    s.push_back(pg::apply_settings(x.after_settings));
    s.push_back(pg::apply_settings(unhurried(x.own_settings)));
  }
  for (const auto& one : script.finish) {
    s.emplace_back(one);
  }
  auto answers = co_await c.run(std::move(s), x.in(limits::snapshot_timeout));
  if (answers.failure) {
    co_return explained(*answers.failure, x.plan.job.what.kind);
  }
  auto found = co_await plan::resolve_work(c, x.plan, *name, x.in(limits::query_timeout));
  if (!found) {
    co_return found.error();
  }
  co_return plan::check_guard(x.plan);
}

asio::awaitable<result<void>> find_work_table(context& x, pg::connection& c) {
  auto recorded = co_await ledger::leaves(c, x.run, x.in(limits::query_timeout));
  if (!recorded) {
    co_return recorded.error();
  }
  if (recorded->empty()) {
    error e;
    e.code = errc::ledger_damaged;
    e.message = fmt::format("run {} has no work table in the ledger", x.run);
    e.hint = "Begin again: pawl run FILE --restart";
    co_return e;
  }
  co_return co_await plan::resolve_work(c, x.plan, recorded->front().name,
                                        x.in(limits::query_timeout));
}

}  // namespace pawl::run
