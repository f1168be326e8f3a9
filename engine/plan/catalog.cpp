#include "plan/catalog.hpp"

#include <fmt/format.h>

#include "pg/array.hpp"
#include "pg/settings.hpp"
#include "plan/catalog_values.hpp"
#include "plan/queries.hpp"
#include "plan/walk.hpp"

namespace pawl::plan {

namespace asio = boost::asio;

namespace {

asio::awaitable<result<pg::result_set>> ask_catalog(pg::connection& c, pg::statement one,
                                                    pg::time_point deadline) {
  co_return co_await pg::ask(c, pg::own_path(), std::move(one), deadline);
}

std::string version_text(int number) {
  return fmt::format("{}.{}", number / 10000, number % 10000);
}

// The one value of a query, empty for NULL.
asio::awaitable<result<std::string>> ask_text(pg::connection& c, pg::statement one,
                                              pg::time_point deadline) {
  auto rows = co_await ask_catalog(c, std::move(one), deadline);
  if (!rows) {
    co_return rows.error();
  }
  co_return rows->text(0, 0);
}

}  // namespace

asio::awaitable<result<settings>> read_session_settings(pg::connection& c,
                                                        pg::time_point deadline) {
  auto rows = co_await c.query(std::string{queries::session_settings}, deadline);
  if (!rows) {
    co_return rows.error();
  }
  settings found;
  for (int row = 0; row < rows->rows(); ++row) {
    found[rows->text(row, 0)] = rows->text(row, 1);
  }
  co_return found;
}

asio::awaitable<result<server_facts>> read_server_facts(pg::connection& c,
                                                        pg::time_point deadline) {
  auto rows = co_await ask_catalog(c, std::string{queries::server_facts}, deadline);
  if (!rows) {
    co_return rows.error();
  }
  if (rows->boolean(0, 0)) {
    error e;
    e.code = errc::standby;
    e.message = fmt::format("the server {} is a standby, which takes no changes", c.peer());
    e.hint =
        "Connect to the primary, or list both hosts and add target_session_attrs=read-write to "
        "the connection string.";
    co_return e;
  }
  server_facts facts;
  facts.system_identifier = rows->integer(0, 1);
  facts.timeline = static_cast<int>(rows->integer(0, 2));
  facts.version = c.server_version();
  facts.version_text = version_text(facts.version);
  facts.database = rows->text(0, 3);
  facts.role = rows->text(0, 4);
  facts.is_read_only = rows->boolean(0, 5);
  facts.cache_bytes = rows->integer(0, 6);
  co_return facts;
}

asio::awaitable<result<target_facts>> read_target(pg::connection& c, settings under,
                                                  std::string quoted_name,
                                                  pg::time_point deadline) {
  pg::statement one{std::string{queries::target}, {quoted_name}};
  const std::string path = under["search_path"];
  auto rows = co_await pg::ask(c, std::move(under), std::move(one), deadline);
  if (!rows) {
    co_return rows.error();
  }
  if (rows->rows() == 0) {
    error e;
    e.code = errc::target_unusable;
    e.message = fmt::format("there is no table {} under search_path {}", quoted_name, path);
    e.hint = "Write the table with its schema, or check the database in the connection string.";
    co_return e;
  }
  target_facts facts;
  facts.oid = static_cast<object_id>(rows->integer(0, 0));
  facts.kind = letter(*rows, 0, 1);
  facts.persistence = letter(*rows, 0, 2);
  facts.rows_hidden = rows->boolean(0, 3);
  facts.name = rows->text(0, 4);
  facts.has_children = rows->integer(0, 5) > 0;
  facts.may_update = rows->boolean(0, 6);
  facts.may_delete = rows->boolean(0, 7);
  facts.plain_name = rows->text(0, 8);
  facts.may_insert = rows->boolean(0, 9);
  facts.may_select = rows->boolean(0, 10);
  facts.bytes = rows->integer(0, 11);
  facts.role = rows->text(0, 12);
  facts.has_rules = rows->boolean(0, 13);
  co_return facts;
}

int trigger_events(sql::change_kind kind) {
  // 4 INSERT (which may update, ON CONFLICT), 8 DELETE, 16 UPDATE.
  switch (kind) {
    case sql::change_kind::update:
      return 16;
    case sql::change_kind::remove:
      return 8;
    case sql::change_kind::insert:
      return 20;
    default:
      return 28;
  }
}

asio::awaitable<result<std::string>> read_why_as_one(pg::connection& c, object_id table,
                                                     sql::change what, pg::time_point deadline) {
  pg::statement one{std::string{queries::walk_as_one},
                    {std::to_string(table), std::to_string(trigger_events(what.kind)),
                     pg::to_array(what.defaults), what.names_rows ? "t" : "f"}};
  co_return co_await ask_text(c, std::move(one), deadline);
}

asio::awaitable<result<std::vector<std::string>>> read_generated(
    pg::connection& c, object_id table, std::vector<std::string> set_columns,
    pg::time_point deadline) {
  pg::statement one{std::string{queries::generated_columns},
                    {std::to_string(table), pg::to_array(set_columns)}};
  auto rows = co_await ask_catalog(c, std::move(one), deadline);
  if (!rows) co_return rows.error();
  co_return texts(*rows, 0, 0);
}

asio::awaitable<result<std::string>> read_moving_trigger(pg::connection& c, object_id table,
                                                         std::vector<std::string> columns,
                                                         sql::change_kind kind, bool or_keeping,
                                                         pg::time_point deadline) {
  pg::statement one{std::string{queries::moving_trigger},
                    {std::to_string(table), pg::to_array(columns),
                     std::to_string(trigger_events(kind)), or_keeping ? "t" : "f"}};
  co_return co_await ask_text(c, std::move(one), deadline);
}

asio::awaitable<result<std::string>> read_deferrable_key(pg::connection& c, object_id table,
                                                         std::vector<std::string> columns,
                                                         pg::time_point deadline) {
  pg::statement one{std::string{queries::deferrable_key},
                    {std::to_string(table), pg::to_array(columns)}};
  co_return co_await ask_text(c, std::move(one), deadline);
}

asio::awaitable<result<std::int64_t>> read_largest(pg::connection& c, std::vector<object_id> tables,
                                                   pg::time_point deadline) {
  pg::statement one{std::string{queries::largest}, {oid_array(tables)}};
  auto rows = co_await ask_catalog(c, std::move(one), deadline);
  if (!rows) co_return rows.error();
  co_return rows->integer(0, 0);
}

asio::awaitable<result<std::vector<std::string>>> read_table_columns(pg::connection& c,
                                                                     object_id table,
                                                                     pg::time_point deadline) {
  pg::statement one{std::string{queries::table_columns}, {std::to_string(table)}};
  auto rows = co_await ask_catalog(c, std::move(one), deadline);
  if (!rows) {
    co_return rows.error();
  }
  co_return texts(*rows, 0, 0);
}

asio::awaitable<result<std::vector<leaf>>> read_leaves(pg::connection& c, settings under,
                                                       object_id target, bool as_one,
                                                       std::string verb, pg::time_point deadline) {
  pg::statement one{std::string{queries::leaves},
                    {std::to_string(target), as_one ? "t" : "f", verb}};
  auto rows = co_await pg::ask(c, std::move(under), std::move(one), deadline);
  if (!rows) {
    co_return rows.error();
  }
  std::vector<leaf> found;
  for (int row = 0; row < rows->rows(); ++row) {
    leaf l;
    l.oid = static_cast<object_id>(rows->integer(row, 0));
    l.name = rows->text(row, 2);
    l.is_tree = letter(*rows, row, 1) == 'p';
    if (letter(*rows, row, 1) != 'r' && !l.is_tree) {
      error e;
      e.code = errc::target_unusable;
      e.message = fmt::format("partition {} is not a plain table", l.name);
      e.hint = "Run one job for each partition that is a plain table.";
      co_return e;
    }
    if (const double estimate = rows->real(row, 3); estimate >= 0) {
      l.rows = estimate;
    }
    l.bytes = rows->integer(row, 4);
    const bool may_read = rows->boolean(row, 6);
    if (rows->boolean(row, 5)) {
      co_return hidden_rows(l.name, rows->text(row, 8));
    }
    if (!may_read || !rows->boolean(row, 7)) {
      co_return forbidden(may_read ? verb : "SELECT", l.name, rows->text(row, 8));
    }
    found.push_back(std::move(l));
  }
  co_return found;
}

asio::awaitable<result<std::vector<index_facts>>> read_unique_indexes(pg::connection& c,
                                                                      object_id table,
                                                                      pg::time_point deadline) {
  pg::statement one{std::string{queries::unique_indexes}, {std::to_string(table)}};
  auto rows = co_await ask_catalog(c, std::move(one), deadline);
  if (!rows) {
    co_return rows.error();
  }
  std::vector<index_facts> found;
  for (int row = 0; row < rows->rows(); ++row) {
    index_facts index;
    index.name = rows->text(row, 0);
    index.is_primary = rows->boolean(row, 1);
    index.is_valid = rows->boolean(row, 2);
    index.is_immediate = rows->boolean(row, 3);
    index.is_partial = rows->boolean(row, 4);
    index.has_expressions = rows->boolean(row, 5);
    index.names = texts(*rows, row, 6);
    index.quoted = texts(*rows, row, 7);
    index.types = texts(*rows, row, 8);
    index.any_nullable = rows->boolean(row, 9);
    index.other_collation = rows->boolean(row, 10);
    index.other_opclass = rows->boolean(row, 11);
    index.descending = static_cast<int>(rows->integer(row, 12));
    index.is_ordered = rows->boolean(row, 14);
    found.push_back(std::move(index));
  }
  co_return found;
}

asio::awaitable<result<void>> check_key_operators(pg::connection& c, settings under,
                                                  index_facts index, pg::time_point deadline) {
  pg::statement one{std::string{queries::key_operators}, {index.name}};
  auto rows = co_await pg::ask(c, std::move(under), std::move(one), deadline);
  if (!rows) {
    co_return rows.error();
  }
  if (rows->rows() == 0) {
    co_return result<void>{};
  }
  error e;
  e.code = errc::key_unusable;
  e.message = fmt::format(
      "operator {} of key column \"{}\" would not be the one that index {} is ordered by, which is "
      "in schema \"{}\"",
      rows->text(0, 2), rows->text(0, 0), index.name, rows->text(0, 1));
  e.hint = fmt::format(
      "Add the schema to the search_path of the job: put `-- pawl:set search_path='...,{}'` at the "
      "top of the file.",
      rows->text(0, 1));
  co_return e;
}

asio::awaitable<result<std::vector<assigned_column>>> read_columns(pg::connection& c,
                                                                   object_id table,
                                                                   std::vector<std::string> names,
                                                                   pg::time_point deadline) {
  pg::statement one{std::string{queries::columns}, {std::to_string(table), pg::to_array(names)}};
  auto rows = co_await ask_catalog(c, std::move(one), deadline);
  if (!rows) {
    co_return rows.error();
  }
  std::vector<assigned_column> found;
  for (int row = 0; row < rows->rows(); ++row) {
    assigned_column column;
    column.name = rows->text(row, 0);
    column.type = rows->text(row, 1);
    column.is_generated = rows->boolean(row, 2);
    column.is_indexed = rows->boolean(row, 3);
    column.is_partition_key = rows->boolean(row, 4);
    found.push_back(std::move(column));
  }
  co_return found;
}

asio::awaitable<result<std::vector<trigger_facts>>> read_triggers(pg::connection& c,
                                                                  object_id table,
                                                                  sql::change_kind kind,
                                                                  pg::time_point deadline) {
  pg::statement one{std::string{queries::triggers},
                    {std::to_string(table), std::to_string(trigger_events(kind))}};
  auto rows = co_await ask_catalog(c, std::move(one), deadline);
  if (!rows) {
    co_return rows.error();
  }
  std::vector<trigger_facts> found;
  for (int row = 0; row < rows->rows(); ++row) {
    trigger_facts trigger;
    trigger.name = rows->text(row, 0);
    trigger.for_each_row = rows->boolean(row, 1);
    found.push_back(std::move(trigger));
  }
  co_return found;
}

asio::awaitable<result<std::vector<std::string>>> read_volatile(pg::connection& c,
                                                                sql::catalog_names names,
                                                                pg::time_point deadline) {
  pg::statement one{
      std::string{queries::volatile_names},
      {pg::to_array(names.functions), pg::to_array(names.operators), pg::to_array(names.types)}};
  auto rows = co_await ask_catalog(c, std::move(one), deadline);
  if (!rows) {
    co_return rows.error();
  }
  std::vector<std::string> found;
  for (int row = 0; row < rows->rows(); ++row) {
    found.push_back(rows->text(row, 0));
  }
  co_return found;
}

asio::awaitable<result<std::vector<source_facts>>> read_sources(
    pg::connection& c, settings under, std::vector<std::string> quoted_names, object_id target,
    pg::time_point deadline) {
  pg::statement one{std::string{queries::sources},
                    {pg::to_array(quoted_names), std::to_string(target)}};
  auto rows = co_await pg::ask(c, std::move(under), std::move(one), deadline);
  if (!rows) {
    co_return rows.error();
  }
  std::vector<source_facts> found;
  for (int row = 0; row < rows->rows(); ++row) {
    source_facts source;
    source.name = rows->text(row, 0);
    source.shows_target = rows->boolean(row, 1);
    source.combines = rows->boolean(row, 2);
    source.oid = static_cast<object_id>(rows->integer(row, 3));
    source.rows_hidden = rows->boolean(row, 4);
    source.groups = rows->boolean(row, 5);
    source.is_foreign = rows->boolean(row, 6);
    found.push_back(std::move(source));
  }
  co_return found;
}

asio::awaitable<result<std::vector<std::string>>> read_histogram(pg::connection& c,
                                                                 std::string table,
                                                                 std::string column,
                                                                 pg::time_point deadline) {
  pg::statement one{std::string{queries::histogram}, {std::move(table), std::move(column)}};
  settings under = pg::own_path();
  for (const auto& [name, text] : bound_format) {
    under[std::string{name}] = text;
  }
  auto rows = co_await pg::ask(c, std::move(under), std::move(one), deadline);
  if (!rows) {
    co_return rows.error();
  }
  co_return rows->rows() == 0 ? std::vector<std::string>{} : texts(*rows, 0, 0);
}

}  // namespace pawl::plan
