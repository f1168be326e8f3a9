// A job as its file says it: statement, directives and what its text proves. Knows no database.
//
// Offsets are bytes into job_file::text. Values are plain aggregates, safe to copy and to keep.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <pawl/error.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl::sql {

// Half-open byte range [begin, end) of the file's text.
struct slice {
  std::size_t begin = 0;
  std::size_t end = 0;

  bool empty() const { return begin == end; }
  bool operator==(const slice&) const = default;
};

enum class change_kind { update, remove, insert, merge, other, marked };

// By what a statement is divided into batches, as far as its text decides it.
enum class division {
  target,    // the key of the table that it changes
  source,    // the key of a table that it reads, whose rows make rows of their own
  snapshot,  // its keys, values or rows are computed once into a work table; the key of that
  marked,    // the author's directive and marker
  none,      // the text does not show how; see change::undivided
};

// A name as PostgreSQL reads it: unquoted parts folded to lower case, quotes taken off.
struct relation_name {
  std::string schema;  // empty: search_path decides
  std::string table;

  bool operator==(const relation_name&) const = default;
};

// One SET item of an UPDATE: `column = expression`, or one place of `(a, b) = (x, y)`.
struct assignment {
  std::string column;
  slice expression;

  bool operator==(const assignment&) const = default;
};

// `(a, b) = (SELECT ...)`, the query with its parentheses.
struct row_assignment {
  std::vector<std::string> columns;
  slice query;

  bool operator==(const row_assignment&) const = default;
};

// A reference to a column of the target inside `where`, for substitution: `text` slice covers the
// whole reference including a qualifier.
struct column_use {
  std::string column;
  slice where;

  bool operator==(const column_use&) const = default;
};

// Names whose volatility only the catalog knows; the plan room looks them up.
struct catalog_names {
  std::vector<std::string> functions;  // "schema.name" or "name", as written after folding
  std::vector<std::string> operators;  // "=", "||", ...
  std::vector<std::string> types;      // targets of casts, "schema.name" or "name"

  bool operator==(const catalog_names&) const = default;
};

// The pending predicate as far as the text alone proves it (design.md, Words). Present only if some
// top-level AND term of WHERE is of a form that the change turns false, no right-hand side reads an
// assigned column or holds a subquery. What is left to prove needs the catalog: `calls` and
// `reads`. Triggers that change a column of the row are not in the text either.
struct pending_proof {
  slice predicate;                   // the whole WHERE expression
  std::vector<column_use> assigned;  // uses of assigned columns in it, ascending, to substitute
  catalog_names calls;               // must all be stable or immutable, else there is no proof
  // The other columns that SET and WHERE read. Each must be an ordinary column of the target, else
  // there is no proof: a generated column may follow an assigned one, and `t.f` may be no column
  // but the function f applied to the whole row.
  std::vector<std::string> reads;

  bool operator==(const pending_proof&) const = default;
};

// A table that an UPDATE joins, or the one that a MERGE changes, and its columns that the join
// equates with others.
struct joined_table {
  relation_name name;
  std::vector<std::string> columns;

  bool operator==(const joined_table&) const = default;
};

// How a loop of the author's takes its rows. The one statement means the same only if each round
// finds what the others left as it was.
struct author_rounds {
  std::string key;                    // the column by which a round names its rows
  std::vector<std::string> may_vary;  // functions called by SET and not by the rounds' condition
  std::vector<std::string> ends_by;   // columns that SET assigns and the rounds' condition reads
  // The last round may change rows again that keep meeting the condition: to the same values.
  bool may_repeat = false;

  bool operator==(const author_rounds&) const = default;
};

// The pieces of a statement from which those of a snapshot are composed.
struct snapshot_pieces {
  slice with;                        // the WITH in front, empty if there is none
  slice relation;                    // update, remove: ONLY and the name as written, without alias
  slice sources;                     // update, remove: behind FROM or USING; empty without it
  slice head;                        // insert, merge: from its verb up to the query
  slice query;                       // insert; merge: its source, with its alias
  slice tail;                        // insert: ON CONFLICT ...; merge: ON ...
  std::vector<std::string> columns;  // insert: the listed ones
  // insert: those whose values must differ from row to row; merge: those of the source that are
  // joined, in the order of `joins`
  std::vector<std::string> distinct;

  bool operator==(const snapshot_pieces&) const = default;
};

