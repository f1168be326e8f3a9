#include "observe/state_line.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "observe/format.hpp"
#include "observe/visible_text.hpp"

namespace pawl::observe {
namespace {

// A run that is silent for longer than this, and than its own batches explain, is worth a word.
constexpr std::chrono::seconds silence_min{10};

bool is_silent(const progress_snapshot& s) {
  const auto slowest = s.latency ? s.latency->p99 : std::chrono::microseconds{0};
  return s.silence >= silence_min && s.silence > 3 * slowest;
}

std::string why(const progress_snapshot& s, charset set) {
  if (s.state == run_state::verifying && s.verify) {
    const verify_progress& v = *s.verify;
    std::string text = fmt::format("{}/{} ranges checked", v.ranges_checked, v.ranges_total);
    if (v.round > 0) {
      text += fmt::format(", round {}", v.round + 1);
    }
    if (v.rows_to_sweep > 0) {
      text += fmt::format(", {} rows to sweep", human_count(v.rows_to_sweep));
    }
    if (v.rows_stay > 0) {
      text += fmt::format(", {} rows stay pending", human_count(v.rows_stay));
    }
    return text;
  }
  return visible(s.waiting ? *s.waiting : s.reason, set);
}

std::string hint(const progress_snapshot& s) {
  if (s.ended) {
    return {};
  }
  if (s.state == run_state::paused || s.state == run_state::held) {
    return fmt::format("`pawl resume {}` goes on", s.run);
  }
  return "Ctrl-C drains, the state is saved";
}

}  // namespace

span state_word(const progress_snapshot& s) {
  switch (s.state) {
    case run_state::running:
      return s.ended     ? span{"STOPPED", style::warning}
             : s.waiting ? span{"WAITING", style::warning}
                         : span{"RUNNING", style::plain};
    case run_state::paused:
      return {"PAUSED", style::warning};
    case run_state::held:
      return {"HELD", style::warning};
    case run_state::verifying:
      return {"VERIFYING", style::plain};
    case run_state::done:
      return {"DONE", style::good};
    case run_state::failed:
      return {"FAILED", style::bad};
    case run_state::cancelled:
      return {"CANCELLED", style::warning};
  }
  return {"UNKNOWN", style::bad};
}

styled_line state_line(const progress_snapshot& s, int columns, charset set) {
  styled_line line{{"  "}};
  const bool plainly_running = s.state == run_state::running && !s.ended && !s.waiting;
  if (!plainly_running) {
    line.push_back(state_word(s));
    if (!s.ended) {
      const auto since = s.waiting ? s.waiting_for : s.state_for;
      line.push_back({fmt::format(" {}", human_duration(since))});
    }
  } else if (is_silent(s)) {
    line.push_back({"no batch for " + human_duration(s.silence), style::warning});
  }
  const auto add = [&](const std::string& text, style look, bool cut) {
    const int gap = width_of(line) > 2 ? 2 : 0;
    const int room = columns - width_of(line) - gap;
    if (!text.empty() && room >= (cut ? 8 : width_of(text))) {
      line.push_back({std::string(static_cast<std::size_t>(gap), ' ')});
      line.push_back({fit(text, room, set), look});
    }
  };
  if (!plainly_running) {
    add(why(s, set), style::plain, true);
  }
  if (s.waiting && s.waiting_share >= 0.01) {
    add(fmt::format("({} of the run)", share(s.waiting_share)), style::plain, false);
  }
  add(hint(s), style::quiet, false);
  if (width_of(line) == 2) {
    add(fit("Ctrl-C drains", std::max(columns - 2, 0), set), style::quiet, false);
  }
  if (width_of(line) > columns) {
    return {{fit("  " + state_word(s).text, columns, set)}};
  }
  return line;
}

}  // namespace pawl::observe
