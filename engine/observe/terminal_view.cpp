#include "observe/terminal_view.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "observe/block.hpp"
#include "observe/plain_view.hpp"
#include "observe/report.hpp"
#include "observe/visible_text.hpp"

namespace pawl::observe {
namespace {

constexpr std::chrono::milliseconds redraw_pause{100};

// More lines than this between two drawings nobody reads; their number is told instead.
constexpr int above_lines_max = 100;

// A window that is being made, or none at all, may call itself 0 x 0.
screen sane(screen s) {
  return {s.columns > 0 ? s.columns : 80, s.rows > 0 ? s.rows : 24};
}

// On how many rows the block stands after the terminal has folded its lines into fewer columns.
int rows_taken(const std::vector<int>& widths, int columns) {
  int rows = 0;
  for (const int width : widths) {
    rows += std::max(1, (width + columns - 1) / columns);
  }
  return rows;
}

// Moves from below the old block to its top and draws the new one over it.
std::string redrawn(const std::vector<std::string>& old_lines,
                    const std::vector<std::string>& lines, int up, bool anew,
                    const std::string& above) {
  std::string text = up > 0 ? fmt::format("\x1b[{}A\r", up) : "";
  if (up > 0 && anew) {
    text += "\x1b[J";
  }
  text += above;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (anew || i >= old_lines.size() || lines[i] != old_lines[i]) {
      text += lines[i] + "\x1b[K";
    }
    text += "\n";
  }
  // Also takes away the "^C" that a terminal echoes.
  return text + "\x1b[J";
}

}  // namespace

terminal_view::terminal_view(streams out, terminal_options options)
    : out_(std::move(out)), options_(std::move(options)) {}

void terminal_view::on(const event& e) {
  model_.apply(e);
  if (const auto* opened = std::get_if<run_opened>(&e.body)) {
    open_ = true;
    const stream& to = out_.progress;
    const screen size = sane(options_.size ? options_.size() : screen{});
    const auto lines = folded(opening_lines(*opened, to.set), size.columns);
    to.write(joined(lines, to.colour) + "\n");
  }
  scroll(e);
  if (const auto* ended = std::get_if<run_ended>(&e.body)) {
    draw(e.at, true);
    end(e, *ended);
    return;
  }
  draw(e.at, false);
}

void terminal_view::tick(time_point now) {
  draw(now, false);
}

void terminal_view::report(time_point now) {
  if (open_) {
    above_ += progress_line(model_.at(now), out_.progress.set) + "\n";
    draw(now, true);
  }
}

void terminal_view::scroll(const event& e) {
  if (const auto* text = std::get_if<notice>(&e.body)) {
    scroll("note", text->text);
  } else if (const auto* retried = std::get_if<batch_retried>(&e.body)) {
    if (const auto left_out = retries_.admit(retry_cause(retried->cause), e.at)) {
      scroll("retry", retry_text(*retried, *left_out));
    }
  } else if (const auto* claimed = std::get_if<range_claimed>(&e.body)) {
    if (claimed->takeover) {
      scroll("note", takeover_text(*claimed));
    }
  } else if (const auto* changed = std::get_if<state_changed>(&e.body)) {
    if (changed->state != std::exchange(state_, changed->state)) {
      scroll(name_of(changed->state), changed->reason);
    }
  }
}

void terminal_view::scroll(std::string_view word, std::string_view text) {
  if (above_lines_ == above_lines_max) {
    ++above_left_out_;
    return;
  }
  ++above_lines_;
  const bool alarming = word == "retry" || word == "note" || word == "held";
  const styled_line line{{std::string(word), alarming ? style::warning : style::strong},
                         {text.empty() ? "" : ": " + visible(text, out_.progress.set)}};
  above_ += render(line, out_.progress.colour) + "\n";
  if (!open_) {
    out_.progress.write(std::exchange(above_, {}));
  }
}

void terminal_view::draw(time_point now, bool at_once) {
  const bool due = drawn_.empty() || now - drawn_at_ >= redraw_pause;
  if (!open_ || (!due && !at_once)) {
    return;
  }
  const screen size = sane(options_.size ? options_.size() : screen{});
  const progress_snapshot s = model_.at(now);
  const auto offset = options_.utc_offset ? options_.utc_offset(s.wall) : std::chrono::seconds{0};
  const block_space space{size.columns, size.rows - 1, out_.progress.set, options_.verbose, offset};
  std::vector<std::string> lines;
  std::vector<int> widths;
  for (const styled_line& line : block_lines(s, space)) {
    lines.push_back(render(line, out_.progress.colour));
    widths.push_back(width_of(line));
  }
  const bool resized = size.columns != drawn_columns_;
  if (lines == drawn_ && above_.empty() && !resized) {
    return;
  }
  if (above_left_out_ > 0) {
    above_ += fmt::format("and {} lines more\n", std::exchange(above_left_out_, 0));
  }
  const int up = std::min(rows_taken(drawn_widths_, size.columns), size.rows - 1);
  const bool anew = resized || !above_.empty();
  out_.progress.write(redrawn(drawn_, lines, up, anew, above_));
  above_.clear();
  above_lines_ = 0;
  drawn_ = std::move(lines);
  drawn_widths_ = std::move(widths);
  drawn_columns_ = size.columns;
  drawn_at_ = now;
}

void terminal_view::end(const event& e, const run_ended& ended) {
  const stream& to = out_.result;
  const auto lines = closing_lines(ended, model_.at(e.at), to.set);
  to.write("\n" + joined(folded(lines, drawn_columns_), to.colour));
  open_ = false;
}

}  // namespace pawl::observe
