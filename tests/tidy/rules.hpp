// The style rules, each a pure function from a file to what is wrong in it.
//
// They read text and no parse tree: good enough to catch a slip, simple enough to trust. Each has a
// case in rules_test.cpp that it must flag.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tidy/source.hpp"

namespace pawl::tidy {

struct finding {
  std::string path;
  std::size_t line = 0;
  std::string message;

  bool operator==(const finding&) const = default;
};
using findings = std::vector<finding>;

// "path:line: message", one a line, for a test's failure.
std::string to_string(const findings& all);

inline constexpr std::size_t line_columns_max = 100;
inline constexpr std::size_t file_lines_max = 500;
inline constexpr std::size_t function_lines_max = 70;

findings long_lines(const source& s);
findings long_file(const source& s);
findings long_functions(const source& s);

// Calls that have a better way, and names that say nothing (util, helper, manager).
findings banned_code(const source& s);
findings vague_names(const source& s);

// A note to oneself in a comment names its kind: perf, security, someday.
findings todo_without_kind(const source& s);

// #pragma once, a leading comment, and no <boost/asio.hpp>, which costs every includer seconds.
findings header_form(const source& s);

// Rooms include only what the data flow of the design lets them.
findings include_direction(const source& s);

// What GCC 12 miscompiles: a statement with co_await that also holds a capturing lambda,
// designators or a conditional expression.
findings co_await_form(const source& s);

// Paths of somebody's machine.
findings machine_paths(const source& s);

// Every .cpp below engine/, tests/ and bench/ that the nearest CMakeLists.txt above it does not
// name.
findings unbuilt(const std::vector<source>& all);

}  // namespace pawl::tidy
