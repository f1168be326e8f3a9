#include "support/pawl_process.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace pawl::test {
namespace {

// Memory files: a child that writes much cannot block on them, nor one that reads nothing break
// the test.
int memory_file(std::string_view text) {
  const int file = ::memfd_create("pawl-test", MFD_CLOEXEC);
  if (file < 0 || ::write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw std::runtime_error("cannot make a memory file");
  }
  ::lseek(file, 0, SEEK_SET);
  return file;
}

std::string contents(int file) {
  std::string text;
  std::array<char, 4096> block{};
  for (;;) {
    const ssize_t got = ::pread(file, block.data(), block.size(), static_cast<off_t>(text.size()));
    if (got <= 0) return text;
    text.append(block.data(), static_cast<std::size_t>(got));
  }
}

std::vector<std::string> environment_of(const call& c) {
  std::map<std::string, std::string> all = c.env;
  all.emplace("XDG_CONFIG_HOME", "/nonexistent");
  for (const char* name : {"PATH", "HOME", "TMPDIR", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS",
                           "LSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) all.emplace(name, value);
  }
  std::vector<std::string> lines;
  for (const auto& [name, value] : all) lines.push_back(name + "=" + value);
  return lines;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

[[noreturn]] void be_pawl(const std::array<int, 3>& files, const char* folder,
                          const std::vector<char*>& arguments,
                          const std::vector<char*>& environment) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  bool ready = *folder == '\0' || ::chdir(folder) == 0;
  for (int i = 0; i < 3; ++i) {
    ready = ready && ::dup2(files[static_cast<std::size_t>(i)], i) == i;
  }
  if (ready) ::execve(arguments.front(), arguments.data(), environment.data());
  ::_exit(127);
}

}  // namespace

pawl_process::pawl_process(const call& c) : out_(memory_file("")), err_(memory_file("")) {
  std::vector<std::string> arguments{PAWL_EXECUTABLE};
  if (arguments.front().empty()) throw std::runtime_error("this build has no pawl executable");
  arguments.insert(arguments.end(), c.args.begin(), c.args.end());
  std::vector<std::string> environment = environment_of(c);
  const std::vector<char*> argv = pointers_to(arguments);
  const std::vector<char*> envp = pointers_to(environment);

  const int input =
      c.input.empty() ? ::open("/dev/null", O_RDONLY | O_CLOEXEC) : memory_file(c.input);
  pid_ = ::fork();
  if (pid_ == 0) be_pawl({input, out_, err_}, c.folder.c_str(), argv, envp);
  ::close(input);
  if (pid_ < 0) throw std::runtime_error("cannot start pawl");
}

pawl_process::pawl_process(pawl_process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      out_(std::exchange(other.out_, -1)),
      err_(std::exchange(other.err_, -1)) {}

pawl_process::~pawl_process() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    wait();
  }
  if (out_ >= 0) ::close(out_);
  if (err_ >= 0) ::close(err_);
}

void pawl_process::kill(int signal) const {
  ::kill(pid_, signal);
}

std::string pawl_process::out() const {
  return contents(out_);
}
std::string pawl_process::err() const {
  return contents(err_);
}

outcome pawl_process::wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  outcome done;
  if (WIFEXITED(status)) done.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) done.signal = WTERMSIG(status);
  done.out = out();
  done.err = err();
  return done;
}

pawl_process start_pawl(std::vector<std::string> args, std::map<std::string, std::string> env,
                        std::string input) {
  return pawl_process(call{std::move(args), std::move(env), std::move(input), {}});
}

outcome run_pawl(std::vector<std::string> args, std::map<std::string, std::string> env,
                 std::string input) {
  return start_pawl(std::move(args), std::move(env), std::move(input)).wait();
}

outcome run_pawl(const call& c) {
  return pawl_process(c).wait();
}

}  // namespace pawl::test
