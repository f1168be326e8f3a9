#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "cli/session.hpp"
#include "observe/format.hpp"
#include "observe/visible_text.hpp"
#include "run/limits.hpp"
#include "run/preview.hpp"

namespace pawl::cli {

namespace asio = boost::asio;

namespace {

using nlohmann::ordered_json;

std::string shown(std::string_view text) {
  return observe::visible(text, terminal_charset());
}

void add(std::string& to, std::string_view label, std::string_view text) {
  if (!text.empty()) {
    to += fmt::format("  {:<10} {}\n", label, shown(text));
  }
}

std::string seconds_text(const plan::span& s) {
  const auto human = [](double seconds) {
    return observe::human_latency(
        std::chrono::microseconds{static_cast<std::int64_t>(seconds * 1e6)});
  };
  return fmt::format("{} to {}", human(s.low), human(s.high));
}

std::string bytes_text(const plan::span& s) {
  return fmt::format("{} to {}", observe::human_bytes(s.low), observe::human_bytes(s.high));
}

std::string size_text(const run::preview& p) {
  if (!p.rows) {
    return "unknown: no statistics; ANALYZE the table";
  }
  return fmt::format("at most {} rows in about {} {}", observe::human_count(*p.rows), p.ranges,
                     p.ranges == 1 ? "range" : "ranges");
}

// Line by line, since what a terminal could take for a command is taken out of each.
std::string indented(std::string_view text) {
  std::string lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    lines += fmt::format("    {}\n", shown(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return lines;
}

void add_cost(std::string& text, const run::preview& p) {
  if (p.sampled) {
    const auto& s = *p.sampled;
    add(text, "sample",
        fmt::format("{} batches, {} rows looked at, {} changed and rolled back, HOT {}", s.batches,
                    observe::grouped(s.rows_scanned), observe::grouped(s.rows_changed),
                    observe::percent(s.hot_share)));
    add(text, "duration",
        !p.rows ? "unknown: no statistics to extrapolate the sample by; ANALYZE the table"
                : fmt::format("{} over {} connections, without commits and other load",
                              seconds_text(s.seconds), p.jobs));
    add(text, "WAL", p.rows ? bytes_text(s.wal_bytes) : "");
    return;
  }
  if (!p.rows) return;
  const bool can_sample = !plan::needs_work_table(p.plan.by_what);
  add(text, "duration",
      fmt::format("roughly {}, if every row changes ({})", seconds_text(p.forecast.seconds),
                  can_sample ? "--sample 20 measures it"
                             : "--sample needs rows that are walked where they stand"));
  add(text, "WAL", fmt::format("roughly {}", bytes_text(p.forecast.wal_bytes)));
}

std::string text_of(const run::preview& p) {
  std::string text = fmt::format("pawl plan  {}\n", shown(p.plan.job.name));
  const auto& t = p.outlook;
  add(text, "table",
      fmt::format("{}, {}, {} + {} of {} {}", p.plan.target,
                  t.rows ? "~" + observe::human_count(*t.rows) + " rows" : "number of rows unknown",
                  observe::human_bytes(t.table_bytes), observe::human_bytes(t.index_bytes),
                  t.indexes, t.indexes == 1 ? "index" : "indexes"));
  if (p.plan.walked != p.plan.target && !plan::needs_work_table(p.plan.by_what)) {
    add(text, "walks", p.plan.walked);
  }
  add(text, "strategy", plan::describe_strategy(p.plan, run::limits::range_rows));
  add(text, "because", p.plan.reason);
  add(text, "stripes", fmt::format("{}: {}", p.plan.passes.stripes, p.plan.passes.reason));
  add(text, "size", size_text(p));
  add_cost(text, p);
  add(text, "HOT", plan::hot_outlook(p.plan, t));
  for (const auto& line : plan::lock_outlook(p.plan, t)) add(text, "lock", line);
  add(text, "new rows", plan::new_rows_outlook(p.plan));
  for (const auto& note : p.plan.notes) add(text, "note", note);
  if (!p.fill.empty()) {
    text += "\n  computed once\n" + indented(p.fill);
  }
  if (!p.batch.empty()) {
    text += "\n  one batch\n" + indented(p.batch);
  }
  for (std::size_t i = 0; i < p.bounds.size(); ++i) {
    text += fmt::format("    -- ${} = {}\n", i + 1, shown(p.bounds[i]));
  }
  if (!p.explained.empty()) {
    text += "\n  its plan\n" + indented(p.explained);
  }
  return text;
}

ordered_json json_of(const plan::span& s) {
  ordered_json j;
  j["low"] = s.low;
  j["high"] = s.high;
  return j;
}

ordered_json json_of(const run::preview& p) {
  ordered_json j;
  j["schema"] = "pawl.plan/1";
  j["job"] = p.plan.job.name;
  j["file"] = p.plan.job.file;
  j["table"] = p.plan.target;
  j["strategy"] = plan::name_of(p.plan.by_what);
  j["reason"] = p.plan.reason;
  j["stripes"] = p.plan.passes.stripes;
  j["stripes_reason"] = p.plan.passes.reason;
  j["walks"] = p.plan.walked;
  j["key"] = ordered_json::array();
  for (const auto& column : p.plan.by) j["key"].push_back(column.name);
  j["rows"] = p.rows ? ordered_json(*p.rows) : ordered_json();
  j["ranges"] = p.rows ? ordered_json(p.ranges) : ordered_json();
  j["table_bytes"] = p.outlook.table_bytes;
  j["index_bytes"] = p.outlook.index_bytes;
  j["indexes"] = p.outlook.indexes;
  j["hot"] = plan::hot_outlook(p.plan, p.outlook);
  j["locks"] = plan::lock_outlook(p.plan, p.outlook);
  j["new_rows"] = plan::new_rows_outlook(p.plan);
  j["notes"] = p.plan.notes;
  if (p.rows) {
    j["forecast"] = {{"seconds", json_of(p.forecast.seconds)},
                     {"wal_bytes", json_of(p.forecast.wal_bytes)}};
  }
  if (p.sampled) {
    const auto& s = *p.sampled;
    j["sample"] = {{"batches", s.batches},
                   {"rows_scanned", s.rows_scanned},
                   {"rows_changed", s.rows_changed},
                   {"hot_share", s.hot_share}};
    if (p.rows) {
      j["sample"]["seconds"] = json_of(s.seconds);
      j["sample"]["wal_bytes"] = json_of(s.wal_bytes);
    }
  }
  j["computed_once"] = p.fill;
  j["batch"] = p.batch;
  j["bounds"] = p.bounds;
  j["explain"] = p.explained;
  return j;
}

int plan_job(const arguments& a, const configuration& settings, const pg::conninfo& info,
             sql::job job) {
  const std::string file = job.file;
  // Several files can be planned at once, and the server knows none of them.
  const auto fail_in_file = [&](error e) {
    if (e.where.file.empty()) {
      e.where.file = file;
    }
    return fail(a, e);
  };
  auto options = options_of(settings, a, job.name);
  if (!options) {
    return fail(a, options.error());
  }
  asio::io_context io{1};
  auto found = run_to_end(io, run::preview_run(io.get_executor(), info, std::move(*options),
                                               std::move(job), a.samples));
  if (!found) {
    return fail_in_file(found.error());
  }
  if (a.json) {
    print(json_of(*found).dump(-1, ' ', false, ordered_json::error_handler_t::replace) + '\n');
  } else {
    print(text_of(*found));
  }
  return found->refused ? fail_in_file(*found->refused) : 0;
}

error no_jobs(const std::string& folder, bool has_migrations) {
  error e;
  e.code = errc::file_unreadable;
  e.message = has_migrations ? fmt::format("folder {} holds migrations, no job files", folder)
                             : fmt::format("folder {} holds no *.sql", folder);
  e.hint = has_migrations
               ? fmt::format(
                     "What a migration locks and for how long: pawl check {}. A data change "
                     "of one of them: put it into a file of its own and plan that.",
                     folder)
               : "Name a job file, or a folder of them.";
  return e;
}

// The job files that a path names: itself, or those in a folder, by name.
result<std::vector<std::string>> files_of(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code failed;
  if (!fs::is_directory(path, failed)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  bool has_migrations = false;
  for (const auto& entry : fs::directory_iterator(path, failed)) {
    if (entry.path().extension() == ".sql") files.push_back(entry.path().string());
    has_migrations = has_migrations || fs::is_regular_file(entry.path() / "migration.sql", failed);
  }
  if (files.empty()) return no_jobs(path, has_migrations);
  std::sort(files.begin(), files.end());
  return files;
}

result<std::vector<sql::job>> jobs_at(const std::string& path) {
  auto files = files_of(path);
  if (!files) return files.error();
  std::vector<sql::job> all;
  for (const auto& file : *files) {
    auto bytes = read_job_file(file);
    if (!bytes) return bytes.error();
    auto jobs = sql::read_jobs(file, std::move(*bytes));
    if (!jobs) return jobs.error();
    if (const auto unusable = unusable_name(*jobs)) return *unusable;
    all.insert(all.end(), jobs->begin(), jobs->end());
  }
  return all;
}

asio::awaitable<result<ledger::run_record>> recorded_run(asio::io_context& io, pg::conninfo info,
                                                         std::string name) {
  pg::connection c{io.get_executor()};
  auto open = co_await c.open(std::move(info), "pawl", soon());
  if (!open) {
    co_return open.error();
  }
  auto present = co_await expect_ledger(c);
  if (!present) {
    co_return present.error();
  }
  co_return co_await find_run(c, std::move(name));
}

int plan_recorded(const arguments& a, const configuration& settings, const pg::conninfo& info) {
  asio::io_context io{1};
  auto r = run_to_end(io, recorded_run(io, info, a.subject));
  if (!r) {
    return fail(a, r.error());
  }
  auto job = recorded_job(*r);
  if (!job) {
    return fail(a, job.error());
  }
  return plan_job(a, settings, info, *job);
}

}  // namespace

int plan_command(const arguments& a) {
  const std::string subject = a.subject.empty() ? "jobs" : a.subject;
  const bool is_path = a.subject.empty() || subject.find('/') != std::string::npos ||
                       subject.ends_with(".sql") || std::filesystem::exists(subject);
  result<std::vector<sql::job>> all{std::vector<sql::job>{}};
  if (is_path) {
    all = jobs_at(subject);
    if (!all) {
      return fail(a, all.error());
    }
  }
  const auto settings = read_configuration(a);
  if (!settings) {
    return fail(a, settings.error());
  }
  auto info = find_connection(a, *settings);
  if (!info) {
    return fail(a, info.error());
  }
  if (!is_path) {
    return plan_recorded(a, *settings, *info);
  }
  int worst = 0;
  for (auto& job : *all) {
    if (!a.json && &job != &all->front()) print("\n");
    const int code = plan_job(a, *settings, *info, std::move(job));
    worst = worst == 0 ? code : worst;
  }
  return worst;
}

}  // namespace pawl::cli
