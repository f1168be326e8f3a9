#include "sandbox/postmaster.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <string>
#include <system_error>

#include "sandbox/descriptor.hpp"
#include "sandbox/failure.hpp"

namespace pawl::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr int stop_ms_max = 300'000;

bool belongs_to(const fs::path& process, const fs::path& data) {
  std::error_code failed;
  const fs::path folder = fs::read_symlink(process / "cwd", failed);
  if (failed || folder != data) return false;
  const fs::path file = fs::read_symlink(process / "exe", failed);
  // After an upgrade of the package the link reads "postgres (deleted)".
  return !failed && file.filename().string().starts_with("postgres");
}

fs::path real(const fs::path& data) {
  std::error_code failed;
  fs::path resolved = fs::canonical(data, failed);
  return failed ? data : resolved;
}

// By number, because <sys/pidfd.h> of glibc 2.36 lacks its extern "C".
descriptor handle_of(pid_t pid) {
  return descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

result<void> signal_and_wait(pid_t pid, int signal) {
  const descriptor process = handle_of(pid);
  if (!process) {
    if (errno == ESRCH) return {};
    return system_failure("watch process " + std::to_string(pid));
  }
  if (::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) != 0) {
    if (errno == ESRCH) return {};
    return system_failure("signal process " + std::to_string(pid));
  }
  pollfd ended{process.get(), POLLIN, 0};
  int ready = ::poll(&ended, 1, stop_ms_max);
  while (ready < 0 && errno == EINTR) ready = ::poll(&ended, 1, stop_ms_max);
  if (ready == 1) return {};
  return failure("server process " + std::to_string(pid) + " has not ended in five minutes",
                 "Look at its log and type: kill -QUIT " + std::to_string(pid));
}

}  // namespace

std::vector<pid_t> processes_of(const fs::path& data) {
  const fs::path resolved = real(data);
  std::vector<pid_t> found;
  std::error_code ignored;
  for (fs::directory_iterator at("/proc", ignored), end; !ignored && at != end;
       at.increment(ignored)) {
    const std::string name = at->path().filename().string();
    pid_t pid = 0;
    const auto [stop, wrong] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (wrong != std::errc() || stop != name.data() + name.size()) continue;
    if (belongs_to(at->path(), resolved)) found.push_back(pid);
  }
  return found;
}

std::optional<pid_t> postmaster_of(const fs::path& data) {
  std::ifstream file(data / "postmaster.pid");
  pid_t pid = 0;
  if (!(file >> pid) || pid <= 0) return std::nullopt;
  if (!belongs_to(fs::path("/proc") / std::to_string(pid), real(data))) return std::nullopt;
  return pid;
}

result<void> stop_postmaster(const fs::path& data, int signal) {
  const std::optional<pid_t> pid = postmaster_of(data);
  if (!pid) return {};
  return signal_and_wait(*pid, signal);
}

result<void> clear_crash(const fs::path& data) {
  for (const pid_t pid : processes_of(data)) {
    const result<void> killed = signal_and_wait(pid, SIGKILL);
    if (!killed) return killed;
  }
  std::error_code failed;
  fs::remove(data / "postmaster.pid", failed);
  if (failed) return failure("cannot remove the pid file of a crashed server: " + failed.message());
  return {};
}

}  // namespace pawl::sandbox
