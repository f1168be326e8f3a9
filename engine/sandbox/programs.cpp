#include "sandbox/programs.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "sandbox/failure.hpp"
#include "sandbox/process.hpp"
#include "sandbox/sandbox.hpp"

namespace pawl::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr auto install_hint =
    "Install a server, as root: apt-get install postgresql-15; or name the folder of its programs "
    "with --bin.";

std::vector<fs::path> folders_of_path() {
  std::vector<fs::path> folders;
  const char* value = std::getenv("PATH");
  std::string_view rest = value ? value : "";
  while (!rest.empty()) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
    if (folder.starts_with('/')) folders.emplace_back(folder);
  }
  return folders;
}

int number_in(std::string_view name) {
  const std::size_t start = std::min(name.find_first_of("0123456789"), name.size());
  int number = 0;
  std::from_chars(name.data() + start, name.data() + name.size(), number);
  return number;
}

// Debian keeps /usr/lib/postgresql/15/bin, Red Hat /usr/pgsql-15/bin.
std::vector<fs::path> folders_of_distributions() {
  std::vector<std::pair<int, fs::path>> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    found.emplace_back(number_in(entry.path().filename().string()), entry.path() / "bin");
  }
  for (const auto& entry : fs::directory_iterator("/usr", ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("pgsql-")) found.emplace_back(number_in(name), entry.path() / "bin");
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<fs::path> folders;
  for (auto& [number, folder] : found) folders.push_back(std::move(folder));
  return folders;
}

}  // namespace

std::optional<server_version> parse_version(std::string_view printed) {
  constexpr std::string_view start = "postgres (PostgreSQL) ";
  if (!printed.starts_with(start)) return std::nullopt;
  printed.remove_prefix(start.size());
  printed = printed.substr(0, printed.find_first_of(" \n"));
  if (printed.empty() || std::isdigit(static_cast<unsigned char>(printed.front())) == 0) {
    return std::nullopt;
  }
  return server_version{number_in(printed), std::string(printed)};
}

bool is_complete(const fs::path& bin) {
  const auto runs = [&](const char* name) { return ::access((bin / name).c_str(), X_OK) == 0; };
  return runs("initdb") && runs("pg_ctl") && runs("postgres");
}

result<server_version> version_of(const fs::path& bin) {
  if (!is_complete(bin)) {
    return failure("initdb, pg_ctl and postgres are not all in " + bin.string(), install_hint);
  }
  program p;
  p.arguments = {(bin / "postgres").string(), "--version"};
  p.environment = server_environment();
  const result<outcome> done = run(p);
  if (!done) return done.error();
  const std::optional<server_version> version = parse_version(done->output);
  if (done->exit_code != 0 || !version) {
    return failure("cannot run " + p.arguments.front() + ": " + done->output, install_hint);
  }
  if (version->major < major_min) {
    return failure("PostgreSQL " + version->text + " in " + bin.string() + " is older than " +
                       std::to_string(major_min),
                   install_hint);
  }
  return *version;
}

std::vector<fs::path> installed_programs() {
  std::vector<fs::path> found = folders_of_path();
  std::vector<fs::path> more = folders_of_distributions();
  found.insert(found.end(), more.begin(), more.end());
  std::erase_if(found, [](const fs::path& bin) { return !is_complete(bin); });
  return found;
}

result<fs::path> find_server_programs() {
  const std::vector<fs::path> found = installed_programs();
  if (found.empty()) return failure("no PostgreSQL server is installed", install_hint);
  return found.front();
}

}  // namespace pawl::sandbox
