// Keeps a thousand equal warnings from being a thousand lines. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "observe/view.hpp"

namespace pawl::observe {

class repeat_filter {
 public:
  // Empty: do not show it, one of this `kind` was shown within the last ten seconds. Else how many
  // were left out since then. Kinds are few (SQLSTATEs).
  std::optional<std::int64_t> admit(const std::string& kind, time_point at);

 private:
  struct last_shown {
    time_point at;
    std::int64_t left_out = 0;
  };

  std::map<std::string, last_shown> kinds_;
};

}  // namespace pawl::observe
