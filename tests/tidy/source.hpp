// A file of this repository as the style rules look at it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::tidy {

struct source {
  std::string path;  // relative to the repository, with slashes
  std::string text;
  // C++ only, else as `text`. Both have the length and the lines of `text`.
  std::string code;         // comments and the insides of literals are blanks
  std::string uncommented;  // only comments are blanks

  bool is_cpp() const;     // .cpp or .hpp
  bool is_header() const;  // .hpp
};

source make_source(std::string path, std::string text);

// All text files below `root`, sorted by path; build folders, caches and .git are left out.
std::vector<source> sources_below(const std::filesystem::path& root);

// 1-based line of a position.
std::size_t line_at(std::string_view text, std::size_t position);

std::vector<std::string_view> lines_of(std::string_view text);

bool is_word_character(char c);

// Positions at which `word` stands in `text` and is not part of a longer word.
std::vector<std::size_t> words(std::string_view text, std::string_view word);

}  // namespace pawl::tidy
