#include "run/preview.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "plan/work_table.hpp"
#include "run/context.hpp"
#include "run/explain.hpp"
#include "run/limits.hpp"
#include "run/open.hpp"

namespace pawl::run {

namespace asio = boost::asio;

namespace {

using nlohmann::json;

class silent final : public observer {
 public:
  void on(const event&) override {}
};

// What one batch of the sample took.
struct measured {
  std::int64_t scanned = 0;
  std::int64_t changed = 0;
  std::int64_t hot = 0;
  double seconds = 0;
  double wal_bytes = 0;
};

// Answers of a sampled batch, behind BEGIN and two sets of settings.
enum sample_answer : std::size_t { before_at = 3, run_at = 4, after_at = 5 };

// Rows that an INSERT has made are those of the plan below it.
double inserted_rows(const json& plan) {
  const auto below = plan.find("Plans");
  const bool inserts = plan.value("Operation", "") == "Insert";
  return inserts && below != plan.end() && !below->empty()
             ? below->front().value("Actual Rows", 0.0)
             : 0.0;
}

asio::awaitable<result<measured>> measure(context& x, pg::connection& c, plan::leaf l,
                                          plan::interval rows) {
  auto counted = co_await pg::ask(c, plan::bound_settings(x.plan), plan::count(x.plan, l, rows),
                                  x.in(limits::query_timeout));
  if (!counted) {
    co_return counted.error();
  }
  auto batch = plan::change_batch(x.plan, l, rows);
  batch.sql = "EXPLAIN (ANALYZE, WAL, TIMING OFF, FORMAT JSON) " + batch.sql;
  std::vector<pg::statement> s;
  s.emplace_back("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  s.push_back(pg::apply_settings(x.own_settings));
  s.push_back(pg::apply_settings(x.user_settings));
  s.push_back(plan::target_shape(x.plan, l));
  s.push_back(std::move(batch));
  s.push_back(plan::target_shape(x.plan, l));
  s.emplace_back("ROLLBACK");
  auto answers = co_await c.run(std::move(s), x.in(x.statement_timeout + limits::answer_slack));
  if (answers.failure) {
    error e = *answers.failure;
    if (c.in_transaction()) {
      co_await c.query(std::string{"ROLLBACK"}, x.in(limits::query_timeout));
    }
    co_return e;
  }
  const auto& r = answers.results;
  std::string text;
  for (int row = 0; row < r[run_at].rows(); ++row) {
    text += r[run_at].text(row, 0);
  }
  const auto tree = json::parse(text, nullptr, false);
  measured m;
  m.scanned = counted->integer(0, 0);
  m.changed = r[after_at].integer(0, 0) - r[before_at].integer(0, 0);
  m.hot = r[after_at].integer(0, 1) - r[before_at].integer(0, 1);
  if (tree.is_array() && !tree.empty()) {
    const auto& root = tree.front();
    m.seconds = root.value("Execution Time", 0.0) / 1000.0;
    const auto plan = root.value("Plan", json::object());
    m.wal_bytes = plan.value("WAL Bytes", 0.0);
    m.changed += static_cast<std::int64_t>(inserted_rows(plan));
  }
  co_return m;
}

// The whole from a few: `each` holds a figure for each row of the sample's batches.
plan::span extrapolate(const std::vector<double>& each, double rows) {
  const auto n = static_cast<double>(each.size());
  double mean = 0;
  for (const double v : each) mean += v / n;
  double squares = 0;
  for (const double v : each) squares += (v - mean) * (v - mean);
  const double error = each.size() < 2 ? mean : std::sqrt(squares / (n - 1) / n);
  return {rows * std::max(0.0, mean - 2 * error), rows * (mean + 2 * error)};
}

asio::awaitable<result<sample>> run_sample(context& x, pg::connection& c, double rows,
                                           int batches) {
  sample found;
  std::vector<double> seconds;
  std::vector<double> wal;
  std::int64_t hot = 0;
  const auto wanted = x.size.rows();
  for (int i = 0; i < batches; ++i) {
    const auto& l = x.plan.leaves[static_cast<std::size_t>(i) % x.plan.leaves.size()];
    const double position = (i + 0.5) / batches;
    auto within = co_await sample_interval(x, c, l, position, wanted);
    if (!within) {
      co_return within.error();
    }
    if (!*within) {
      continue;
    }
    auto m = co_await measure(x, c, l, **within);
    if (!m) {
      co_return m.error();
    }
    if (m->scanned == 0) {
      continue;
    }
    ++found.batches;
    found.rows_scanned += m->scanned;
    found.rows_changed += m->changed;
    hot += m->hot;
    const auto scanned = static_cast<double>(m->scanned);
    seconds.push_back(m->seconds / scanned / x.tasks.workers());
    wal.push_back(m->wal_bytes / scanned);
  }
  if (found.batches > 0) {
    found.seconds = extrapolate(seconds, rows);
    found.wal_bytes = extrapolate(wal, rows);
  }
  found.hot_share = found.rows_changed > 0
                        ? static_cast<double>(hot) / static_cast<double>(found.rows_changed)
                        : 0;
  co_return found;
}

std::optional<double> rows_of(const plan::job_plan& p) {
  double rows = 0;
  for (const auto& l : p.leaves) {
    if (!l.rows) return std::nullopt;
    rows += *l.rows;
  }
  return p.leaves.empty() ? std::nullopt : std::optional{rows};
}

// The batch of a work table that is not there yet can be shown, but not explained.
void show_work(context& x, preview& shown) {
  const std::string name = "pawl.work_table";
  const auto script = plan::work_table(x.plan, name);
  shown.fill = script.fill;
  x.plan.walked = name;
  if (x.plan.by_what == plan::strategy::one_statement) {
    shown.batch = plan::change_batch(x.plan, {}, {}).sql;
    return;
  }
  x.plan.by = x.plan.target_key;
  if (x.plan.by.empty()) {
    x.plan.by.push_back(
        {std::string{plan::work_row}, std::string{plan::work_row}, "pg_catalog.int8"});
  }
  for (auto& column : x.plan.by) {
    column.text = fmt::format("{}.{}", plan::work_alias, column.text);
  }
  shown.batch = plan::change_batch(x.plan, {}, {plan::key_values{}, plan::key_values{}}).sql;
}

asio::awaitable<result<void>> show_batch(context& x, pg::connection& c, preview& shown) {
  const auto largest =
      std::max_element(x.plan.leaves.begin(), x.plan.leaves.end(),
                       [](const auto& a, const auto& b) { return a.bytes < b.bytes; });
  constexpr double middle = 0.5;
  const int stripes = x.plan.passes.stripes;
  auto within = co_await sample_interval(x, c, *largest, middle, x.size.rows() * stripes);
  if (!within) {
    co_return within.error();
  }
  if (!*within) {
    co_return co_await check_whole_statement(x, c);  // an empty table has no batch
  }
  // The last pass, which stands for most of them.
  const plan::stripe last{plan::choose_function(x.plan.by, largest->histogram), stripes,
                          stripes - 1};
  const auto batch = plan::change_batch(x.plan, *largest, **within, last);
  shown.batch = batch.sql;
  for (const auto& bound : batch.params) {
    shown.bounds.push_back(bound.value_or("NULL"));
  }
  auto found = co_await explain_batch(x, c, *largest, batch);
  if (!found) {
    co_return found.error();
  }
  shown.explained = std::move(found->text);
  shown.refused = std::move(found->refused);
  for (const auto& name : found->whole_reads) {
    x.plan.notes.push_back(fmt::format("each batch reads all of {}", name));
  }
  co_return result<void>{};
}

}  // namespace

asio::awaitable<result<preview>> preview_run(asio::any_io_executor executor, pg::conninfo where,
                                             run_options options, sql::job job, int samples) {
  silent nobody;
  context x{executor, std::move(where), std::move(options), nobody};
  pg::connection c{executor};
  const auto deadline = x.in(limits::query_timeout);
  auto open = co_await c.open(x.info, "pawl/plan", x.in(limits::connect_timeout));
  if (!open) {
    co_return open.error();
  }
  auto p = co_await plan::resolve(c, std::move(job), nullptr, deadline);
  if (!p) {
    co_return p.error();
  }
  x.plan = std::move(*p);
  auto passes = co_await choose_passes(x, c);
  if (!passes) {
    co_return passes.error();
  }
  x.target = x.options.target.value_or(x.options.target_default);
  x.tasks.set_workers(x.options.jobs.value_or(x.options.jobs_default));
  const auto fixed = x.options.batch_rows.value_or(x.options.batch_rows_default);
  x.size = batch_size{fixed > 0 ? fixed : limits::first_batch_rows,
                      {x.options.batch_rows_min, x.options.batch_rows_max, x.target}};
  compose_settings(x);
  preview shown;
  auto outlook = co_await plan::read_outlook(c, x.plan, deadline);
  if (!outlook) {
    co_return outlook.error();
  }
  shown.outlook = std::move(*outlook);
  shown.jobs = x.tasks.workers();
  shown.rows = rows_of(x.plan);
  if (plan::needs_work_table(x.plan.by_what)) {
    shown.rows = shown.outlook.rows;
    auto taken = co_await check_whole_statement(x, c);
    if (!taken) {
      co_return taken.error();
    }
    show_work(x, shown);
  } else {
    auto told = co_await show_batch(x, c, shown);
    if (!told) {
      co_return told.error();
    }
    if (samples > 0 && !shown.refused) {
      auto sampled = co_await run_sample(x, c, shown.rows.value_or(0), samples);
      if (!sampled) {
        co_return sampled.error();
      }
      shown.sampled = *sampled;
    }
  }
  if (shown.rows) {
    shown.ranges = x.plan.by_what == plan::strategy::one_statement
                       ? 1
                       : static_cast<std::int64_t>(std::ceil(*shown.rows / limits::range_rows));
    shown.forecast =
        plan::predict(shown.outlook, *shown.rows, x.plan.job.what.kind, x.plan.passes.stripes);
  }
  shown.plan = std::move(x.plan);
  co_return shown;
}

}  // namespace pawl::run
