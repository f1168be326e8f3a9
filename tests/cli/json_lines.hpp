// The output of `--json`: one object a line and nothing else.
#pragma once

#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace pawl::test {

// Throws when a line is no JSON object.
inline std::vector<nlohmann::json> json_lines(const std::string& out) {
  std::istringstream text{out};
  std::vector<nlohmann::json> objects;
  for (std::string line; std::getline(text, line);) {
    objects.push_back(nlohmann::json::parse(line));
    if (!objects.back().is_object()) {
      throw std::runtime_error("no object: " + line);
    }
  }
  return objects;
}

inline nlohmann::json last_json(const std::string& out) {
  const auto objects = json_lines(out);
  if (objects.empty()) {
    throw std::runtime_error("no JSON was printed");
  }
  return objects.back();
}

}  // namespace pawl::test
