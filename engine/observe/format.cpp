#include "observe/format.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace pawl::observe {
namespace {

namespace chrono = std::chrono;

// Decimals that leave three digits; the limits are those at which rounding would make a fourth.
int decimals_for(double n) {
  return n < 9.995 ? 2 : n < 99.95 ? 1 : 0;
}

std::string three_digits(double n) {
  return fmt::format("{:.{}f}", n, decimals_for(n));
}

template <std::size_t Count>
std::string scaled(double n, double base, const std::array<std::string_view, Count>& units) {
  if (!(n >= 0.5)) {
    return fmt::format("0{}", units[0]);
  }
  if (n < 999.5) {
    return fmt::format("{:.0f}{}", n, units[0]);
  }
  std::size_t unit = 0;
  while (n >= 999.5 && unit + 1 < Count) {
    n /= base;
    ++unit;
  }
  return three_digits(n).append(units[unit]);
}

struct calendar {
  chrono::year_month_day date;
  chrono::hh_mm_ss<chrono::milliseconds> time;
};

calendar calendar_of(chrono::system_clock::time_point t) {
  const auto whole = chrono::floor<chrono::milliseconds>(t);
  const auto day = chrono::floor<chrono::days>(whole);
  return {chrono::year_month_day{day}, chrono::hh_mm_ss<chrono::milliseconds>{whole - day}};
}

std::string utc_text(const calendar& c) {
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(c.date.year()),
                     static_cast<unsigned>(c.date.month()), static_cast<unsigned>(c.date.day()),
                     c.time.hours().count(), c.time.minutes().count(), c.time.seconds().count());
}

}  // namespace

std::string human_count(double n) {
  static constexpr std::array<std::string_view, 5> units{"", "k", "M", "B", "T"};
  return scaled(n, 1000, units);
}

std::string human_count(std::int64_t n) {
  return human_count(static_cast<double>(n));
}

std::string grouped(std::int64_t n) {
  std::string digits = fmt::format("{}", n);
  const std::size_t first = n < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string human_bytes(double n) {
  static constexpr std::array<std::string_view, 6> units{" B", " kB", " MB", " GB", " TB", " PB"};
  return scaled(n, 1024, units);
}

std::string human_bytes(std::int64_t n) {
  return human_bytes(static_cast<double>(n));
}

std::string human_latency(chrono::microseconds t) {
  const double ms = static_cast<double>(std::max<std::int64_t>(t.count(), 0)) / 1000.0;
  if (ms < 999.5) {
    return three_digits(ms) + "ms";
  }
  if (ms < 59'950) {
    return three_digits(ms / 1000.0) + "s";
  }
  return human_duration(chrono::round<chrono::seconds>(t));
}

std::string human_duration(chrono::seconds t) {
  const std::int64_t s = std::max<std::int64_t>(t.count(), 0);
  constexpr std::int64_t minute = 60;
  constexpr std::int64_t hour = 60 * minute;
  constexpr std::int64_t day = 24 * hour;
  if (s < minute) {
    return fmt::format("{}s", s);
  }
  if (s < 10 * minute) {
    return fmt::format("{}m{:02}s", s / minute, s % minute);
  }
  if (s < hour) {
    return fmt::format("{}m", s / minute);
  }
  if (s < day) {
    return fmt::format("{}h{:02}m", s / hour, s % hour / minute);
  }
  return fmt::format("{}d{:02}h", s / day, s % day / hour);
}

std::string human_spread(chrono::seconds spread, chrono::seconds t) {
  if (t >= chrono::days{1}) {
    return fmt::format("{}h", chrono::ceil<chrono::hours>(spread).count());
  }
  const auto minutes = chrono::ceil<chrono::minutes>(spread);
  if (t >= chrono::minutes{10} && minutes < chrono::hours{1}) {
    return fmt::format("{}m", minutes.count());
  }
  return human_duration(spread);
}

std::string percent(double fraction) {
  const double tenths = std::floor(std::clamp(fraction, 0.0, 1.0) * 1000.0 + 1e-9);
  return fmt::format("{:.1f}%", tenths / 10.0);
}

std::string share(double fraction) {
  const double whole = std::clamp(fraction, 0.0, 1.0) * 100.0;
  if (whole > 0 && whole < 1) {
    return "<1%";
  }
  return fmt::format("{:.0f}%", std::floor(whole + 1e-9));
}

std::string utc_seconds(chrono::system_clock::time_point t) {
  return utc_text(calendar_of(t)) + "Z";
}

std::string utc_milliseconds(chrono::system_clock::time_point t) {
  const calendar c = calendar_of(t);
  return fmt::format("{}.{:03}Z", utc_text(c), c.time.subseconds().count());
}

std::string clock_time(chrono::system_clock::time_point t, chrono::system_clock::time_point now,
                       chrono::seconds utc_offset) {
  static constexpr std::array<std::string_view, 12> months{
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const calendar then = calendar_of(t + utc_offset);
  const std::string time =
      fmt::format("{:02}:{:02}", then.time.hours().count(), then.time.minutes().count());
  if (then.date == calendar_of(now + utc_offset).date) {
    return time;
  }
  return fmt::format("{} {} {}", months[static_cast<unsigned>(then.date.month()) - 1],
                     static_cast<unsigned>(then.date.day()), time);
}

}  // namespace pawl::observe
