// What the directives before a statement say, checked and typed.
//
// Pure. Errors: bad_directive with the place.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/directive.hpp"
#include "sql/job.hpp"
#include "sql/source.hpp"

namespace pawl::sql {

// `-- pawl:batch LABEL table=schema.t key=a,b`
struct batch_directive {
  std::optional<std::string> label;
  std::optional<relation_name> table;
  std::vector<std::string> key;
  std::vector<std::string> key_text;
  std::size_t begin = 0;
};

struct options {
  std::optional<batch_directive> batch;
  std::optional<std::string> pending;
  std::optional<std::size_t> verify;  // where `-- pawl:verify` stands
  std::vector<setting> settings;
  std::optional<std::int64_t> max_rows;
  std::optional<std::chrono::milliseconds> lock_timeout;
  std::optional<std::chrono::milliseconds> statement_timeout;
};

// True for directives that bind to the whole file when they stand before its first statement.
bool binds_to_file(const directive& d);

// Adds one directive. Said twice is an error: which one would hold?
std::optional<error> add_directive(const source& in, const directive& d, options& to);

// `own` where it says something, else `of_file`.
options overlay(options of_file, options own);

}  // namespace pawl::sql
