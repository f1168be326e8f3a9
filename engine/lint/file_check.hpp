// One file of a check. Internal to the room.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lint/check.hpp"
#include "lint/context.hpp"
#include "lint/ignore.hpp"

namespace pawl::lint {

// A foreign key that this file adds; whether an index serves it is known when all files were read.
struct added_key {
  std::string table_key;
  std::string constraint;
  std::size_t statement = 0;
  std::size_t offset = 0;
};

struct checked_file {
  explicit checked_file(sql::source text) : in(std::move(text)) {}
  checked_file(const checked_file&) = delete;
  checked_file& operator=(const checked_file&) = delete;

  sql::source in;
  std::unique_ptr<context> seen;
  std::vector<ignore> ignores;
  std::vector<added_key> keys;
  bool only_learn = false;
};

// Reads the statements of `file.in` one by one; belongs on a big stack.
void check_file(checked_file& file, const input& from, const options& chosen);

}  // namespace pawl::lint
