// Where the configuration is: pawl.toml in the working directory or above it, up to the root of the
// repository; else the user's own. Pure: the file system is asked through `exists`.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace pawl::config {

struct surroundings {
  std::filesystem::path folder;  // working directory, absolute
  std::optional<std::string> xdg_config_home;
  std::optional<std::string> home;
  std::function<bool(const std::filesystem::path&)> exists;
};

struct location {
  std::filesystem::path file;
  bool is_shared = false;  // a project's file, which others read; not the user's own

  bool operator==(const location&) const = default;
};

std::optional<location> locate(const surroundings& s);

}  // namespace pawl::config
