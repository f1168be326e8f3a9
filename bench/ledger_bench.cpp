// The client's share of the protocol: building the statements of a batch and decoding keys.
#include <benchmark/benchmark.h>

#include "ledger/range.hpp"
#include "pg/array.hpp"

namespace {

pawl::ledger::claim sample_claim() {
  pawl::ledger::claim c;
  c.run = 42;
  c.number = 7;
  c.token = 3;
  c.runner = "6f1c1f0a-7d0b-4f7c-9d55-0e7d6a1c2b3d";
  c.lo = pawl::ledger::key_values{"1000000"};
  c.hi = {"2000000"};
  c.at.pos = pawl::ledger::key_values{"1500000"};
  return c;
}

void build_fence_and_checkpoint(benchmark::State& state) {
  const auto claim = sample_claim();
  pawl::ledger::progress p;
  p.to.pos = pawl::ledger::key_values{"1516000"};
  p.rows_changed = 16'000;
  for (auto _ : state) {
    auto fence = pawl::ledger::fence(claim);
    auto checkpoint = pawl::ledger::checkpoint(claim, p, "123456");
    benchmark::DoNotOptimize(fence);
    benchmark::DoNotOptimize(checkpoint);
  }
}
BENCHMARK(build_fence_and_checkpoint);

void decode_key(benchmark::State& state) {
  for (auto _ : state) {
    auto key = pawl::pg::from_array(R"({"6f1c1f0a-7d0b-4f7c-9d55-0e7d6a1c2b3d","a \"b\""})");
    benchmark::DoNotOptimize(key);
  }
}
BENCHMARK(decode_key);

}  // namespace
