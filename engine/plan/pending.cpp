#include "plan/pending.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "plan/strategy.hpp"

namespace pawl::plan {

namespace asio = boost::asio;

namespace {

// What the catalog adds to the proof that the text began: why it does not hold, empty if it does.
asio::awaitable<result<std::string>> doubt(pg::connection& c, object_id target,
                                           sql::pending_proof proof, pg::time_point deadline) {
  auto columns = proof.reads;
  for (const auto& use : proof.assigned) {
    columns.push_back(use.column);
  }
  auto trigger = co_await read_moving_trigger(c, target, std::move(columns),
                                              sql::change_kind::update, true, deadline);
  if (!trigger) {
    co_return trigger.error();
  }
  if (!trigger->empty()) {
    co_return fmt::format("trigger {} may keep rows back, or give them other values", *trigger);
  }
  auto shaky = co_await read_volatile(c, proof.calls, deadline);
  if (!shaky) {
    co_return shaky.error();
  }
  if (!shaky->empty()) {
    co_return fmt::format("{} may be volatile", fmt::join(*shaky, ", "));
  }
  auto read = co_await read_columns(c, target, proof.reads, deadline);
  if (!read) {
    co_return read.error();
  }
  for (const auto& name : proof.reads) {
    const auto found = std::find_if(read->begin(), read->end(), [&](const assigned_column& column) {
      return column.name == name && !column.is_generated;
    });
    if (found == read->end()) {
      co_return fmt::format("\"{}\" is no ordinary column", name);
    }
  }
  co_return std::string{};
}

}  // namespace

// A row that a trigger keeps back, or gives a value of its own, is one that a round has not
// changed: it ends the author's loop, or comes back in it. One that a round changes again has its
// triggers fired again.
asio::awaitable<result<void>> check_rounds(pg::connection& c, const job_plan& p,
                                           std::vector<trigger_facts> triggers,
                                           pg::time_point deadline) {
  const auto& what = p.job.what;
  if (!what.rounds) {
    co_return result<void>{};
  }
  for (const auto& trigger : triggers) {
    if (trigger.for_each_row && what.rounds->may_repeat) {
      co_return loop_refused(
          fmt::format("trigger {} may fire more than once for a row whose new value leaves the "
                      "condition as it is",
                      trigger.name));
    }
  }
  auto trigger = co_await read_moving_trigger(c, p.target_oid, what.rounds->ends_by, what.kind,
                                              true, deadline);
  if (!trigger) {
    co_return trigger.error();
  }
  if (trigger->empty()) {
    co_return result<void>{};
  }
  co_return loop_refused(
      fmt::format("trigger {} may keep rows back, or give them other values", *trigger));
}

asio::awaitable<result<void>> resolve_pending(pg::connection& c, job_plan& p,
                                              std::vector<assigned_column> assigned,
                                              pg::time_point deadline) {
  if (needs_work_table(p.by_what)) {
    if (p.job.pending) {
      p.notes.push_back("no sweep: its rows are those that were computed at the start");
    }
    co_return result<void>{};
  }
  if (p.job.pending) {
    p.pending = pending_predicate{};
    p.pending->condition = *p.job.pending;
    co_return result<void>{};
  }
  if (!p.job.what.pending) {
    co_return result<void>{};
  }
  const auto& proof = *p.job.what.pending;
  auto why = co_await doubt(c, p.target_oid, proof, deadline);
  if (!why) {
    co_return why.error();
  }
  // Rounds that leave a row pending find it again; the one statement changes it once.
  if (!why->empty() && p.job.what.rounds) {
    co_return loop_refused(*why);
  }
  if (!why->empty()) {
    p.notes.push_back(fmt::format(
        "no sweep for rows that become pending meanwhile: {}; `-- pawl:pending EXPR` allows it",
        *why));
    co_return result<void>{};
  }
  std::map<std::string, std::string> types;
  for (const auto& column : assigned) {
    types[column.name] = column.type;
  }
  p.pending = pending_predicate{};
  p.pending->condition = std::string{sql::text_of(p.job, proof.predicate)};
  p.pending->stays = sql::stays_pending(p.job, types);
  co_return result<void>{};
}

}  // namespace pawl::plan
