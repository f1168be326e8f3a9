#include "plan/statements.hpp"

#include <fmt/format.h>

#include "pg/array.hpp"
#include "plan/queries.hpp"
#include "plan/work_table.hpp"
#include "sql/identifier.hpp"

namespace pawl::plan {

namespace {

using values = std::vector<std::optional<std::string>>;

values bounds(const interval& rows) {
  values list;
  if (rows.lo) {
    list.insert(list.end(), rows.lo->begin(), rows.lo->end());
  }
  list.insert(list.end(), rows.hi.begin(), rows.hi.end());
  return list;
}

// The key's columns as pawl's own statements name them: `FROM leaf AS t`.
key own(const key& by) {
  key columns = by;
  for (auto& column : columns) {
    column.text = "t." + sql::quote_identifier(column.name);
  }
  return columns;
}

// Under which name the pending predicate's own qualifiers find the table.
std::string alias_of(const job_plan& p) {
  return sql::quote_identifier(p.job.what.own_name());
}

// Its own rows, or those of the partitions of a tree that is walked as one.
std::string rows_of(const leaf& l) {
  return l.is_tree ? l.name : "ONLY " + l.name;
}

std::string condition_text(const job_plan& p, const interval& rows) {
  return range_condition(p.by, rows.lo.has_value());
}

// A marked statement keeps the relation that its author wrote.
std::string relation_for(const job_plan& p, const leaf& l) {
  return p.by_what == strategy::marked ? std::string{} : l.name;
}

}  // namespace

pg::statement change_batch(const job_plan& p, const leaf& l, const interval& rows,
                           const stripe& s) {
  if (p.by_what == strategy::one_statement) {
    return {std::string{sql::text_of(p.job, p.job.what.statement)}};
  }
  std::string condition = condition_text(p, rows);
  if (const auto within = stripe_condition(p.by, s); !within.empty()) {
    condition += " AND " + within;
  }
  if (p.by_what == strategy::snapshot) {
    return {work_batch(p, condition), bounds(rows)};
  }
  return {sql::batch_statement(p.job, relation_for(p, l), condition), bounds(rows)};
}

pg::statement stripe_check(const job_plan& p, const key_values& at, stripe_function by) {
  key columns = p.by;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    columns[i].text = fmt::format("CAST(${} AS {})", i + 1, columns[i].type);
  }
  return {fmt::format("SELECT {}", stripe_value(columns, by)), {at.begin(), at.end()}};
}

pg::statement sweep_batch(const job_plan& p, const leaf& l, const interval& rows) {
  const auto& pending = *p.pending;
  std::string condition = fmt::format("{} AND ({}\n)", condition_text(p, rows), pending.condition);
  if (!pending.stays.empty()) {
    condition += fmt::format(" AND ({}\n) IS NOT TRUE", pending.stays);
  }
  return {sql::batch_statement(p.job, relation_for(p, l), condition), bounds(rows)};
}

pg::statement cut(const job_plan& p, const leaf& l, const interval& within, std::int64_t rows) {
  const auto columns = own(p.by);
  auto list = bounds(within);
  std::string bucket = "NULL::int";
  if (!l.histogram.empty()) {
    list.emplace_back(pg::to_array(l.histogram));
    bucket = fmt::format("pg_catalog.width_bucket({}, ${}::{}[])", columns.front().text,
                         list.size(), columns.front().type);
  }
  return {
      fmt::format("SELECT {}, {} FROM {} AS t WHERE {} ORDER BY {} OFFSET {} LIMIT 1",
                  printed_columns(columns), bucket, rows_of(l),
                  range_condition(columns, within.lo.has_value()), column_list(columns), rows - 1),
      std::move(list)};
}

pg::statement count(const job_plan& p, const leaf& l, const interval& within) {
  return {fmt::format("SELECT count(*) FROM {} AS t WHERE {}", rows_of(l),
                      range_condition(own(p.by), within.lo.has_value())),
          bounds(within)};
}

pg::statement greatest_key(const job_plan& p, const leaf& l) {
  const auto columns = own(p.by);
  return {fmt::format("SELECT {} FROM {} AS t ORDER BY {} LIMIT 1", printed_columns(columns),
                      rows_of(l), column_list(columns, " DESC"))};
}

pg::statement bucket_of(const job_plan& p, const leaf& l, const key_values& at) {
  const auto& type = p.by.front().type;
  return {fmt::format("SELECT pg_catalog.width_bucket($1::{}, $2::{}[])", type, type),
          {at.front(), pg::to_array(l.histogram)}};
}

pg::statement target_shape(const job_plan& p, const leaf& l) {
  // A work table is pawl's own; what may change under the run is the table that is changed.
  const bool checks_target = needs_work_table(p.by_what);
  std::vector<std::string> columns = p.job.what.set_columns;
  for (const auto& column : checks_target ? p.target_key : p.by) {
    columns.push_back(column.name);
  }
  return {std::string{queries::shape},
          {std::to_string(checks_target ? p.target_oid : l.oid), pg::to_array(columns),
           checks_target ? p.target : l.name, p.target, checks_target ? p.target : p.walked}};
}

object_id shape_oid(const job_plan& p, const leaf& l) {
  return needs_work_table(p.by_what) ? p.target_oid : l.oid;
}

pg::statement count_pending(const job_plan& p, const leaf& l, const interval& within) {
  const auto& pending = *p.pending;
  const std::string stays =
      pending.stays.empty() ? "false" : fmt::format("({}\n) IS TRUE", pending.stays);
  return {fmt::format("SELECT count(*) FILTER (WHERE NOT s), count(*) FILTER (WHERE s) FROM "
                      "(SELECT {} AS s FROM {} AS {} WHERE {} AND ({}\n)) AS pending",
                      stays, rows_of(l), alias_of(p), condition_text(p, within), pending.condition),
          bounds(within)};
}

pg::statement verify(const job_plan& p, const std::optional<interval>& rows) {
  if (!rows) {
    return {std::string{sql::text_of(p.job, *p.job.verify)}};
  }
  // The query is the author's: key columns as he names them, else bare, since it may read the table
  // under any alias.
  key columns = own(p.by);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    columns[i].text = i < p.job.key_text.size() ? p.job.key_text[i] : columns[i].text.substr(2);
  }
  return {sql::verify_statement(p.job, range_condition(columns, rows->lo.has_value())),
          bounds(*rows)};
}

settings bound_settings(const job_plan& p) {
  settings wanted;
  if (const auto path = p.session.find("search_path"); path != p.session.end()) {
    wanted.insert(*path);
  }
  // Keys are compared by the operators that the job's own statement finds, of the rows that its
  // role sees; a row that is hidden from it would be left out, so it is an error.
  for (const auto& [name, value] : p.job.settings) {
    if (name == "search_path" || (name == "role" && !needs_work_table(p.by_what))) {
      wanted[name] = value;
    }
  }
  wanted["row_security"] = "off";
  for (const auto& [name, text] : bound_format) {
    wanted[std::string{name}] = text;
  }
  return wanted;
}

}  // namespace pawl::plan
