#!/usr/bin/env bash
# Installs what is missing, builds one preset (dev: with sanitizers) and runs the tests.
# Usage: scripts/test.sh [--preset NAME] [arguments of ctest, as -L unit or -R Splitter]
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=dev
if [[ ${1:-} == --preset ]]; then
  preset=${2:?"--preset needs a name; see: cmake --list-presets"}
  shift 2
fi

scripts/install.sh
cmake --preset "$preset"
cmake --build "build/$preset"
ctest --test-dir "build/$preset" -j "$(nproc)" --output-on-failure --no-tests=error "$@"
