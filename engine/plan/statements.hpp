// The statements that a run sends about its target: text from a plan, values as parameters.
//
// Each takes its bounds as an optional lower (NULL = open end) and an upper key. Those that pawl
// asks for itself (cut, bound, counts) expect the user's search_path and `bound_format`; the data
// statement runs under the user's settings.
#pragma once

#include <optional>
#include <string>

#include "plan/job_plan.hpp"

namespace pawl::plan {

struct interval {
  std::optional<key_values> lo;
  key_values hi;

  bool operator==(const interval&) const = default;
};

// The user's statement for one batch: those rows of the interval that belong to the stripe.
pg::statement change_batch(const job_plan& p, const leaf& l, const interval& rows,
                           const stripe& s = {});

// One row: the value by whose low bits stripes are told apart, of the key `at`. A server on which
// it is another would lose rows of a range that was begun elsewhere, or change them twice.
pg::statement stripe_check(const job_plan& p, const key_values& at, stripe_function by);

// The same for a sweep: only rows that are still pending and will not stay so.
pg::statement sweep_batch(const job_plan& p, const leaf& l, const interval& rows);

// One row: the key of the `rows`-th row behind the interval's lower end, printed column by column,
// then its histogram bucket (NULL without statistics). No row if there are fewer.
pg::statement cut(const job_plan& p, const leaf& l, const interval& within, std::int64_t rows);

// One row: the number of rows in the interval.
pg::statement count(const job_plan& p, const leaf& l, const interval& within);

// One row: the greatest key of the leaf, printed; none if it is empty.
pg::statement greatest_key(const job_plan& p, const leaf& l);

// One row: the histogram bucket of a key's leading column.
pg::statement bucket_of(const job_plan& p, const leaf& l, const key_values& at);

// One row: counters of the transaction, the OID that the statement's table name means, and the
// shape of the table (queries/shape.sql).
pg::statement target_shape(const job_plan& p, const leaf& l);

// The OID that the name in target_shape's answer must still have.
object_id shape_oid(const job_plan& p, const leaf& l);

// One row: how many rows of the interval are pending and can be swept, and how many will stay so.
pg::statement count_pending(const job_plan& p, const leaf& l, const interval& within);

// The job's own check over the interval, or over the whole table where it has no marker (`rows`
// empty): every row it returns must be true.
pg::statement verify(const job_plan& p, const std::optional<interval>& rows);

// The user's settings and `bound_format` over them.
settings bound_settings(const job_plan& p);

}  // namespace pawl::plan
