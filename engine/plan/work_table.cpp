#include "plan/work_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

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

// The name by which the user's statement knows its target.
std::string own_name(const job_plan& p) {
  const auto& what = p.job.what;
  return quote_identifier(what.alias.empty() ? what.target.table : what.alias);
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

work_script numbered_rows(const job_plan& p, const std::string& name) {
  const auto& pieces = *p.job.what.pieces;
  const auto names = value_names(p.value_columns.size());
  std::vector<std::string> values;
  for (std::size_t i = 0; i < names.size(); ++i) {
    values.push_back(fmt::format("{} AS {}", quote_identifier(p.value_columns[i]), names[i]));
  }
  work_script script;
  script.make.push_back(
      fmt::format("CREATE TABLE {} AS SELECT 0::pg_catalog.int8 AS {}, {} FROM {} WITH NO DATA",
                  name, work_row, fmt::join(values, ", "), p.target));
  script.make.push_back(
      fmt::format("ALTER TABLE {} ALTER {} SET NOT NULL, ALTER {} ADD GENERATED "
                  "ALWAYS AS IDENTITY",
                  name, work_row, work_row));
  grant(p, name, script.make);
  script.fill = fmt::format("{}INSERT INTO {} ({}) {}", text(p, pieces.with), name,
                            fmt::join(names, ", "), text(p, pieces.query));
  std::vector<std::string> distinct;
  for (std::size_t i = 0; i < p.value_columns.size(); ++i) {
    for (const auto& column : pieces.distinct) {
      if (column == p.value_columns[i]) distinct.push_back(names[i]);
    }
  }
  if (!distinct.empty()) {
    script.finish.push_back(
        fmt::format("CREATE UNIQUE INDEX ON {} ({})", name, fmt::join(distinct, ", ")));
  }
  add_key(name, work_row, script);
  return script;
}

work_script keys_and_values(const job_plan& p, const std::string& name) {
  const auto& what = p.job.what;
  const auto& pieces = *what.pieces;
  auto columns = key_names(p);
  std::vector<std::string> wanted = key_names(p, own_name(p) + '.');
  const std::string keys = fmt::format("{}", fmt::join(columns, ", "));
  const std::string first_of = fmt::format("{}", fmt::join(wanted, ", "));
  std::vector<std::string> shapes = columns;
  const auto names = value_names(what.assignments.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto& one = what.assignments[i];
    shapes.push_back(fmt::format("{} AS {}", quote_identifier(one.column), names[i]));
    columns.push_back(names[i]);
    wanted.push_back(fmt::format("({})", text(p, one.expression)));
  }
  work_script script;
  script.make.push_back(fmt::format("CREATE TABLE {} AS SELECT {} FROM {} WITH NO DATA", name,
                                    fmt::join(shapes, ", "), p.target));
  grant(p, name, script.make);
  std::string from{text(p, pieces.relation)};
  if (!what.alias.empty()) from += " AS " + quote_identifier(what.alias);
  // With a source several of its rows may belong to one of the target, of which any may win.
  const bool joined = !pieces.sources.empty();
  script.fill = fmt::format(
      "{}INSERT INTO {} ({}) SELECT {}{} FROM {}{}{}", text(p, pieces.with), name,
      fmt::join(columns, ", "), joined ? fmt::format("DISTINCT ON ({}) ", first_of) : "",
      fmt::join(wanted, ", "), from, joined ? ", " : "", text(p, pieces.sources));
  if (!what.where.empty()) script.fill += fmt::format(" WHERE {}", text(p, what.where));
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
  const auto values = value_names(what.assignments.size(), fmt::format("{}.", work_alias));
  for (std::size_t i = 0; i < values.size(); ++i) {
    items.push_back(
        fmt::format("{} = {}", quote_identifier(what.assignments[i].column), values[i]));
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

}  // namespace

work_script work_table(const job_plan& p, const std::string& name) {
  if (p.by_what == strategy::one_statement) return one_row(name);
  return p.job.what.kind == sql::change_kind::insert ? numbered_rows(p, name)
                                                     : keys_and_values(p, name);
}

std::string work_batch(const job_plan& p, const std::string& condition) {
  switch (p.job.what.kind) {
    case sql::change_kind::update:
      return update_batch(p, condition);
    case sql::change_kind::remove:
      return fmt::format("DELETE FROM {}{} AS pawl_t USING {} AS {} WHERE {} AND {}", only(p),
                         p.target, p.walked, work_alias, same_key(p), condition);
    default:
      return insert_batch(p, condition);
  }
}

}  // namespace pawl::plan
