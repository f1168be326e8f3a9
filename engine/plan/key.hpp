// The key of a target and the conditions over it. Pure text: comparisons are made by the server, in
// the index's own order (design.md, main loop 2 and 4).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::plan {

// The values of one key, one element for each column, as the server printed them under
// `bound_format` settings (ledger: text[]).
using key_values = std::vector<std::string>;

struct key_column {
  std::string name;  // as in the catalog
  std::string text;  // as it stands in a condition: quoted, qualified where the statement needs it
  std::string type;  // schema-qualified SQL type, for casts of parameters

  bool operator==(const key_column&) const = default;
};

using key = std::vector<key_column>;

// The settings under which keys are printed. Their output is read back alike under any settings, so
// the casts of bounds in a user's statement are safe under his own DateStyle and TimeZone.
inline constexpr std::string_view bound_format[][2] = {
    {"DateStyle", "ISO, YMD"},   {"TimeZone", "UTC"},     {"IntervalStyle", "iso_8601"},
    {"extra_float_digits", "1"}, {"bytea_output", "hex"}, {"lc_monetary", "C"}};

// "(k > $1::t AND k <= $2::t)"; for composite keys a row comparison with a bound on the leading
// column beside it, without which the planner expects a quarter of the table. Parameters are
// numbered from `first`: the lower bound's columns if `has_lower`, then the upper bound's.
std::string range_condition(const key& k, bool has_lower, int first = 1);

// "k1, k2" for ORDER BY and SELECT; with `direction` (" DESC") behind each.
std::string column_list(const key& k, std::string_view direction = "");

// Each column cast to text, in order.
std::string printed_columns(const key& k);

// The position of a key between 0 and 1, from the histogram of the leading column: `bucket` is what
// width_bucket() said of it. Numbers are interpolated within the bucket.
double position_in(const std::vector<std::string>& histogram, int bucket, std::string_view value);

}  // namespace pawl::plan
