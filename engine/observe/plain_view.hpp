// The run as lines, for logs and pipes: key=value in a fixed order, one line each 30 seconds, each
// 5 per cent, and at once when the state changes. What is not known is `-`.
//
//   2026-11-22T10:31:00Z progress run=42 job=emails pct=61.4 rows=184200000 ... state=running ...
//
// Opening and closing are the same text as on a terminal. Quiet: warnings and the closing only.
#pragma once

#include <chrono>
#include <optional>
#include <pawl/events.hpp>
#include <string>
#include <string_view>

#include "observe/progress_model.hpp"
#include "observe/repeat_filter.hpp"
#include "observe/view.hpp"

namespace pawl::observe {

// One line without its end.
std::string progress_line(const progress_snapshot& s, charset set);

class plain_view final : public view {
 public:
  plain_view(streams out, bool quiet);

  void on(const event& e) override;
  void tick(time_point now) override;
  void report(time_point now) override;

 private:
  void warn(const event& e);
  void write_warning(const event& e, std::string_view word, std::string_view text);
  void report_if_due(time_point now);
  bool is_due(const progress_snapshot& s, time_point now) const;

  streams out_;
  bool quiet_;
  progress_model model_;
  repeat_filter retries_;
  bool open_ = false;
  // The last line that was written, and when.
  std::optional<progress_snapshot> last_;
  time_point last_at_{};
};

}  // namespace pawl::observe
