// What a check finds. Values.
#pragma once

#include <pawl/error.hpp>
#include <string>
#include <vector>

#include "lint/rule.hpp"

namespace pawl::lint {

// The words of a finding: a sentence without its full stop, the lock and who waits, and the form
// that is safe. The last two are empty where there is nothing to say.
struct wording {
  std::string message;
  std::string lock{};
  std::string safe{};
  bool operator==(const wording&) const = default;
};

struct finding {
  const rule* of = nullptr;
  severity level = severity::off;
  place where;
  wording says;
  bool unreadable = false;  // the file or statement is no SQL: the call fails with exit code 2
  bool operator==(const finding&) const = default;
};

struct report {
  std::vector<finding> findings;  // by file as given, then by place
  std::size_t files = 0;          // that were looked at
  std::size_t skipped = 0;        // only read for what they create: --since, or applied already

  std::size_t count(severity level) const;
};

}  // namespace pawl::lint
