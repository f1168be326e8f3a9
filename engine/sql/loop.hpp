// The author's own batches: `DO $$ ... LOOP UPDATE t ... WHERE id IN (SELECT id FROM t WHERE c
// LIMIT n); ... COMMIT; END LOOP; ... $$`. Pure.
#pragma once

#include <string>

#include "sql/job.hpp"
#include "sql/source.hpp"
#include "sql/split.hpp"

namespace pawl::sql {

struct unrolled_loop {
  std::string sql;  // what its rounds add up to: `UPDATE t ... WHERE (c)`
  author_rounds rounds;
  bool ends_on_short_round;  // when fewer rows than LIMIT are changed, not only when none is
};

// Errors: not_a_job with what stands in the way.
result<unrolled_loop> statement_of_loop(const source& in, const statement& st);

}  // namespace pawl::sql
