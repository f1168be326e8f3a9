// What a change will cost and touch, as far as the catalog can tell: for `pawl plan`. Read-only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "plan/job_plan.hpp"

namespace pawl::plan {

struct foreign_key {
  std::string name;
  bool is_incoming = false;  // another table refers to the rows that are changed
  std::string other;         // the table at its other end
  char on_delete = 'a';      // pg_constraint.confdeltype
  bool has_index = true;     // incoming: the referring rows are found by an index

  bool operator==(const foreign_key&) const = default;
};

struct table_outlook {
  int indexes = 0;
  std::optional<double> rows;  // unknown before the first ANALYZE
  double row_bytes = 0;        // of the heap; of an empty table those of the rows that go into it
  std::int64_t table_bytes = 0;
  std::int64_t index_bytes = 0;
  int fillfactor = 100;
  bool sets_indexed_column = false;
  std::vector<foreign_key> foreign_keys;
};

boost::asio::awaitable<result<table_outlook>> read_outlook(pg::connection& c, const job_plan& p,
                                                           pg::time_point deadline);

// A span that the real figure should lie in; rough, since it knows no cache and no other load.
struct span {
  double low = 0;
  double high = 0;

  bool operator==(const span&) const = default;
};

// From the costs of docs/planner.md, for `rows` changed over two connections in as many passes.
struct forecast {
  span seconds;
  span wal_bytes;
};
forecast predict(const table_outlook& t, double rows, sql::change_kind kind, int stripes = 1);

// Whether updates can be HOT, and why not: a clause.
std::string hot_outlook(const job_plan& p, const table_outlook& t);

// What rows that others write meanwhile will see: a sentence.
std::string new_rows_outlook(const job_plan& p);

// One line for each kind of lock.
std::vector<std::string> lock_outlook(const job_plan& p, const table_outlook& t);

}  // namespace pawl::plan
