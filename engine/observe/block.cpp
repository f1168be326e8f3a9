#include "observe/block.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <utility>

#include "observe/format.hpp"
#include "observe/state_line.hpp"
#include "observe/visible_text.hpp"

namespace pawl::observe {
namespace {

constexpr int wide_columns = 110;
constexpr int medium_columns = 60;
constexpr int job_columns_max = 32;

// A piece of a line. Those with the highest `rank` are left out first; 0 stays. What is reserved is
// the width of a usual value, so that a growing number does not make its neighbours come and go.
struct piece {
  std::string text;
  int rank = 0;
  int reserved = 0;
  style look = style::plain;
  int gap = 2;  // blanks before it
};

using pieces = std::vector<piece>;

int reserved_width(const pieces& line) {
  int width = 0;
  for (const piece& p : line) {
    width += (width == 0 ? 0 : p.gap) + std::max(p.reserved, width_of(p.text));
  }
  return width;
}

styled_line arrange(pieces line, int indent, int room, charset set) {
  std::erase_if(line, [](const piece& p) { return p.text.empty(); });
  while (reserved_width(line) > room - indent) {
    const auto least = std::max_element(
        line.begin(), line.end(), [](const piece& a, const piece& b) { return a.rank < b.rank; });
    if (least->rank == 0) {
      break;
    }
    line.erase(least);
  }
  styled_line arranged;
  int used = indent;
  std::string blanks(static_cast<std::size_t>(indent), ' ');
  for (const piece& p : line) {
    blanks.append(used == indent ? 0 : static_cast<std::size_t>(p.gap), ' ');
    used += used == indent ? 0 : p.gap;
    std::string text = fit(p.text, room - used, set);
    if (text.empty()) {
      break;
    }
    used += width_of(text);
    arranged.push_back({std::exchange(blanks, {}), style::plain});
    arranged.push_back({std::move(text), p.look});
  }
  return arranged;
}

std::string bar(double fraction, int cells, charset set) {
  const int full = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * cells);
  std::string drawn = set == charset::utf8 ? "" : "[";
  for (int i = 0; i < cells; ++i) {
    if (set == charset::utf8) {
      drawn += i < full ? "\u2588" : "\u2591";
    } else {
      drawn += i < full ? '#' : '.';
    }
  }
  return set == charset::utf8 ? drawn : drawn + "]";
}

class layout {
 public:
  layout(const progress_snapshot& s, const block_space& space)
      : s_(s), space_(space), room_(std::max(space.columns - 1, 1)) {}

  std::vector<styled_line> wide() const {
    pieces first{job(job_columns_max), bar_of(room_ >= 134 ? 18 : 14), position(), rows(4, 17),
                 rate(5)};
    append(first, mean());
    append(first, eta());
    first.push_back(elapsed(6));
    pieces second = pace();
    second.insert(second.begin() + 4, changed());
    return {line(first, 0), line(second, 2)};
  }

  std::vector<styled_line> medium() const {
    pieces first{job(std::min(job_columns_max, room_ / 3)), bar_of(space_.columns >= 80 ? 18 : 10),
                 position()};
    append(first, eta());
    first.push_back(elapsed(6));
    pieces second{rows(0, 0), rate(1)};
    append(second, mean());
    second.push_back(changed());
    return {line(first, 0), line(second, 2), line(pace(), 2)};
  }

  std::vector<styled_line> narrow() const {
    pieces third = eta();
    third.push_back(elapsed(0));
    return {line({job(std::max(room_ - 8, 1)), position()}, 0), line({rows(0, 0), rate(1)}, 2),
            line(third, 2)};
  }

  std::vector<styled_line> workers() const {
    std::vector<styled_line> lines;
    for (const worker_row& w : s_.workers) {
      pieces row{{fmt::format("#{}", w.worker)},
                 {fmt::format("range {}", w.range)},
                 {fmt::format("{} batches", w.batches), 1},
                 {human_count(w.rows_changed) + " changed", 2},
                 {w.batches > 0 ? "last " + human_latency(w.last_batch) : "", 3},
                 {visible(w.trouble, space_.set), 4, 0, style::warning}};
      lines.push_back(line(std::move(row), 4));
    }
    return lines;
  }

  int room() const { return room_; }

 private:
  static void append(pieces& line, pieces more) {
    line.insert(line.end(), more.begin(), more.end());
  }

