#include "plan/walk.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "plan/statements.hpp"
#include "plan/work_table.hpp"
#include "sql/identifier.hpp"

namespace pawl::plan {

namespace asio = boost::asio;

namespace {

// Why an index cannot be the key, with the way out; empty if it can.
std::string unfit(const index_facts& index) {
  if (!index.is_valid) {
    return fmt::format("{} is invalid (rebuild it: REINDEX INDEX CONCURRENTLY {})", index.name,
                       index.name);
  }
  if (!index.is_ordered) {
    return fmt::format("{} is no B-tree", index.name);
  }
  if (index.has_expressions) {
    return fmt::format("{} is over expressions", index.name);
  }
  if (index.is_partial) {
    return fmt::format("{} is partial, rows outside of it would be left out", index.name);
  }
  if (index.any_nullable) {
    return fmt::format(
        "{} has a nullable column (SET NOT NULL, or VALIDATE CONSTRAINT where that is NOT VALID)",
        index.name);
  }
  if (!index.is_immediate) {
    return fmt::format("{} is deferrable, its keys may be double within a transaction", index.name);
  }
  if (index.other_collation) {
    return fmt::format("{} has another collation than its column", index.name);
  }
  if (index.other_opclass) {
    return fmt::format("{} has another operator class than its column's default", index.name);
  }
  if (index.descending != 0 && index.descending != static_cast<int>(index.names.size())) {
    return fmt::format("{} mixes ascending and descending columns", index.name);
  }
  return {};
}

// What the batches do to the tables that they walk.
std::string verb_on_leaves(const job_plan& p) {
  if (p.by_what != strategy::target_key) {
    return "SELECT";
  }
  return p.job.what.kind == sql::change_kind::remove ? "DELETE" : "UPDATE";
}

// How the statement of a batch names the key's columns. A marked one names them as its author did.
key key_for(const job_plan& p, const index_facts& index) {
  const auto& what = p.job.what;
  if (needs_work_table(p.by_what)) {
    return key_of(index, fmt::format("{}.", work_alias));
  }
  if (p.by_what == strategy::marked) {
    key columns = key_of(index, "");
    for (std::size_t i = 0; i < std::min(columns.size(), p.job.key_text.size()); ++i) {
      columns[i].text = p.job.key_text[i];
    }
    return columns;
  }
  return key_of(index, sql::quote_identifier(what.own_name()) + '.');
}

asio::awaitable<result<void>> resolve_leaf_key(pg::connection& c, job_plan& p, leaf& l,
                                               pg::time_point deadline) {
  auto indexes = co_await read_unique_indexes(c, l.oid, deadline);
  if (!indexes) {
    co_return indexes.error();
  }
  // Every leaf is walked by the same columns, which the first leaf decides.
  auto wanted = needs_work_table(p.by_what) ? std::vector<std::string>{} : p.job.key;
  if (wanted.empty()) {
    for (const auto& column : p.by) {
      wanted.push_back(column.name);
    }
  }
  auto chosen = choose_key(*indexes, wanted, l.name);
  if (!chosen) {
    co_return chosen.error();
  }
  auto ordered = co_await check_key_operators(c, job_settings(p), *chosen, deadline);
  if (!ordered) {
    co_return ordered.error();
  }
  l.index = chosen->name;
  if (p.by.empty()) {
    p.by = key_for(p, *chosen);
  }
  auto histogram = co_await read_histogram(c, l.name, p.by.front().name, deadline);
  if (!histogram) {
    co_return histogram.error();
  }
  l.histogram = std::move(*histogram);
  auto shape = co_await c.query(target_shape(p, l), deadline);
  if (!shape) {
    co_return shape.error();
  }
  l.shape = shape->text(0, 3);
  co_return result<void>{};
}

asio::awaitable<result<std::string>> why_as_one(pg::connection& c, const job_plan& p,
                                                object_id walked, pg::time_point deadline) {
  if (p.by_what == strategy::marked) {
    co_return std::string{"its statement reads it as a whole, whichever partition a range is of"};
  }
  if (needs_work_table(p.by_what)) {
    co_return std::string{};
  }
  co_return co_await read_why_as_one(c, walked, p.job.what, deadline);
}

}  // namespace

error refusal(errc code, std::string message, std::string hint) {
  error e;
  e.code = code;
  e.message = std::move(message);
  e.hint = std::move(hint);
  return e;
}

error hidden_rows(const std::string& table, const std::string& role) {
  return refusal(errc::row_security,
                 fmt::format("row-level security of {} would hide rows from role {}", table, role),
                 fmt::format("Run as a role that bypasses it: ALTER ROLE {} BYPASSRLS, or put "
                             "`-- pawl:set role=OWNER` at the top of the job.",
                             role));
}

error forbidden(std::string_view verb, const std::string& table, const std::string& role) {
  return refusal(
      errc::forbidden, fmt::format("role {} may not {} {}", role, verb, table),
      fmt::format("Run as its owner, or: GRANT SELECT{} ON {} TO {};",
                  verb == "SELECT" ? std::string{} : fmt::format(", {}", verb), table, role));
}

settings job_settings(const job_plan& p) {
  settings wanted;
  for (const auto* name : {"search_path", "row_security"}) {
    if (const auto found = p.session.find(name); found != p.session.end()) {
      wanted.insert(*found);
    }
  }
  for (const auto& [name, value] : p.job.settings) {
    wanted[name] = value;
  }
  return wanted;
}

result<index_facts> choose_key(const std::vector<index_facts>& indexes,
                               const std::vector<std::string>& wanted, std::string_view table) {
  std::string reasons;
  for (const auto& index : indexes) {
    if (!wanted.empty() && index.names != wanted) {
      continue;
    }
    const auto why = unfit(index);
    if (why.empty()) {
      return index;
    }
    reasons += (reasons.empty() ? "" : "; ") + why;
  }
  const auto way_out = fmt::format(
      "Add a unique index over columns that are NOT NULL and never change, for instance: CREATE "
      "UNIQUE INDEX CONCURRENTLY ON {} (...); then run the job again.",
      table);
  if (!reasons.empty()) {
    return refusal(errc::key_unusable,
                   fmt::format("{} has no unique index that can serve as key: {}", table, reasons),
                   way_out);
  }
  if (!wanted.empty()) {
    return refusal(
        errc::no_key,
        fmt::format("{} has no unique index over exactly ({})", table, fmt::join(wanted, ", ")),
        "Name the columns of a unique index in `key=`, in the index's order, or leave "
        "`key=` out.");
  }
  return refusal(errc::no_key,
                 fmt::format("{} has no primary key and no other unique index", table), way_out);
}

key key_of(const index_facts& index, std::string_view qualifier) {
  key columns;
  for (std::size_t i = 0; i < index.names.size(); ++i) {
    key_column column;
    column.name = index.names[i];
    column.text = std::string{qualifier} + index.quoted[i];
    column.type = index.types[i];
    columns.push_back(std::move(column));
  }
  return columns;
}

asio::awaitable<result<void>> resolve_leaves(pg::connection& c, job_plan& p, object_id walked,
                                             pg::time_point deadline) {
  auto why = co_await why_as_one(c, p, walked, deadline);
  if (!why) {
    co_return why.error();
  }
  if (!p.leaves.empty() && why->empty() != p.as_one.empty()) {
    co_return refusal(errc::target_changed,
                      fmt::format("a partition of {} was attached with which it would have to be "
                                  "walked in another way: {}",
                                  p.walked, *why),
                      "Begin again: pawl run FILE --restart");
  }
  p.as_one = std::move(*why);
  auto under = needs_work_table(p.by_what) ? pg::own_path() : job_settings(p);
  auto leaves = co_await read_leaves(c, std::move(under), walked, !p.as_one.empty(),
                                     verb_on_leaves(p), deadline);
  if (!leaves) {
    co_return leaves.error();
  }
  if (leaves->empty()) {
    co_return refusal(errc::target_unusable, fmt::format("{} has no partitions", p.walked),
                      "There is nothing to change yet.");
  }
  for (auto& l : *leaves) {
    auto done = co_await resolve_leaf_key(c, p, l, deadline);
    if (!done) {
      co_return done.error();
    }
  }
  p.leaves = std::move(*leaves);
  co_return result<void>{};
}

asio::awaitable<result<void>> resolve_work(pg::connection& c, job_plan& p, std::string name,
                                           pg::time_point deadline) {
  p.walked = std::move(name);
  auto found = co_await read_target(c, pg::own_path(), p.walked, deadline);
  if (!found) {
    co_return found.error();
  }
  co_return co_await resolve_leaves(c, p, found->oid, deadline);
}

result<void> check_guard(const job_plan& p) {
  if (!p.job.max_rows) {
    return {};
  }
  double rows = 0;
  for (const auto& l : p.leaves) {
    if (!l.rows) {
      return refusal(errc::guard,
                     fmt::format("{} has no statistics to hold the job's guard of {} rows against",
                                 l.name, *p.job.max_rows),
                     fmt::format("ANALYZE {}; then run the job again.", l.name));
    }
    rows += *l.rows;
  }
  if (rows <= static_cast<double>(*p.job.max_rows)) {
    return {};
  }
  return refusal(errc::guard,
                 fmt::format("{} has about {:.0f} rows, the job's guard allows {}", p.target, rows,
                             *p.job.max_rows),
                 "Check the database; if it is the right one, raise max-rows in `-- pawl:guard`.");
}

asio::awaitable<result<std::vector<leaf>>> list_leaves(pg::connection& c, const job_plan& p,
                                                       pg::time_point deadline) {
  job_plan again = p;
  if (auto walked = co_await resolve_leaves(c, again, p.walked_oid, deadline); !walked) {
    co_return walked.error();
  }
  co_return std::move(again.leaves);
}

std::string describe_strategy(const job_plan& p, std::int64_t range_rows) {
  if (p.by_what == strategy::one_statement) {
    return "one statement in one transaction";
  }
  if (p.leaves.empty()) {
    return "computed once, then by ranges of its work table";
  }
  std::vector<std::string> names;
  for (const auto& column : p.by) {
    names.push_back(column.name);
  }
  return fmt::format(
      "{}ranges of about {} rows by key ({}) by {}{}",
      p.by_what == strategy::snapshot ? "computed once, then " : "", range_rows,
      fmt::join(names, ", "), p.leaves.front().index,
      p.passes.stripes == 1 ? std::string{} : fmt::format(", each in {} passes", p.passes.stripes));
}

}  // namespace pawl::plan
