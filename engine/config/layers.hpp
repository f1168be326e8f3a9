// Settings of a run by where they were said, and the rule which one counts: flag, then variable,
// .env, the job's section of pawl.toml, [run], default. Pure.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <pawl/error.hpp>
#include <pawl/run.hpp>
#include <string>
#include <string_view>

#include "config/setting.hpp"

namespace pawl::config {

struct chosen {
  std::int64_t value = 0;
  std::string from;  // "--jobs", "PAWL_JOBS", "PAWL_JOBS in .env", "pawl.toml:5", "default"

  bool operator==(const chosen&) const = default;
};

// What one place says, by setting_id.
using layer = std::array<std::optional<chosen>, settings.size()>;

// `first`, and `then` where it says nothing.
layer overlay(layer first, const layer& then);

using lookup = std::function<std::optional<std::string>(std::string_view)>;

// What the PAWL_* variables say; `suffix` is what an origin adds to the name. Errors: usage.
result<layer> read_variables(const lookup& variable, std::string_view suffix);

// What counts where nothing else is said; max-duration has none.
layer defaults();

// Usage if the settings together make no sense.
std::optional<error> contradiction(const layer& l);

// `flags` belong to the run and are recorded; the rest holds for this runner where the ledger says
// nothing.
void apply(const layer& flags, const layer& rest, run_options& to);

}  // namespace pawl::config
