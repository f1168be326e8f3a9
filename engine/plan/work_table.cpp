#include "plan/work_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "sql/identifier.hpp"

namespace pawl::plan {

namespace {

using sql::quote_identifier;

std::string_view text(const job_plan& p, sql::slice at) {
  return sql::text_of(p.job, at);
}

// "pawl_1, pawl_2"
std::vector<std::string> value_names(std::size_t count, std::string_view qualifier = "") {
  std::vector<std::string> names;
  for (std::size_t i = 1; i <= count; ++i) names.push_back(fmt::format("{}pawl_{}", qualifier, i));
  return names;
}

std::vector<std::string> key_names(const job_plan& p, std::string_view qualifier = "") {
  std::vector<std::string> names;
  for (const auto& column : p.target_key) {
    names.push_back(std::string{qualifier} + quote_identifier(column.name));
  }
  return names;
}

// A name by which the user's statement knows its target, and no other table of it.
std::string own_name(const job_plan& p) {
  const auto& alias = p.job.what.alias;
  return alias.empty() ? p.target : quote_identifier(alias);
}

// As the user's role it is filled and read, whoever that is.
void grant(const job_plan& p, const std::string& name, std::vector<std::string>& to) {
  for (const auto& one : p.job.settings) {
    if (one.name != "role") continue;
    to.push_back(fmt::format("GRANT USAGE ON SCHEMA pawl TO {}", quote_identifier(one.value)));
    to.push_back(
        fmt::format("GRANT SELECT, INSERT ON {} TO {}", name, quote_identifier(one.value)));
  }
}

void add_key(const std::string& name, std::string_view columns, work_script& script) {
  script.finish.push_back(fmt::format("ALTER TABLE {} ADD PRIMARY KEY ({})", name, columns));
  script.finish.push_back("ANALYZE " + name);
}

work_script one_row(const std::string& name) {
  work_script script;
  script.make.push_back(
      fmt::format("CREATE TABLE {} AS SELECT 1::pg_catalog.int8 AS {}", name, work_row));
  add_key(name, work_row, script);
  return script;
}

void number_rows(const std::string& name, work_script& script) {
  script.make.push_back(
      fmt::format("ALTER TABLE {} ALTER {} SET NOT NULL, ALTER {} ADD GENERATED "
                  "ALWAYS AS IDENTITY",
                  name, work_row, work_row));
}

// Fails where two rows hold the same in the columns `distinct` of the statement's list.
void tell_apart(const job_plan& p, const std::string& name, work_script& script) {
  const auto& distinct = p.job.what.pieces->distinct;
  const auto names = value_names(p.value_columns.size());
  std::vector<std::string> columns;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (std::find(distinct.begin(), distinct.end(), p.value_columns[i]) != distinct.end()) {
      columns.push_back(names[i]);
    }
  }
  if (columns.empty()) return;
  script.finish.push_back(
      fmt::format("CREATE UNIQUE INDEX ON {} ({})", name, fmt::join(columns, ", ")));
}

// What `query` gives, numbered; `definition` makes the table, without the numbers.
work_script numbered(const job_plan& p, const std::string& name, std::string definition,
                     std::string_view query) {
  work_script script;
  script.make.push_back(std::move(definition));
  number_rows(name, script);
  grant(p, name, script.make);
  script.fill = fmt::format("{}INSERT INTO {} ({}) {}", text(p, p.job.what.pieces->with), name,
                            fmt::join(value_names(p.value_columns.size()), ", "), query);
  tell_apart(p, name, script);
  add_key(name, work_row, script);
  return script;
}

// The rows of the source of a MERGE.
work_script numbered_source(const job_plan& p, const std::string& name) {
  const auto names = value_names(p.value_columns.size());
  std::vector<std::string> columns;
  for (std::size_t i = 0; i < names.size(); ++i) {
    columns.push_back(fmt::format("{} {}", names[i], p.value_types[i]));
  }
  return numbered(p, name,
                  fmt::format("CREATE TABLE {} ({} pg_catalog.int8, {})", name, work_row,
                              fmt::join(columns, ", ")),
                  fmt::format("SELECT * FROM {}", text(p, p.job.what.pieces->query)));
}

work_script numbered_rows(const job_plan& p, const std::string& name) {
  const auto names = value_names(p.value_columns.size());
  std::vector<std::string> values;
  for (std::size_t i = 0; i < names.size(); ++i) {
    values.push_back(fmt::format("{} AS {}", quote_identifier(p.value_columns[i]), names[i]));
  }
  return numbered(
      p, name,
      fmt::format("CREATE TABLE {} AS SELECT 0::pg_catalog.int8 AS {}, {} FROM {} WITH NO DATA",
                  name, work_row, fmt::join(values, ", "), p.target),
      text(p, p.job.what.pieces->query));
}

// The columns of an UPDATE for which a work table holds values, in the order of value_names.
std::vector<std::string> valued_columns(const sql::change& what) {
  std::vector<std::string> columns;
  for (const auto& one : what.assignments) columns.push_back(one.column);
  for (const auto& one : what.row_assignments) {
    columns.insert(columns.end(), one.columns.begin(), one.columns.end());
  }
  return columns;
}

// One row with the values of each `(a, b) = (SELECT ...)`: NULLs where its query has no row. As in
// the one statement a second row is an error, and the same one: generate_series in place of a
// value.
struct row_values {
  std::string sources;     // ", LATERAL (...) AS pawl_v1"
  std::string conditions;  // "(SELECT true FROM ...) AND "
};

row_values rows_of_values(const job_plan& p) {
  const auto& what = p.job.what;
  row_values found;
  std::size_t first = what.assignments.size();
  for (std::size_t i = 0; i < what.row_assignments.size(); ++i) {
    const auto& one = what.row_assignments[i];
    auto names = value_names(first + one.columns.size());
    names.erase(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(first));
    first += names.size();
    const auto list = fmt::format("{}", fmt::join(names, ", "));
    found.sources += fmt::format(
        ", LATERAL (SELECT {0}, pg_catalog.count(*) OVER () AS pawl_n FROM (SELECT) AS pawl_one "
        "LEFT JOIN {1} AS pawl_q ({0}) ON true) AS pawl_v{2}",
        list, text(p, one.query), i + 1);
    found.conditions += fmt::format(
        "(SELECT true FROM pg_catalog.generate_series(1, pawl_v{}.pawl_n)) AND ", i + 1);
  }
  return found;
}

work_script keys_and_values(const job_plan& p, const std::string& name) {
  const auto& what = p.job.what;
  const auto& pieces = *what.pieces;
  auto columns = key_names(p);
  std::vector<std::string> wanted = key_names(p, own_name(p) + '.');
  const std::string keys = fmt::format("{}", fmt::join(columns, ", "));
  const std::string first_of = fmt::format("{}", fmt::join(wanted, ", "));
  std::vector<std::string> shapes = columns;
  const auto assigned = valued_columns(what);
  const auto names = value_names(assigned.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    shapes.push_back(fmt::format("{} AS {}", quote_identifier(assigned[i]), names[i]));
    columns.push_back(names[i]);
    wanted.push_back(i < what.assignments.size()
                         ? fmt::format("({})", text(p, what.assignments[i].expression))
                         : names[i]);
  }
  work_script script;
  script.make.push_back(fmt::format("CREATE TABLE {} AS SELECT {} FROM {} WITH NO DATA", name,
                                    fmt::join(shapes, ", "), p.target));
  grant(p, name, script.make);
  std::string from{text(p, pieces.relation)};
  if (!what.alias.empty()) from += " AS " + quote_identifier(what.alias);
  // With a source several of its rows may belong to one of the target, of which any may win.
  const bool joined = !pieces.sources.empty();
  const auto rows = rows_of_values(p);
  const auto where = what.where.empty() ? std::string_view{"true"} : text(p, what.where);
  script.fill = fmt::format("{}INSERT INTO {} ({}) SELECT {}{} FROM {}{}{}{} WHERE {}({})",
                            text(p, pieces.with), name, fmt::join(columns, ", "),
                            joined ? fmt::format("DISTINCT ON ({}) ", first_of) : "",
                            fmt::join(wanted, ", "), from, joined ? ", " : "",
                            text(p, pieces.sources), rows.sources, rows.conditions, where);
  add_key(name, keys, script);
  return script;
}

std::string same_key(const job_plan& p) {
  std::string text;
  for (const auto& column : key_names(p)) {
    text +=
        fmt::format("{}pawl_t.{} = {}.{}", text.empty() ? "" : " AND ", column, work_alias, column);
  }
  return text;
}

std::string only(const job_plan& p) {
  return p.job.what.only ? "ONLY " : "";
}

std::string update_batch(const job_plan& p, const std::string& condition) {
  const auto& what = p.job.what;
  std::vector<std::string> items;
  const auto assigned = valued_columns(what);
  const auto values = value_names(assigned.size(), fmt::format("{}.", work_alias));
  for (std::size_t i = 0; i < values.size(); ++i) {
    items.push_back(fmt::format("{} = {}", quote_identifier(assigned[i]), values[i]));
  }
  for (const auto& column : what.defaults) {
    items.push_back(quote_identifier(column) + " = DEFAULT");
  }
  return fmt::format("UPDATE {}{} AS pawl_t SET {} FROM {} AS {} WHERE {} AND {}", only(p),
                     p.target, fmt::join(items, ", "), p.walked, work_alias, same_key(p),
                     condition);
}

std::string insert_batch(const job_plan& p, const std::string& condition) {
  const auto& pieces = *p.job.what.pieces;
  return fmt::format("{}SELECT {} FROM {} AS {} WHERE {} ORDER BY {} {}", text(p, pieces.head),
                     fmt::join(value_names(p.value_columns.size()), ", "), p.walked, work_alias,
                     condition, work_row, text(p, pieces.tail));
}

std::string merge_batch(const job_plan& p, const std::string& condition) {
  const auto& what = p.job.what;
  const auto values = value_names(p.value_columns.size());
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < values.size(); ++i) {
    shown.push_back(fmt::format("{} AS {}", values[i], quote_identifier(p.value_columns[i])));
  }
  return fmt::format("{}(SELECT {} FROM {} AS {} WHERE {}) AS {} {}", text(p, what.pieces->head),
                     fmt::join(shown, ", "), p.walked, work_alias, condition,
                     quote_identifier(what.merged_as), text(p, what.pieces->tail));
}

}  // namespace

work_script work_table(const job_plan& p, const std::string& name) {
  if (p.by_what == strategy::one_statement) return one_row(name);
  switch (p.job.what.kind) {
    case sql::change_kind::insert:
      return numbered_rows(p, name);
    case sql::change_kind::merge:
      return numbered_source(p, name);
    default:
      return keys_and_values(p, name);
  }
}

std::string work_batch(const job_plan& p, const std::string& condition) {
  switch (p.job.what.kind) {
    case sql::change_kind::update:
      return update_batch(p, condition);
    case sql::change_kind::remove:
      return fmt::format("DELETE FROM {}{} AS pawl_t USING {} AS {} WHERE {} AND {}", only(p),
                         p.target, p.walked, work_alias, same_key(p), condition);
    case sql::change_kind::merge:
      return merge_batch(p, condition);
    default:
      return insert_batch(p, condition);
  }
}

}  // namespace pawl::plan
