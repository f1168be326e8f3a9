#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "plan/catalog.hpp"
#include "plan/facts.hpp"
#include "plan/job_plan.hpp"
#include "plan/pending.hpp"
#include "plan/query_shape.hpp"
#include "plan/strategy.hpp"
#include "plan/walk.hpp"
#include "sql/identifier.hpp"

namespace pawl::plan {

namespace asio = boost::asio;

namespace {

std::string_view kind_text(char relkind) {
  switch (relkind) {
    case 'v':
      return "a view";
    case 'm':
      return "a materialized view";
    case 'f':
      return "a foreign table";
    case 'S':
      return "a sequence";
    default:
      return "not a table";
  }
}

std::optional<error> check_rows(const target_facts& t, bool only) {
  if (t.kind != 'r' && t.kind != 'p') {
    return refusal(errc::target_unusable, fmt::format("{} is {}", t.name, kind_text(t.kind)),
                   "Name the table whose rows are to be changed.");
  }
  if (t.kind == 'r' && t.has_children && !only) {
    return refusal(errc::target_unusable,
                   fmt::format("{} has child tables that inherit from it", t.name),
                   fmt::format("Write ONLY {} and run one job for each child.", t.name));
  }
  if (t.rows_hidden) {
    return hidden_rows(t.name, t.role);
  }
  return std::nullopt;
}

std::optional<error> check_reading(const target_facts& t) {
  return t.may_select ? std::nullopt : std::optional{forbidden("SELECT", t.name, t.role)};
}

// The table that is changed.
std::optional<error> check_target(const target_facts& t, const sql::job& j) {
  if (t.name.starts_with("pawl.")) {
    return refusal(errc::target_unusable, fmt::format("{} is a table of pawl's own", t.name),
                   "If you mean another one, write it with its schema.");
  }
  if (t.has_rules) {
    return refusal(
        errc::target_unusable,
        fmt::format("{} has rewrite rules, which make other statements of each batch", t.name),
        "Drop the rules, or replace them by triggers, for the time of the run.");
  }
  const bool own_rows = j.what.target == j.what.written;
  if (auto no = check_rows(t, j.what.only || !own_rows)) {
    return no;
  }
  const auto unless = [&](bool allowed, const char* verb) {
    return allowed ? check_reading(t) : std::optional{forbidden(verb, t.name, t.role)};
  };
  switch (j.what.kind) {
    case sql::change_kind::update:
      return unless(t.may_update, "UPDATE");
    case sql::change_kind::remove:
      return unless(t.may_delete, "DELETE");
    case sql::change_kind::insert:
      return t.may_insert ? std::nullopt : std::optional{forbidden("INSERT", t.name, t.role)};
    default:
      // What else it does the server's plan of a batch finds out.
      return std::nullopt;
  }
}

// Columns that follow from those that are set change with them.
asio::awaitable<result<void>> add_generated(pg::connection& c, job_plan& p,
                                            pg::time_point deadline) {
  auto& set = p.job.what.set_columns;
  auto more = co_await read_generated(c, p.target_oid, set, deadline);
  if (!more) {
    co_return more.error();
  }
  set.insert(set.end(), more->begin(), more->end());
  co_return result<void>{};
}

// No row may leave its range, or its partition, under the run.
asio::awaitable<result<void>> check_triggers_keep(pg::connection& c, const job_plan& p,
                                                  pg::time_point deadline) {
  std::vector<std::string> columns;
  for (const auto& column : p.target_key.empty() ? p.by : p.target_key) {
    columns.push_back(column.name);
  }
  auto trigger = co_await read_moving_trigger(c, p.target_oid, columns, sql::change_kind::update,
                                              false, deadline);
  if (!trigger) {
    co_return trigger.error();
  }
  if (trigger->empty()) {
    co_return result<void>{};
  }
  co_return refusal(
      errc::sets_key,
      fmt::format("trigger {} of {} may change the key ({}) of a row, or the partition that it "
                  "belongs to, before it is written",
                  *trigger, p.target, fmt::join(columns, ", ")),
      "A row whose key moves could be changed twice or not at all. Name another unique key, that "
      "the trigger leaves alone: -- pawl:batch NAME table=... key=...");
}

// Its rows are walked, or found again, by a key of the table that it changes.
bool changes_walked_rows(const job_plan& p) {
  return p.job.what.kind == sql::change_kind::update ||
         (p.job.what.kind == sql::change_kind::marked && !p.job.what.set_columns.empty());
}

std::optional<error> check_columns(const std::vector<assigned_column>& assigned, const key& by,
                                   std::string_view table) {
  for (const auto& column : assigned) {
    const bool in_key = std::any_of(by.begin(), by.end(),
                                    [&](const key_column& k) { return k.name == column.name; });
    if (in_key || column.is_partition_key) {
      return refusal(
          errc::sets_key,
          fmt::format("the statement sets \"{}\", which is part of the {} of {}", column.name,
                      in_key ? "key" : "partition key", table),
          "A row whose key moves could be changed twice or not at all. Copy into a new column "
          "instead, or name another unique key: -- pawl:batch NAME table=... key=...");
    }
  }
  return std::nullopt;
}

void note_triggers(job_plan& p, const std::vector<trigger_facts>& triggers) {
  for (const auto& trigger : triggers) {
    p.notes.push_back(fmt::format("trigger {} fires {} in every batch", trigger.name,
                                  trigger.for_each_row ? "for each row" : "once"));
  }
}

void note_columns(job_plan& p, const std::vector<assigned_column>& assigned) {
  for (const auto& column : assigned) {
    if (column.is_indexed) {
      p.notes.push_back(
          fmt::format("\"{}\" is indexed, so no update can be HOT and every index of the table "
                      "gets a new entry for each row",
                      column.name));
    }
  }
}

// The columns that the values of an INSERT go to: as listed, or the first ones, as many as its
// query has.
asio::awaitable<result<void>> resolve_values(pg::connection& c, job_plan& p,
                                             pg::time_point deadline) {
  const auto& pieces = *p.job.what.pieces;
  p.value_columns = pieces.columns;
  if (!p.value_columns.empty()) {
    co_return result<void>{};
  }
  auto all = co_await read_table_columns(c, p.target_oid, deadline);
  if (!all) {
    co_return all.error();
  }
  std::string with{sql::text_of(p.job, pieces.with)};
  auto query = fmt::format("({}) AS pawl_w", sql::text_of(p.job, pieces.query));
  auto shown = co_await read_shape(c, job_settings(p), std::move(with), std::move(query), deadline);
  if (!shown) {
    co_return shown.error();
  }
  if (shown->size() > all->size()) {
    co_return refusal(
        errc::sql_syntax,
        fmt::format("the query has {} columns, {} has {}", shown->size(), p.target, all->size()),
        "List the columns that the values are for.");
  }
  all->resize(shown->size());
  p.value_columns = std::move(*all);
  co_return result<void>{};
}

// The columns of the source of a MERGE.
asio::awaitable<result<void>> resolve_source(pg::connection& c, job_plan& p,
                                             pg::time_point deadline) {
  auto shown = co_await read_source(c, p, deadline);
  if (!shown) {
    co_return shown.error();
  }
  for (const auto& column : *shown) {
    if (column.type == "record") {
      co_return refusal(
          errc::sql_syntax,
          fmt::format("column \"{}\" of the source is a row without a type of its own, "
                      "which no table can hold",
                      column.name),
          "Give it a type, or take its fields: (SELECT a, b ...) instead of ROW(a, b).");
    }
    p.value_columns.push_back(column.name);
    p.value_types.push_back(column.definition());
  }
  co_return result<void>{};
}

// The refusal, if there is no other way.
std::optional<error> go_without_key(job_plan& p, const statement_facts& facts,
                                    const error& no_key) {
  if (!p.job.key.empty()) {
    return no_key;
  }
  auto v = judge_without_key(p.job.what, facts, no_key);
  if (v.refusal) {
    return v.refusal;
  }
  p.by_what = v.by;
  p.reason = std::move(v.reason);
  p.by.clear();
  return std::nullopt;
}

asio::awaitable<result<void>> resolve_snapshot(pg::connection& c, job_plan& p,
                                               statement_facts facts, pg::time_point deadline) {
  if (p.by_what == strategy::one_statement) {
    co_return result<void>{};
  }
  if (p.job.what.kind == sql::change_kind::insert) {
    co_return co_await resolve_values(c, p, deadline);
  }
  if (p.job.what.kind == sql::change_kind::merge) {
    co_return co_await resolve_source(c, p, deadline);
  }
  auto chosen = choose_key(facts.target_indexes, p.job.key, p.target);
  if (!chosen) {
    const auto other = go_without_key(p, facts, chosen.error());
    co_return other ? result<void>{*other} : result<void>{};
  }
  auto ordered = co_await check_key_operators(c, job_settings(p), *chosen, deadline);
  if (!ordered) {
    co_return ordered.error();
  }
  p.target_key = key_of(*chosen, "");
  co_return result<void>{};
}

asio::awaitable<result<target_facts>> read_walked(pg::connection& c, const job_plan& p,
                                                  target_facts target, pg::time_point deadline) {
  const auto& what = p.job.what;
  if (what.target == what.written) {
    co_return target;
  }
  co_return co_await read_target(c, job_settings(p), name_text(what.target), deadline);
}

// Decides by what the work is divided, and finds the tables and keys for it.
asio::awaitable<result<void>> resolve_walk(pg::connection& c, job_plan& p, target_facts target,
                                           pg::time_point deadline) {
  auto walked = co_await read_walked(c, p, target, deadline);
  if (!walked) {
    co_return walked.error();
  }
  auto facts = co_await read_facts(c, p, target, *walked, deadline);
  if (!facts) {
    co_return facts.error();
  }
  if (walked->kind == 'p' && p.job.what.only) {
    co_return refusal(errc::target_unusable,
                      fmt::format("ONLY {} has no rows: it is partitioned", walked->name),
                      "Leave ONLY out, or name a partition.");
  }
  for (const auto& source : facts->sources) {
    if (source.rows_hidden) {
      co_return hidden_rows(source.name, walked->role);
    }
  }
  auto v = judge(p.job.what, *facts);
  if (v.refusal) {
    co_return *v.refusal;
  }
  auto noted = co_await note_joins(c, p, facts->sources, deadline);
  if (!noted) {
    co_return noted.error();
  }
  p.by_what = v.by;
  p.reason = std::move(v.reason);
  p.walked = walked->name;
  p.walked_oid = walked->oid;
  if (!needs_work_table(p.by_what)) {
    std::optional<error> unusable;
    if (walked->oid != target.oid) {
      unusable = check_rows(*walked, p.job.what.only);
      if (!unusable) {
        unusable = check_reading(*walked);
      }
    }
    if (!unusable) {
      auto found = co_await resolve_leaves(c, p, walked->oid, deadline);
      if (found) {
        if (!p.as_one.empty() && p.by_what != strategy::marked && walked->kind == 'p') {
          p.notes.push_back(fmt::format("its partitions are walked together, since {}", p.as_one));
        }
        co_return check_guard(p);
      }
      unusable = found.error();
    }
    if (auto other = go_without_key(p, *facts, *unusable)) {
      co_return *other;
    }
  }
  co_return co_await resolve_snapshot(c, p, *facts, deadline);
}

}  // namespace

asio::awaitable<result<job_plan>> resolve(pg::connection& c, sql::job j, const settings* session,
                                          pg::time_point deadline) {
  job_plan p;
  p.job = std::move(j);
  auto own = co_await read_session_settings(c, deadline);
  if (!own) {
    co_return own.error();
  }
  p.session = session != nullptr ? *session : std::move(*own);
  auto facts = co_await read_server_facts(c, deadline);
  if (!facts) {
    co_return facts.error();
  }
  p.server = std::move(*facts);
  auto target = co_await read_target(c, job_settings(p), name_text(p.job.what.written), deadline);
  if (!target) {
    co_return target.error();
  }
  if (auto no = check_target(*target, p.job)) {
    co_return *no;
  }
  p.target_oid = target->oid;
  p.target = target->name;
  if (target->persistence == 'u') {
    p.notes.push_back(fmt::format("{} is unlogged: a crash of the server empties it", p.target));
  }
  if (auto more = co_await add_generated(c, p, deadline); !more) {
    co_return more.error();
  }
  if (auto walk = co_await resolve_walk(c, p, *target, deadline); !walk) {
    co_return walk.error();
  }
  note_own_values(p);
  for (const auto& remark : p.job.what.remarks) {
    p.notes.push_back(remark);
  }
  auto assigned = co_await read_columns(c, p.target_oid, p.job.what.set_columns, deadline);
  if (!assigned) {
    co_return assigned.error();
  }
  if (changes_walked_rows(p) && p.by_what != strategy::one_statement) {
    if (auto no = check_columns(*assigned, p.target_key.empty() ? p.by : p.target_key, p.target)) {
      co_return *no;
    }
    if (auto kept = co_await check_triggers_keep(c, p, deadline); !kept) {
      co_return kept.error();
    }
  }
  auto triggers = co_await read_triggers(c, p.target_oid, p.job.what.kind, deadline);
  if (!triggers) {
    co_return triggers.error();
  }
  if (auto same = co_await check_rounds(c, p, *triggers, deadline); !same) {
    co_return same.error();
  }
  note_triggers(p, *triggers);
  note_columns(p, *assigned);
  auto pending = co_await resolve_pending(c, p, *assigned, deadline);
  if (!pending) {
    co_return pending.error();
  }
  co_return p;
}

std::string definition_sha256(const job_plan& p) {
  std::string text = p.job.canonical + '\n' + p.target;
  for (const auto& column :
       p.target_key.empty() && !needs_work_table(p.by_what) ? p.by : p.target_key) {
    text += '\n' + column.name + ' ' + column.type;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += fmt::format("{:02x}", digest.at(i));
  }
  return hex;
}

}  // namespace pawl::plan
