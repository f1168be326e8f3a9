// Where a lock_timeout is set, and whether it holds where a lock is taken.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "lint/rules.hpp"

namespace pawl::lint {
namespace {

constexpr int deadlock_timeout_ms = 1000;  // PostgreSQL's default

// "100ms", "2s", "500" (ms); nullopt for what is none of these.
std::optional<long long> milliseconds(std::string_view written) {
  double number = 0;
  const auto [end, bad] = std::from_chars(written.data(), written.data() + written.size(), number);
  if (bad != std::errc{}) return std::nullopt;
  std::string_view unit = written.substr(static_cast<std::size_t>(end - written.data()));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  constexpr std::array<std::pair<std::string_view, double>, 6> units{
      {{"", 1}, {"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}, {"us", 0.001}}};
  for (const auto& [name, factor] : units) {
    if (unit == name) return static_cast<long long>(number * factor);
  }
  return std::nullopt;
}

struct timeout_change {
  std::string value;  // empty: back to the default
  bool local = false;
};

// SET, SET LOCAL, RESET and set_config() of lock_timeout.
std::optional<timeout_change> timeout_change_of(const unit& u) {
  const node& body = *u.body;
  if (u.kind == "VariableSetStmt") {
    if (text(body, "name") != "lock_timeout") return std::nullopt;
    const node& values = part(body, "args");
    const bool has_value = text(body, "kind") == "VAR_SET_VALUE" && values.is_array();
    return timeout_change{has_value ? constant_of(values.front()).value_or("") : "",
                          flag(body, "is_local")};
  }
  for (const node& item : part(body, "targetList")) {
    const node* call = sql::as(part(part(item, "ResTarget"), "val"), "FuncCall");
    const node& values = call == nullptr ? body : part(*call, "args");
    if (call == nullptr || !holds(names(*call, "funcname"), "set_config")) continue;
    if (values.size() != 3 || constant_of(values[0]) != "lock_timeout") continue;
    return timeout_change{constant_of(values[1]).value_or(""), constant_of(values[2]) == "true"};
  }
  return std::nullopt;
}

void tell_ineffective(context& c, const unit& u, std::size_t at, std::string why) {
  c.tell(u, "L44", at,
         {std::move(why), "the statement waits without limit, and everybody queues behind it",
          "set it before the first lock, in the same transaction; pawl does for each step"});
}

}  // namespace

void check_timeout(context& c, const unit& u) {
  const auto change = timeout_change_of(u);
  if (!change) return;
  const auto value = milliseconds(change->value);
  if (value && *value > 0 && *value < deadlock_timeout_ms) {
    c.tell(u, "L45", u.begin(),
           {fmt::format("lock_timeout {} gives up before PostgreSQL would cancel the autovacuum in "
                        "the way, which takes deadlock_timeout (1 s)",
                        change->value),
            {},
            "2 s, with further tries"});
  }
  const bool sets = value && *value > 0;
  if (change->local && !c.tx.open) {
    return tell_ineffective(c, u, u.begin(),
                            "SET LOCAL outside of BEGIN … COMMIT has no effect where statements "
                            "are sent one by one");
  }
  if (sets && c.past.strong_lock) {
    tell_ineffective(c, u, u.begin(), "lock_timeout is set after the statement that needs it");
  }
  const bool held = c.past.timeout || c.tx.local_timeout.has_value();
  if (sets) {
    c.tx.timeout_set = u.begin();
    c.past.timeout_off.reset();
  } else if (held) {
    c.past.timeout_off = u.begin();
  }
  if (change->local) {
    c.tx.local_timeout = sets ? std::optional(u.begin()) : std::nullopt;
  } else {
    c.past.timeout = sets;
    c.tx.local_timeout.reset();
  }
}

void end_timeout(context& c, const unit& u, bool rolled_back) {
  if (rolled_back && c.tx.timeout_set) {
    c.tell(u, "L44", *c.tx.timeout_set,
           {"ROLLBACK undoes this SET of lock_timeout", {}, "set it again after the ROLLBACK"});
  } else if (c.tx.local_timeout && !c.past.timeout) {
    c.past.timeout_off = c.tx.local_timeout;
  }
  if (rolled_back) c.past.timeout = c.tx.timeout_before;
}

void note_lock(context& c, const unit& u) {
  if (c.past.timeout || c.tx.local_timeout) return;
  c.past.strong_lock = true;
  if (!c.past.timeout_off) return;
  tell_ineffective(c, u, *std::exchange(c.past.timeout_off, std::nullopt),
                   "lock_timeout holds no longer where a later statement needs it");
}

}  // namespace pawl::lint
