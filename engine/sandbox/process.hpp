// Runs one program to its end and keeps what it printed. No shell, no signal handlers.
//
// Only async-signal-safe calls are made between fork and execve, so a process with threads may use
// it. The child gets an empty signal mask, the environment given and nothing else, and `/` as its
// folder (the caller's may be closed to another user). It dies with the thread that called run.
#pragma once

#include <sys/types.h>

#include <optional>
#include <pawl/error.hpp>
#include <string>
#include <vector>

namespace pawl::sandbox {

// A user to become before the program starts; the caller must be root.
struct account {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};

struct program {
  std::vector<std::string> arguments;  // the first is the file to run, never searched in PATH
  std::vector<std::string> environment;
  std::string input;              // what it reads from standard input
  std::optional<account> become;  // with the groups of its own alone
};

struct outcome {
  int exit_code = 0;   // 128 + signal when a signal ended it; 127 when it cannot be started
  std::string output;  // standard output and error together
};

// Errors: sandbox, when the kernel gives no process or no file.
result<outcome> run(const program& p);

// The environment of every server program: PATH and LD_LIBRARY_PATH of this process, messages in
// English, and none of libpq's variables.
std::vector<std::string> server_environment();

// Drops to `a` for good; false when the kernel refuses. Async-signal-safe.
bool become(const account& a);

}  // namespace pawl::sandbox
