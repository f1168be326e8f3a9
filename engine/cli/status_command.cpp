#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/run_state.hpp"
#include "cli/session.hpp"
#include "ledger/status.hpp"
#include "observe/format.hpp"
#include "observe/visible_text.hpp"

namespace pawl::cli {

namespace asio = boost::asio;

namespace {

std::string shown(std::string_view text) {
  return observe::visible(text, terminal_charset());
}

using nlohmann::ordered_json;

// All there is to say of one run.
struct run_view {
  ledger::run_status run;
  std::string stalled;  // why, empty if it is not
  std::vector<ledger::runner_status> runners;
  std::vector<std::string> blockers;
};

std::string state_of(const run_view& v) {
  return v.stalled.empty() ? shown_state(v.run.state, v.run.desired) : "stalled";
}

bool has_work_left(const run_view& v) {
  return v.run.state != "done";
}

std::string age(double seconds) {
  return observe::human_duration(std::chrono::seconds{static_cast<std::int64_t>(seconds)});
}

std::string progress_of(const run_view& v) {
  if (v.run.state == "done") {
    return "100.0%";
  }
  return v.run.has_fraction ? observe::percent(std::min(v.run.done.fraction, 1.0)) : "-";
}

std::string table_of(const std::vector<run_view>& views) {
  std::string text = fmt::format("{:>4}  {:<10} {:>7}  {:>13}  {:>6}  {:>7}  {}\n", "RUN", "STATE",
                                 "DONE", "ROWS CHANGED", "BATCHES", "AGE", "JOB");
  for (const auto& v : views) {
    text += fmt::format("{:>4}  {:<10} {:>7}  {:>13}  {:>7}  {:>7}  {}\n", v.run.id, state_of(v),
                        progress_of(v), observe::grouped(v.run.done.rows_changed),
                        v.run.done.batches, age(v.run.age_s), shown(v.run.name));
  }
  return text;
}

std::string next_command(const run_view& v) {
  const auto state = state_of(v);
  if (state == "stalled" || state == "failed" || state == "held" || state == "paused" ||
      state == "cancelled") {
    return fmt::format("  next       pawl resume {}\n", v.run.id);
  }
  return {};
}

// Nothing for no text. Line by line, since what a terminal could take for a command is taken out of
// each.
std::string fact(std::string_view label, std::string_view text) {
  std::string lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    lines += fmt::format("  {:<10} {}\n", begin == 0 ? label : "",
                         shown(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return lines;
}

std::string detail_of(const run_view& v) {
  const auto& r = v.run;
  std::string text = fmt::format("run {}  {}  generation {}\n", r.id, shown(r.name), r.generation);
  text += fact("state", v.stalled.empty()
                            ? fmt::format("{} for {}", state_of(v), age(r.state_age_s))
                            : fmt::format("stalled for {}: {}", age(r.silent_s), v.stalled));
  text += fact("reason", r.reason);
  for (const auto& blocker : v.blockers) {
    text += fact("blocked", "by " + blocker);
  }
  text += fact("table", r.target);
  text +=
      fmt::format("  progress   {}  {} rows changed, {} looked at, {} of {} ranges done\n",
                  progress_of(v), observe::grouped(r.done.rows_changed),
                  observe::grouped(r.done.rows_scanned), r.done.ranges_done, r.done.ranges_found);
  text += fmt::format("  opened     {}\n", r.opened_at);
  text += fact("verified", r.verification);
  for (const auto& w : v.runners) {
    text += fmt::format("  runner     {} pawl {} {} connections, {} ranges, {} for {}\n",
                        shown(w.host), w.version, w.connections, w.ranges,
                        w.is_alive ? "alive" : "gone", age(w.age_s));
  }
  return text + next_command(v);
}

ordered_json json_of(const run_view& v) {
  const auto& r = v.run;
  ordered_json j;
  j["run"] = r.id;
  j["job"] = r.name;
  j["generation"] = r.generation;
  j["state"] = state_of(v);
  j["recorded_state"] = r.state;
  j["reason"] = r.reason;
  j["stalled"] = v.stalled.empty() ? ordered_json{} : ordered_json(v.stalled);
  j["stalled_s"] = v.stalled.empty() ? ordered_json{} : ordered_json(r.silent_s);
  j["blocked_by"] = v.blockers;
  j["table"] = r.target;
  j["progress"] = r.state == "done" ? ordered_json(1.0)
                  : r.has_fraction  ? ordered_json(std::min(r.done.fraction, 1.0))
                                    : ordered_json{};
  j["rows_changed"] = r.done.rows_changed;
  j["rows_scanned"] = r.done.rows_scanned;
  j["rows_hot"] = r.done.rows_hot;
  j["rows_stay"] = r.rows_stay;
  j["batches"] = r.done.batches;
  j["ranges_done"] = r.done.ranges_done;
  j["ranges_found"] = r.done.ranges_found;
  j["opened_at"] = r.opened_at;
  j["state_since"] = r.state_since;
  j["verification"] = r.verification;
  j["runners"] = ordered_json::array();
  for (const auto& w : v.runners) {
    j["runners"].push_back({{"id", w.id},
                            {"host", w.host},
                            {"version", w.version},
                            {"connections", w.connections},
                            {"alive", w.is_alive},
                            {"ranges", w.ranges}});
  }
  return j;
}

asio::awaitable<result<std::vector<run_view>>> look(pg::connection& c, std::string subject) {
  std::optional<std::int64_t> only;
  if (!subject.empty()) {
    auto r = co_await find_run(c, std::move(subject));
    if (!r) {
      co_return r.error();
    }
    only = r->id;
  }
  auto runs = co_await ledger::list_runs(c, only, soon());
  if (!runs) {
    co_return runs.error();
  }
  std::vector<run_view> views;
  for (auto& r : *runs) {
    run_view v;
    v.run = std::move(r);
    v.stalled = why_stalled(v.run);
    auto runners = co_await ledger::list_runners(c, v.run.id, soon());
    if (!runners) {
      co_return runners.error();
    }
    v.runners = std::move(*runners);
    if (v.run.runners_alive > 0) {
      auto found = co_await ledger::blockers(c, ledger::application_prefix(v.run.id), soon());
      if (!found) {
        co_return found.error();
      }
      v.blockers = std::move(*found);
    }
    views.push_back(std::move(v));
  }
  co_return views;
}

std::string text_of(const arguments& a, const std::vector<run_view>& views) {
  if (a.json) {
    ordered_json j;
    j["schema"] = "pawl.status/1";
    j["runs"] = ordered_json::array();
    for (const auto& v : views) {
      j["runs"].push_back(json_of(v));
    }
    return j.dump(a.watch ? -1 : 2, ' ', false, ordered_json::error_handler_t::replace) + '\n';
  }
  if (views.empty()) {
    return "no runs\n";
  }
  return a.subject.empty() ? table_of(views) : detail_of(views.front());
}

asio::awaitable<result<int>> show(const arguments& a, pg::connection& c) {
  for (;;) {
    auto views = co_await look(c, a.subject);
    if (!views) {
      co_return views.error();
    }
    const bool is_left = std::any_of(views->begin(), views->end(), has_work_left);
    const bool is_over = std::all_of(views->begin(), views->end(),
                                     [](const run_view& v) { return has_ended(v.run.state); });
    const bool clear = a.watch && !a.json && isatty(STDOUT_FILENO) != 0;
    print((clear ? "\x1b[H\x1b[2J" : "") + text_of(a, *views));
    if (!a.watch || (!a.subject.empty() && is_over)) {
      co_return a.exit_code&& is_left ? 3 : 0;
    }
    co_await let_pass(std::chrono::seconds{1});
  }
}

}  // namespace

int status_command(const arguments& a) {
  return converse(a, [&a](asio::io_context&, pg::connection& c) { return show(a, c); });
}

}  // namespace pawl::cli
