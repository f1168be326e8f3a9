// The settings of a run: one table from which flags, variables, pawl.toml and its documentation are
// made. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <pawl/error.hpp>
#include <string>
#include <string_view>

namespace pawl::config {

enum class setting_kind { count, rows, rows_or_auto, stripes, duration };

// Values are whole numbers: counts, rows and stripes (0: auto), and milliseconds.
struct setting {
  std::string_view key;  // in pawl.toml, and behind "--"
  setting_kind kind{};
  std::int64_t least = 0;
  std::int64_t most = 0;
  std::string_view meaning;
};

// In the order of `settings`.
enum class setting_id : std::size_t {
  jobs,
  batch_size,
  batch_size_min,
  batch_size_max,
  target,
  stripes,
  hold_for,
  max_duration,
  grace,
  lease,
  lock_timeout,
  statement_timeout,
};

constexpr std::int64_t second_ms = 1'000;
constexpr std::int64_t hour_ms = 3'600 * second_ms;
constexpr std::int64_t day_ms = 24 * hour_ms;
constexpr std::int64_t batch_rows_most = 100'000'000;

constexpr std::array<setting, 12> settings = {{
    {"jobs", setting_kind::count, 1, 256, "connections that run batches"},
    {"batch-size", setting_kind::rows_or_auto, 1, batch_rows_most,
     "rows of a batch, or auto: as many as take the target duration"},
    {"batch-size-min", setting_kind::rows, 1, batch_rows_most, "floor of the automatic size"},
    {"batch-size-max", setting_kind::rows, 1, batch_rows_most, "ceiling of the automatic size"},
    {"target", setting_kind::duration, 1, hour_ms, "duration that a batch should take"},
    {"stripes", setting_kind::stripes, 1, 64,
     "passes over each range, or auto: as many as the table's indexes are worth"},
    {"hold-for", setting_kind::duration, second_ms, 365 * day_ms,
     "longest time without a commit before giving up"},
    {"max-duration", setting_kind::duration, second_ms, 365 * day_ms,
     "stop with work left after this long"},
    {"grace", setting_kind::duration, 1, day_ms,
     "time for batches in flight after the first signal"},
    {"lease", setting_kind::duration, second_ms, day_ms, "how long a silent runner is waited for"},
    {"lock-timeout", setting_kind::duration, 1, hour_ms, "longest wait of a batch for a lock"},
    {"statement-timeout", setting_kind::duration, second_ms, day_ms, "longest time of a batch"},
}};

constexpr std::size_t index(setting_id id) {
  return static_cast<std::size_t>(id);
}
static_assert(settings[index(setting_id::statement_timeout)].key == "statement-timeout");

constexpr bool may_be_auto(const setting& s) {
  return s.kind == setting_kind::rows_or_auto || s.kind == setting_kind::stripes;
}

// nullopt for text that is no value of the setting.
std::optional<std::int64_t> read_value(const setting& s, std::string_view text);

// "a whole number from 1 to 256": what read_value accepts.
std::string expectation(const setting& s);

// As read_value reads it.
std::string show_value(const setting& s, std::int64_t value);

// "PAWL_BATCH_SIZE".
std::string variable_of(const setting& s);

}  // namespace pawl::config
