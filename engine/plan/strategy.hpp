// By what a statement is divided: what its text says, held against the catalog. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plan/catalog.hpp"
#include "plan/job_plan.hpp"

namespace pawl::plan {

// A table up to this size may be changed by one statement if nothing else is safe: one transaction
// over it takes about as long as a batch or two (docs/planner.md).
inline constexpr std::int64_t one_statement_bytes_max = std::int64_t{8} << 20;

struct statement_facts {
  std::int64_t whole_bytes = 0;  // the largest table that one statement would read or write
  std::vector<index_facts> target_indexes;  // the unique ones of the table that is changed
  std::vector<index_facts> walked_indexes;  // and of the table whose rows divide the work
  std::vector<source_facts> sources;
  std::vector<function_facts> functions;
  std::string rows_meet;       // why rows of two batches could meet in one row, whatever its key
  std::string deferrable_key;  // a constraint over what is set that is checked at the end
  bool reaches_reads = false;  // foreign keys carry the change on to a table that it reads
  std::string self_reference;  // a foreign key that rows of two batches could break
  std::string insert_trigger;  // one that can change a row before it is inserted
  bool is_divided = false;     // the table that is changed has partitions
};

struct verdict {
  strategy by = strategy::target_key;
  std::string reason;
  std::optional<error> refusal;  // nothing is safe: what would help
};

verdict judge(const sql::change& what, const statement_facts& facts);

// Of a DO loop of the author's.
error loop_refused(const std::string& why);

// A unique key whose columns are all among `columns`.
bool holds_key(const std::vector<index_facts>& indexes, const std::vector<std::string>& columns);

// What to do instead when the table that should divide the work, or is changed, has no key that can
// serve and the author has named none.
verdict judge_without_key(const sql::change& what, const statement_facts& facts,
                          const error& no_key);

}  // namespace pawl::plan