  styled_line line(pieces parts, int indent) const {
    return arrange(std::move(parts), indent, room_, space_.set);
  }

  piece job(int columns) const {
    return {fit(visible(s_.job, space_.set), columns, space_.set), 0, 0, style::strong};
  }

  piece bar_of(int cells) const {
    return {s_.fraction ? bar(*s_.fraction, cells, space_.set) : "", 3};
  }

  piece position() const {
    return {s_.fraction ? fmt::format("{:>5}", percent(*s_.fraction)) : "", 0, 6};
  }

  piece rows(int rank, int reserved) const {
    if (!s_.rows_scanned) {
      return {};
    }
    // An estimate that has been passed is none.
    const bool has_total = s_.rows_estimate && *s_.rows_estimate > *s_.rows_scanned && !s_.ended;
    return {human_count(*s_.rows_scanned) +
                (has_total ? "/~" + human_count(*s_.rows_estimate) : "") + " rows",
            rank, reserved};
  }

  piece rate(int rank) const {
    return {s_.rate ? human_count(*s_.rate) + " rows/s" : "", rank, 12};
  }

  pieces mean() const {
    if (!s_.rate_mean) {
      return {};
    }
    if (!s_.rate) {
      return {{"mean " + human_count(*s_.rate_mean) + " rows/s", 10}};
    }
    return {{"(mean " + human_count(*s_.rate_mean) + ")", 10, 12, style::plain, 1}};
  }

  pieces eta() const {
    if (!s_.eta) {
      return {};
    }
    const eta_estimate& e = *s_.eta;
    const std::string_view sign = space_.set == charset::utf8 ? "\u00b1" : "+-";
    pieces parts{
        {"ETA " + human_duration(e.left), 2, 8},
        {fmt::format("({}{})", sign, human_spread(e.spread, e.left)), 7, 6, style::plain, 1}};
    if (e.after_resume) {
      parts.push_back({"after resume", 3, 0, style::plain, 1});
    } else {
      parts.push_back({"~" + clock_time(e.at, s_.wall, space_.utc_offset), 9, 6, style::plain, 1});
    }
    return parts;
  }

  piece elapsed(int rank) const { return {"elapsed " + human_duration(s_.elapsed), rank, 13}; }

  piece changed() const {
    return {s_.rows_changed ? "changed " + human_count(*s_.rows_changed) : "", 5, 13};
  }

  pieces pace() const {
    const std::string others = s_.runners > 1 ? fmt::format(", {} runners", s_.runners) : "";
    const std::int64_t retries = s_.retries_total();
    std::string times;
    if (s_.latency) {
      times = fmt::format("p50 {} p95 {}", human_latency(s_.latency->p50),
                          human_latency(s_.latency->p95));
    }
    return {{fmt::format("{} worker{}{}", s_.jobs, s_.jobs == 1 ? "" : "s", others), 3},
            {s_.batch_rows > 0 ? "batch " + human_count(s_.batch_rows) + " rows" : "", 2, 16},
            {times, 1, 19, style::plain, 1},
            {fmt::format("retries {}", retries), 4, 9, retries > 0 ? style::warning : style::plain},
            {s_.hot_share ? "HOT " + share(*s_.hot_share) : "", 6, 7},
            {s_.wal_rate && !s_.ended ? "WAL " + human_bytes(*s_.wal_rate) + "/s (server)" : "", 7,
             22}};
  }

  const progress_snapshot& s_;
  const block_space& space_;
  int room_;
};

}  // namespace

std::vector<styled_line> block_lines(const progress_snapshot& s, const block_space& space) {
  const layout l(s, space);
  std::vector<styled_line> lines = space.columns >= wide_columns     ? l.wide()
                                   : space.columns >= medium_columns ? l.medium()
                                                                     : l.narrow();
  std::erase_if(lines, [](const styled_line& line) { return line.empty(); });
  const auto room = static_cast<std::size_t>(std::max(space.lines, 1));
  if (lines.size() >= room) {
    lines.resize(room > 1 ? room - 1 : 1);
  }
  if (space.workers) {
    for (styled_line& row : l.workers()) {
      if (lines.size() + 1 < room) {
        lines.push_back(std::move(row));
      }
    }
  }
  if (lines.size() < room) {
    lines.push_back(state_line(s, l.room(), space.set));
  }
  return lines;
}

}  // namespace pawl::observe
