// Rules that need to know where a function or a statement begins and ends. They look at braces and
// at what stands before them, in text without comments and literals.
#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "tidy/rules.hpp"

namespace pawl::tidy {
namespace {

constexpr std::size_t none = std::string_view::npos;

bool is_blank(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

// Position of the last character before `at` that is no white space.
std::size_t last_before(std::string_view code, std::size_t at) {
  while (at > 0) {
    if (!is_blank(code[--at])) return at;
  }
  return none;
}

std::string_view word_ending_at(std::string_view code, std::size_t last) {
  std::size_t start = last + 1;
  while (start > 0 && is_word_character(code[start - 1])) --start;
  return code.substr(start, last + 1 - start);
}

// The brace that closes the one at `open`.
std::size_t closing_of(std::string_view code, std::size_t open) {
  int depth = 0;
  for (std::size_t at = open; at < code.size(); ++at) {
    if (code[at] == '{') ++depth;
    if (code[at] == '}' && --depth == 0) return at;
  }
  return code.size();
}

// What stands between the end of the last statement or block and a brace.
std::string_view before_brace(std::string_view code, std::size_t open) {
  const std::size_t end = code.find_last_of(";{}", open == 0 ? 0 : open - 1);
  const std::size_t start = end == none || end >= open ? 0 : end + 1;
  return code.substr(start, open - start);
}

// A definition of a function, of a member, or a test: parameters in parentheses that are closed,
// and nothing that makes it a type, a namespace or a list of values.
bool opens_function(std::string_view head) {
  for (const std::string_view word : {"namespace", "enum", "union"}) {
    if (!words(head, word).empty()) return false;
  }
  const std::size_t last = last_before(head, head.size());
  if (last == none || head[last] == '=' || head[last] == ',' || head[last] == '(') return false;
  const auto opened = std::count(head.begin(), head.end(), '(');
  return opened > 0 && opened == std::count(head.begin(), head.end(), ')');
}

// True for the brace of a body, false for that of a list of values: `){`, `else {`, `-> T {`, `;{`.
bool opens_block(std::string_view code, std::size_t open) {
  const std::size_t last = last_before(code, open);
  if (last == none) return true;
  constexpr std::string_view after_which = ");{}:";
  if (after_which.find(code[last]) != none) return true;
  const std::string_view word = word_ending_at(code, last);
  constexpr std::array<std::string_view, 7> before_blocks{"else",  "do",       "try",     "mutable",
                                                          "const", "noexcept", "override"};
  if (std::find(before_blocks.begin(), before_blocks.end(), word) != before_blocks.end()) {
    return true;
  }
  const std::string_view head = before_brace(code, open);
  const std::size_t arrow = head.rfind("->");
  return arrow != none && head.find_first_of("(=", arrow) == none && head.rfind(')', arrow) != none;
}

// The first character of the statement around `at`.
std::size_t statement_start(std::string_view code, std::size_t at) {
  int depth = 0;
  while (at > 0) {
    const char c = code[--at];
    if (c == ')' || c == ']') ++depth;
    if (c == '(' || c == '[') --depth;
    if (c == '}') {
      // The end of the block before this statement, or of a list of values within it.
      const std::size_t next = code.find_first_not_of(" \n\t", at + 1);
      const bool within =
          depth > 0 || (next != none && std::string_view(",).").find(code[next]) != none);
      if (!within) return at + 1;
      ++depth;
    } else if (c == '{') {
      if (depth <= 0 && opens_block(code, at)) return at + 1;
      --depth;
    } else if (c == ';' && depth <= 0) {
      return at + 1;
    }
  }
  return 0;
}

// One past its last: a semicolon outside of all brackets, or the block of an `if (...) {`.
std::size_t statement_end(std::string_view code, std::size_t at) {
  const std::size_t start = statement_start(code, at);
  int depth = 0;
  for (std::size_t i = start; i < code.size(); ++i) {
    const char c = code[i];
    if (c == '(' || c == '[') ++depth;
    if (c == ')' || c == ']') --depth;
    if (c == '{' && depth == 0 && i > at && opens_block(code, i)) return i;
    if (c == '{') ++depth;
    if (c == '}') --depth;
    if (depth < 0 || (c == ';' && depth == 0 && i > at)) return i;
  }
  return code.size();
}

// One past the word that starts at `at`.
std::size_t word_end(std::string_view code, std::size_t at) {
  while (at < code.size() && is_word_character(code[at])) ++at;
  return at;
}

std::size_t first_from(std::string_view code, std::size_t at) {
  return code.find_first_not_of(" \n\t", at);
}

bool is_capturing_lambda(std::string_view code, std::size_t open) {
  const std::size_t last = last_before(code, open);
  if (last != none) {
    const std::string_view word = word_ending_at(code, last);
    const bool operand_follows = word == "return" || word == "co_return" || word == "co_await";
    // A subscript, a structured binding or the inner bracket of an attribute.
    if (!operand_follows && (!word.empty() || code[last] == ']' || code[last] == ')')) return false;
    if (code[last] == '[') return false;
  }
  const std::size_t close = code.find(']', open);
  const std::size_t capture = first_from(code, open + 1);
  if (close == none || capture == close || code[capture] == '[') return false;
  const std::size_t next = first_from(code, close + 1);
  return next != none && (std::string_view("({<").find(code[next]) != none ||
                          code.substr(next).starts_with("mutable"));
}

bool is_designator(std::string_view code, std::size_t dot) {
  const std::size_t last = last_before(code, dot);
  if (last == none || (code[last] != '{' && code[last] != ',')) return false;
  const std::size_t end = word_end(code, dot + 1);
  const std::size_t next = first_from(code, end);
  return end > dot + 1 && next != none && (code[next] == '=' || code[next] == '{');
}

std::string_view fault_of(std::string_view statement) {
  for (std::size_t at = 0; at < statement.size(); ++at) {
    if (statement[at] == '[' && is_capturing_lambda(statement, at)) {
      return "co_await beside a capturing lambda: name the lambda first";
    }
    if (statement[at] == '.' && is_designator(statement, at)) {
      return "co_await beside designators: name the value first";
    }
    if (statement[at] == '?') return "co_await beside ?: : write if and else";
  }
  return {};
}

}  // namespace

findings long_functions(const source& s) {
  findings found;
  if (!s.is_cpp()) return found;
  const std::string_view code = s.code;
  std::size_t at = code.find('{');
  while (at != none) {
    const std::string_view head = before_brace(code, at);
    if (!opens_function(head)) {
      at = code.find('{', at + 1);
      continue;
    }
    const std::size_t end = closing_of(code, at);
    const std::size_t first = code.find_first_not_of(" \n\t", at - head.size());
    const std::size_t lines = line_at(code, end) - line_at(code, first) + 1;
    if (lines > function_lines_max) {
      found.push_back({s.path, line_at(code, first),
                       "a function of " + std::to_string(lines) + " lines: split it"});
    }
    at = code.find('{', end);
  }
  return found;
}

findings co_await_form(const source& s) {
  findings found;
  if (!s.is_cpp()) return found;
  std::size_t last_start = none;
  for (const std::size_t at : words(s.code, "co_await")) {
    const std::size_t start = statement_start(s.code, at);
    if (start == last_start) continue;
    last_start = start;
    const std::string statement = s.code.substr(start, statement_end(s.code, at) - start);
    const std::string_view fault = fault_of(statement);
    if (!fault.empty()) found.push_back({s.path, line_at(s.code, at), std::string(fault)});
  }
  return found;
}

}  // namespace pawl::tidy
