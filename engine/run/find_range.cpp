#include "run/find_range.hpp"

#include <algorithm>

#include "plan/statements.hpp"
#include "run/leaves.hpp"
#include "run/limits.hpp"

namespace pawl::run {

namespace asio = boost::asio;

namespace {

// As many as `range_rows`, or as the cache holds of wide ones: passes come back to the same pages.
std::int64_t range_rows(const context& x, const plan::leaf& l) {
  std::int64_t rows = limits::range_rows;
  if (x.plan.passes.stripes > 1 && l.rows.value_or(0) > 0) {
    const auto row_bytes = std::max(1.0, static_cast<double>(l.bytes) / *l.rows);
    rows = std::clamp(static_cast<std::int64_t>(limits::range_bytes_max / row_bytes),
                      limits::range_rows_min, rows);
  }
  return x.size.is_fixed() ? std::max(rows, x.size.rows()) : rows;
}

// In how many passes the range is changed. Ranges of later rounds hold few rows that are pending.
asio::awaitable<result<void>> add_passes(context& x, pg::connection& c, ledger::frontier f,
                                         ledger::piece& p) {
  const auto& l = x.leaves.at(f.leaf);
  const auto& passes = x.plan.passes;
  const bool pays =
      passes.is_wanted || (p.rows >= limits::striped_rows_min && !x.tasks.is_horizon_stuck());
  if (f.round > 0 || passes.stripes == 1 || !pays) {
    co_return result<void>{};
  }
  const auto by = plan::choose_function(x.plan.by, l.histogram);
  p.stripes = passes.stripes;
  p.stripe_function = plan::name_of(by);
  if (by == plan::stripe_function::hash) {
    auto check =
        co_await c.query(plan::stripe_check(x.plan, p.hi, by), x.in(limits::query_timeout));
    if (!check) {
      co_return check.error();
    }
    p.stripe_check = check->text(0, 0);
  }
  co_return result<void>{};
}

double leaf_share(const context& x, const plan::leaf& l) {
  double all = 0;
  for (const auto& other : x.plan.leaves) {
    all += other.rows.value_or(0);
  }
  return all > 0 ? l.rows.value_or(0) / all : 0;
}

// A partition that another runner found attached is not known here yet.
asio::awaitable<result<void>> know_leaf(context& x, pg::connection& c, int number) {
  if (x.leaves.contains(number)) {
    co_return result<void>{};
  }
  co_return co_await read_new_leaves(x, c);
}

// In the frontier's open transaction: where the range ends, how many rows it has, and what share of
// the key space that is.
asio::awaitable<result<ledger::piece>> measure(context& x, pg::connection& c, ledger::frontier f) {
  auto known = co_await know_leaf(x, c, f.leaf);
  if (!known) {
    co_return known.error();
  }
  const auto& l = x.leaves.at(f.leaf);
  const auto rows = range_rows(x, l);
  const plan::interval rest{f.lo, f.bound};
  std::vector<pg::statement> s;
  s.push_back(pg::apply_settings(plan::bound_settings(x.plan)));
  s.push_back(plan::cut(x.plan, l, rest, rows));
  const bool has_low = f.lo.has_value() && !l.histogram.empty();
  if (has_low) {
    s.push_back(plan::bucket_of(x.plan, l, *f.lo));
  }
  auto answers = co_await c.run(std::move(s), x.in(limits::query_timeout));
  if (answers.failure) {
    co_return *answers.failure;
  }
  const double low =
      has_low ? plan::position_in(l.histogram, static_cast<int>(answers.results[2].integer(0, 0)),
                                  f.lo->front())
              : 0.0;
  const auto& cut = answers.results[1];
  ledger::piece p;
  double high = 1.0;
  if (cut.rows() > 0) {
    const int columns = static_cast<int>(x.plan.by.size());
    for (int column = 0; column < columns; ++column) {
      p.hi.push_back(cut.text(0, column));
    }
    p.rows = rows;
    high = plan::position_in(l.histogram, static_cast<int>(cut.integer(0, columns)), p.hi.front());
  } else {
    auto counted = co_await c.query(plan::count(x.plan, l, rest), x.in(limits::query_timeout));
    if (!counted) {
      co_return counted.error();
    }
    p.hi = f.bound;
    p.rows = counted->integer(0, 0);
  }
  if (!l.histogram.empty()) {
    p.share = std::max(0.0, high - low) * leaf_share(x, l);
  }
  auto striped = co_await add_passes(x, c, f, p);
  if (!striped) {
    co_return striped.error();
  }
  // The frontier's transaction goes on as the ledger's, not as the job's.
  auto back = co_await c.query(pg::apply_settings(x.after_settings), x.in(limits::query_timeout));
  if (!back) {
    co_return back.error();
  }
  co_return p;
}

}  // namespace

asio::awaitable<result<std::optional<ledger::claim>>> claim_or_cut(context& x, pg::connection& c) {
  const auto deadline = x.in(limits::query_timeout);
  auto taken = co_await ledger::take(c, x.run, x.runner, x.tasks.held(), deadline);
  if (!taken) {
    co_return taken.error();
  }
  if (*taken) {
    auto known = co_await know_leaf(x, c, (*taken)->leaf);
    if (!known) {
      co_return known.error();
    }
    co_return std::move(*taken);
  }
  auto f = co_await ledger::lock_frontier(c, x.run, deadline);
  if (!f) {
    co_return f.error();
  }
  if (!*f) {
    co_return std::optional<ledger::claim>{};
  }
  auto p = co_await measure(x, c, **f);
  if (!p) {
    error e = p.error();
    if (c.in_transaction()) {
      co_await c.query(std::string{"ROLLBACK"}, deadline);
    }
    co_return e;
  }
  auto made = co_await ledger::add_range(c, x.run, std::move(**f), std::move(*p), x.runner,
                                         x.in(limits::query_timeout));
  if (!made) {
    error e = made.error();
    if (c.in_transaction()) {
      co_await c.query(std::string{"ROLLBACK"}, deadline);
    }
    co_return e;
  }
  co_return std::optional<ledger::claim>{std::move(*made)};
}

}  // namespace pawl::run
