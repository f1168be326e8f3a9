// How the rows of a range are told apart into stripes, each of which is changed in a pass of its
// own (design.md, Striping), and in how many. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/key.hpp"

namespace pawl::plan {

enum class stripe_function {
  none,
  low_bits,  // of an integer key, where a sample shows that they are spread evenly
  hash,      // of the key, by the server
};

// "none", "low-bits", "hash": as ranges record it.
std::string_view name_of(stripe_function f);
std::optional<stripe_function> stripe_function_of(std::string_view name);

inline constexpr int stripes_max = 64;

// One pass over a range: the rows of stripe `number` of `count`, a power of two.
struct stripe {
  stripe_function by = stripe_function::none;
  int count = 1;
  int number = 0;

  bool operator==(const stripe&) const = default;
};

// The integer whose low bits are a row's stripe, over the key's columns as `k` names them. Refers
// to nothing but pg_catalog, so that no search_path changes it.
std::string stripe_value(const key& k, stripe_function f);

// "(value & 15) = 3"; empty for one stripe.
std::string stripe_condition(const key& k, const stripe& s);

// `low_bits` where the key is one integer whose lowest bits, by the points of its histogram, are
// spread evenly: not those of snowflake ids, nor of keys that are all even. Else `hash`.
stripe_function choose_function(const key& k, const std::vector<std::string>& histogram);

// What decides in how many passes a range is best changed.
struct stripe_facts {
  bool is_update_by_key = false;     // of the rows that are walked, in place
  bool sets_indexed_column = false;  // no update can be HOT
  std::string indexing_trigger;      // one that may set such a column before each row
  int indexes = 0;
  std::int64_t bytes = 0;  // of the largest leaf
  int fillfactor = 100;
};

struct striping {
  int stripes = 1;
  std::string reason{};    // a clause
  bool is_wanted = false;  // by the user, for every range

  bool operator==(const striping&) const = default;
};

// By the costs of docs/striping.md: of an update that pays for all indexes, of one that is HOT, and
// of looking at a row without changing it.
striping choose_stripes(const stripe_facts& f);

}  // namespace pawl::plan