// The statement of a job, taken apart by token positions only.
struct change {
  change_kind kind = change_kind::update;
  division by = division::target;
  std::string reason;     // why `by` is right, a clause
  slice statement;        // from its first token to its last, no semicolon, no leading comments
  relation_name target;   // whose rows divide the work; for `marked` from the directive's table=
  relation_name written;  // the table that is changed; the same for `target`
  std::optional<relation_name> made;  // the table that a WITH inserts into besides
  slice target_text;  // the relation as written, without ONLY, `*` and alias (target, source)
  std::size_t alias_insert = 0;  // behind the relation, its `*` or `)`, where an alias can go
  // `schema.` in front of `table.column`: such a reference finds no table that got an alias.
  std::vector<slice> schema_qualifiers;
  bool only = false;                    // ONLY was written
  std::string alias;                    // the target's alias after folding, or empty
  std::vector<assignment> assignments;  // update; those of plain columns, see set_columns
  std::vector<row_assignment> row_assignments;
  bool names_rows = false;  // `*` or a whole row, somewhere: the order of columns counts
  // Every column that SET assigns, also `(a, b) = ...`; of a marked UPDATE too, if its relation is
  // the one that table= names.
  std::vector<std::string> set_columns;
  slice where;                   // the WHERE expression of `target`'s rows, empty without one
  std::size_t where_insert = 0;  // where " WHERE ..." goes if there is no WHERE
  std::vector<slice> markers;    // each `/* pawl:range */ true`, ascending
  std::optional<pending_proof> pending;
  std::vector<std::string> defaults;  // columns that SET gives their DEFAULT
  bool is_wrapped = false;  // the condition goes into a subquery in place of the relation (MERGE)
  std::optional<snapshot_pieces> pieces;
  std::optional<error> undivided;  // for `none`: what is missing
  // What the catalog has to be asked before `by` can be believed: names as written.
  std::vector<relation_name> reads;     // tables and views
  std::vector<std::string> calls;       // functions, see query_facts::functions
  std::vector<std::string> late_calls;  // those that run as rows are written: ON CONFLICT
  std::vector<std::string> operators;
  std::vector<std::string> own_calls;      // source: outside of subqueries; none may aggregate
  std::vector<std::string> derived_calls;  // in CTEs and subqueries of FROM; none may be volatile
  std::vector<std::string> unique_by;      // columns of `target` that must hold a unique key
  std::optional<author_rounds> rounds;     // of a DO loop that the statement stands for
  std::vector<joined_table> joins;         // of an UPDATE: where columns hold no key, any row wins
  std::string merged_as;                   // of a MERGE: the name of its source
  std::vector<std::string> constants;      // columns that WHERE equates with a value
  std::vector<std::string> remarks;        // what is likely to be a slip, a sentence each

  // By which the statement knows `target`.
  const std::string& own_name() const { return alias.empty() ? target.table : alias; }

  bool operator==(const change&) const = default;
};

// `-- pawl:set NAME=VALUE`: set in each batch's transaction.
struct setting {
  std::string name;
  std::string value;

  bool operator==(const setting&) const = default;
};

// One job of a file, ready to be resolved against a catalog.
struct job {
  std::string name;  // the directive's label, else the file's stem, "-2" ... for further ones
  std::string file;  // as given, for messages
  std::string
      text;  // the whole file, UTF-8, without BOM; of a DO block the statement it adds up to
  change what;
  std::vector<std::string> key;        // `key=a,b` of `pawl:batch`, folded; empty: found in catalog
  std::vector<std::string> key_text;   // the same columns as they are to be written in a condition
                                       // (qualified and quoted as the author wrote them)
  std::optional<std::string> pending;  // `-- pawl:pending EXPR`
  std::optional<slice> verify;         // the SELECT after `-- pawl:verify`
  std::vector<slice> verify_markers;   // markers inside it
  std::vector<setting> settings;       // `-- pawl:set`
  std::optional<std::int64_t> max_rows;                        // `-- pawl:guard max-rows=`
  std::optional<std::chrono::milliseconds> lock_timeout;       // `-- pawl:timeout lock=`
  std::optional<std::chrono::milliseconds> statement_timeout;  // `-- pawl:timeout statement=`
  // Canonical text of what the job means: statement tokens joined by a blank (comments and white
  // space do not count), then the directives batch, pending, verify and set. Label, guard and
  // timeouts are left out: they do not change what the job means. Hashed by the plan room with
  // target and key.
  std::string canonical;
};

// Reads every job of a file's bytes, at least one. `file` is used for names and messages only.
// Errors: sql_syntax, bad_directive, marker_needed, not_a_job; `where` holds line and column.
// file_unreadable for a file that is too large.
result<std::vector<job>> read_jobs(std::string_view file, std::string bytes);

std::string_view text_of(const job& j, slice s);

// The statement for one batch: `condition` put in by token positions (instead of each marker, else
// as a term of WHERE), the relation replaced by `target` (already quoted), with the table's own
// name as alias unless the statement has one, so that its column qualifiers go on to work. An empty
// `target` leaves the relation as it is written, as does a marked statement. `condition` is one
// expression; its parameters conflict with none, since the user's statement holds no parameters.
std::string batch_statement(const job& j, std::string_view target, std::string_view condition);

// The SELECT of `-- pawl:verify` with `condition` instead of each marker; empty without one.
std::string verify_statement(const job& j, std::string_view condition);

// The WHERE expression of the pending proof with each assigned column replaced by
// CAST((expression) AS type): true for rows that will still match after their change. Empty without
// a proof. `type_of` gives the SQL type of each assigned column; one that it lacks is not cast.
std::string stays_pending(const job& j, const std::map<std::string, std::string>& type_of);

}  // namespace pawl::sql
