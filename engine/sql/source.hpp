// The text of a job file and the places in it.
//
// A value. Errors: file_unreadable for a file that is too large, sql_syntax for bytes that are no
// UTF-8 text.
#pragma once

#include <cstddef>
#include <pawl/error.hpp>
#include <string>
#include <string_view>

namespace pawl::sql {

struct source {
  std::string file;  // as given, for messages
  std::string text;  // UTF-8, without byte order mark

  place place_of(std::size_t offset) const;
  // The same from a place that is known already, that of `from`.
  place place_behind(place known, std::size_t from, std::size_t offset) const;
  error fault(errc code, std::size_t offset, std::string message, std::string hint = {}) const;
};

result<source> read_source(std::string_view file, std::string bytes);

// The byte offset of the 1-based character `position`, the way the parser counts; the text's size
// if it lies beyond the end.
std::size_t offset_of_character(std::string_view text, int position);

}  // namespace pawl::sql
