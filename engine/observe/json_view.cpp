#include "observe/json_view.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "observe/format.hpp"
#include "observe/report.hpp"

namespace pawl::observe {
namespace {

using json = nlohmann::ordered_json;

double seconds(std::chrono::microseconds t) {
  return static_cast<double>(t.count()) / 1e6;
}

// No more digits than were measured.
double rounded(double n, double scale) {
  return std::round(n * scale) / scale;
}

template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

json or_null(const std::optional<double>& value, double scale) {
  return value ? json(rounded(*value, scale)) : json(nullptr);
}

json object_of(const error& e) {
  json object{{"code", name_of(e.code)}, {"message", e.message}};
  const auto add = [&object](const char* key, const std::string& text) {
    if (!text.empty()) {
      object[key] = text;
    }
  };
  add("hint", e.hint);
  add("sqlstate", e.sqlstate);
  add("detail", e.detail);
  add("file", e.where.file);
  if (e.where.line > 0) {
    object["line"] = e.where.line;
    object["column"] = e.where.column;
  }
  return object;
}

json object_of(const std::optional<batch_latency>& latency) {
  if (!latency) {
    return nullptr;
  }
  return {{"p50_s", seconds(latency->p50)},
          {"p95_s", seconds(latency->p95)},
          {"p99_s", seconds(latency->p99)}};
}

json object_of(const run_opened& e) {
  return {{"generation", e.generation},
          {"resumed", e.resumed},
          {"server", e.server},
          {"table", e.table},
          {"key", e.key},
          {"strategy", e.strategy},
          {"rows_estimate", or_null(e.rows_estimate)},
          {"table_bytes", e.table_bytes},
          {"leaves", e.leaves},
          {"jobs", e.jobs},
          {"target_s", seconds(e.target)},
          {"batch_rows", e.batch_rows},
          {"batch_rows_fixed", e.batch_rows_fixed},
          {"notes", e.notes}};
}

json object_of(const batch_committed& e) {
  return {{"worker", e.worker},
          {"range", e.range},
          {"rows_changed", e.rows_changed},
          {"rows_scanned", e.rows_scanned},
          {"rows_hot", e.rows_hot},
          {"duration_s", seconds(e.duration)}};
}

json object_of(const batch_retried& e) {
  return {{"worker", e.worker},          {"range", e.range},
          {"action", e.action},          {"attempt", e.attempt},
          {"delay_s", seconds(e.delay)}, {"sqlstate", e.cause.sqlstate},
          {"error", object_of(e.cause)}};
}

json object_of(const verify_progress& e) {
  return {{"round", e.round},
          {"ranges_checked", e.ranges_checked},
          {"ranges_total", e.ranges_total},
          {"rows_to_sweep", e.rows_to_sweep},
          {"rows_stay", e.rows_stay}};
}

json object_of(const totals_read& e, const progress_snapshot& s) {
  return {{"state", name_of(s.state)},
          {"reason", s.reason},
          {"waiting", or_null(s.waiting)},
          {"waiting_share", rounded(s.waiting_share, 1e4)},
          {"fraction", or_null(s.fraction, 1e6)},
          {"rows_changed", or_null(s.rows_changed)},
          {"rows_scanned", or_null(s.rows_scanned)},
          {"rows_hot", e.rows_hot},
          {"rows_estimate", or_null(s.rows_estimate)},
          {"rows_per_s", or_null(s.rate, 10)},
          {"rows_per_s_mean", or_null(s.rate_mean, 10)},
          {"eta_s", s.eta ? json(s.eta->left.count()) : json(nullptr)},
          {"eta_spread_s", s.eta ? json(s.eta->spread.count()) : json(nullptr)},
          {"eta_after_resume", s.eta && s.eta->after_resume},
          {"elapsed_s", s.elapsed.count()},
          {"batches", e.batches},
          {"batch_rows", e.batch_rows},
          {"ranges_done", e.ranges_done},
          {"ranges_found", e.ranges_found},
          {"batch_duration", object_of(s.latency)},
          {"retries", s.retries_total()},
          {"jobs", s.jobs},
          {"runners", e.runners},
          {"wal_bytes_server", or_null(e.wal_bytes)},
          {"wal_bytes_per_s_server", or_null(s.wal_rate, 1)}};
}

json object_of(const run_ended& e, const progress_snapshot& s) {
  json retries = json::object();
  for (const auto& [cause, count] : e.retries) {
    retries[cause] = count;
  }
  return {{"state", name_of(e.state)},
          {"work_left", e.state != run_state::done && e.state != run_state::cancelled},
          {"error", e.cause ? object_of(*e.cause) : json(nullptr)},
          {"rows_changed", e.rows_changed},
          {"rows_scanned", e.rows_scanned},
          {"rows_hot", e.rows_hot},
          {"rows_stay", e.rows_stay},
          {"rows_changed_here", e.rows_changed_here},
          {"elapsed_s", seconds(e.elapsed)},
          {"waiting_share", rounded(s.waiting_share, 1e4)},
          {"batches_here", s.batches},
          {"batch_duration", object_of(s.latency)},
          {"wal_bytes_server", or_null(e.wal_bytes)},
          {"retries", std::move(retries)},
          {"verification", e.verification},
          {"next_step", e.next_step}};
}

}  // namespace

json_view::json_view(sink out) : out_(std::move(out)) {}

void json_view::on(const event& e) {
  model_.apply(e);
  if (const auto* opened = std::get_if<run_opened>(&e.body)) {
    run_ = opened->run;
    job_ = opened->job;
    write(e, "run", object_of(*opened));
  } else if (const auto* batch = std::get_if<batch_committed>(&e.body)) {
    write(e, "batch", object_of(*batch));
  } else if (const auto* retried = std::get_if<batch_retried>(&e.body)) {
    write(e, "retry", object_of(*retried));
  } else if (const auto* changed = std::get_if<state_changed>(&e.body)) {
    write(e, "state", {{"state", name_of(changed->state)}, {"reason", changed->reason}});
  } else if (const auto* totals = std::get_if<totals_read>(&e.body)) {
    write(e, "progress", object_of(*totals, model_.at(e.at)));
  } else if (const auto* verified = std::get_if<verify_progress>(&e.body)) {
    write(e, "verify", object_of(*verified));
  } else if (const auto* text = std::get_if<notice>(&e.body)) {
    write(e, "notice", {{"msg", text->text}});
  } else if (const auto* claimed = std::get_if<range_claimed>(&e.body)) {
    if (claimed->takeover) {
      write(e, "notice", {{"msg", takeover_text(*claimed)}});
    }
  } else if (const auto* ended = std::get_if<run_ended>(&e.body)) {
    run_ = ended->run;
    job_ = ended->job;
    write(e, "summary", object_of(*ended, model_.at(e.at)));
  }
}

void json_view::write(const event& e, std::string_view type, const json& fields) {
  json object{{"type", type}};
  if (std::exchange(first_, false)) {
    object["schema"] = "pawl.run/1";
  }
  object["ts"] = utc_milliseconds(e.wall);
  object["run"] = run_;
  object["job"] = job_;
  object.update(fields);
  out_(object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
}

}  // namespace pawl::observe
