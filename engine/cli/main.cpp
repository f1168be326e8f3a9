#include <fmt/format.h>
#include <sys/prctl.h>

#include <clocale>
#include <csignal>
#include <exception>

#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "cli/usage.hpp"

namespace {

int dispatch(const pawl::cli::arguments& a) {
  using pawl::cli::command;
  switch (a.what) {
    case command::run:
    case command::resume:
      return pawl::cli::run_command(a);
    case command::plan:
      return pawl::cli::plan_command(a);
    case command::status:
      return pawl::cli::status_command(a);
    case command::pause:
    case command::cancel:
    case command::set:
    case command::forget:
      return pawl::cli::request_command(a);
    case command::wait:
      return pawl::cli::wait_command(a);
    case command::verify:
      return pawl::cli::verify_command(a);
    case command::log:
      return pawl::cli::log_command(a);
    case command::check:
      return pawl::cli::check_command(a);
    case command::version:
      return pawl::cli::version_command(a);
    case command::config_show:
      return pawl::cli::config_command(a);
    case command::sandbox_up:
    case command::sandbox_down:
    case command::sandbox_url:
      return pawl::cli::sandbox_command(a);
  }
  return 1;
}

// `asked` is told what an error must know of the call.
int answer(int count, char** words, pawl::cli::arguments& asked) {
  asked.json = pawl::cli::asks_for_json(count, words);
  const auto parsed = pawl::cli::parse_arguments(count, words);
  if (!parsed) {
    return pawl::cli::fail(asked, parsed.error());
  }
  if (!parsed->args) {
    pawl::cli::print(parsed->text);
    return 0;
  }
  return dispatch(*parsed->args);
}

}  // namespace

int main(int count, char** words) {
  // A closed pipe behind stdout must not end a run.
  std::signal(SIGPIPE, SIG_IGN);
#ifndef __SANITIZE_ADDRESS__
  // Passwords must not end in a core file. (LeakSanitizer has to trace the process.)
  prctl(PR_SET_DUMPABLE, 0);
#endif
  std::setlocale(LC_CTYPE, "");
  pawl::cli::arguments asked;
  try {
    return pawl::cli::after_output(answer(count, words, asked));
  } catch (const std::exception& e) {
    pawl::error fault;
    fault.code = pawl::errc::internal;
    fault.message = fmt::format("a fault of pawl itself: {}", e.what());
    return pawl::cli::fail(asked, fault);
  }
}
