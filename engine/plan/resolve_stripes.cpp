#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "plan/catalog.hpp"
#include "plan/job_plan.hpp"
#include "plan/outlook.hpp"

namespace pawl::plan {

namespace asio = boost::asio;

namespace {

constexpr std::string_view undefined_function = "42883";

pg::statement hash_of_nothing(const key& k) {
  key columns = k;
  for (auto& column : columns) {
    column.text = fmt::format("CAST(NULL AS {})", column.type);
  }
  return {fmt::format("SELECT {}", stripe_value(columns, stripe_function::hash))};
}

// As far as that needs no question.
stripe_facts facts_of(const job_plan& p, const table_outlook& t) {
  stripe_facts facts;
  facts.is_update_by_key =
      p.job.what.kind == sql::change_kind::update && p.by_what == strategy::target_key;
  facts.sets_indexed_column = t.sets_indexed_column;
  facts.indexes = t.indexes;
  facts.fillfactor = t.fillfactor;
  for (const auto& l : p.leaves) {
    facts.bytes = std::max(facts.bytes, l.bytes);
  }
  return facts;
}

bool fires_before_row(const std::vector<trigger_facts>& triggers) {
  return std::any_of(triggers.begin(), triggers.end(),
                     [](const auto& t) { return t.is_before && t.for_each_row; });
}

}  // namespace

asio::awaitable<result<void>> resolve_stripes(pg::connection& c, job_plan& p,
                                              std::optional<int> wanted, pg::time_point deadline) {
  auto t = co_await read_outlook(c, p, deadline);
  if (!t) {
    co_return t.error();
  }
  auto triggers = co_await read_triggers(c, p.target_oid, p.job.what.kind, deadline);
  if (!triggers) {
    co_return triggers.error();
  }
  auto facts = facts_of(p, *t);
  facts.has_before_trigger = fires_before_row(*triggers);
  p.passes = choose_stripes(facts);
  if (wanted && (facts.is_update_by_key || *wanted == 1)) {
    p.passes = {*wanted, "the setting stripes says so", true};
  }
  if (p.passes.stripes == 1) {
    co_return result<void>{};
  }
  // Not every type has a hash; the server knows.
  auto has_hash = co_await pg::ask(c, pg::own_path(), hash_of_nothing(p.by), deadline);
  if (!has_hash && has_hash.error().sqlstate != undefined_function) {
    co_return has_hash.error();
  }
  if (!has_hash) {
    p.passes = {1, fmt::format("its key has no hash: {}", has_hash.error().message)};
  }
  co_return result<void>{};
}

}  // namespace pawl::plan
