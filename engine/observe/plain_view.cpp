#include "observe/plain_view.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "observe/format.hpp"
#include "observe/report.hpp"
#include "observe/visible_text.hpp"

namespace pawl::observe {
namespace {

constexpr std::chrono::seconds line_pause{30};
constexpr double line_fraction = 0.05;

// A throttle may open and close each second; that is one state, not sixty lines a minute.
constexpr std::chrono::seconds waiting_pause{5};

std::string quoted(std::string_view text, charset set) {
  const std::string shown = visible(text, set);
  const auto is_bare = [](char c) {
    return c != ' ' && c != '"' && c != '\\' && c != '=' && c != '\'';
  };
  if (!shown.empty() && shown != "-" && std::all_of(shown.begin(), shown.end(), is_bare)) {
    return shown;
  }
  std::string value = "\"";
  for (const char c : shown) {
    value += c == '"' || c == '\\' ? "\\" : "";
    value += c;
  }
  return value + "\"";
}

std::string number(const std::optional<double>& n) {
  return n ? fmt::format("{:.0f}", *n) : "-";
}

std::string number(const std::optional<std::int64_t>& n) {
  return n ? fmt::format("{}", *n) : "-";
}

std::string milliseconds(std::chrono::microseconds t) {
  return fmt::format("{:.1f}", static_cast<double>(t.count()) / 1000.0);
}

int step_of(const progress_snapshot& s) {
  return static_cast<int>(std::floor(s.fraction.value_or(0) / line_fraction + 1e-9));
}

}  // namespace

std::string progress_line(const progress_snapshot& s, charset set) {
  std::string line = utc_seconds(s.wall) + " progress";
  const auto add = [&line](std::string_view key, std::string_view value) {
    line += fmt::format(" {}={}", key, value);
  };
  std::string pct = s.fraction ? percent(*s.fraction) : "-";
  pct = pct.substr(0, pct.find('%'));
  add("run", fmt::format("{}", s.run));
  add("job", quoted(s.job, set));
  add("pct", pct);
  add("rows", number(s.rows_scanned));
  add("changed", number(s.rows_changed));
  add("rate", number(s.rate));
  add("mean", number(s.rate_mean));
  add("eta_s", s.eta ? fmt::format("{}", s.eta->left.count()) : "-");
  add("eta_spread_s", s.eta ? fmt::format("{}", s.eta->spread.count()) : "-");
  add("elapsed_s", fmt::format("{}", s.elapsed.count()));
  add("state", s.waiting ? "waiting" : name_of(s.state));
  add("reason", quoted(s.waiting ? *s.waiting : s.reason, set));
  add("batch_rows", fmt::format("{}", s.batch_rows));
  add("p50_ms", s.latency ? milliseconds(s.latency->p50) : "-");
  add("p95_ms", s.latency ? milliseconds(s.latency->p95) : "-");
  add("retries", fmt::format("{}", s.retries_total()));
  add("hot_pct", s.hot_share ? fmt::format("{:.0f}", *s.hot_share * 100) : "-");
  add("wal_bytes_per_s", number(s.wal_rate));
  return line;
}

plain_view::plain_view(streams out, bool quiet) : out_(std::move(out)), quiet_(quiet) {}

void plain_view::on(const event& e) {
  model_.apply(e);
  if (const auto* opened = std::get_if<run_opened>(&e.body)) {
    open_ = true;
    if (!quiet_) {
      out_.progress.write(joined(opening_lines(*opened, out_.progress.set), out_.progress.colour));
    }
  }
  warn(e);
  report_if_due(e.at);
  if (const auto* ended = std::get_if<run_ended>(&e.body)) {
    const stream& to = out_.result;
    to.write(joined(closing_lines(*ended, model_.at(e.at), to.set), to.colour));
    open_ = false;
  }
}

void plain_view::tick(time_point now) {
  report_if_due(now);
}

void plain_view::report(time_point now) {
  if (open_) {
    last_ = model_.at(now);
    last_at_ = now;
    out_.progress.write(progress_line(*last_, out_.progress.set) + "\n");
  }
}

void plain_view::warn(const event& e) {
  if (const auto* text = std::get_if<notice>(&e.body)) {
    write_warning(e, "notice", text->text);
  } else if (const auto* retried = std::get_if<batch_retried>(&e.body)) {
    if (const auto left_out = retries_.admit(retry_cause(retried->cause), e.at)) {
      write_warning(e, "retry", retry_text(*retried, *left_out));
    }
  } else if (const auto* claimed = std::get_if<range_claimed>(&e.body)) {
    if (claimed->takeover) {
      write_warning(e, "notice", takeover_text(*claimed));
    }
  }
}

void plain_view::write_warning(const event& e, std::string_view word, std::string_view text) {
  const charset set = out_.progress.set;
  const progress_snapshot s = model_.at(e.at);
  const std::string of = s.run == 0 ? "" : fmt::format(" run={} job={}", s.run, quoted(s.job, set));
  out_.progress.write(
      fmt::format("{} {}{} msg={}\n", utc_seconds(e.wall), word, of, quoted(text, set)));
}

void plain_view::report_if_due(time_point now) {
  if (!open_ || quiet_) {
    return;
  }
  const progress_snapshot s = model_.at(now);
  if (is_due(s, now)) {
    out_.progress.write(progress_line(s, out_.progress.set) + "\n");
    last_ = s;
    last_at_ = now;
  }
}

bool plain_view::is_due(const progress_snapshot& s, time_point now) const {
  if (!last_ || s.state != last_->state || now - last_at_ >= line_pause ||
      step_of(s) > step_of(*last_) || (s.ended && s.rows_changed != last_->rows_changed)) {
    return true;
  }
  return s.waiting.has_value() != last_->waiting.has_value() && now - last_at_ >= waiting_pause;
}

}  // namespace pawl::observe
