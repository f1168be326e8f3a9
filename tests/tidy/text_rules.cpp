#include <array>
#include <utility>

#include "tidy/rules.hpp"

namespace pawl::tidy {
namespace {

struct ban {
  std::string_view word;
  std::string_view instead;
};

constexpr std::array<ban, 14> bans{{
    {"asio::detached", "it swallows exceptions: use a task_group"},
    {"sleep_for", "wait for the event itself"},
    {"sleep_until", "wait for the event itself"},
    {"usleep", "wait for the event itself"},
    {"system(", "start programs without a shell"},
    {"popen(", "start programs without a shell"},
    {"sprintf", "use fmt::format"},
    {"vsprintf", "use fmt::format"},
    {"strcpy", "use std::string"},
    {"strcat", "use std::string"},
    {"using namespace std;", "name what is used"},
    {"PQcancel", "it blocks: use pg_cancel_backend over the control connection"},
    {"const_cast", "change the type"},
    {"std::endl", "it flushes: write a line break"},
}};

constexpr std::array<std::string_view, 6> vague{"util",    "utils",   "helper",
                                                "helpers", "manager", "misc"};

// Tables that are longer than a file should be, each with its reason; none so far.
constexpr std::array<std::string_view, 0> long_files{};

std::string quoted_word(std::string_view word) {
  return "'" + std::string(word) + "'";
}

// Columns as a terminal shows them, near enough: bytes that continue a character do not count.
std::size_t columns(std::string_view line) {
  std::size_t count = 0;
  for (const char c : line) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++count;
  }
  return count;
}

bool has_limits(const source& s) {
  return s.is_cpp() || s.path.ends_with(".sql") || s.path.ends_with(".sh");
}

// A bare call, as `system(`, ends in a parenthesis and so never in a word character.
std::vector<std::size_t> uses(const source& s, std::string_view word) {
  if (!word.ends_with('(')) return words(s.code, word);
  std::vector<std::size_t> found;
  for (const std::size_t at : words(s.code, word.substr(0, word.size() - 1))) {
    const std::size_t next = s.code.find_first_not_of(' ', at + word.size() - 1);
    if (next != std::string::npos && s.code[next] == '(') found.push_back(at);
  }
  return found;
}

bool starts_path(std::string_view text, std::size_t at) {
  return at == 0 || !(is_word_character(text[at - 1]) || text[at - 1] == '.' ||
                      text[at - 1] == '}' || text[at - 1] == '-');
}

}  // namespace

std::string to_string(const findings& all) {
  std::string text;
  for (const finding& f : all) {
    text += f.path + ":" + std::to_string(f.line) + ": " + f.message + "\n";
  }
  return text;
}

findings long_lines(const source& s) {
  findings found;
  if (!has_limits(s)) return found;
  std::size_t number = 0;
  for (const std::string_view line : lines_of(s.text)) {
    ++number;
    if (columns(line) > line_columns_max) {
      found.push_back({s.path, number, std::to_string(columns(line)) + " columns"});
    }
  }
  return found;
}

findings long_file(const source& s) {
  const std::size_t count = lines_of(s.text).size();
  for (const std::string_view exempt : long_files) {
    if (s.path == exempt) return {};
  }
  if (!has_limits(s) || count <= file_lines_max) return {};
  return {{s.path, count, std::to_string(count) + " lines: split it"}};
}

findings banned_code(const source& s) {
  findings found;
  if (!s.is_cpp()) return found;
  for (const ban& b : bans) {
    for (const std::size_t at : uses(s, b.word)) {
      found.push_back({s.path, line_at(s.code, at),
                       quoted_word(b.word) + " is banned: " + std::string(b.instead)});
    }
  }
  return found;
}

findings vague_names(const source& s) {
  // As parts of a name: an underscore joins words, and here it parts them.
  std::string parts = s.path;
  for (char& c : parts) {
    if (c == '_') c = '/';
  }
  for (const std::string_view word : vague) {
    if (!words(parts, word).empty()) {
      return {{s.path, 1, quoted_word(word) + " says nothing: name what the file is about"}};
    }
  }
  return {};
}

findings todo_without_kind(const source& s) {
  findings found;
  for (const std::size_t at : words(s.text, "TODO")) {
    // In C++ only comments count, and there the masked text differs.
    if (s.is_cpp() && s.uncommented[at] == 'T') continue;
    if (s.path.ends_with(".md")) continue;
    if (s.text.substr(at + 4, 1) != "(") {
      found.push_back({s.path, line_at(s.text, at), "say what kind: perf, security, someday"});
    }
  }
  return found;
}

findings machine_paths(const source& s) {
  findings found;
  for (const std::string_view folder : {"work", "root", "home"}) {
    const std::string path = "/" + std::string(folder) + "/";
    for (std::size_t at = s.text.find(path); at != std::string::npos;
         at = s.text.find(path, at + 1)) {
      if (starts_path(s.text, at)) {
        found.push_back({s.path, line_at(s.text, at), "a path of somebody's machine"});
      }
    }
  }
  return found;
}

}  // namespace pawl::tidy
