// What is known of a database's tables and types: from its catalog, from migrations that were read,
// or both. A value; names are as PostgreSQL stores them.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/job.hpp"

namespace pawl::lint {

// The number of the file that made something; what the catalog knows was made before all of them.
constexpr int before_all_files = -1;

// `varchar(50)[]`: name without schema pg_catalog, in the catalog's own spelling (int4, bpchar).
struct type_name {
  std::string name;
  std::vector<int> modifiers;
  bool array = false;
  bool operator==(const type_name&) const = default;
};

std::string to_string(const type_name& type);

struct column {
  std::string name;
  type_name type;
  bool not_null = false;
  std::vector<std::string> generated_from;  // columns that its expression reads
  int made_in = before_all_files;
};

enum class constraint_kind { check, foreign_key, unique, primary_key, exclusion };

struct constraint {
  constraint_kind kind = constraint_kind::check;
  std::string name;
  std::vector<std::string> columns;         // foreign key, unique, primary key
  sql::relation_name target{};              // foreign key
  std::vector<std::string> target_columns;  // empty: the target's primary key
  std::vector<std::string> reads;           // check
  std::vector<std::string> proves_not_null;
  bool valid = true;
  bool deferred = false;
  int made_in = before_all_files;
};

struct index {
  std::string name;
  std::vector<std::string> columns;  // in order; an expression is empty
  std::vector<std::string> reads;    // columns in expressions and predicate
  bool unique = false;
  bool partial = false;
  bool valid = true;
  bool of_constraint = false;
  int made_in = before_all_files;
};

struct trigger {
  std::string name;
  std::vector<std::string> columns;  // UPDATE OF
};

struct table {
  sql::relation_name name;
  std::vector<column> columns;
  std::vector<constraint> constraints;
  std::vector<index> indexes;
  std::vector<trigger> triggers;
  bool partitioned = false;
  std::vector<std::string> partitioned_by;  // columns of its partition key, also in expressions
  bool complete = false;                    // every column, constraint and index is known
  std::optional<std::size_t> bytes;
  int made_in = before_all_files;

  const column* find_column(std::string_view wanted) const;
  column* find_column(std::string_view wanted);
  const constraint* find_constraint(std::string_view wanted) const;
  const constraint* primary_key() const;
  // Some set of these columns is unique and NOT NULL.
  bool has_key_within(const std::vector<std::string>& these) const;
  bool has_key() const;
  // A valid CHECK says that the column is not null.
  bool proven_not_null(std::string_view column) const;
};

enum class type_kind { enumeration, domain, other };

struct user_type {
  type_kind kind = type_kind::other;
  std::vector<std::string> values;  // enumeration
  type_name base;                   // domain
  bool constrained = false;         // domain: CHECK or NOT NULL
  int made_in = before_all_files;
};

// A column (or "*") of a table that a view or policy reads.
struct dependent {
  std::string what;  // "view \"v\""
  std::string table_key;
  std::string column;
};

// What pending statements do to a table's rows: what the database holds now no longer tells
// whether a later statement fails.
struct row_changes {
  bool changed = false;  // updated, deleted, merged: what is wrong now may be mended by then
  bool added = false;
  bool thinned = false;  // some rows are deleted, nobody knows how many
  bool emptied = false;  // and nothing is added since
};

// "t" for t and public.t, else "schema.t".
std::string key_of(const sql::relation_name& name);

class schema {
 public:
  std::map<std::string, table> tables;  // by key_of
  std::map<std::string, user_type> types;
  std::map<std::string, bool> volatile_functions;  // by name; false: stable or immutable
  std::vector<dependent> dependents;
  std::map<std::string, row_changes> pending_rows;  // by key_of
  bool from_database = false;
  int server_version = 0;               // 150020 for 15.20; 0: unknown
  std::map<std::string, bool> applied;  // migrations that the database's history holds as done

  table* find_table(const sql::relation_name& name);
  const table* find_table(const sql::relation_name& name) const;
  const user_type* find_type(const type_name& type) const;

  struct found_index {
    table* of = nullptr;
    index* what = nullptr;
  };
  // Index names are unique in a schema; the first that fits.
  found_index find_index(std::string_view name);
};

}  // namespace pawl::lint
