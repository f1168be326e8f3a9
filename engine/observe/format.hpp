// Numbers and times as people read them. The one place that decides how they look; pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace pawl::observe {

// Three digits and a decimal unit: 987, 41.8k, 1.23M, 2.00B.
std::string human_count(double n);
std::string human_count(std::int64_t n);

// All digits, in groups: 2,000,000.
std::string grouped(std::int64_t n);

// Three digits and a unit of 1024, named as PostgreSQL does: 316 MB, 1.98 GB.
std::string human_bytes(double n);
std::string human_bytes(std::int64_t n);

// A measured time, three digits: 0.85ms, 231ms, 14.2s; from a minute on as human_duration.
std::string human_latency(std::chrono::microseconds t);

// A time that passes, calm to watch: 9s, 1m05s, 47m, 1h13m, 3d04h.
std::string human_duration(std::chrono::seconds t);

// What may be added to or taken from `t`, no finer than human_duration shows `t` itself.
std::string human_spread(std::chrono::seconds spread, std::chrono::seconds t);

// Cut, never rounded up, so that only all of it is 100.0%: 61.4%.
std::string percent(double fraction);

// A share of rows, in whole per cent: 2%, <1%; 100% only when `fraction` is 1.
std::string share(double fraction);

// RFC 3339, UTC: 2026-11-22T10:31:00Z, and with milliseconds 2026-11-22T10:31:00.250Z.
std::string utc_seconds(std::chrono::system_clock::time_point t);
std::string utc_milliseconds(std::chrono::system_clock::time_point t);

// When something ends, on the reader's clock (`utc_offset` east of Greenwich): 14:32, or with the
// date when that is another day than today: Nov 25 14:32.
std::string clock_time(std::chrono::system_clock::time_point t,
                       std::chrono::system_clock::time_point now, std::chrono::seconds utc_offset);

}  // namespace pawl::observe
