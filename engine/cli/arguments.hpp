// The command line as values. Knows nothing of what the commands do.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <pawl/error.hpp>
#include <pawl/run.hpp>
#include <string>
#include <vector>

#include "config/layers.hpp"
#include "lint/format.hpp"
#include "observe/choose.hpp"

namespace pawl::cli {

enum class command {
  run,
  plan,
  status,
  pause,
  resume,
  cancel,
  set,
  wait,
  verify,
  log,
  check,
  forget,
  version,
  config_show,
  sandbox_up,
  sandbox_down,
  sandbox_url,
};

struct arguments {
  command what = command::version;

  // Global.
  std::optional<std::string> db;
  std::optional<std::string> db_env;
  std::optional<std::string> env_file;  // "none": no file; absent: pawl.toml's, or .env
  std::optional<std::string> profile;   // of pawl.toml
  std::optional<std::string> config;    // "none": no file; absent: looked for
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool no_input = false;
  observe::colour_flag colour = observe::colour_flag::automatic;
  observe::progress_flag progress = observe::progress_flag::automatic;

  std::string subject;  // the file of `run`, the run of the others; empty: all, or the only one
  run_options options;  // run, resume: what only flags can say
  config::layer flags;  // run, resume, config show: what other places may say too
  std::string reason;   // pause, cancel
  std::vector<std::string> confirmed;    // run, forget: names of runs that may be given up
  std::vector<std::string> assignments;  // set: jobs=8 ...
  bool watch = false;                    // status
  bool exit_code = false;                // status
  bool follow = false;                   // log
  bool ddl = false;                      // version
  std::chrono::milliseconds timeout{0};  // wait; 0: for ever
  bool reachable = false;                // wait
  bool detach = false;                   // resume: only ask, do not become a runner
  bool origin = false;                   // config show
  int samples = 0;                       // plan: batches to run and roll back

  std::vector<std::string> paths;  // check
  std::string since;
  lint::format format = lint::format::text;
  std::optional<lint::severity> fail_on;  // absent: what pawl.toml says, or error

  std::string folder;  // sandbox
  std::string bin;
  int port = 0;
  std::vector<std::string> settings;
  bool remove = false;
};

// `text` is what to print on stdout with exit code 0 (--help), when there is nothing to do.
struct parsed {
  std::optional<arguments> args;
  std::string text;
};

// Errors: usage, with did-you-mean.
result<parsed> parse_arguments(int count, const char* const* words);

// "jobs=8 batch-size=auto target=400ms" as the ledger's JSON. Errors: usage.
result<std::string> tunables_json(const std::vector<std::string>& assignments);

}  // namespace pawl::cli
