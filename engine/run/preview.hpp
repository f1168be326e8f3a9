// What a run would do, before it is opened: `pawl plan`. Changes nothing; --sample rolls back.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <optional>
#include <pawl/run.hpp>
#include <string>
#include <vector>

#include "pg/conninfo.hpp"
#include "plan/job_plan.hpp"
#include "plan/outlook.hpp"
#include "sql/job.hpp"

namespace pawl::run {

// Batches that were run over different parts of the key and rolled back.
struct sample {
  int batches = 0;
  std::int64_t rows_scanned = 0;
  std::int64_t rows_changed = 0;
  double hot_share = 0;  // of the changed rows
  // For the whole table over the run's connections, from the spread between the batches (two
  // standard errors); commits are not in it, since none was made.
  plan::span seconds;
  plan::span wal_bytes;
};

struct preview {
  plan::job_plan plan;
  plan::table_outlook outlook;
  std::optional<double> rows;  // of what is walked; unknown without statistics
  std::int64_t ranges = 0;     // about so many; 0: unknown
  int jobs = 0;
  std::string batch;                // the statement of one batch, with its parameters below
  std::vector<std::string> bounds;  // $1, $2, ... of the batch that is explained
  std::string fill;                 // what is computed once before, empty if nothing is
  std::string explained;  // EXPLAIN of one batch; empty where there is nothing to explain yet
  std::optional<error> refused;  // what would keep `pawl run` from it
  plan::forecast forecast;
  std::optional<sample> sampled;
};

// `samples`: how many batches to run and roll back; 0: none. Errors: those of plan::resolve.
boost::asio::awaitable<result<preview>> preview_run(boost::asio::any_io_executor executor,
                                                    pg::conninfo where, run_options options,
                                                    sql::job job, int samples);

}  // namespace pawl::run
