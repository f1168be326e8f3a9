// The author's own batches: `DO $$ ... LOOP UPDATE t ... WHERE id IN (SELECT id FROM t WHERE c
// LIMIT n); ... COMMIT; END LOOP; ... $$`. Pure.
#pragma once

#include <string>

#include "sql/source.hpp"
#include "sql/split.hpp"

namespace pawl::sql {

struct unrolled_loop {
  std::string sql;  // what its rounds add up to: `UPDATE t ... WHERE (c)`
  std::string
      key;  // the column by which a round names its rows; they are one statement if it is a key
};

// Errors: not_a_job with what stands in the way.
result<unrolled_loop> statement_of_loop(const source& in, const statement& st);

}  // namespace pawl::sql
