// Rules about files among each other: headers, includes, build lists.
#include <algorithm>
#include <map>
#include <set>

#include "tidy/rules.hpp"

namespace pawl::tidy {
namespace {

using room_set = std::set<std::string, std::less<>>;

// What each room may include besides itself and <pawl/...>: the arrows of the design's data flow.
const std::map<std::string, room_set, std::less<>>& directions() {
  static const std::map<std::string, room_set, std::less<>> all{
      {"config", {}},
      {"sql", {}},
      {"pg", {}},
      {"sandbox", {}},
      {"observe", {}},
      {"plan", {"sql", "pg"}},
      {"lint", {"sql", "pg"}},
      {"ledger", {"pg"}},
      {"transform", {"pg"}},
      {"run", {"sql", "pg", "plan", "ledger", "transform"}},
      {"deploy", {"sql", "pg", "plan", "ledger", "run"}},
      {"cli",
       {"config", "sql", "pg", "sandbox", "observe", "plan", "lint", "ledger", "transform", "run",
        "deploy"}},
  };
  return all;
}

struct include {
  std::size_t line = 0;
  std::string name;  // between the quotes or angle brackets
  bool quoted = false;
};

std::vector<include> includes_of(const source& s) {
  std::vector<include> all;
  std::size_t number = 0;
  for (const std::string_view line : lines_of(s.uncommented)) {
    ++number;
    if (!line.starts_with("#include")) continue;
    const std::size_t open = line.find_first_of("<\"");
    if (open == std::string_view::npos) continue;
    const std::size_t close = line.find_first_of(">\"", open + 1);
    all.push_back(
        {number, std::string(line.substr(open + 1, close - open - 1)), line[open] == '"'});
  }
  return all;
}

// "plan" for "engine/plan/key.cpp"; empty for files that stand in no room.
std::string room_of(std::string_view path) {
  constexpr std::string_view start = "engine/";
  if (!path.starts_with(start)) return {};
  path.remove_prefix(start.size());
  const std::size_t end = path.find('/');
  return end == std::string_view::npos ? std::string() : std::string(path.substr(0, end));
}

std::string first_folder(std::string_view name) {
  return std::string(name.substr(0, std::min(name.find('/'), name.size())));
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

const source* nearest_list(const std::vector<source>& all, const std::string& path) {
  for (std::string folder = folder_of(path);; folder = folder_of(folder)) {
    const std::string name = folder.empty() ? "CMakeLists.txt" : folder + "/CMakeLists.txt";
    for (const source& s : all) {
      if (s.path == name) return &s;
    }
    if (folder.empty()) return nullptr;
  }
}

bool names(const source& list, const std::string& file) {
  std::size_t at = list.text.find(file);
  for (; at != std::string::npos; at = list.text.find(file, at + 1)) {
    const std::size_t end = at + file.size();
    const auto parts = [](char c) { return !is_word_character(c) && c != '/' && c != '.'; };
    if ((at == 0 || parts(list.text[at - 1])) &&
        (end == list.text.size() || parts(list.text[end]))) {
      return true;
    }
  }
  return false;
}

}  // namespace

findings header_form(const source& s) {
  findings found;
  if (!s.is_header()) return found;
  if (s.uncommented.find("#pragma once") == std::string::npos) {
    found.push_back({s.path, 1, "no #pragma once"});
  }
  if (!s.text.starts_with("// ")) {
    found.push_back({s.path, 1, "a header begins with its contract, as a comment"});
  }
  for (const include& i : includes_of(s)) {
    if (i.name == "boost/asio.hpp") {
      found.push_back({s.path, i.line, "include the one header of Asio that is needed"});
    }
  }
  return found;
}

findings include_direction(const source& s) {
  findings found;
  const bool in_library = s.path.starts_with("include/");
  const bool in_engine = s.path.starts_with("engine/");
  if (!s.is_cpp() || !(in_library || in_engine)) return found;
  const std::string room = room_of(s.path);
  const auto known = directions().find(room);
  if (in_engine && !room.empty() && known == directions().end()) {
    return {{s.path, 1, "room '" + room + "' has no place in the data flow: name it in this rule"}};
  }
  for (const include& i : includes_of(s)) {
    const std::string other = first_folder(i.name);
    if (directions().count(other) == 0 || other == room) continue;
    if (known == directions().end() || known->second.count(other) == 0) {
      const std::string who = room.empty() ? "the library's own part" : "room '" + room + "'";
      found.push_back({s.path, i.line, who + " may not include room '" + other + "'"});
    }
  }
  return found;
}

findings unbuilt(const std::vector<source>& all) {
  findings found;
  for (const source& s : all) {
    const std::string top = first_folder(s.path);
    if (!s.path.ends_with(".cpp") || (top != "engine" && top != "tests" && top != "bench"))
      continue;
    const source* list = nearest_list(all, s.path);
    const std::string folder = list ? folder_of(list->path) : std::string();
    const std::string name = folder.empty() ? s.path : s.path.substr(folder.size() + 1);
    if (list == nullptr || !names(*list, name)) {
      found.push_back({s.path, 1, "no CMakeLists.txt names this file: it is not built"});
    }
  }
  return found;
}

}  // namespace pawl::tidy
