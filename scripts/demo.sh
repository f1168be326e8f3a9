#!/usr/bin/env bash
# From nothing to a backfill that survives a SIGKILL: installs what is missing, builds, starts a
# private server, fills a table and runs the sample job twice, killing the first runner half way.
# PAWL_DEMO_ROWS sets the number of rows (2,000,000).
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
rows=${PAWL_DEMO_ROWS:-2000000}

say() { printf '\n\033[1m%s\033[0m\n' "$*" >&2; }
show() { printf '\033[2m$ %s\033[0m\n' "$*" >&2; }

say '1. Packages and build'
scripts/install.sh
cmake --preset release -DPAWL_TESTS=OFF -DPAWL_BENCH=OFF >/dev/null
cmake --build build/release
pawl=build/release/pawl
psql=$(command -v psql || echo /usr/lib/postgresql/15/bin/psql)

say '2. A private PostgreSQL server'
export PAWL_SANDBOX=${PAWL_SANDBOX:-$(mktemp -d /var/tmp/pawl-demo.XXXXXX)/server}
chmod 755 "$(dirname "$PAWL_SANDBOX")"
clean_up() {
  "$pawl" sandbox down --remove >/dev/null 2>&1
  rmdir "$(dirname "$PAWL_SANDBOX")" 2>/dev/null || true
}
trap clean_up EXIT
show 'pawl sandbox up'
DATABASE_URL=$("$pawl" sandbox up)
export DATABASE_URL

say "3. The sample schema, and $rows rows"
for migration in migrations/*/migration.sql; do
  "$psql" -qX -v ON_ERROR_STOP=1 -f "$migration" "$DATABASE_URL"
done
"$psql" -qX -v ON_ERROR_STOP=1 -v rows="$rows" "$DATABASE_URL" <<'SQL'
INSERT INTO financials (currency, amount, period, note)
SELECT (ARRAY['aud', 'usd', 'eur', 'gbp'])[1 + i % 4], (i % 100000) / 100.0,
       date '2020-01-01' + i % 1500, repeat('x', 80)
  FROM generate_series(1, :rows) AS i;
VACUUM ANALYZE financials;
CHECKPOINT;
SQL

say '4. The job: one UPDATE, run in committed batches; killed with SIGKILL about half way'
cat jobs/backfill_currency_code.sql
show 'pawl run jobs/backfill_currency_code.sql'
"$pawl" run jobs/backfill_currency_code.sql &
runner=$!
done_rows() {
  "$psql" -qXAt "$DATABASE_URL" -c "SELECT CASE WHEN to_regclass('pawl.range') IS NULL THEN 0
    ELSE (SELECT coalesce(sum(rows_scanned), 0) FROM pawl.range) END" 2>/dev/null || echo 0
}
while kill -0 "$runner" 2>/dev/null && [ "$(done_rows)" -lt $((rows / 2)) ]; do
  "$psql" -qXAt "$DATABASE_URL" -c 'SELECT pg_sleep(0.1)' >/dev/null
done
kill -KILL "$runner" 2>/dev/null || true
{ wait "$runner"; } 2>/dev/null || true  # bash would report the kill

say '5. What is committed is committed'
show 'pawl status'
"$pawl" status
show 'pawl run jobs/backfill_currency_code.sql'
"$pawl" run jobs/backfill_currency_code.sql

say '6. Each row once'
show "SELECT count(*) AS rows, count(*) FILTER (WHERE currency_code = upper(currency)) AS right ..."
"$psql" -qX "$DATABASE_URL" -c "SELECT count(*) AS rows,
  count(*) FILTER (WHERE currency_code = upper(currency)) AS \"right\",
  count(*) FILTER (WHERE currency_code IS NULL) AS missing FROM financials"
left=$("$psql" -qXAt "$DATABASE_URL" -c "SELECT count(*) FROM financials
  WHERE currency_code IS DISTINCT FROM upper(currency)")
changed=$("$psql" -qXAt "$DATABASE_URL" -c 'SELECT sum(rows_changed) FROM pawl.range')
if [ "$left" != 0 ] || [ "$changed" != "$rows" ]; then
  echo "demo failed: $left rows are wrong, $changed changes for $rows rows" >&2
  exit 1
fi
