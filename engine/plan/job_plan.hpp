// A job resolved against a catalog: which rows, by which key, in which statements.
//
// resolve() only reads. It refuses what cannot be done safely, with the reason and the way out.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pg/connection.hpp"
#include "pg/settings.hpp"
#include "plan/key.hpp"
#include "plan/stripe.hpp"
#include "sql/job.hpp"

namespace pawl::plan {

using object_id = std::uint32_t;

// A table that holds rows of its own: the target, or a leaf partition of it.
struct leaf {
  object_id oid = 0;
  std::string name;            // schema-qualified and quoted
  bool is_tree = false;        // a partitioned table that is walked as a whole
  std::string index;           // the key's index
  std::optional<double> rows;  // reltuples, unknown before the first ANALYZE
  std::int64_t bytes = 0;
  std::vector<std::string> histogram;  // of the leading key column; empty without statistics
  std::string shape;                   // types of the key's and the assigned columns, see shape.sql

  bool operator==(const leaf&) const = default;
};

// design.md, Words: a condition that is true for rows still to be changed, and false after.
struct pending_predicate {
  std::string condition;
  // True for a row that still matches `condition` after its change (upper(NULL) is NULL). Empty
  // where that cannot be told in advance: the predicate came from a directive.
  std::string stays;

  bool operator==(const pending_predicate&) const = default;
};

struct server_facts {
  std::int64_t system_identifier = 0;
  int timeline = 0;
  int version = 0;           // 150020
  std::string version_text;  // "15.20"
  std::string database;
  std::string role;
  bool is_read_only = false;     // default_transaction_read_only
  std::int64_t cache_bytes = 0;  // shared_buffers
};

using pg::settings;

// How the work is divided.
enum class strategy {
  target_key,     // by the key of the table that is changed
  source_key,     // by the key of a table that is read
  snapshot,       // by the key of a work table into which keys, values or rows are computed once
  one_statement,  // not at all: one transaction, driven by a work table of one row
  marked,         // as the author's marker and directive say
};

// "target-key" and so on, for --json.
std::string_view name_of(strategy s);

// True if ranges are those of a work table, which open_run makes and resolve_work reads.
bool needs_work_table(strategy s);

struct job_plan {
  sql::job job;
  strategy by_what = strategy::target_key;
  std::string reason;  // why that gives the result of the one statement, a clause
  object_id target_oid = 0;
  std::string target;  // the table that is changed, schema-qualified and quoted
  std::string walked;  // whose rows divide the work; the target, a source, or the work table
  object_id walked_oid = 0;
  // Snapshot of an UPDATE or DELETE: the target's key, by which the work table finds its rows.
  key target_key;
  // Snapshot of an INSERT: the target column of each value; of a MERGE: the columns of its source.
  std::vector<std::string> value_columns;
  std::vector<std::string> value_types;  // of a MERGE: theirs, with collation
  key by;
  std::string as_one;  // why a partitioned table is walked as a whole; empty if partitions are
  std::vector<leaf> leaves;  // of `walked`; of a work table once resolve_work has read it
  striping passes;           // of ranges that are cut from now on; see resolve_stripes
  std::optional<pending_predicate> pending;
  settings session;  // what a plain session of this role had, by name
  server_facts server;
  std::vector<std::string> notes;
};

// `c` must be freshly opened: its settings are the user's own. `session` is what an earlier
// resolve() recorded with the run, or nullptr for a new run, which takes them from `c`.
// Errors: target_unusable, no_key, key_unusable, sets_key, row_security, standby, forbidden; those
// of the connection.
boost::asio::awaitable<result<job_plan>> resolve(pg::connection& c, sql::job j,
                                                 const settings* session, pg::time_point deadline);

// Reads the work table `name` (schema-qualified and quoted) as what is walked.
boost::asio::awaitable<result<void>> resolve_work(pg::connection& c, job_plan& p, std::string name,
                                                  pg::time_point deadline);

// In how many passes ranges are changed: `wanted`, or what the catalog speaks for. Without a hash
// of the key in one, whatever is wanted.
boost::asio::awaitable<result<void>> resolve_stripes(pg::connection& c, job_plan& p,
                                                     std::optional<int> wanted,
                                                     pg::time_point deadline);

// `-- pawl:guard max-rows=N`, against the catalog's estimate. Errors: guard, also if there is none.
result<void> check_guard(const job_plan& p);

// The leaves of the target as they are now, for partitions attached since. Same errors.
boost::asio::awaitable<result<std::vector<leaf>>> list_leaves(pg::connection& c, const job_plan& p,
                                                              pg::time_point deadline);

// SHA-256 over what the job means: statement, target, key, directives; not the tunables.
std::string definition_sha256(const job_plan& p);

// How the work is divided, for people: "ranges of about 65536 rows by key (id) of t_pkey".
std::string describe_strategy(const job_plan& p, std::int64_t range_rows);

}  // namespace pawl::plan
