#include "sandbox/owner.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <vector>

#include "sandbox/descriptor.hpp"
#include "sandbox/failure.hpp"

namespace pawl::sandbox {
namespace {

// The child's answer is its exit code: 0, or one more than the index of the closed path.
constexpr int depth_max = 120;
constexpr int child_failed = 125;

std::vector<std::string> steps_to(const std::filesystem::path& path) {
  std::vector<std::string> steps;
  std::filesystem::path step;
  for (const auto& part : path) {
    step /= part;
    steps.push_back(step.string());
  }
  return steps;
}

[[noreturn]] void try_as(const account& who, const std::vector<std::string>& steps) {
  if (!become(who)) ::_exit(child_failed);
  int index = 0;
  for (const std::string& step : steps) {
    ++index;
    if (::access(step.c_str(), X_OK) != 0) ::_exit(index);
  }
  ::_exit(0);
}

}  // namespace

result<std::optional<account>> server_account() {
  if (::geteuid() != 0) return std::optional<account>();
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* entry = ::getpwnam(name)) {
      return std::optional(account{name, entry->pw_uid, entry->pw_gid});
    }
  }
  return failure("PostgreSQL refuses to run as root, and there is no user postgres or nobody",
                 "Type: useradd --system postgres");
}

result<std::optional<std::filesystem::path>> closed_to(const account& who,
                                                       const std::filesystem::path& path) {
  const std::vector<std::string> steps = steps_to(path);
  if (steps.size() > depth_max) return failure(path.string() + " is nested too deeply");
  const pid_t child = ::fork();
  if (child < 0) return system_failure("start a process");
  if (child == 0) try_as(who, steps);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : child_failed;
  if (code == 0) return std::optional<std::filesystem::path>();
  if (code > depth_max) return failure("cannot become user " + who.name);
  return std::optional(std::filesystem::path(steps[static_cast<std::size_t>(code - 1)]));
}

result<void> make_directory(const std::filesystem::path& path, unsigned mode,
                            const std::optional<account>& who) {
  if (::mkdir(path.c_str(), 0700) != 0) return system_failure("make directory " + path.string());
  const descriptor opened(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  const bool ours = opened && ::fchmod(opened.get(), mode) == 0 &&
                    (!who || ::fchown(opened.get(), who->uid, who->gid) == 0);
  if (!ours) return system_failure("give " + path.string() + " to the server's user");
  return {};
}

result<void> write_file(const std::filesystem::path& path, const std::string& text, unsigned mode,
                        const std::optional<account>& who) {
  const std::string fresh = path.string() + ".new";
  ::unlink(fresh.c_str());
  const descriptor opened(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  const bool whole =
      opened &&
      ::write(opened.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fchmod(opened.get(), mode) == 0 &&
      (!who || ::fchown(opened.get(), who->uid, who->gid) == 0) &&
      ::rename(fresh.c_str(), path.c_str()) == 0;
  if (!whole) return system_failure("write " + path.string());
  return {};
}

result<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file) return system_failure("read " + path.string());
  text << file.rdbuf();
  return std::move(text).str();
}

}  // namespace pawl::sandbox
