#!/usr/bin/env bash
# Builds the fuzz targets (clang, sanitizers) and runs each for a while; what breaks one is kept in
# build/fuzz/found, and running the target with that file shows it again.
# Usage: scripts/fuzz.sh [--seconds N] [config|directive|slice|split ...]
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=20
if [[ ${1:-} == --seconds ]]; then
  seconds=${2:?"--seconds needs a number"}
  shift 2
fi
targets=("$@")
((${#targets[@]} > 0)) || targets=(split directive slice config)

cmake --preset fuzz >/dev/null
cmake --build build/fuzz --target "${targets[@]/%/_fuzz}"

for target in "${targets[@]}"; do
  words=sql
  [[ $target != config ]] || words=config
  dictionary=tests/fuzz/sql.dict
  [[ $target != config ]] || dictionary=tests/fuzz/toml.dict
  # What earlier runs came to know is kept; the seeds stay as they are.
  known=build/fuzz/known/$target
  mkdir -p "$known" build/fuzz/found
  log=build/fuzz/$target.log
  if ! "build/fuzz/tests/fuzz/${target}_fuzz" "$known" "tests/fuzz/corpus/$words" \
    -max_total_time="$seconds" -max_len=65536 -timeout=20 -rss_limit_mb=3000 \
    -dict="$dictionary" -artifact_prefix="build/fuzz/found/$target-" -print_final_stats=1 \
    -verbosity=0 >"$log" 2>&1; then
    cat "$log"
    printf '== %s: broken; the input is in build/fuzz/found\n' "$target"
    exit 1
  fi
  printf '== %s: %s inputs in %s s\n' "$target" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" "$seconds"
done
