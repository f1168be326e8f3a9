#include "plan/facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "plan/walk.hpp"
#include "sql/identifier.hpp"

namespace pawl::plan {

namespace asio = boost::asio;

namespace {

std::vector<std::string> read_names(const sql::change& what) {
  std::vector<std::string> names;
  for (const auto& name : what.reads) {
    names.push_back(name_text(name));
  }
  return names;
}

// What the tables and views that the statement reads show of those that it changes.
asio::awaitable<result<void>> add_sources(pg::connection& c, const job_plan& p,
                                          std::vector<object_id> changed, statement_facts& to,
                                          pg::time_point deadline) {
  for (const auto oid : changed) {
    auto names = read_names(p.job.what);
    auto sources = co_await read_sources(c, job_settings(p), std::move(names), oid, deadline);
    if (!sources) {
      co_return sources.error();
    }
    to.sources.insert(to.sources.end(), sources->begin(), sources->end());
  }
  co_return result<void>{};
}

// What comes with the rows that a WITH inserts into another table.
asio::awaitable<result<void>> add_made(pg::connection& c, const job_plan& p,
                                       std::vector<object_id>& written, consequence_facts& to,
                                       pg::time_point deadline) {
  if (!p.job.what.made) {
    co_return result<void>{};
  }
  auto made = co_await read_target(c, job_settings(p), name_text(*p.job.what.made), deadline);
  if (!made) {
    co_return made.error();
  }
  consequence_question about;
  about.changed.push_back(made->oid);
  about.inserts = true;
  about.trigger_bits = trigger_events(sql::change_kind::insert);
  auto found = co_await read_consequences(c, job_settings(p), std::move(about), deadline);
  if (!found) {
    co_return found.error();
  }
  written.push_back(made->oid);
  const auto append = [](std::vector<std::string>& all, const std::vector<std::string>& more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  append(to.trigger_functions, found->trigger_functions);
  append(to.statement_triggers, found->statement_triggers);
  append(to.changed, found->changed);
  co_return result<void>{};
}

asio::awaitable<result<consequence_facts>> ask_consequences(pg::connection& c, const job_plan& p,
                                                            std::vector<object_id> changed,
                                                            bool is_partitioned,
                                                            pg::time_point deadline) {
  const auto& what = p.job.what;
  consequence_question about;
  about.changed = std::move(changed);
  about.quoted_reads = read_names(what);
  // A trigger may give an updated row another partition, which deletes and inserts it.
  about.trigger_bits = trigger_events(is_partitioned ? sql::change_kind::other : what.kind);
  const bool both = what.kind == sql::change_kind::other || what.kind == sql::change_kind::merge;
  about.deletes = both || what.kind == sql::change_kind::remove;
  about.inserts = both || what.kind == sql::change_kind::insert;
  about.set_columns = what.set_columns;
  if (what.pieces) {
    about.inserted_columns = what.pieces->columns;
  }
  co_return co_await read_consequences(c, job_settings(p), std::move(about), deadline);
}

// Values of these types that are equal stay so when one is assigned to the other.
bool can_join(const shown_column& a, const shown_column& b) {
  static constexpr std::array<std::string_view, 3> integers = {"smallint", "integer", "bigint"};
  static constexpr std::array<std::string_view, 2> texts = {"text", "character varying"};
  const auto both_in = [&](const auto& types) {
    return std::find(types.begin(), types.end(), a.type) != types.end() &&
           std::find(types.begin(), types.end(), b.type) != types.end();
  };
  return a.type == b.type || both_in(integers) || both_in(texts);
}

std::string why_not_joined(const shown_column& ours, const shown_column& theirs) {
  if (!can_join(ours, theirs)) {
    return fmt::format(
        "\"{}\" ({}) and \"{}\" ({}) are joined but are of different types; cast the source's",
        ours.name, ours.type, theirs.name, theirs.type);
  }
  for (const auto* column : {&ours, &theirs}) {
    if (!column->is_deterministic) {
      return fmt::format(
          "\"{}\" is joined under collation {}, for which different values are equal", column->name,
          column->collation);
    }
  }
  return {};
}

// The names of one list against those of the other, pair by pair.
std::string why_not_joined(const std::vector<shown_column>& ours,
                           const std::vector<std::string>& our_names,
                           const std::vector<shown_column>& theirs,
                           const std::vector<std::string>& their_names) {
  const auto find = [](const std::vector<shown_column>& all, const std::string& name) {
    return std::find_if(all.begin(), all.end(),
                        [&](const shown_column& one) { return one.name == name; });
  };
  for (std::size_t i = 0; i < our_names.size(); ++i) {
    const auto a = find(ours, our_names[i]);
    const auto b = find(theirs, their_names[i]);
    // A name that is found nowhere the server's plan of a batch finds out.
    if (a == ours.end() || b == theirs.end()) continue;
    if (auto why = why_not_joined(*a, *b); !why.empty()) return why;
  }
  return {};
}

// What a MERGE inserts must come back as what it was joined by, two rows of its source that differ
// in what is joined may not meet, and what is joined may not move under the run.
asio::awaitable<result<std::string>> why_merged_rows_meet(pg::connection& c, const job_plan& p,
                                                          pg::time_point deadline) {
  const auto& what = p.job.what;
  const auto& joined = what.joins.front().columns;
  auto ours = co_await read_shape(c, job_settings(p), "", p.target, deadline);
  if (!ours) {
    co_return ours.error();
  }
  auto theirs = co_await read_source(c, p, deadline);
  if (!theirs) {
    co_return theirs.error();
  }
  if (auto why = why_not_joined(*ours, joined, *theirs, what.pieces->distinct); !why.empty()) {
    co_return why;
  }
  for (const auto& name : joined) {
    if (std::find(what.set_columns.begin(), what.set_columns.end(), name) !=
        what.set_columns.end()) {
      co_return fmt::format("\"{}\" is joined, and follows from a column that is set", name);
    }
  }
  auto trigger = co_await read_moving_trigger(c, p.target_oid, joined, what.kind, false, deadline);
  if (!trigger) {
    co_return trigger.error();
  }
  co_return trigger->empty()
      ? std::string{}
      : fmt::format("trigger {} may change the columns that are joined", *trigger);
}

// `WITH made AS (INSERT ... RETURNING ...)`: what comes back must be what was inserted.
asio::awaitable<result<std::string>> why_made_rows_meet(pg::connection& c, const job_plan& p,
                                                        pg::time_point deadline) {
  const auto& what = p.job.what;
  const auto name = name_text(what.joins.back().name);
  auto into = co_await read_target(c, job_settings(p), name, deadline);
  if (!into) {
    co_return into.error();
  }
  auto ours = co_await read_shape(c, job_settings(p), "", p.target, deadline);
  if (!ours) {
    co_return ours.error();
  }
  auto theirs = co_await read_shape(c, job_settings(p), "", into->name, deadline);
  if (!theirs) {
    co_return theirs.error();
  }
  auto why = why_not_joined(*ours, what.joins.front().columns, *theirs, what.joins.back().columns);
  if (!why.empty()) {
    co_return why;
  }
  auto trigger = co_await read_moving_trigger(c, into->oid, what.joins.back().columns,
                                              sql::change_kind::insert, false, deadline);
  if (!trigger) {
    co_return trigger.error();
  }
  co_return trigger->empty() ? std::string{}
                             : fmt::format("trigger {} may change what {} returns", *trigger, name);
}

// ON CONFLICT DO UPDATE: the work table finds rows that meet by the columns' own collations, and as
// the query gives them.
asio::awaitable<result<std::string>> why_inserted_rows_meet(pg::connection& c, const job_plan& p,
                                                            const statement_facts& facts,
                                                            pg::time_point deadline) {
  const auto& distinct = p.job.what.pieces->distinct;
  for (const auto& index : facts.target_indexes) {
    if (index.other_collation && index.names.size() == distinct.size() &&
        std::is_permutation(distinct.begin(), distinct.end(), index.names.begin())) {
      co_return fmt::format("index {} has another collation than its column", index.name);
    }
  }
  auto trigger = co_await read_moving_trigger(c, p.target_oid, distinct, sql::change_kind::insert,
                                              false, deadline);
  if (!trigger) {
    co_return trigger.error();
  }
  co_return trigger->empty()
      ? std::string{}
      : fmt::format("trigger {} may change the columns of ON CONFLICT", *trigger);
}

asio::awaitable<result<std::string>> why_rows_meet(pg::connection& c, const job_plan& p,
                                                   const statement_facts& facts,
                                                   pg::time_point deadline) {
  const auto& what = p.job.what;
  if (what.kind == sql::change_kind::merge && what.pieces) {
    co_return co_await why_merged_rows_meet(c, p, deadline);
  }
  if (what.kind == sql::change_kind::other && what.joins.size() == 2) {
    co_return co_await why_made_rows_meet(c, p, deadline);
  }
  if (what.kind == sql::change_kind::insert && what.pieces && !what.pieces->distinct.empty()) {
    co_return co_await why_inserted_rows_meet(c, p, facts, deadline);
  }
  co_return std::string{};
}

// A transaction over it would be as long as what it reads and what it writes.
asio::awaitable<result<std::int64_t>> bytes_of_whole(pg::connection& c, const job_plan& p,
                                                     const statement_facts& facts,
                                                     pg::time_point deadline) {
  std::vector<object_id> tables;
  if (p.job.what.kind != sql::change_kind::update && p.job.what.kind != sql::change_kind::remove) {
    for (const auto& source : facts.sources) {
      tables.push_back(source.oid);
    }
  }
  co_return co_await read_largest(c, std::move(tables), deadline);
}

}  // namespace

std::string name_text(const sql::relation_name& name) {
  const auto table = sql::quote_identifier(name.table);
  return name.schema.empty() ? table : sql::quote_identifier(name.schema) + '.' + table;
}

asio::awaitable<result<std::vector<shown_column>>> read_source(pg::connection& c, const job_plan& p,
                                                               pg::time_point deadline) {
  const auto& pieces = *p.job.what.pieces;
  std::string with{sql::text_of(p.job, pieces.with)};
  std::string source{sql::text_of(p.job, pieces.query)};
  co_return co_await read_shape(c, job_settings(p), std::move(with), std::move(source), deadline);
}

// Where the joined columns hold no key, several rows of the source may belong to one of the target.
asio::awaitable<result<void>> note_joins(pg::connection& c, job_plan& p,
                                         std::vector<source_facts> sources,
                                         pg::time_point deadline) {
  for (const auto& joined : p.job.what.joins) {
    if (p.job.what.kind != sql::change_kind::update) {
      break;
    }
    const auto name = name_text(joined.name);
    const auto found = std::find_if(sources.begin(), sources.end(),
                                    [&](const source_facts& s) { return s.name == name; });
    if (found == sources.end()) {
      continue;  // a CTE
    }
    auto indexes = co_await read_unique_indexes(c, found->oid, deadline);
    if (!indexes) {
      co_return indexes.error();
    }
    if (!holds_key(*indexes, joined.columns)) {
      p.notes.push_back(fmt::format(
          "several rows of {} may belong to one row of {}: any of them wins, as in one statement",
          name, p.target));
    }
  }
  co_return result<void>{};
}

void note_own_values(job_plan& p) {
  if (needs_work_table(p.by_what)) return;
  const auto& calls = p.job.what.calls;
  const auto calls_one_of = [&](std::initializer_list<std::string_view> names) {
    return std::any_of(calls.begin(), calls.end(), [&](std::string_view name) {
      constexpr std::string_view schema = "pg_catalog.";
      if (name.starts_with(schema)) name.remove_prefix(schema.size());
      return std::find(names.begin(), names.end(), name) != names.end();
    });
  };
  if (calls_one_of({"now", "transaction_timestamp", "statement_timestamp"})) {
    p.notes.push_back(
        "now() is another moment in each batch; current_setting('pawl.run_started')::timestamptz "
        "is the same in all");
  }
  if (calls_one_of({"txid_current", "pg_current_xact_id", "txid_current_if_assigned",
                    "pg_current_xact_id_if_assigned"})) {
    p.notes.push_back("the number of the transaction is another in each batch");
  }
  if (calls_one_of({"nextval", "setval", "currval", "lastval"})) {
    p.notes.push_back(
        "which row gets which value of a sequence depends on the order of the batches");
  }
}

asio::awaitable<result<statement_facts>> read_facts(pg::connection& c, const job_plan& p,
                                                    target_facts target, target_facts walked,
                                                    pg::time_point deadline) {
  statement_facts facts;
  auto own = co_await read_unique_indexes(c, target.oid, deadline);
  if (!own) {
    co_return own.error();
  }
  facts.target_indexes = std::move(*own);
  auto read = co_await read_unique_indexes(c, walked.oid, deadline);
  if (!read) {
    co_return read.error();
  }
  facts.walked_indexes = std::move(*read);
  std::vector<object_id> changed(1, target.oid);
  // A WITH that moves or makes rows changes the table that it walks too.
  if (p.job.what.kind == sql::change_kind::other && walked.oid != target.oid) {
    changed.push_back(walked.oid);
  }
  auto sources = co_await add_sources(c, p, changed, facts, deadline);
  if (!sources) {
    co_return sources.error();
  }
  auto around = co_await ask_consequences(c, p, changed, target.kind == 'p', deadline);
  if (!around) {
    co_return around.error();
  }
  std::vector<object_id> written(1, target.oid);
  if (auto made = co_await add_made(c, p, written, *around, deadline); !made) {
    co_return made.error();
  }
  facts.reaches_reads = around->reaches_reads;
  facts.self_reference = around->self_reference;
  facts.insert_trigger = around->insert_trigger;
  std::vector<object_id> named = std::move(changed);
  named.push_back(walked.oid);
  for (const auto& source : facts.sources) {
    named.push_back(source.oid);
  }
  auto functions = co_await read_functions(c, p.job.what, std::move(*around), std::move(named),
                                           std::move(written), deadline);
  if (!functions) {
    co_return functions.error();
  }
  facts.functions = std::move(*functions);
  auto meet = co_await why_rows_meet(c, p, facts, deadline);
  if (!meet) {
    co_return meet.error();
  }
  facts.rows_meet = std::move(*meet);
  auto deferred = co_await read_deferrable_key(c, target.oid, p.job.what.set_columns, deadline);
  if (!deferred) {
    co_return deferred.error();
  }
  facts.deferrable_key = std::move(*deferred);
  auto bytes = co_await bytes_of_whole(c, p, facts, deadline);
  if (!bytes) {
    co_return bytes.error();
  }
  facts.is_divided = target.kind == 'p';
  facts.whole_bytes = std::max({target.bytes, walked.bytes, *bytes});
  co_return facts;
}

}  // namespace pawl::plan
