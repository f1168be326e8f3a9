// The pawl executable, run from outside as a user runs it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace pawl::test {

// One call. Of this process's environment it sees PATH, HOME, TMPDIR, LANG and the sanitizers'
// options alone, so that a developer's DATABASE_URL or own configuration cannot reach a test.
struct call {
  std::vector<std::string> args;
  std::map<std::string, std::string> env{};
  std::string input{};             // standard input; empty: /dev/null
  std::filesystem::path folder{};  // working directory; empty: this one
};

struct outcome {
  int exit_code = -1;  // -1 when a signal ended it
  int signal = 0;
  std::string out;
  std::string err;
};

// A running pawl. It is killed with SIGKILL when the handle goes while it still runs.
class pawl_process {
 public:
  explicit pawl_process(const call& c);
  pawl_process(pawl_process&& other) noexcept;
  pawl_process& operator=(pawl_process&&) = delete;
  pawl_process(const pawl_process&) = delete;
  pawl_process& operator=(const pawl_process&) = delete;
  ~pawl_process();

  pid_t pid() const { return pid_; }
  void kill(int signal) const;
  // What it has written so far.
  std::string out() const;
  std::string err() const;
  // Waits for its end; may be called once.
  outcome wait();

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
};

pawl_process start_pawl(std::vector<std::string> args, std::map<std::string, std::string> env = {},
                        std::string input = {});

// Runs it to its end.
outcome run_pawl(std::vector<std::string> args, std::map<std::string, std::string> env = {},
                 std::string input = {});
outcome run_pawl(const call& c);

}  // namespace pawl::test
