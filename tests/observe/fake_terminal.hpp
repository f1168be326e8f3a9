// A terminal that understands what the terminal view writes, and nothing else: any other control
// character fails the test. Lines that are too wide are folded, lines above the top are kept.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::observe {

class fake_terminal {
 public:
  fake_terminal(int columns, int rows) : columns_(columns), rows_(rows) {}

  int columns() const { return columns_; }
  int rows() const { return rows_; }
  int writes() const { return writes_; }

  void write(std::string_view text) {
    ++writes_;
    while (!text.empty()) {
      const char c = text.front();
      if (c == '\x1b') {
        text.remove_prefix(escape(text));
        continue;
      }
      text.remove_prefix(1);
      if (c == '\n') {
        next_row();
      } else if (c == '\r') {
        column_ = 0;
      } else {
        put(c);
      }
    }
  }

  // Everything from the first line on, without blanks at line ends.
  std::vector<std::string> lines() const {
    std::vector<std::string> shown = lines_;
    while (!shown.empty() && shown.back().empty()) {
      shown.pop_back();
    }
    return shown;
  }

  void set_rows(int rows) { rows_ = rows; }

  // A terminal folds its lines anew when its width changes; every line of the view ended in \n.
  void resize(int columns) {
    std::vector<std::string> folded;
    for (std::string line : lines_) {
      while (static_cast<int>(line.size()) > columns) {
        folded.push_back(line.substr(0, static_cast<std::size_t>(columns)));
        line.erase(0, static_cast<std::size_t>(columns));
      }
      folded.push_back(line);
    }
    row_ += folded.size() - lines_.size();
    lines_ = std::move(folded);
    columns_ = columns;
  }

 private:
  void put(char c) {
    EXPECT_GE(static_cast<unsigned char>(c), 0x20) << "control character";
    if (column_ == static_cast<std::size_t>(columns_)) {
      next_row();
    }
    std::string& line = lines_[row_];
    line.resize(std::max(line.size(), column_ + 1), ' ');
    line[column_++] = c;
  }

  void next_row() {
    column_ = 0;
    if (++row_ == lines_.size()) {
      lines_.emplace_back();
    }
  }

  std::size_t escape(std::string_view text) {
    const std::size_t end = text.find_first_not_of("0123456789", 2);
    int count = 0;
    std::from_chars(text.data() + 2, text.data() + end, count);
    switch (text.at(end)) {
      case 'A':
        EXPECT_LT(count, rows_) << "beyond the top of the screen";
        EXPECT_LE(static_cast<std::size_t>(count), row_) << "beyond the first line";
        row_ -= std::min(static_cast<std::size_t>(count), row_);
        break;
      case 'K':
        lines_[row_].resize(std::min(lines_[row_].size(), column_));
        break;
      case 'J':
        lines_[row_].resize(std::min(lines_[row_].size(), column_));
        lines_.resize(row_ + 1);
        break;
      case 'm':
        break;
      default:
        ADD_FAILURE() << "unknown sequence " << text.substr(1, end);
    }
    return end + 1;
  }

  int columns_;
  int rows_;
  int writes_ = 0;
  std::vector<std::string> lines_{1};
  std::size_t row_ = 0;
  std::size_t column_ = 0;
};

}  // namespace pawl::observe
