#include "plan/stripe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

namespace pawl::plan {

namespace {

// A table that fits into a few batches is changed before a second pass could find any room.
constexpr std::int64_t bytes_min = std::int64_t{16} << 20;
constexpr int stripes_least = 8;
constexpr int stripes_most = 16;

// Microseconds (docs/striping.md).
constexpr double cost_of_index = 3.0;
constexpr double cost_of_look = 0.1;

// Types are named as the catalog prints them for casts, without a length.
bool is_text(const std::string& type) {
  return type == "pg_catalog.text" || type == "pg_catalog.varchar" || type == "pg_catalog.bpchar" ||
         type == "pg_catalog.name" || type.ends_with(".citext");
}

bool is_integer(const std::string& type) {
  return type == "pg_catalog.int8" || type == "pg_catalog.int4" || type == "pg_catalog.int2";
}

std::string hashable(const key_column& column) {
  // Without a collation of its own, whose version may change under the run.
  return is_text(column.type)
             ? fmt::format("CAST({} AS pg_catalog.text) COLLATE pg_catalog.\"C\"", column.text)
             : column.text;
}

// Faster than hashing a record of one column.
std::string_view hash_of(const std::string& type) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> known = {
      {{"pg_catalog.int8", "hashint8extended"},
       {"pg_catalog.int4", "hashint4extended"},
       {"pg_catalog.int2", "hashint2extended"},
       {"pg_catalog.uuid", "uuid_hash_extended"}}};
  for (const auto& [name, function] : known) {
    if (name == type) return function;
  }
  return is_text(type) ? "hashtextextended" : "";
}

std::string hash_value(const key& k) {
  const auto function = k.size() == 1 ? hash_of(k.front().type) : std::string_view{};
  if (!function.empty()) return fmt::format("pg_catalog.{}({}, 0)", function, hashable(k.front()));
  std::vector<std::string> columns;
  for (const auto& column : k) columns.push_back(hashable(column));
  return fmt::format("pg_catalog.hash_record_extended(ROW({}), 0)", fmt::join(columns, ", "));
}

int power_of_two(double least) {
  return static_cast<int>(std::bit_ceil(static_cast<unsigned>(std::ceil(std::max(1.0, least)))));
}

// The share of the histogram's points that have the bit.
double share_with(int bit, const std::vector<std::string>& histogram) {
  int with = 0;
  for (const auto& point : histogram) {
    std::int64_t value = 0;
    std::from_chars(point.data(), point.data() + point.size(), value);
    with += (static_cast<std::uint64_t>(value) >> static_cast<unsigned>(bit)) & 1U ? 1 : 0;
  }
  return static_cast<double>(with) / static_cast<double>(histogram.size());
}

}  // namespace

std::string_view name_of(stripe_function f) {
  switch (f) {
    case stripe_function::none:
      return "none";
    case stripe_function::low_bits:
      return "low-bits";
    case stripe_function::hash:
      return "hash";
  }
  return "";
}

std::optional<stripe_function> stripe_function_of(std::string_view name) {
  for (const auto f : {stripe_function::none, stripe_function::low_bits, stripe_function::hash}) {
    if (name_of(f) == name) return f;
  }
  return std::nullopt;
}

std::string stripe_value(const key& k, stripe_function f) {
  return f == stripe_function::low_bits ? k.front().text : hash_value(k);
}

std::string stripe_condition(const key& k, const stripe& s) {
  if (s.count == 1) return {};
  return fmt::format("({} OPERATOR(pg_catalog.&) {}) OPERATOR(pg_catalog.=) {}",
                     stripe_value(k, s.by), s.count - 1, s.number);
}

stripe_function choose_function(const key& k, const std::vector<std::string>& histogram) {
  constexpr std::size_t points_min = 50;
  constexpr double least = 0.3;
  if (k.size() != 1 || !is_integer(k.front().type) || histogram.size() < points_min) {
    return stripe_function::hash;
  }
  constexpr int bits = std::bit_width(static_cast<unsigned>(stripes_max)) - 1;
  for (int bit = 0; bit < bits; ++bit) {
    const double share = share_with(bit, histogram);
    if (share < least || share > 1 - least) return stripe_function::hash;
  }
  return stripe_function::low_bits;
}

striping choose_stripes(const stripe_facts& f) {
  if (!f.is_update_by_key) return {1, "only an UPDATE by the key of its table is done in passes"};
  if (f.sets_indexed_column) {
    return {1, "a column that is set is indexed, so no update can be HOT"};
  }
  if (!f.indexing_trigger.empty()) {
    return {1, fmt::format("trigger {} may set an indexed column", f.indexing_trigger)};
  }
  if (f.bytes < bytes_min) return {1, "the table is small"};
  if (f.fillfactor <= 50) {
    return {1, fmt::format("its pages have room already (fillfactor {})", f.fillfactor)};
  }
  const double best = std::sqrt(cost_of_index * f.indexes / cost_of_look);
  // What fits into the room that a page of this fillfactor has from the start.
  const double room = f.fillfactor / std::max(1.0, 100.0 - f.fillfactor);
  const int stripes =
      std::min(std::clamp(power_of_two(best), stripes_least, stripes_most), power_of_two(room));
  return {stripes,
          fmt::format("one row in {} of a page pays for {} and makes room for the others, "
                      "which are then HOT",
                      stripes,
                      f.indexes == 1 ? "the index" : fmt::format("all {} indexes", f.indexes))};
}

}  // namespace pawl::plan
