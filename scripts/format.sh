#!/usr/bin/env bash
# Formats every C++ file of the repository; with --check it only names the first that differ.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

mode=(-i)
if [[ ${1:-} == --check ]]; then
  mode=(--dry-run --Werror)
fi

# Files that are new and not ignored count too.
git ls-files -z --cached --others --exclude-standard -- '*.cpp' '*.hpp' |
  while IFS= read -r -d '' file; do [[ ! -f $file ]] || printf '%s\0' "$file"; done |
  xargs --null --no-run-if-empty clang-format "${mode[@]}"
