#include "config/locate.hpp"

namespace pawl::config {

std::optional<location> locate(const surroundings& s) {
  for (std::filesystem::path at = s.folder;; at = at.parent_path()) {
    if (s.exists(at / "pawl.toml")) return location{at / "pawl.toml", true};
    // A folder, or in a worktree a file.
    if (s.exists(at / ".git") || at == at.parent_path()) break;
  }
  std::filesystem::path own;
  if (s.xdg_config_home && s.xdg_config_home->starts_with('/')) {
    own = *s.xdg_config_home;
  } else if (s.home && s.home->starts_with('/')) {
    own = std::filesystem::path(*s.home) / ".config";
  } else {
    return std::nullopt;
  }
  own = own / "pawl" / "config.toml";
  return s.exists(own) ? std::optional(location{own, false}) : std::nullopt;
}

}  // namespace pawl::config
