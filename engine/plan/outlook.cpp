#include "plan/outlook.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "pg/array.hpp"
#include "plan/catalog.hpp"
#include "plan/queries.hpp"

namespace pawl::plan {

namespace asio = boost::asio;

namespace {

// Costs of one row with two connections: what looking and the heap cost, and what each index adds.
// Fitted by bench/forecast.
struct row_cost {
  double heap;
  double per_index;
};
constexpr row_cost changed_seconds = {2.0e-6, 2.0e-6};
constexpr row_cost added_seconds = {1.5e-6, 0.8e-6};
constexpr row_cost removed_seconds = {1.5e-6, 0};
// In passes (docs/striping.md): a row that is only looked at, and the share of those that find no
// room behind the first pass.
constexpr double look_seconds = 0.05e-6;
constexpr double moved_later = 0.04;
// Cache, disk and other load spread the truth about as far as this around it.
constexpr double doubt = 2.0;
constexpr span wal_base = {30.0, 60.0};  // record headers and the ledger's share
constexpr span wal_per_index = {50.0, 130.0};
constexpr double page = 8192;

bool deletes(const job_plan& p) {
  return p.job.what.kind == sql::change_kind::remove ||
         p.job.what.kind == sql::change_kind::merge || p.job.what.kind == sql::change_kind::other;
}

std::string_view verb_of(char action) {
  switch (action) {
    case 'c':
      return "deletes the rows that refer to it";
    case 'n':
    case 'd':
      return "changes the rows that refer to it";
    default:
      return "fails if rows refer to it";
  }
}

// Of an answer of table_facts.sql.
double bytes_per_row(const pg::result_set& facts) {
  const double rows = facts.boolean(0, 5) ? facts.real(0, 1) : 0;
  return rows > 0 ? static_cast<double>(facts.integer(0, 2)) / rows : 0;
}

}  // namespace

asio::awaitable<result<table_outlook>> read_outlook(pg::connection& c, const job_plan& p,
                                                    pg::time_point deadline) {
  const auto oid = std::to_string(p.target_oid);
  const auto& columns = p.job.what.set_columns;
  std::vector<pg::statement> s;
  s.push_back(pg::apply_settings(pg::own_path()));
  s.push_back({std::string{queries::table_facts}, {oid}});
  s.push_back({std::string{queries::table_facts}, {std::to_string(p.walked_oid)}});
  s.push_back({std::string{queries::foreign_keys},
               {oid, pg::to_array(columns), p.job.what.kind == sql::change_kind::insert ? "t" : "f",
                deletes(p) ? "t" : "f"}});
  auto answers = co_await c.run(std::move(s), deadline);
  if (answers.failure) {
    co_return *answers.failure;
  }
  auto assigned = co_await read_columns(c, p.target_oid, columns, deadline);
  if (!assigned) {
    co_return assigned.error();
  }
  const auto& facts = answers.results[1];
  table_outlook t;
  t.indexes = static_cast<int>(facts.integer(0, 0));
  if (facts.boolean(0, 5)) {
    t.rows = facts.real(0, 1);
  }
  t.table_bytes = facts.integer(0, 2);
  t.index_bytes = facts.integer(0, 3);
  t.fillfactor = static_cast<int>(facts.integer(0, 4));
  t.row_bytes = bytes_per_row(facts);
  if (t.row_bytes == 0) {
    t.row_bytes = bytes_per_row(answers.results[2]);
  }
  for (const auto& column : *assigned) {
    t.sets_indexed_column = t.sets_indexed_column || column.is_indexed;
  }
  const auto& keys = answers.results[3];
  for (int row = 0; row < keys.rows(); ++row) {
    foreign_key k;
    k.name = keys.text(row, 0);
    k.is_incoming = keys.boolean(row, 1);
    k.other = keys.text(row, 2);
    k.on_delete = keys.text(row, 3).front();
    k.has_index = keys.boolean(row, 4);
    t.foreign_keys.push_back(std::move(k));
  }
  co_return t;
}

forecast predict(const table_outlook& t, double rows, sql::change_kind kind, int stripes) {
  // A deleted row writes no new version, and no index entry.
  const bool removes = kind == sql::change_kind::remove;
  const bool adds = kind == sql::change_kind::insert;
  const row_cost cost = removes ? removed_seconds : adds ? added_seconds : changed_seconds;
  // Only rows that find no room in their page get entries in indexes.
  const double moved = stripes == 1 ? 1.0 : std::min(1.0, 1.0 / stripes + moved_later);
  const double indexes = moved * t.indexes;
  const double seconds =
      rows * (cost.heap + cost.per_index * indexes + look_seconds * (stripes - 1));
  const auto wal = [&](double base, double per_index) {
    return rows * (base + (removes ? 0 : t.row_bytes + per_index * indexes));
  };
  // The first change of a page after a checkpoint writes it as a whole. Rows that are added go to
  // new pages of the table, rows that are deleted stay in the indexes.
  const double of_table = adds ? 0 : static_cast<double>(t.table_bytes);
  const double of_indexes = removes ? 0 : static_cast<double>(t.index_bytes);
  const double whole_pages =
      std::min(of_table, rows * page) + std::min(of_indexes, rows * page * indexes);
  return {
      {seconds / doubt, seconds * doubt},
      {wal(wal_base.low, wal_per_index.low), wal(wal_base.high, wal_per_index.high) + whole_pages}};
}

std::string hot_outlook(const job_plan& p, const table_outlook& t) {
  if (p.job.what.kind != sql::change_kind::update) {
    return "not in question: rows are not updated in place";
  }
  if (t.sets_indexed_column) {
    return "not possible: a column that is set is indexed, so every index gets a new entry";
  }
  if (p.passes.stripes > 1) {
    return fmt::format(
        "expected for all but one row in {}: each pass finds the room that the one "
        "before it left",
        p.passes.stripes);
  }
  return t.fillfactor < 100
             ? fmt::format("possible where pages have room (fillfactor {})", t.fillfactor)
             : "possible for rows whose page has room; full pages (fillfactor 100) leave little";
}

std::string new_rows_outlook(const job_plan& p) {
  if (p.pending) {
    return "rows that others write meanwhile are found by the sweep at the end, and changed too if "
           "they match";
  }
  switch (p.by_what) {
    case strategy::snapshot:
      return "keys and values are those of one moment at the start; rows written later are not "
             "looked at, and a later change of a row that was computed is overwritten";
    case strategy::one_statement:
      return "rows that others write after it began are not looked at";
    default:
      return "rows that others insert meanwhile are changed only if their key lies before the "
             "range "
             "that is at work; make new rows right by a default or a trigger first";
  }
}

std::vector<std::string> lock_outlook(const job_plan& p, const table_outlook& t) {
  std::vector<std::string> lines;
  lines.push_back(fmt::format(
      "ROW EXCLUSIVE on {}: reads and writes go on, ALTER TABLE and VACUUM FULL wait for one batch",
      p.target));
  lines.push_back("each changed row, until its batch commits: writers of that row wait so long");
  for (const auto& k : t.foreign_keys) {
    if (!k.is_incoming) {
      lines.push_back(fmt::format("KEY SHARE on the rows of {} that {} names", k.other, k.name));
    } else {
      lines.push_back(fmt::format("{} of {}: deleting a row {}{}", k.name, k.other,
                                  verb_of(k.on_delete),
                                  k.has_index ? "" : ", and no index finds them: a scan for each"));
    }
  }
  return lines;
}

}  // namespace pawl::plan
