#include "sandbox/folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <sstream>
#include <system_error>
#include <vector>

#include "sandbox/failure.hpp"
#include "sandbox/owner.hpp"

namespace pawl::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view first_line = "pawl sandbox 1";

// The server's user only passes through the folder of root.
unsigned mode_of(const std::optional<account>& who) {
  return who ? 0711 : 0700;
}

result<void> make_parents(const fs::path& folder, const std::optional<account>& who) {
  std::vector<fs::path> missing;
  std::error_code ignored;
  for (fs::path at = folder.parent_path(); !fs::exists(at, ignored); at = at.parent_path()) {
    missing.push_back(at);
  }
  for (auto at = missing.rbegin(); at != missing.rend(); ++at) {
    const result<void> made = make_directory(*at, who ? 0755 : 0700, std::nullopt);
    if (!made && !fs::is_directory(*at, ignored)) return made;
  }
  return {};
}

result<void> check_reachable(const layout& where, const account& who) {
  const auto closed = closed_to(who, where.folder);
  if (!closed) return closed.error();
  if (!*closed) return {};
  const std::string name = (*closed)->string();
  return failure("user " + who.name + ", who runs the server for root, may not enter " + name,
                 "Type: chmod o+x " + name + "; or take another folder with --folder.");
}

result<void> check_contents(const layout& where) {
  std::error_code failed;
  if (fs::exists(where.marker(), failed)) return {};
  for (fs::directory_iterator at(where.folder, failed), end; !failed && at != end;
       at.increment(failed)) {
    if (at->path() == where.lock()) continue;
    return failure(where.folder.string() + " holds " + at->path().filename().string() +
                       " and is not a sandbox",
                   "Take an empty folder, or one that does not exist, with --folder.");
  }
  if (failed) return failure("cannot read " + where.folder.string() + ": " + failed.message());
  return {};
}

}  // namespace

std::string text_of(const marker& m) {
  return fmt::format("{}\nbin={}\nport={}\n", first_line, m.bin.string(), m.port);
}

std::optional<marker> parse_marker(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  if (!std::getline(lines, line) || line != first_line) return std::nullopt;
  marker m;
  while (std::getline(lines, line)) {
    if (line.starts_with("bin=")) m.bin = line.substr(4);
    if (line.starts_with("port=")) std::istringstream(line.substr(5)) >> m.port;
  }
  if (m.bin.empty()) return std::nullopt;
  return m;
}

result<marker> read_marker(const layout& where) {
  const result<std::string> text = read_file(where.marker());
  const std::optional<marker> m = text ? parse_marker(*text) : std::nullopt;
  if (!m) {
    return failure("there is no sandbox in " + where.folder.string(),
                   "To make one, type: pawl sandbox up --folder " + where.folder.string());
  }
  return *m;
}

result<layout> layout_of(const fs::path& folder) {
  std::error_code failed;
  const fs::path absolute = fs::weakly_canonical(fs::absolute(folder, failed), failed);
  if (folder.empty() || failed) return failure("'" + folder.string() + "' is not a folder");
  // pg_ctl starts the server by way of a shell, with the names in double quotes.
  if (absolute.string().find_first_of("\"$`\\\r\n") != std::string::npos) {
    return failure("the folder's name holds a character that pg_ctl's shell would misread: " +
                       absolute.string(),
                   "Take a folder without quotes, dollar signs and backslashes with --folder.");
  }
  return layout{absolute.has_filename() ? absolute : absolute.parent_path()};
}

result<void> make_folder(const layout& where, const std::optional<account>& who) {
  std::error_code ignored;
  if (!fs::exists(where.folder, ignored)) {
    const result<void> parents = make_parents(where.folder, who);
    if (!parents) return parents;
    const result<void> made = make_directory(where.folder, mode_of(who), std::nullopt);
    if (!made && !fs::is_directory(where.folder, ignored)) return made;
  }
  const result<void> free = check_contents(where);
  if (!free) return free;
  return who ? check_reachable(where, *who) : result<void>();
}

result<descriptor> lock_folder(const layout& where) {
  const std::string name = where.lock().string();
  descriptor file(::open(name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) {
    if (errno == ENOENT) return descriptor();
    return system_failure("open " + name);
  }
  while (::flock(file.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return system_failure("lock " + name);
  }
  struct stat held {};
  struct stat there {};
  ::fstat(file.get(), &held);
  const bool same = ::lstat(name.c_str(), &there) == 0 && held.st_ino == there.st_ino;
  return same ? std::move(file) : descriptor();
}

}  // namespace pawl::sandbox
