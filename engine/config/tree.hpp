// TOML text as a tree of values that know their places. Internal to the room.
//
// Pure. Tables keep the order of the file. Errors: bad_config with the place; a message never holds
// a value, which may be a secret.
#pragma once

#include <cstddef>
#include <cstdint>
#include <pawl/error.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::config {

// A configuration is written by hand.
constexpr std::size_t file_bytes_max = 256U << 10U;

struct member;

struct value {
  enum class kind { text, number, fraction, truth, moment, list, table };

  kind what = kind::table;
  place where{};
  std::string text{};           // text
  std::int64_t number = 0;      // number; 0 or 1: truth
  std::vector<value> items;     // list
  std::vector<member> members;  // table
};

struct member {
  std::string key;
  place where;  // of the key
  value to;
};

result<value> read_tree(std::string_view file, std::string_view bytes);

}  // namespace pawl::config
