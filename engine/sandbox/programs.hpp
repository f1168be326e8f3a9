// The server's own programs: where they are and which version they have.
#pragma once

#include <filesystem>
#include <optional>
#include <pawl/error.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::sandbox {

// The oldest major version that pawl works with.
inline constexpr int major_min = 14;

struct server_version {
  int major = 0;
  std::string text;  // "15.20", "18beta1"

  bool operator==(const server_version&) const = default;
};

// From what `postgres --version` prints; empty if it is something else. Pure.
std::optional<server_version> parse_version(std::string_view printed);

// True if initdb, pg_ctl and postgres are all there.
bool is_complete(const std::filesystem::path& bin);

// Asks the program itself. Errors: sandbox, when it does not run or is older than major_min.
result<server_version> version_of(const std::filesystem::path& bin);

// Every complete folder of programs: those in PATH, then the distributions' places, newest first.
std::vector<std::filesystem::path> installed_programs();

}  // namespace pawl::sandbox
