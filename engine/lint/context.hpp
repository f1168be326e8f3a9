// What the rules share while they read one file: what is known, where they tell, what they ask.
//
// Not copied; lives as long as the file is looked at. Thread: the caller's.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lint/finding.hpp"
#include "lint/options.hpp"
#include "lint/question.hpp"
#include "lint/schema.hpp"
#include "lint/unit.hpp"

namespace pawl::lint {

struct draft {
  finding what;
  std::size_t statement = 0;  // by number
  std::size_t offset = 0;
};

// The explicit transaction around a statement, or the file where there is none.
struct transaction {
  bool open = false;  // BEGIN was written
  std::size_t begin = 0;
  std::vector<sql::relation_name> locked;     // existing tables under a lock against everybody
  std::vector<std::string> changed_deferred;  // tables changed, with deferred constraints; keys
  std::optional<std::size_t> timeout_set;     // a SET lock_timeout, by offset
  std::optional<std::size_t> local_timeout;   // a SET LOCAL that holds until the end
  bool timeout_before = false;                // as file_history::timeout was at BEGIN
};

// What happened in this file before the statement.
struct file_history {
  struct dropped_column {
    std::string table;
    std::string column;
  };
  struct dropped_index {
    std::string table;
    index what;
  };
  struct enum_value {
    std::string type;
    std::string value;
    bool in_transaction = false;  // of the file's own BEGIN
  };
  struct dropped_constraint {
    std::string name;  // "key_of(table).name"
    std::size_t at = 0;
  };
  std::vector<dropped_column> columns;
  std::vector<dropped_constraint> constraints;
  std::vector<dropped_index> indexes;
  std::vector<enum_value> values;      // added to existing types
  std::vector<std::string> not_valid;  // constraints added NOT VALID, "key_of(table).name"
  std::map<std::string, std::string> old_types;  // "X_old" -> "X", after RENAME TO
  bool strong_lock = false;  // some existing table was locked without a lock_timeout
  bool timeout = false;      // a SET lock_timeout of the session holds
  // What ended a lock_timeout, by offset, until one is set again.
  std::optional<std::size_t> timeout_off;
};

class context {
 public:
  context(const options& chosen, schema& all, question_list& asked, const sql::source& text,
          int number)
      : known(all), in(text), file(number), chosen_(chosen), asked_(asked) {}

  schema& known;
  const sql::source& in;
  const int file;
  bool is_job = false;         // a file for `pawl run`: its changes are batched
  std::size_t statements = 0;  // of the file
  transaction tx;
  file_history past;
  std::vector<draft> told;

  // A rule that is off tells nothing. `level` overrides the rule's default, not the options.
  void tell(const unit& u, std::string_view rule_id, std::size_t offset, wording says,
            std::optional<severity> level = std::nullopt);
  void tell_unreadable(std::string_view rule_id, std::size_t statement, const error& e);

  // Made by this file: empty, and no one waits for it.
  bool is_new(const sql::relation_name& name) const;
  bool is_small(const sql::relation_name& name) const;
  // Work on the table can make somebody wait.
  bool matters(const sql::relation_name& name) const { return !is_new(name) && !is_small(name); }

  // What earlier statements that are not applied yet do to its rows.
  row_changes rows_of(const sql::relation_name& name) const;
  // When the statement runs, these columns hold what the database holds now.
  bool holds_todays_data(const sql::relation_name& name,
                         const std::vector<std::string>& columns) const;

  // Asks the database; nullopt where there is none, or no answer yet.
  std::optional<std::string> ask(question q) { return asked_.ask(std::move(q), known); }
  bool holds_true(std::string query);  // the answer is known and is true

  place place_of(std::size_t offset);

  std::string_view text_of(sql::slice at) const {
    return std::string_view(in.text).substr(at.begin, at.end - at.begin);
  }

 private:
  const options& chosen_;
  question_list& asked_;
  std::vector<place> marks_;  // of every so many bytes, so that no place is counted from the start
};

}  // namespace pawl::lint
