// The run on a terminal: a block that is redrawn in place, warnings that scroll by above it.
//
// The terminal is left as it is: no mode is changed and the cursor is not hidden, it only moves
// over the block's own lines and always comes to rest below it, so that nothing needs to be
// restored, whatever ends the process. Writes at most ten times a second, only what has changed,
// and each time in one piece. The block stays as it was last drawn; the closing summary follows it.
#pragma once

#include <chrono>
#include <functional>
#include <pawl/events.hpp>
#include <string>
#include <vector>

#include "observe/progress_model.hpp"
#include "observe/repeat_filter.hpp"
#include "observe/view.hpp"

namespace pawl::observe {

struct screen {
  int columns = 80;
  int rows = 24;
};

struct terminal_options {
  std::function<screen()> size;  // asked before each drawing; as TIOCGWINSZ tells it
  // Seconds east of Greenwich on the reader's clock; UTC if empty.
  std::function<std::chrono::seconds(std::chrono::system_clock::time_point)> utc_offset;
  bool verbose = false;  // a line for each worker
};

class terminal_view final : public view {
 public:
  terminal_view(streams out, terminal_options options);

  void on(const event& e) override;
  void tick(time_point now) override;
  void report(time_point now) override;

 private:
  void scroll(const event& e);
  void scroll(std::string_view word, std::string_view text);
  void draw(time_point now, bool at_once);
  void end(const event& e, const run_ended& ended);

  streams out_;
  terminal_options options_;
  progress_model model_;
  repeat_filter retries_;
  std::string above_;  // lines that will scroll by with the next drawing
  int above_lines_ = 0;
  int above_left_out_ = 0;
  std::vector<std::string> drawn_;  // the block as it stands
  std::vector<int> drawn_widths_;
  int drawn_columns_ = 0;
  time_point drawn_at_{};
  bool open_ = false;  // between the first and the last event of a run
  run_state state_ = run_state::running;
};

}  // namespace pawl::observe
