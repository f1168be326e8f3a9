#include "observe/report.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <utility>

#include "observe/format.hpp"
#include "observe/state_line.hpp"
#include "observe/visible_text.hpp"

namespace pawl::observe {
namespace {

// A title and labelled facts below it; an empty fact is left out.
class sheet {
 public:
  explicit sheet(charset set) : set_(set) {}

  void title(styled_line line) { lines_.push_back(std::move(line)); }

  void fact(std::string_view label, std::string_view text, style look = style::plain) {
    if (!text.empty()) {
      lines_.push_back(
          {{fmt::format("  {:<10} ", label), style::quiet}, {visible(text, set_), look}});
    }
  }

  std::vector<styled_line> take() { return std::move(lines_); }

 private:
  charset set_;
  std::vector<styled_line> lines_;
};

std::string plural(std::int64_t n, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(n), noun, n == 1 ? "" : "s");
}

std::string table_text(const run_opened& e) {
  std::string text = e.table;
  text += e.rows_estimate ? ", ~" + human_count(*e.rows_estimate) + " rows"
                          : ", number of rows unknown (no statistics)";
  text += ", " + human_bytes(e.table_bytes);
  if (e.leaves > 1) {
    text += ", " + plural(e.leaves, "partition");
  }
  return text;
}

std::string limits_text(const run_opened& e) {
  const std::string rows = human_count(e.batch_rows) + " rows";
  const std::string connections = plural(e.jobs, "connection");
  if (e.batch_rows_fixed) {
    return fmt::format("{}, {} a batch", connections, rows);
  }
  return fmt::format("{}, batches sized to {} each, the first {}", connections,
                     human_latency(e.target), rows);
}

bool goes_on(run_state state) {
  return state == run_state::running || state == run_state::paused || state == run_state::held ||
         state == run_state::failed;
}

std::string rows_text(const run_ended& e) {
  std::string text =
      fmt::format("{} rows changed, {} scanned", grouped(e.rows_changed), grouped(e.rows_scanned));
  if (e.rows_changed_here != e.rows_changed) {
    text += fmt::format("; {} changed in this session", grouped(e.rows_changed_here));
  }
  if (e.rows_stay > 0) {
    text += fmt::format("; {} stay pending", grouped(e.rows_stay));
  }
  return text;
}

std::string batches_text(const progress_snapshot& s) {
  if (!s.latency) {
    return {};
  }
  return fmt::format("{}, p50 {} p95 {} p99 {}", grouped(s.batches), human_latency(s.latency->p50),
                     human_latency(s.latency->p95), human_latency(s.latency->p99));
}

std::string retries_text(const run_ended& e) {
  std::int64_t total = 0;
  std::vector<std::string> causes;
  for (const auto& [cause, count] : e.retries) {
    total += count;
    causes.push_back(fmt::format("{} x {}", cause, grouped(count)));
  }
  return total == 0 ? "none" : fmt::format("{} ({})", grouped(total), fmt::join(causes, ", "));
}

void add_cause(sheet& text, const error& cause, run_state state) {
  const bool failed = state == run_state::failed;
  error without_hint = cause;
  without_hint.hint.clear();
  text.fact("why", to_string(without_hint), failed ? style::bad : style::plain);
  text.fact("detail", cause.detail);
  text.fact("hint", cause.hint);
}

}  // namespace

std::vector<styled_line> opening_lines(const run_opened& e, charset set) {
  sheet text(set);
  text.title({{fmt::format("pawl run {}  ", e.run)}, {visible(e.job, set), style::strong}});
  if (e.resumed) {
    text.fact("resumes", "what is committed stays, the rest is done now");
  }
  text.fact("server", e.server);
  text.fact("table", table_text(e));
  text.fact("key", fmt::format("{}", fmt::join(e.key, ", ")));
  text.fact("strategy", e.strategy);
  text.fact("because", e.reason);
  text.fact("limits", limits_text(e));
  for (const std::string& note : e.notes) {
    text.fact("note", note, style::warning);
  }
  text.fact("watch", fmt::format("pawl status {} --watch   (from any terminal)", e.run));
  text.fact("pause", fmt::format("pawl pause {}", e.run));
  return text.take();
}

std::vector<styled_line> closing_lines(const run_ended& e, const progress_snapshot& s,
                                       charset set) {
  sheet text(set);
  span word = state_word(s);
  word.text += "  ";
  text.title({word,
              {visible(e.job, set), style::strong},
              {fmt::format("  run {}, {} {}", e.run, e.state == run_state::done ? "in" : "after",
                           human_latency(e.elapsed))}});
  if (e.cause) {
    add_cause(text, *e.cause, e.state);
  }
  text.fact(e.state == run_state::done ? "rows" : "committed", rows_text(e));
  text.fact("rate", s.rate_mean ? human_count(*s.rate_mean) + " rows/s scanned" : "");
  text.fact("batches", batches_text(s));
  text.fact("retries", retries_text(e));
  if (s.waiting_share >= 0.01) {
    text.fact("waited", share(s.waiting_share) + " of the running time");
  }
  text.fact("HOT", s.hot_share ? share(*s.hot_share) + " of the changed rows" : "");
  text.fact("WAL", e.wal_bytes ? human_bytes(*e.wal_bytes) + " by the whole server meanwhile" : "");
  text.fact("verified", e.verification);
  if (goes_on(e.state) && e.next_step.find("pawl resume") == std::string::npos) {
    text.fact("go on", fmt::format("pawl resume {}", e.run), style::strong);
  }
  text.fact("next", e.next_step, goes_on(e.state) ? style::strong : style::plain);
  return text.take();
}

std::string retry_text(const batch_retried& e, std::int64_t left_out) {
  std::string text = fmt::format("worker {}, range {}: {}", e.worker, e.range, e.cause.message);
  if (!e.cause.sqlstate.empty()) {
    text += fmt::format(" [{}]", e.cause.sqlstate);
  }
  text += fmt::format("; {}, attempt {}", e.action, e.attempt);
  if (e.delay.count() > 0) {
    text += " in " + human_latency(e.delay);
  }
  if (left_out > 0) {
    text += fmt::format(" (and {} more like it)", left_out);
  }
  return text;
}

std::string takeover_text(const range_claimed& e) {
  return fmt::format("worker {} took over range {} from a runner that is gone", e.worker, e.range);
}

}  // namespace pawl::observe
