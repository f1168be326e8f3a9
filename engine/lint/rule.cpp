#include "lint/rule.hpp"

#include <algorithm>
#include <array>

namespace pawl::lint {
namespace {

constexpr auto off = severity::off;
constexpr auto info = severity::info;
constexpr auto rewritten = severity::rewritten;
constexpr auto warning = severity::warning;
constexpr auto error = severity::error;
constexpr auto text = needs::text;
constexpr auto database = needs::database;
constexpr auto both = needs::text_and_more;

constexpr std::array all{
    rule{"L01", "rewrite-volatile-default", rewritten, both,
         "a new column with a volatile default rewrites the table and its indexes"},
    rule{"L02", "rewrite-serial-identity", rewritten, text,
         "a new serial or identity column rewrites the table"},
    rule{"L03", "rewrite-generated-stored", error, text,
         "a new stored generated column rewrites the table"},
    rule{"L04", "rewrite-domain", rewritten, both,
         "a new column of a domain with a constraint rewrites the table"},
    rule{"L05", "rewrite-type-change", rewritten, both,
         "a type change rewrites the table and its indexes"},
    rule{"L06", "type-change-index-rebuild", rewritten, both,
         "a type change rebuilds indexes while everybody waits"},
    rule{"L07", "type-change-check-rescan", rewritten, both,
         "a type change reads the table again for a CHECK on the column"},
    rule{"L08", "type-change-dependents", error, both,
         "a view, trigger, policy or generated column forbids the type change"},
    rule{"L09", "set-expression-rewrite", warning, text,
         "SET EXPRESSION of a stored generated column rewrites the table"},
    rule{"L10", "table-rewrite-command", error, text,
         "VACUUM FULL, CLUSTER, SET LOGGED, TABLESPACE or ACCESS METHOD copies the table"},
    rule{"L11", "set-not-null", rewritten, both, "SET NOT NULL reads the whole table"},
    rule{"L12", "check-not-valid", rewritten, both, "a new CHECK reads the whole table"},
    rule{"L13", "fk-not-valid", rewritten, both,
         "a new foreign key reads both tables and blocks writes on both"},
    rule{"L14", "add-column-check", rewritten, both,
         "a new column with a CHECK reads the whole table"},
    rule{"L15", "pk-nullable", rewritten, both,
         "a primary key over a nullable column reads the whole table"},
    rule{"L16", "validate-same-tx", rewritten, text,
         "NOT VALID and VALIDATE in one transaction keep the strong lock over the scan"},
    rule{"L17", "not-null-and-drop-check-one-stmt", rewritten, text,
         "SET NOT NULL and the DROP of its CHECK in one statement read the table again"},
    rule{"L18", "attach-scan", rewritten, both,
         "ATTACH PARTITION reads a partition that has no matching CHECK"},
    rule{"L19", "domain-validate", warning, text,
         "a domain's new or validated constraint blocks writes on every table that uses it"},
    rule{"L20", "index-concurrently", rewritten, both, "CREATE INDEX blocks writes"},
    rule{"L21", "drop-index-concurrently", rewritten, both,
         "DROP INDEX waits for every reader and blocks new ones"},
    rule{"L22", "unique-constraint", rewritten, both,
         "a new UNIQUE builds its index while everybody waits"},
    rule{"L23", "primary-key", rewritten, both,
         "a new PRIMARY KEY builds its index while everybody waits"},
    rule{"L24", "exclusion", error, both,
         "a new EXCLUDE builds its index while everybody waits, and has no online form"},
    rule{"L25", "reindex", rewritten, both, "REINDEX blocks writes, and in practice reads"},
    rule{"L26", "cic-in-tx", rewritten, text,
         "CONCURRENTLY fails inside of a transaction, also in that of a file with more statements"},
    rule{"L27", "cic-if-not-exists-invalid", rewritten, text,
         "CONCURRENTLY IF NOT EXISTS keeps an invalid index that an interrupted build left"},
    rule{"L28", "index-partitioned", rewritten, both,
         "CREATE INDEX on a partitioned table blocks writes on every partition"},
    rule{"L29", "replace-index-order", warning, text,
         "an index is dropped before the one that replaces it is there"},
    rule{"L30", "invalid-index-present", warning, database,
         "an invalid index of this name or on this table is left from an interrupted build"},
    rule{"L31", "dic-unsupported", error, both,
         "DROP INDEX CONCURRENTLY takes one index, no CASCADE and none of a constraint"},
    rule{"L32", "index-corruption-14", error, database,
         "CONCURRENTLY can corrupt an index on PostgreSQL 14.0 to 14.3"},
    rule{"L33", "fk-unindexed", info, both, "no index leads with the columns of a foreign key"},
    rule{"L40", "wide-lock-window", info, both,
         "one transaction locks several existing tables against everybody"},
    rule{"L41", "work-after-ael-in-tx", warning, both,
         "long work follows a lock against everybody in the same transaction"},
    rule{"L42", "fk-drop-locks-parent", rewritten, both,
         "dropping a foreign key locks the referenced table too"},
    rule{"L43", "partition-of-locks-parent", rewritten, both,
         "PARTITION OF locks the parent against everybody"},
    rule{"L44", "lock-timeout-ineffective", warning, text,
         "a lock_timeout is set where it has no effect"},
    rule{"L45", "lock-timeout-below-deadlock-timeout", warning, text,
         "a lock_timeout under 1 s never gets past an autovacuum"},
    rule{"L46", "lock-table", error, text, "LOCK TABLE blocks the application until COMMIT"},
    rule{"L47", "matview-refresh", warning, text, "REFRESH without CONCURRENTLY blocks reads"},
    rule{"L48", "detach", rewritten, text, "DETACH without CONCURRENTLY locks the parent"},
    rule{"L50", "whole-table-update", rewritten, both, "an UPDATE of many rows in one transaction"},
    rule{"L51", "whole-table-delete", rewritten, both, "a DELETE of many rows in one transaction"},
    rule{"L52", "insert-select", rewritten, both,
         "rows are copied from an existing table in one transaction"},
    rule{"L53", "backfill-in-ddl-tx", warning, both,
         "data is changed in a transaction that holds a lock against everybody"},
    rule{"L54", "no-keyset", error, both, "no key by which the change could be done in batches"},
    rule{"L55", "batch-changes-result", warning, text,
         "the statement gives another result in batches, or on a second run"},
    rule{"L56", "truncate", warning, both, "TRUNCATE deletes all rows under a lock on everybody"},
    rule{"L57", "opaque-code", warning, text, "code whose effect cannot be told from the file"},
    rule{"L60", "drop-table", warning, both, "a table and its data are dropped"},
    rule{"L61", "drop-column", warning, both, "a column and its data are dropped"},
    rule{"L62", "drop-schema-db", error, text, "a whole schema or database is dropped"},
    rule{"L63", "cascade", warning, both, "CASCADE drops more than the statement names"},
    rule{"L64", "drop-index-by-column", warning, both,
         "dropping a column silently drops the indexes that contain it"},
    rule{"L65", "drop-type-value", warning, both, "values of an enum are removed"},
    rule{"L66", "drop-and-add-column", error, both,
         "a column is dropped and added again: its data is lost"},
    rule{"L67", "drop-constraint", info, both, "a constraint that protects data is dropped"},
    rule{"L70", "required-column", error, both,
         "a new NOT NULL column without a default fails on a table with rows"},
    rule{"L71", "unique-duplicates", error, both, "duplicates make a unique index fail"},
    rule{"L72", "not-null-nulls", error, both, "NULLs make SET NOT NULL fail"},
    rule{"L73", "fk-orphans", error, database, "rows without a parent make a foreign key fail"},
    rule{"L74", "enum-values-missing", error, database,
         "rows hold values that the new enum type has not"},
    rule{"L75", "narrowing", warning, both, "a type change to a narrower type"},
    rule{"L80", "rename-table", warning, both, "renaming a table breaks code that runs"},
    rule{"L81", "rename-column", warning, both, "renaming a column breaks code that runs"},
    rule{"L82", "rename-enum-value", warning, text, "renaming an enum value breaks code that runs"},
    rule{"L83", "set-schema", warning, both, "moving a table to another schema breaks code"},
    rule{"L84", "drop-not-null", info, both, "code that reads the column may meet NULLs"},
    rule{"L85", "select-star-plan", off, both,
         "prepared `SELECT *` statements fail once after a column was added"},
    rule{"L90", "nested-transaction", error, text, "BEGIN and COMMIT do not pair up"},
    rule{"L91", "enum-value-used-in-tx", warning, text,
         "a new enum value is used in the transaction that adds it"},
    rule{"L92", "not-transactional-in-tx", error, text,
         "a statement that cannot run inside of a transaction block"},
    rule{"L93", "identifier-too-long", warning, text, "PostgreSQL cuts names at 63 bytes"},
    rule{"L94", "pending-trigger-events", warning, both,
         "ALTER TABLE fails while deferred checks of rows changed before are pending"},
    rule{"L95", "duplicate-set-column", error, text, "SET assigns a column twice"},
    rule{"L96", "unparsed", warning, text, "a statement that cannot be analysed"},
    rule{"L97", "unused-ignore", error, text, "an ignore that is wrong or that nothing needs"},
    rule{"L98", "psql-meta-command", error, text, "a command of psql, which is no SQL"},
    rule{"N1", "migration-name", warning, text, "a migration's name fits none of the patterns"},
    rule{"N2", "vague-name", warning, text, "a migration's name does not say what it does"},
    rule{"S1", "prefer-bigint", off, text, "a key of type integer ends at 2147483647"},
    rule{"S2", "prefer-timestamptz", off, text, "timestamp without time zone"},
    rule{"S3", "prefer-text", off, text, "varchar(n) instead of text with a CHECK"},
    rule{"S4", "prefer-identity", off, text, "serial instead of an identity column"},
    rule{"S5", "prefer-jsonb", off, text, "json instead of jsonb"},
    rule{"S6", "ban-char", off, text, "char(n) pads with blanks"},
    rule{"S7", "schema-qualified", off, text, "a table is named without its schema"},
    rule{"S8", "enum-value-order", off, text, "ADD VALUE without BEFORE or AFTER"},
    rule{"S9", "create-enum", off, text, "an enum, whose values can never be removed"},
};

constexpr std::array<std::string_view, 5> names{"off", "info", "rewritten", "warning", "error"};

}  // namespace

std::string_view name_of(severity level) {
  return names.at(static_cast<std::size_t>(level));
}

std::optional<severity> severity_named(std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<severity>(found - names.begin());
}

std::span<const rule> rules() {
  return all;
}

const rule* find_rule(std::string_view id) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const rule& r) { return r.id == id; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace pawl::lint
