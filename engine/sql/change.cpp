#include "sql/change.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sql/change_readers.hpp"
#include "sql/identifier.hpp"
#include "sql/marker.hpp"

namespace pawl::sql {
namespace {

constexpr std::string_view marking_hint =
    "Write `-- pawl:batch LABEL table=schema.t key=id` on the line before it, naming the table "
    "whose "
    "rows divide the work, and `AND /* pawl:range */ true` in the WHERE that reads them.";

std::string word_of(const source& in, const token& t) {
  return in.text.substr(t.at.begin, t.at.end - t.at.begin);
}

bool begins_data_change(const statement& st) {
  constexpr std::array words = {token_kind::update_word, token_kind::delete_word,
                                token_kind::insert_word, token_kind::merge_word,
                                token_kind::with_word};
  return std::find(words.begin(), words.end(), st.tokens.front().kind) != words.end();
}

bool begins_query(const statement& st) {
  constexpr std::array words = {token_kind::select_word, token_kind::values_word,
                                token_kind::table_word, token_kind::open};
  return std::find(words.begin(), words.end(), st.tokens.front().kind) != words.end();
}

error only_a_query(const source& in, const statement& st) {
  return in.fault(errc::not_a_job, st.text.begin, "a query changes no data",
                  "Write `-- pawl:verify` on the line before it if it checks the job, else move it "
                  "out of the file.");
}

// A statement of another kind is told by its first word: most of them would parse, but bodies with
// semicolons have been cut apart by now.
std::optional<error> refused_start(const source& in, const statement& st) {
  const token& first = st.tokens.front();
  if (begins_data_change(st) || begins_query(st) || first.keyword == keyword_kind::none) {
    return std::nullopt;
  }
  constexpr std::array<std::string_view, 7> control = {"begin", "start",    "commit",   "end",
                                                       "abort", "rollback", "savepoint"};
  const std::string word = lower_case(word_of(in, first));
  std::string hint =
      "Move it to a migration; a job file holds UPDATE, DELETE, INSERT ... SELECT, "
      "MERGE, and the SELECT after `-- pawl:verify`.";
  if (std::find(control.begin(), control.end(), word) != control.end()) {
    hint = "Delete it: pawl gives each batch a transaction of its own.";
  } else if (word == "set" || word == "reset") {
    hint = "Write `-- pawl:set NAME=VALUE` before the first statement instead.";
  }
  return in.fault(errc::not_a_job, st.text.begin,
                  fmt::format("`{}` is no data change", word_of(in, first)), std::move(hint));
}

std::optional<error> refused_parameter(const source& in, const statement& st) {
  for (const token& t : st.tokens) {
    if (t.kind != token_kind::param) continue;
    return in.fault(errc::sql_syntax, t.at.begin,
                    fmt::format("parameter {} has no value in a file", word_of(in, t)),
                    "Write the value itself.");
  }
  return std::nullopt;
}

bool is_writing(const node& object) {
  return object.contains("InsertStmt") || object.contains("UpdateStmt") ||
         object.contains("DeleteStmt") || object.contains("MergeStmt");
}

relation_name relation_in(const node& body) {
  const node* relation = member(body, "relation");
  return relation == nullptr ? relation_name{} : relation_of(*relation);
}

bool is_directed(const reading& r) {
  return r.batch != nullptr && r.batch->table && !r.batch->key.empty();
}

error marker_needed(const reading& r, std::string_view what, bool has_marker) {
  return r.in.fault(errc::marker_needed, r.st.text.begin,
                    fmt::format("{} cannot be divided into batches without {}", what,
                                has_marker ? "`-- pawl:batch` with table= and key=" : "a marker"),
                    std::string(marking_hint));
}

result<change> read_marked(const reading& r, const node* body, change read, std::string_view what) {
  if (read.markers.empty() || !is_directed(r)) return marker_needed(r, what, !read.markers.empty());
  read.kind = change_kind::marked;
  read.by = division::marked;
  read.reason = "you marked where the range goes, and named table and key";
  read.target = *r.batch->table;
  read.written = body == nullptr ? read.target : relation_in(*body);
  const node* list = body == nullptr ? nullptr : member(*body, "targetList");
  if (list != nullptr && may_be_same(read.written, read.target)) {
    for (const node& item : *list) {
      if (const node* target = as(item, "ResTarget")) {
        read.set_columns.push_back(text_member(*target, "name"));
      }
    }
  }
  return read;
}

std::optional<error> refused_rows(const source& in, const statement& st, const node& body) {
  const node* where = member(body, "whereClause");
  if (where != nullptr && where->contains("CurrentOfExpr")) {
    return in.fault(errc::not_a_job, st.text.begin, "WHERE CURRENT OF needs an open cursor",
                    "Write a condition on the row's columns.");
  }
  if (body.contains("returningList")) {
    return in.fault(errc::not_a_job, st.text.begin, "nobody reads the rows of RETURNING",
                    "Delete the RETURNING clause.");
  }
  const node* query = member(body, "selectStmt");
  const node* select = query == nullptr ? nullptr : as(*query, "SelectStmt");
  if (select != nullptr && select->contains("valuesLists")) {
    return in.fault(errc::not_a_job, st.text.begin, "an INSERT of listed rows has nothing to batch",
                    "Run it with psql, or move it to a migration.");
  }
  return std::nullopt;
}

// The author divides it himself: by a marker that the statement's own rows cannot explain.
bool wants_marking(const reading& r, std::string_view verb, const node& body, const change& read) {
  if (read.markers.empty()) return is_directed(r) && verb != "UpdateStmt" && verb != "DeleteStmt";
  return (verb != "UpdateStmt" && verb != "DeleteStmt") || body.contains("withClause") ||
         body.contains("fromClause") || body.contains("usingClause");
}

// Also where a lone name may be a column: of a table that is named so.
bool names_whole_rows(const node& tree) {
  std::vector<std::string> tables;
  any_object(tree, [&](const node& object) {
    if (!object.contains("relname")) return false;
    tables.push_back(use_of(object).own_name());
    return false;
  });
  return any_object(tree, [&](const node& object) {
    const node* reference = as(object, "ColumnRef");
    if (reference == nullptr) return false;
    const auto last = names_in(member(*reference, "fields")).back();
    return last == "*" || std::find(tables.begin(), tables.end(), last) != tables.end();
  });
}

std::string_view words_for(std::string_view verb) {
  return verb == "InsertStmt"   ? "an INSERT ... SELECT"
         : verb == "MergeStmt"  ? "a MERGE"
         : verb == "UpdateStmt" ? "an UPDATE with FROM or WITH"
                                : "a DELETE with USING or WITH";
}

result<change> read_parsed(const reading& r, const node& tree, change read) {
  if (auto refused = misplaced_marker(r.in, r.st, &tree, read.markers)) return std::move(*refused);
  read.names_rows = names_whole_rows(tree);
  const node& body = tree.front();
  const std::string& verb = tree.items().begin().key();
  if (verb == "SelectStmt") {
    if (!any_object(body, is_writing)) return only_a_query(r.in, r.st);
    return read_marked(r, nullptr, std::move(read), "a WITH that changes data");
  }
  if (auto refused = refused_rows(r.in, r.st, body)) return std::move(*refused);
  if (wants_marking(r, verb, body, read)) {
    return read_marked(r, verb == "UpdateStmt" ? &body : nullptr, std::move(read), words_for(verb));
  }
  if (const node* with = member(body, "withClause");
      with != nullptr && any_object(*with, is_writing)) {
    return read_writing_with(r, verb, body, std::move(read));
  }
  if (verb == "InsertStmt") {
    read.kind = change_kind::insert;
    return read_insert(r, body, std::move(read));
  }
  if (verb == "MergeStmt") {
    read.kind = change_kind::merge;
    return read_merge(r, body, std::move(read));
  }
  read.kind = verb == "UpdateStmt" ? change_kind::update : change_kind::remove;
  return read_row_change(r, body, std::move(read));
}

// MERGE ... WHEN NOT MATCHED BY SOURCE takes every row that is in no source for unmatched: each
// batch those of all others.
std::optional<error> refused_absence(const source& in, const statement& st) {
  for (std::size_t i = 0; i + 2 < st.tokens.size(); ++i) {
    const bool found = lower_case(word_of(in, st.tokens[i])) == "matched" &&
                       lower_case(word_of(in, st.tokens[i + 1])) == "by" &&
                       lower_case(word_of(in, st.tokens[i + 2])) == "source";
    if (!found) continue;
    return in.fault(
        errc::not_a_job, st.tokens[i].at.begin,
        "NOT MATCHED BY SOURCE cannot be run in batches: to each of them the rows of all "
        "others have no source",
        "Write that part as a statement of its own: DELETE (or UPDATE) ... WHERE NOT "
        "EXISTS (SELECT FROM source ...).");
  }
  return std::nullopt;
}

}  // namespace

error marker_needed(const reading& r, std::string_view what) {
  return marker_needed(r, what, false);
}

std::string list_of(const std::vector<relation_name>& tables) {
  constexpr std::size_t shown_max = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(tables.size(), shown_max); ++i) {
    text += (i == 0 ? "" : ", ") + tables[i].table;
  }
  if (tables.size() > shown_max) text += fmt::format(" and {} more", tables.size() - shown_max);
  return text;
}

