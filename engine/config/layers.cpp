#include "config/layers.hpp"

#include <fmt/format.h>

#include <chrono>

namespace pawl::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

error usage(std::string message, std::string hint) {
  error e;
  e.code = errc::usage;
  e.message = std::move(message);
  e.hint = std::move(hint);
  return e;
}

const std::optional<chosen>& at(const layer& l, setting_id id) {
  return l[index(id)];
}

// Rounded up: half a second must not become none.
seconds in_seconds(std::int64_t ms) {
  return std::chrono::ceil<seconds>(milliseconds{ms});
}

}  // namespace

layer overlay(layer first, const layer& then) {
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (!first[i]) first[i] = then[i];
  }
  return first;
}

result<layer> read_variables(const lookup& variable, std::string_view suffix) {
  layer found;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const std::string name = variable_of(settings[i]);
    const auto text = variable(name);
    if (!text || text->empty()) continue;
    const auto value = read_value(settings[i], *text);
    if (!value) {
      return usage(fmt::format("{}{} is not {}", name, suffix, expectation(settings[i])),
                   fmt::format("Correct it, or take it away with `unset {}`.", name));
    }
    found[i] = chosen{*value, fmt::format("{}{}", name, suffix)};
  }
  return found;
}

layer defaults() {
  const run_options o;
  layer found;
  const auto set = [&](setting_id id, std::int64_t value) {
    found[index(id)] = chosen{value, "default"};
  };
  set(setting_id::jobs, o.jobs_default);
  set(setting_id::batch_size, o.batch_rows_default);
  set(setting_id::batch_size_min, o.batch_rows_min);
  set(setting_id::batch_size_max, o.batch_rows_max);
  set(setting_id::target, o.target_default.count());
  set(setting_id::stripes, o.stripes);
  set(setting_id::hold_for, milliseconds{o.hold_for}.count());
  set(setting_id::grace, o.grace.count());
  set(setting_id::lease, milliseconds{o.lease}.count());
  return found;
}

std::optional<error> contradiction(const layer& l) {
  const layer all = overlay(l, defaults());
  const auto& least = at(all, setting_id::batch_size_min);
  const auto& most = at(all, setting_id::batch_size_max);
  if (least->value <= most->value) return std::nullopt;
  return usage(fmt::format("batch-size-min {} ({}) is more than batch-size-max {} ({})",
                           least->value, least->from, most->value, most->from),
               "Change one of the two.");
}

void apply(const layer& flags, const layer& rest, run_options& to) {
  if (const auto& said = at(flags, setting_id::jobs)) to.jobs = static_cast<int>(said->value);
  if (const auto& said = at(flags, setting_id::batch_size)) to.batch_rows = said->value;
  if (const auto& said = at(flags, setting_id::target)) to.target = milliseconds{said->value};

  // A flag goes before what the job's file says, the others behind it.
  const auto time = [](const layer& from, setting_id id) {
    const auto& said = at(from, id);
    return said ? std::optional{milliseconds{said->value}} : std::nullopt;
  };
  to.lock_timeout = time(flags, setting_id::lock_timeout);
  to.statement_timeout = time(flags, setting_id::statement_timeout);
  to.lock_timeout_default = time(rest, setting_id::lock_timeout);
  to.statement_timeout_default = time(rest, setting_id::statement_timeout);

  const layer all = overlay(overlay(flags, rest), defaults());
  to.jobs_default = static_cast<int>(at(all, setting_id::jobs)->value);
  to.batch_rows_default = at(all, setting_id::batch_size)->value;
  to.target_default = milliseconds{at(all, setting_id::target)->value};
  to.batch_rows_min = at(all, setting_id::batch_size_min)->value;
  to.batch_rows_max = at(all, setting_id::batch_size_max)->value;
  to.stripes = static_cast<int>(at(all, setting_id::stripes)->value);
  to.hold_for = in_seconds(at(all, setting_id::hold_for)->value);
  if (const auto& said = at(all, setting_id::max_duration)) {
    to.max_duration = in_seconds(said->value);
  }
  to.grace = milliseconds{at(all, setting_id::grace)->value};
  to.lease = in_seconds(at(all, setting_id::lease)->value);
}

}  // namespace pawl::config
