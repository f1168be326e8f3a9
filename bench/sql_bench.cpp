// What pawl does with a job's text: reading it once, and building each batch's statement.
#include <benchmark/benchmark.h>

#include <string>

#include "plan/key.hpp"
#include "sql/job.hpp"

namespace {

constexpr const char* job_text =
    "-- pawl:batch currency_codes\n"
    "UPDATE financials SET currency_code = upper(currency), note = coalesce(note, 'none')\n"
    " WHERE currency_code IS NULL AND amount > 0;\n";

void read_job(benchmark::State& state) {
  for (auto _ : state) {
    auto jobs = pawl::sql::read_jobs("job.sql", job_text);
    benchmark::DoNotOptimize(jobs);
  }
}
BENCHMARK(read_job);

void slice_batch(benchmark::State& state) {
  const auto jobs = pawl::sql::read_jobs("job.sql", job_text);
  const pawl::plan::key by{{"id", "\"financials\".\"id\"", "pg_catalog.int8"}};
  for (auto _ : state) {
    auto text = pawl::sql::batch_statement(jobs->front(), "public.financials",
                                           pawl::plan::range_condition(by, true));
    benchmark::DoNotOptimize(text);
  }
}
BENCHMARK(slice_batch);

}  // namespace