void keep_facts(const query_facts& facts, change& read) {
  read.reads = facts.reads;
  read.calls = facts.functions;
  read.derived_calls = facts.derived_functions;
  read.operators = facts.operators;
}

relation_part drive(const reading& r, const table_use& driver, change& read) {
  const relation_part part = relation_at(r.st, r.st.text.begin + driver.location);
  read.by = division::source;
  read.target = driver.name;
  read.alias = driver.alias;
  read.only = driver.only;
  read.target_text = part.name;
  read.alias_insert = part.end;
  return part;
}

result<change> read_change(const source& in, const statement& st, std::vector<slice> markers,
                           const batch_directive* batch) {
  if (auto refused = refused_start(in, st)) return std::move(*refused);
  if (auto refused = refused_parameter(in, st)) return std::move(*refused);
  change read;
  read.statement = st.text;
  read.markers = std::move(markers);
  const reading r{in, st, batch};

  auto tree = parse_statement(in, st.text);
  if (tree) return read_parsed(r, tree->statement, std::move(read));
  error failed = tree.error();
  if (failed.code != errc::sql_syntax || !begins_data_change(st)) return failed;
  if (auto refused = refused_absence(in, st)) return std::move(*refused);
  if (read.markers.empty() || batch == nullptr) {
    if (failed.hint.empty()) {
      failed.hint = fmt::format(
          "Correct it, or mark the statement if its SQL is newer than PostgreSQL 15. {}",
          marking_hint);
    }
    return failed;
  }
  if (auto refused = misplaced_marker(in, st, nullptr, read.markers)) return std::move(*refused);
  auto marked = read_marked(r, nullptr, std::move(read), "a statement that pawl cannot read");
  if (marked) {
    marked->reason =
        "you marked where the range goes; its SQL is newer than pawl can read, so nothing of it "
        "was "
        "checked";
  }
  return marked;
}

std::optional<error> refused_check(const source& in, const statement& st,
                                   const std::vector<slice>& markers) {
  if (auto refused = refused_parameter(in, st)) return refused;
  const auto tree = parse_statement(in, st.text);
  if (!tree) return tree.error();
  const node* select = as(tree->statement, "SelectStmt");
  if (select == nullptr || any_object(*select, is_writing) || select->contains("intoClause") ||
      select->contains("lockingClause")) {
    return in.fault(errc::not_a_job, st.text.begin,
                    "`-- pawl:verify` needs a SELECT that only reads",
                    "Write a SELECT whose every row is true when the job has succeeded.");
  }
  return misplaced_marker(in, st, &tree->statement, markers);
}

}  // namespace pawl::sql
