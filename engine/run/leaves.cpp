#include "run/leaves.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "run/limits.hpp"

namespace pawl::run {

namespace asio = boost::asio;

namespace {

asio::awaitable<result<std::vector<plan::leaf>>> list_now(context& x, pg::connection& c) {
  auto now = co_await plan::list_leaves(c, x.plan, x.in(limits::query_timeout));
  if (!now) {
    co_return now.error();
  }
  auto back = co_await c.query(pg::apply_settings(x.after_settings), x.in(limits::query_timeout));
  if (!back) {
    co_return back.error();
  }
  co_return std::move(*now);
}

asio::awaitable<result<void>> know(context& x, pg::connection& c, std::vector<plan::leaf> now) {
  auto recorded = co_await ledger::leaves(c, x.run, x.in(limits::query_timeout));
  if (!recorded) {
    co_return recorded.error();
  }
  for (const auto& r : *recorded) {
    for (const auto& l : now) {
      if (l.oid == r.oid) {
        x.leaves[r.number] = l;
      }
    }
  }
  co_return result<void>{};
}

bool is_known(const context& x, const plan::leaf& l) {
  return std::any_of(x.leaves.begin(), x.leaves.end(),
                     [&](const auto& known) { return known.second.oid == l.oid; });
}

}  // namespace

asio::awaitable<result<void>> read_new_leaves(context& x, pg::connection& c) {
  auto now = co_await list_now(x, c);
  if (!now) {
    co_return now.error();
  }
  co_return co_await know(x, c, std::move(*now));
}

asio::awaitable<result<void>> add_new_leaves(context& x, pg::connection& c) {
  auto now = co_await list_now(x, c);
  if (!now) {
    co_return now.error();
  }
  for (const auto& l : *now) {
    if (is_known(x, l)) {
      continue;
    }
    if (!x.plan.pending) {
      x.emit(notice{fmt::format(
          "partition {} was attached meanwhile; it is not part of this run, whose rows are those "
          "of its start",
          l.name)});
      continue;
    }
    ledger::new_leaf fresh;
    fresh.oid = l.oid;
    fresh.name = l.name;
    auto added = co_await ledger::add_leaf(c, x.run, std::move(fresh), x.in(limits::query_timeout));
    if (!added) {
      co_return added.error();
    }
    x.emit(notice{fmt::format("partition {} was attached meanwhile and is walked too", l.name)});
  }
  co_return co_await know(x, c, std::move(*now));
}

}  // namespace pawl::run
