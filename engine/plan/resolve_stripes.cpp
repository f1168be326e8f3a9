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

// A trigger that may set an indexed column of a row before it is updated; empty if none.
asio::awaitable<result<std::string>> read_indexing_trigger(pg::connection& c, object_id table,
                                                           pg::time_point deadline) {
  auto names = co_await read_table_columns(c, table, deadline);
  if (!names) {
    co_return names.error();
  }
  auto columns = co_await read_columns(c, table, std::move(*names), deadline);
  if (!columns) {
    co_return columns.error();
  }
  std::vector<std::string> indexed;
  for (auto& column : *columns) {
    if (column.is_indexed) {
      indexed.push_back(std::move(column.name));
    }
  }
  co_return co_await read_moving_trigger(c, table, std::move(indexed), sql::change_kind::update,
                                         false, deadline);
}

}  // namespace

asio::awaitable<result<void>> resolve_stripes(pg::connection& c, job_plan& p,
                                              std::optional<int> wanted, pg::time_point deadline) {
  auto t = co_await read_outlook(c, p, deadline);
  if (!t) {
    co_return t.error();
  }
  auto facts = facts_of(p, *t);
  auto trigger = co_await read_indexing_trigger(c, p.target_oid, deadline);
  if (!trigger) {
    co_return trigger.error();
  }
  facts.indexing_trigger = std::move(*trigger);
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
