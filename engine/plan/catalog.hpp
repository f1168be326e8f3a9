// The catalog queries of resolve(), decoded. Internal to the room.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "plan/job_plan.hpp"

namespace pawl::plan {

struct target_facts {
  object_id oid = 0;
  char kind = 'r';           // pg_class.relkind
  char persistence = 'p';    // pg_class.relpersistence
  bool rows_hidden = false;  // row-level security is active for this role
  std::string name;
  bool has_children = false;
  bool may_update = false;
  bool may_delete = false;
  bool may_insert = false;
  bool may_select = false;
  std::string plain_name;  // the table alone, not quoted
  std::int64_t bytes = 0;
  std::string role;        // at work
  bool has_rules = false;  // CREATE RULE
};

struct index_facts {
  std::string name;
  bool is_primary = false;
  bool is_valid = false;
  bool is_immediate = false;
  bool is_partial = false;
  bool has_expressions = false;
  std::vector<std::string> names;
  std::vector<std::string> quoted;
  std::vector<std::string> types;
  bool any_nullable = false;
  bool other_collation = false;
  bool other_opclass = false;
  int descending = 0;
  bool is_ordered = true;  // a B-tree
};

struct assigned_column {
  std::string name;
  std::string type;
  bool is_generated = false;
  bool is_indexed = false;
  bool is_partition_key = false;
};

// What a table or view that the statement reads means for dividing it.
struct source_facts {
  std::string name;  // as asked
  bool shows_target = false;
  bool combines = false;
  object_id oid = 0;
  bool rows_hidden = false;
  bool groups = false;      // a view in it groups, ranks, samples or limits rows
  bool is_foreign = false;  // at least in part
};

enum class runs { called, in_view, at_write, by_trigger };

// What runs with a statement: see queries/functions.sql, and queries/function_reach.sql for what it
// leads to.
struct function_facts {
  std::string name;
  bool aggregates = false;
  bool is_volatile = false;
  bool names_target = false;  // may read or write a table that is changed
  bool names_read = false;    // may write a table that the statement reads
  runs when = runs::called;
  // Why nobody can tell: a function on the way runs SQL which it puts together, or is in a language
  // that is not read. Its name, empty for this function itself; names_target is set then.
  std::optional<std::string> builder{};
  std::optional<std::string> foreigner{};
  object_id oid = 0;
  bool writes = false;         // may write a table
  bool per_statement = false;  // by_trigger: runs once for each statement
};

struct trigger_facts {
  std::string name;
  bool for_each_row = false;
};

boost::asio::awaitable<result<settings>> read_session_settings(pg::connection& c,
                                                               pg::time_point deadline);
// Fails with `standby` on a server in recovery.
boost::asio::awaitable<result<server_facts>> read_server_facts(pg::connection& c,
                                                               pg::time_point deadline);
// Under the given settings; fails with target_unusable when there is no such table.
boost::asio::awaitable<result<target_facts>> read_target(pg::connection& c, settings under,
                                                         std::string quoted_name,
                                                         pg::time_point deadline);
// `as_one`: a partitioned table as a whole instead of its leaves.
// `verb`: what the job does to them. Errors: target_unusable, row_security, forbidden.
boost::asio::awaitable<result<std::vector<leaf>>> read_leaves(pg::connection& c, settings under,
                                                              object_id target, bool as_one,
                                                              std::string verb,
                                                              pg::time_point deadline);
// pg_trigger.tgtype of what fires at a change.
int trigger_events(sql::change_kind kind);

// Why a partitioned table cannot be walked partition by partition; empty if it can.
boost::asio::awaitable<result<std::string>> read_why_as_one(pg::connection& c, object_id table,
                                                            sql::change what,
                                                            pg::time_point deadline);

// The generated columns that follow from some that are set.
boost::asio::awaitable<result<std::vector<std::string>>> read_generated(
    pg::connection& c, object_id table, std::vector<std::string> set_columns,
    pg::time_point deadline);

// A trigger that can change one of the columns before a row is written, or keep the row from being
// written, if `or_keeping`; empty if none.
boost::asio::awaitable<result<std::string>> read_moving_trigger(pg::connection& c, object_id table,
                                                                std::vector<std::string> columns,
                                                                sql::change_kind kind,
                                                                bool or_keeping,
                                                                pg::time_point deadline);

// A constraint over one of the columns that is checked only when a statement ends; empty if none.
boost::asio::awaitable<result<std::string>> read_deferrable_key(pg::connection& c, object_id table,
                                                                std::vector<std::string> columns,
                                                                pg::time_point deadline);

// Bytes of the largest of the tables, partitions included.
boost::asio::awaitable<result<std::int64_t>> read_largest(pg::connection& c,
                                                          std::vector<object_id> tables,
                                                          pg::time_point deadline);

// Names of a table's columns, in order.
boost::asio::awaitable<result<std::vector<std::string>>> read_table_columns(
    pg::connection& c, object_id table, pg::time_point deadline);
boost::asio::awaitable<result<std::vector<index_facts>>> read_unique_indexes(
    pg::connection& c, object_id table, pg::time_point deadline);
// Fails with key_unusable when `<` and so on would not mean the index's own order.
boost::asio::awaitable<result<void>> check_key_operators(pg::connection& c, settings under,
                                                         index_facts index,
                                                         pg::time_point deadline);
boost::asio::awaitable<result<std::vector<assigned_column>>> read_columns(
    pg::connection& c, object_id table, std::vector<std::string> names, pg::time_point deadline);
boost::asio::awaitable<result<std::vector<trigger_facts>>> read_triggers(pg::connection& c,
                                                                         object_id table,
                                                                         sql::change_kind kind,
                                                                         pg::time_point deadline);
// The names that may be volatile; empty if none.
boost::asio::awaitable<result<std::vector<std::string>>> read_volatile(pg::connection& c,
                                                                       sql::catalog_names names,
                                                                       pg::time_point deadline);
boost::asio::awaitable<result<std::vector<source_facts>>> read_sources(
    pg::connection& c, settings under, std::vector<std::string> quoted_names, object_id target,
    pg::time_point deadline);
// `target`: the plain name of the table that is changed.
// What a change of the rows of `changed` changes besides: see queries/consequences.sql.
struct consequence_question {
  std::vector<object_id> changed;
  std::vector<std::string> quoted_reads;
  bool deletes = false;
  bool inserts = false;
  std::vector<std::string> set_columns;
  std::vector<std::string> inserted_columns;  // empty: all
  int trigger_bits = 0;                       // the kinds of change, as of pg_trigger.tgtype
};
struct consequence_facts {
  bool reaches_reads = false;
  std::vector<std::string> trigger_functions;  // OIDs, as the next three
  std::vector<std::string> statement_triggers;
  std::vector<std::string> changed;
  std::vector<std::string> reads;
  std::string self_reference;  // a constraint
  std::string insert_trigger;
};
boost::asio::awaitable<result<consequence_facts>> read_consequences(pg::connection& c,
                                                                    settings under,
                                                                    consequence_question about,
                                                                    pg::time_point deadline);
// What runs with the statement `what`, which names the tables `named` and writes rows of `written`.
boost::asio::awaitable<result<std::vector<function_facts>>> read_functions(
    pg::connection& c, const sql::change& what, consequence_facts around,
    std::vector<object_id> named, std::vector<object_id> written, pg::time_point deadline);
boost::asio::awaitable<result<std::vector<std::string>>> read_histogram(pg::connection& c,
                                                                        std::string table,
                                                                        std::string column,
                                                                        pg::time_point deadline);

}  // namespace pawl::plan
