// pawl.toml as a value: connections, settings of runs and jobs, rules of `pawl check`.
//
// Pure. Every value knows its line. Errors: bad_config with line and column, and the nearest known
// word for a key that nobody knows; a message never holds the value of a connection.
#pragma once

#include <map>
#include <optional>
#include <pawl/error.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "config/check_settings.hpp"
#include "config/layers.hpp"

namespace pawl::config {

struct text_value {
  std::string text;
  std::string from;  // "pawl.toml:3"

  bool operator==(const text_value&) const = default;
};

// [connection] or [profile.NAME]. At most one of `url` and `variable` is set; a profile has one of
// the three.
struct connection {
  std::optional<text_value> url;
  std::optional<text_value> variable;  // env: the name of the variable that holds the string
  std::optional<text_value> env_file;  // as written, from the folder of pawl.toml

  bool operator==(const connection&) const = default;
};

struct document {
  std::string file;  // for messages; empty if there is none
  config::connection connection;
  std::map<std::string, config::connection> profiles;
  layer run;
  std::map<std::string, layer> jobs;
  check_settings check;
  std::map<std::string, std::string> check_origins;  // "check.fail-on" is from "pawl.toml:9"
};

result<document> read_document(std::string_view file, std::string_view bytes);

// Every key that read_document accepts, with NAME and RULE for the parts that are free.
std::vector<std::string> accepted_keys();

}  // namespace pawl::config
