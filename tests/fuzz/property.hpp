// What the fuzz targets share: a property that does not hold ends the process, which is how
// libFuzzer learns of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <pawl/error.hpp>
#include <string>

namespace pawl::fuzz {

inline std::string text_of(const std::uint8_t* data, std::size_t size) {
  return {data, data + size};
}

inline void must(bool holds, const std::string& property) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", property.c_str());
  std::abort();
}

// An error of the input's own, with its place.
inline void must_be_refusal(const error& e) {
  must(exit_code_of(e.code) == 2, "a bad input is no fault of pawl's: " + to_string(e));
  must(e.where.line >= 1 && e.where.column >= 1, "an error has a place: " + to_string(e));
  must(!e.message.empty(), "an error says something");
}

}  // namespace pawl::fuzz
