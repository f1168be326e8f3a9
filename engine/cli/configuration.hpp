// What flags, environment, .env and pawl.toml say together.
//
// Blocking: reads files. Errors are all of the call's own (exit 2): usage, file_unreadable,
// bad_config, no_connection, bad_connection_string.
#pragma once

#include <map>
#include <optional>
#include <pawl/error.hpp>
#include <pawl/run.hpp>
#include <string>
#include <string_view>

#include "cli/arguments.hpp"
#include "config/document.hpp"
#include "pg/conninfo.hpp"

namespace pawl::cli {

struct configuration {
  config::document file;
  std::string env_text;     // of .env
  config::layer variables;  // of the environment, else of .env
  // The profile that was asked for, and by what.
  std::optional<config::text_value> profile;
};

// Prints a warning if a file that others read holds a password.
result<configuration> read_configuration(const arguments& a);

// Every setting as it counts for a job; the name of none gives what counts for all.
config::layer settings_of(const configuration& c, const arguments& a, std::string_view job);

// `settings_of`, for a runner of that job.
result<run_options> options_of(const configuration& c, const arguments& a, std::string_view job);

// Where to connect; prints the warnings of the connection string.
result<pg::conninfo> find_connection(const arguments& a, const configuration& c);

}  // namespace pawl::cli
