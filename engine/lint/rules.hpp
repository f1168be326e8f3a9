// The rules, by what a statement does. Pure: each looks at one statement before the model of the
// schema learns from it, and tells what it finds.
#pragma once

#include "lint/context.hpp"

namespace pawl::lint {

void check_alter_table(context& c, const unit& u);
void check_create_table(context& c, const unit& u);
void check_index(context& c, const unit& u);        // CREATE INDEX, REINDEX
void check_drop(context& c, const unit& u);         // DROP TABLE, INDEX, SCHEMA, ...; TRUNCATE
void check_rename(context& c, const unit& u);       // RENAME, SET SCHEMA
void check_type(context& c, const unit& u);         // enums and domains
void check_maintenance(context& c, const unit& u);  // VACUUM, CLUSTER, REFRESH, LOCK
void check_data(context& c, const unit& u);         // UPDATE, DELETE, INSERT, MERGE, SELECT INTO
void check_hazards(context& c, const unit& u);      // what batches would change about the result
void check_transaction(context& c, const unit& u);  // BEGIN, COMMIT, SET
void check_timeout(context& c, const unit& u);      // SET, RESET and set_config() of lock_timeout
void check_scope(context& c, const unit& u);        // what else the transaction holds
void end_of_file(context& c, const unit& last);     // open transactions, wide lock windows
void check_code(context& c, const unit& u);         // DO, CALL, SELECT f()
void check_names(context& c, const unit& u);        // identifiers that are too long
void check_enum_values(context& c, const unit& u);  // that the file itself adds

// Parts of ALTER TABLE. `at` is where the command begins.
struct alteration {
  const node* command = nullptr;
  sql::relation_name on;
  std::size_t at = 0;
  sql::slice text;
  const table* known = nullptr;  // what is known of the table before the statement
};
void check_add_column(context& c, const unit& u, const alteration& a);
void check_drop_column(context& c, const unit& u, const alteration& a);
void check_add_constraint(context& c, const unit& u, const alteration& a);
void check_drop_constraint(context& c, const unit& u, const alteration& a);
void check_type_change(context& c, const unit& u, const alteration& a);
void check_set_not_null(context& c, const unit& u, const alteration& a);

// Asks whether the columns of an existing table hold duplicates. `key` is the index or constraint:
// under NULLS NOT DISTINCT rows without values are duplicates too.
void check_duplicates(context& c, const unit& u, std::size_t at, const sql::relation_name& on,
                      const std::vector<std::string>& columns, const node& key);
// Asks for rows that a foreign key would refuse.
void check_orphans(context& c, const unit& u, const alteration& a, const constraint& made);

// What becomes of a lock_timeout: where its transaction ends, and where a lock would need it.
void end_timeout(context& c, const unit& u, bool rolled_back);
void note_lock(context& c, const unit& u);

// Style rules, all off by default.
void check_style(context& c, const unit& u);

// Prisma's comments that state a hazard, found before the statements of a file.
struct stated_hazard {
  enum class kind { duplicates, nulls, cast } what;
  std::string table;
  std::string subject;  // a column, or columns in brackets
  std::string text;     // as Prisma wrote it
};
std::vector<stated_hazard> stated_hazards(std::string_view comment);
void check_stated(context& c, const unit& u, const std::vector<stated_hazard>& all);

// Words that several rules share.
std::string locks_out_all(const sql::relation_name& name, std::string_view during);
std::string locks_out_writers(const sql::relation_name& name, std::string_view during);
// The function that makes an expression volatile, if any.
std::optional<std::string> volatile_call(const node& expression, const schema& known);
// The tables that a query reads, without those of its own WITH.
std::vector<sql::relation_name> tables_read(const node& query);
// The names of the WITHs in it.
std::vector<std::string> with_names(const node& query);
// Existing tables that the statement locks against everybody.
std::vector<sql::relation_name> strongly_locked(const unit& u);

}  // namespace pawl::lint
