#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "plan/catalog.hpp"
#include "plan/job_plan.hpp"
#include "plan/statements.hpp"

namespace pawl::plan {

namespace asio = boost::asio;

namespace {

std::string quoted(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    text += c == '"' ? std::string{"\"\""} : std::string{c};
  }
  return text + '"';
}

error refusal(errc code, std::string message, std::string hint) {
  error e;
  e.code = code;
  e.message = std::move(message);
  e.hint = std::move(hint);
  return e;
}

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

std::optional<error> check_target(const target_facts& t, const sql::job& j, std::string_view role) {
  if (t.kind != 'r' && t.kind != 'p') {
    return refusal(errc::target_unusable, fmt::format("{} is {}", t.name, kind_text(t.kind)),
                   "Name the table whose rows are to be changed.");
  }
  if (t.kind == 'r' && t.has_children && !j.what.only) {
    return refusal(errc::target_unusable,
                   fmt::format("{} has child tables that inherit from it", t.name),
                   fmt::format("Write ONLY {} and run one job for each child.", t.name));
  }
  if (t.rows_hidden) {
    return refusal(
        errc::row_security,
        fmt::format("row-level security of {} would hide rows from role {}", t.name, role),
        fmt::format("Run as a role that bypasses it: ALTER ROLE {} BYPASSRLS, or put "
                    "`-- pawl:set role=OWNER` at the top of the job.",
                    role));
  }
  const bool allowed = j.what.kind == sql::change_kind::update   ? t.may_update
                       : j.what.kind == sql::change_kind::remove ? t.may_delete
                                                                 : true;
  if (!allowed) {
    const auto* verb = j.what.kind == sql::change_kind::update ? "UPDATE" : "DELETE";
    return refusal(
        errc::forbidden, fmt::format("role {} may not {} {}", role, verb, t.name),
        fmt::format("Run as its owner, or: GRANT SELECT, {} ON {} TO {};", verb, t.name, role));
  }
  return std::nullopt;
}

// Why an index cannot be the key, with the way out; empty if it can.
std::string unfit(const index_facts& index) {
  if (!index.is_valid) {
    return fmt::format("{} is invalid (rebuild it: REINDEX INDEX CONCURRENTLY {})", index.name,
                       index.name);
  }
  if (index.has_expressions) {
    return fmt::format("{} is over expressions", index.name);
  }
  if (index.is_partial) {
    return fmt::format("{} is partial, rows outside of it would be left out", index.name);
  }
  if (index.any_nullable) {
    return fmt::format("{} has a nullable column (SET NOT NULL makes it fit)", index.name);
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

result<index_facts> choose_key(const std::vector<index_facts>& indexes, const sql::job& j,
                               std::string_view table) {
  std::string reasons;
  for (const auto& index : indexes) {
    if (!j.key.empty() && index.names != j.key) {
      continue;
    }
    const auto why = unfit(index);
    if (why.empty()) {
      return index;
    }
    reasons += (reasons.empty() ? "" : "; ") + why;
  }
  const auto* hint =
      "Add a unique index over columns that are NOT NULL and never change, for instance: CREATE "
      "UNIQUE INDEX CONCURRENTLY ON %s (...); then run the job again.";
  std::string way_out = hint;
  way_out.replace(way_out.find("%s"), 2, table);
  if (!reasons.empty()) {
    return refusal(errc::key_unusable,
                   fmt::format("{} has no unique index that can serve as key: {}", table, reasons),
                   way_out);
  }
  if (!j.key.empty()) {
    return refusal(
        errc::no_key,
        fmt::format("{} has no unique index over exactly ({})", table, fmt::join(j.key, ", ")),
        "Name the columns of a unique index in `key=`, in the index's order, or leave "
        "`key=` out.");
  }
  return refusal(errc::no_key,
                 fmt::format("{} has no primary key and no other unique index", table), way_out);
}

key key_of(const index_facts& index, const sql::job& j) {
  const auto& what = j.what;
  const bool marked = what.kind == sql::change_kind::marked;
  const std::string qualifier =
      marked ? "" : quoted(what.alias.empty() ? what.target.table : what.alias) + '.';
  key columns;
  for (std::size_t i = 0; i < index.names.size(); ++i) {
    key_column column;
    column.name = index.names[i];
    column.text = i < j.key_text.size() && marked ? j.key_text[i] : qualifier + index.quoted[i];
    column.type = index.types[i];
    columns.push_back(std::move(column));
  }
  return columns;
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

// The settings that the job runs under: the session's, with the job's own over them.
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

// What the catalog adds to the proof that the text began: why it does not hold, empty if it does.
asio::awaitable<result<std::string>> doubt(pg::connection& c, object_id target,
                                           sql::pending_proof proof,
                                           std::vector<trigger_facts> triggers,
                                           pg::time_point deadline) {
  for (const auto& trigger : triggers) {
    if (trigger.is_before && trigger.for_each_row) {
      co_return fmt::format("trigger {} may write columns of its own", trigger.name);
    }
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

asio::awaitable<result<void>> resolve_pending(pg::connection& c, job_plan& p,
                                              std::vector<assigned_column> assigned,
                                              std::vector<trigger_facts> triggers,
                                              pg::time_point deadline) {
  if (p.job.pending) {
    p.pending = pending_predicate{};
    p.pending->condition = *p.job.pending;
    co_return result<void>{};
  }
  if (!p.job.what.pending) {
    co_return result<void>{};
  }
  const auto& proof = *p.job.what.pending;
  auto why = co_await doubt(c, p.target_oid, proof, std::move(triggers), deadline);
  if (!why) {
    co_return why.error();
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

asio::awaitable<result<void>> resolve_leaf_key(pg::connection& c, job_plan& p, leaf& l,
                                               pg::time_point deadline) {
  auto indexes = co_await read_unique_indexes(c, l.oid, deadline);
  if (!indexes) {
    co_return indexes.error();
  }
  // Every leaf is walked by the same columns, which the first leaf decides.
  sql::job wanted = p.job;
  if (wanted.key.empty()) {
    for (const auto& column : p.by) {
      wanted.key.push_back(column.name);
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
    p.by = key_of(*chosen, p.job);
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

// `-- pawl:guard max-rows=N`, against the catalog's estimate.
result<void> check_guard(const job_plan& p) {
  double rows = 0;
  for (const auto& l : p.leaves) {
    rows += l.rows.value_or(0);
  }
  if (!p.job.max_rows || rows <= static_cast<double>(*p.job.max_rows)) {
    return {};
  }
  return refusal(errc::guard,
                 fmt::format("{} has about {:.0f} rows, the job's guard allows {}", p.target, rows,
                             *p.job.max_rows),
                 "Check the database; if it is the right one, raise max-rows in `-- pawl:guard`.");
}

asio::awaitable<result<void>> resolve_leaves(pg::connection& c, job_plan& p,
                                             pg::time_point deadline) {
  auto leaves = co_await read_leaves(c, p.target_oid, deadline);
  if (!leaves) {
    co_return leaves.error();
  }
  if (leaves->empty()) {
    co_return refusal(errc::target_unusable, fmt::format("{} has no partitions", p.target),
                      "There is nothing to change yet.");
  }
  for (auto& l : *leaves) {
    auto done = co_await resolve_leaf_key(c, p, l, deadline);
    if (!done) {
      co_return done.error();
    }
  }
  p.leaves = std::move(*leaves);
  co_return check_guard(p);
}

std::string target_name(const sql::change& what) {
  const auto& name = what.target;
  return name.schema.empty() ? quoted(name.table) : quoted(name.schema) + '.' + quoted(name.table);
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
  auto target = co_await read_target(c, job_settings(p), target_name(p.job.what), deadline);
  if (!target) {
    co_return target.error();
  }
  if (auto no = check_target(*target, p.job, p.server.role)) {
    co_return *no;
  }
  p.target_oid = target->oid;
  p.target = target->name;
  if (target->persistence == 'u') {
    p.notes.push_back(fmt::format("{} is unlogged: a crash of the server empties it", p.target));
  }
  if (auto walked = co_await resolve_leaves(c, p, deadline); !walked) {
    co_return walked.error();
  }
  auto assigned = co_await read_columns(c, p.target_oid, p.job.what.set_columns, deadline);
  if (!assigned) {
    co_return assigned.error();
  }
  if (auto no = check_columns(*assigned, p.by, p.target)) {
    co_return *no;
  }
  auto triggers = co_await read_triggers(c, p.target_oid, p.job.what.kind, deadline);
  if (!triggers) {
    co_return triggers.error();
  }
  note_triggers(p, *triggers);
  note_columns(p, *assigned);
  auto pending = co_await resolve_pending(c, p, *assigned, *triggers, deadline);
  if (!pending) {
    co_return pending.error();
  }
  co_return p;
}

asio::awaitable<result<std::vector<leaf>>> list_leaves(pg::connection& c, const job_plan& p,
                                                       pg::time_point deadline) {
  job_plan again = p;
  if (auto walked = co_await resolve_leaves(c, again, deadline); !walked) {
    co_return walked.error();
  }
  co_return std::move(again.leaves);
}

std::string definition_sha256(const job_plan& p) {
  std::string text = p.job.canonical + '\n' + p.target;
  for (const auto& column : p.by) {
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

std::string describe_key(const job_plan& p) {
  std::vector<std::string> names;
  for (const auto& column : p.by) {
    names.push_back(column.name);
  }
  return fmt::format("key ({}) by {}", fmt::join(names, ", "), p.leaves.front().index);
}

}  // namespace pawl::plan
