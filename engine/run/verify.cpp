#include "run/verify.hpp"

#include <fmt/format.h>

#include <deque>

#include "plan/statements.hpp"
#include "run/leaves.hpp"
#include "run/limits.hpp"

namespace pawl::run {

namespace asio = boost::asio;

namespace {

// Shared by the checkers of one look.
struct look_state {
  std::deque<ledger::covered_range> queue;
  std::int64_t checked = 0;
  std::int64_t total = 0;
  look found;
  std::optional<error> failure;
};

bool all_true(const pg::result_set& rows) {
  for (int row = 0; row < rows.rows(); ++row) {
    if (!rows.boolean(row, 0)) {
      return false;
    }
  }
  return true;
}

std::string extent(const ledger::covered_range& r) {
  return fmt::format("({}, {}]", r.lo ? fmt::format("{}", fmt::join(*r.lo, ", ")) : "-infinity",
                     fmt::join(r.hi, ", "));
}

// Verification reads under the user's settings, as his statement does.
std::vector<pg::statement> reading(const context& x, pg::statement one) {
  std::vector<pg::statement> s;
  s.emplace_back("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY");
  s.push_back(pg::apply_settings(x.own_settings));
  auto settings = x.user_settings;
  settings["statement_timeout"] = "0";
  s.push_back(pg::apply_settings(settings));
  s.push_back(std::move(one));
  s.emplace_back("COMMIT");
  return s;
}
constexpr std::size_t read_at = 3;

// A whole-table check may take long; the server's checks for a lost client bound it.
constexpr auto verify_timeout = std::chrono::hours{24};

asio::awaitable<std::optional<error>> check_range(context& x, pg::connection& c, look_state& s,
                                                  ledger::covered_range r, bool with_check) {
  const plan::interval rows{r.lo, r.hi};
  if (x.plan.pending) {
    auto answers = co_await c.run(
        reading(x, plan::count_pending(x.plan, x.leaves.at(r.leaf), rows)), x.in(verify_timeout));
    if (answers.failure) {
      co_return *answers.failure;
    }
    const auto pending = answers.results[read_at].integer(0, 0);
    s.found.rows_stay += answers.results[read_at].integer(0, 1);
    if (pending > 0) {
      s.found.rows_to_sweep += pending;
      s.found.to_sweep.push_back(r.number);
    }
  }
  if (with_check) {
    auto answers = co_await c.run(reading(x, plan::verify(x.plan, rows)), x.in(verify_timeout));
    if (answers.failure) {
      co_return *answers.failure;
    }
    if (!all_true(answers.results[read_at]) && !s.found.false_at) {
      s.found.false_at = fmt::format("keys {}", extent(r));
    }
  }
  co_return std::nullopt;
}

// Errors of one attempt are retried on a new connection until the server has been away too long.
asio::awaitable<void> check_ranges(context& x, look_state& s, int checker, bool with_check) {
  pg::connection c{x.executor};
  const tracked cut_off{x, c};
  while (!s.queue.empty() && !s.failure && !x.leaving) {
    const auto r = s.queue.front();
    s.queue.pop_front();
    const bool open = co_await ensure_open(
        x, c, fmt::format("{}verify{}", ledger::application_prefix(x.run), checker + 1));
    if (!open) {
      co_return;
    }
    auto failure = co_await check_range(x, c, s, r, with_check);
    if (failure && c.is_open()) {
      s.failure = std::move(failure);
      co_return;
    }
    if (failure) {
      s.queue.push_front(r);
      continue;
    }
    ++s.checked;
  }
}

asio::awaitable<std::optional<error>> check_whole_table(context& x, pg::connection& c,
                                                        look& found) {
  auto answers =
      co_await c.run(reading(x, plan::verify(x.plan, std::nullopt)), x.in(verify_timeout));
  if (answers.failure) {
    if (c.in_transaction()) {
      co_await c.query(std::string{"ROLLBACK"}, x.in(limits::query_timeout));
    }
    co_return *answers.failure;
  }
  if (!all_true(answers.results[read_at])) {
    found.false_at = "the whole table";
  }
  co_return std::nullopt;
}

}  // namespace

std::string describe(const plan::job_plan& p, const look& found) {
  std::string text;
  if (p.pending) {
    text = found.rows_to_sweep == 0
               ? "no row is left to change"
               : fmt::format("{} rows became pending again while they were looked for",
                             found.rows_to_sweep);
    if (found.rows_stay > 0) {
      text += fmt::format("; {} rows still match after their change and stay as they are",
                          found.rows_stay);
    }
  }
  if (p.job.verify) {
    text += text.empty() ? "the job's check holds" : "; the job's check holds";
  }
  return text.empty() ? "finished ranges cover every key up to the bound" : text;
}

asio::awaitable<result<look>> look_at_ranges(context& x, pg::connection& c, int round,
                                             bool with_check) {
  look_state s;
  const bool has_check = with_check && x.plan.job.verify.has_value();
  // Ranges of another table's key say nothing about the rows that the check reads.
  const bool own_ranges =
      x.plan.by_what == plan::strategy::target_key || x.plan.by_what == plan::strategy::marked;
  const bool by_range = has_check && own_ranges && !x.plan.job.verify_markers.empty();
  if (has_check && !by_range) {
    if (auto failure = co_await check_whole_table(x, c, s.found)) {
      co_return *failure;
    }
  }
  std::int64_t after = 0;
  while (x.plan.pending || by_range) {
    auto page = co_await ledger::list_ranges(c, x.run, after, limits::range_page,
                                             x.in(limits::query_timeout));
    if (!page) {
      co_return page.error();
    }
    if (page->empty()) {
      break;
    }
    after = page->back().number;
    s.total += static_cast<std::int64_t>(page->size());
    s.queue.assign(page->begin(), page->end());
    task_group checkers{x.executor};
    for (int checker = 0; checker < x.tasks.workers(); ++checker) {
      checkers.spawn(check_ranges(x, s, checker, by_range));
    }
    co_await checkers.join();
    if (s.failure) {
      co_return *s.failure;
    }
    if (x.leaving) {
      co_return x.fatal.value_or(error{});
    }
    x.emit(verify_progress{round, s.checked, s.total, s.found.rows_to_sweep, s.found.rows_stay});
  }
  co_return std::move(s.found);
}

namespace {

asio::awaitable<result<bool>> extend_leaf(context& x, pg::connection& c, ledger::leaf_record l) {
  std::vector<pg::statement> s;
  s.push_back(pg::apply_settings(plan::bound_settings(x.plan)));
  s.push_back(plan::greatest_key(x.plan, x.leaves.at(l.number)));
  auto answers = co_await c.run(std::move(s), x.in(limits::query_timeout));
  if (answers.failure) {
    co_return *answers.failure;
  }
  const auto& greatest = answers.results[1];
  if (greatest.rows() == 0) {
    co_return false;
  }
  ledger::key_values bound;
  for (int column = 0; column < greatest.columns(); ++column) {
    bound.push_back(greatest.text(0, column));
  }
  if (l.bound) {
    // Only the server can tell whether it lies behind the bound.
    const plan::interval beyond{l.bound, bound};
    auto counted = co_await pg::ask(c, plan::bound_settings(x.plan),
                                    plan::cut(x.plan, x.leaves.at(l.number), beyond, 1),
                                    x.in(limits::query_timeout));
    if (!counted) {
      co_return counted.error();
    }
    if (counted->rows() == 0) {
      co_return false;
    }
  }
  auto extended = co_await ledger::extend_bound(c, x.run, l.number, std::move(bound),
                                                x.in(limits::query_timeout));
  if (!extended) {
    co_return extended.error();
  }
  co_return true;
}

}  // namespace

asio::awaitable<result<bool>> extend_work(context& x, pg::connection& c) {
  auto recorded = co_await ledger::leaves(c, x.run, x.in(limits::query_timeout));
  if (!recorded) {
    co_return recorded.error();
  }
  bool any = false;
  for (const auto& l : *recorded) {
    auto more = co_await extend_leaf(x, c, l);
    if (!more) {
      co_return more.error();
    }
    any = any || *more;
  }
  co_return any;
}

asio::awaitable<result<void>> check_coverage(context& x, pg::connection& c) {
  auto gaps = co_await ledger::coverage_gaps(c, x.run, x.in(limits::query_timeout));
  if (!gaps) {
    co_return gaps.error();
  }
  if (gaps->empty()) {
    co_return result<void>{};
  }
  error e;
  e.code = errc::ledger_damaged;
  e.message =
      fmt::format("the finished ranges of run {} do not cover {}", x.run, fmt::join(*gaps, ", "));
  e.hint = fmt::format(
      "Rows of pawl.range were removed or altered: look at pawl log {}; a fresh "
      "start is pawl run FILE --restart",
      x.run);
  co_return e;
}

}  // namespace pawl::run
