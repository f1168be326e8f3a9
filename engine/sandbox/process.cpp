#include "sandbox/process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "sandbox/descriptor.hpp"
#include "sandbox/failure.hpp"

namespace pawl::sandbox {
namespace {

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// A memory file can be read by a child of another user, and unlike a pipe it can neither fill up
// nor raise SIGPIPE when the child reads nothing.
descriptor file_holding(std::string_view text) {
  descriptor file(::memfd_create("pawl-input", MFD_CLOEXEC));
  if (!file) return file;
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0) return descriptor();
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

[[noreturn]] void be_the_program(const program& p, int input, int output,
                                 const std::vector<char*>& arguments,
                                 const std::vector<char*>& environment) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  const bool ready = ::dup2(input, STDIN_FILENO) >= 0 && ::dup2(output, STDOUT_FILENO) >= 0 &&
                     ::dup2(output, STDERR_FILENO) >= 0 && ::chdir("/") == 0 &&
                     (!p.become || become(*p.become)) &&
                     // After the change of user, which resets it.
                     ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
  if (ready) ::execve(arguments.front(), arguments.data(), environment.data());
  ::_exit(127);
}

std::string read_to_the_end(int fd) {
  std::string text;
  std::array<char, 4096> block{};
  for (;;) {
    const ssize_t got = ::read(fd, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(block.data(), static_cast<std::size_t>(got));
  }
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return 127;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

bool become(const account& a) {
  return ::setgroups(1, &a.gid) == 0 && ::setgid(a.gid) == 0 && ::setuid(a.uid) == 0;
}

std::vector<std::string> server_environment() {
  std::vector<std::string> environment{"LC_ALL=C"};
  for (const char* name : {"PATH", "LD_LIBRARY_PATH"}) {
    if (const char* value = std::getenv(name)) {
      environment.push_back(std::string(name) + "=" + value);
    }
  }
  return environment;
}

result<outcome> run(const program& p) {
  std::vector<std::string> arguments = p.arguments;
  std::vector<std::string> environment = p.environment;
  const std::vector<char*> argv = pointers_to(arguments);
  const std::vector<char*> envp = pointers_to(environment);

  const descriptor input = file_holding(p.input);
  std::array<int, 2> ends{-1, -1};
  if (!input || ::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return system_failure("make a pipe to " + arguments.front());
  }
  const descriptor reading(ends[0]);
  descriptor writing(ends[1]);

  const pid_t child = ::fork();
  if (child < 0) return system_failure("start " + arguments.front());
  if (child == 0) be_the_program(p, input.get(), writing.get(), argv, envp);

  { const descriptor closed = std::move(writing); }  // else the end of the output never comes
  outcome done;
  done.output = read_to_the_end(reading.get());
  done.exit_code = wait_for(child);
  return done;
}

}  // namespace pawl::sandbox
