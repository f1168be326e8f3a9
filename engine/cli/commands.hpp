// The commands: each returns the exit code of the process. Blocking; errors are printed here.
#pragma once

#include "cli/arguments.hpp"

namespace pawl::cli {

int run_command(const arguments& a);      // run, resume
int plan_command(const arguments& a);     // plan
int status_command(const arguments& a);   // status
int request_command(const arguments& a);  // pause, cancel, set, forget
int wait_command(const arguments& a);     // wait
int verify_command(const arguments& a);   // verify
int log_command(const arguments& a);      // log
int config_command(const arguments& a);   // config show
int check_command(const arguments& a);    // check
int version_command(const arguments& a);
int sandbox_command(const arguments& a);  // sandbox up, down, url

}  // namespace pawl::cli
