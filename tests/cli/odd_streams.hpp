// The executable where run_pawl cannot put it: at a terminal, or with its output into a file.
#pragma once

#include <fcntl.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/pawl_process.hpp"

namespace pawl::test {

// Made before the fork, so that the child only starts the program.
class prepared_call {
 public:
  prepared_call(const std::vector<std::string>& args, std::map<std::string, std::string> env)
      : words_{PAWL_EXECUTABLE} {
    words_.insert(words_.end(), args.begin(), args.end());
    env.emplace("XDG_CONFIG_HOME", "/nonexistent");
    for (const char* name : {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"}) {
      if (const char* value = std::getenv(name)) {
        env.emplace(name, value);
      }
    }
    for (const auto& [name, value] : env) {
      lines_.push_back(name + "=" + value);
    }
    argv_ = pointers_to(words_);
    envp_ = pointers_to(lines_);
  }
  prepared_call(const prepared_call&) = delete;
  prepared_call& operator=(const prepared_call&) = delete;

  [[noreturn]] void start() const {
    ::execve(argv_.front(), argv_.data(), envp_.data());
    ::_exit(127);
  }

 private:
  static std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (auto& text : texts) {
      pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    return pointers;
  }

  std::vector<std::string> words_;
  std::vector<std::string> lines_;
  std::vector<char*> argv_;
  std::vector<char*> envp_;
};

inline int exit_code_of_child(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// All three streams are a terminal, at which `typed` is entered as a line. `out` is what it showed.
inline outcome run_at_terminal(const std::vector<std::string>& args, const std::string& typed,
                               std::map<std::string, std::string> env) {
  const prepared_call call(args, std::move(env));
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    call.start();
  }
  const std::string line = typed + '\n';
  if (child < 0 || ::write(terminal, line.data(), line.size()) < 0) {
    throw std::runtime_error("no terminal for pawl");
  }
  outcome end;
  std::array<char, 4096> block{};
  // EIO says that nobody has it open any more.
  for (ssize_t got = 0; (got = ::read(terminal, block.data(), block.size())) > 0;) {
    end.out.append(block.data(), static_cast<std::size_t>(got));
  }
  end.exit_code = exit_code_of_child(child);
  ::close(terminal);
  return end;
}

// Standard output goes into this file, the rest nowhere.
inline int run_into(const char* file, const std::vector<std::string>& args,
                    std::map<std::string, std::string> env = {}) {
  const prepared_call call(args, std::move(env));
  const int out = ::open(file, O_WRONLY | O_CLOEXEC);
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::dup2(nothing, 0) == 0 && ::dup2(out, 1) == 1 && ::dup2(nothing, 2) == 2) {
      call.start();
    }
    ::_exit(127);
  }
  ::close(out);
  ::close(nothing);
  if (child < 0) {
    throw std::runtime_error("cannot start pawl");
  }
  return exit_code_of_child(child);
}

}  // namespace pawl::test
