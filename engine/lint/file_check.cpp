#include "lint/file_check.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "lint/code.hpp"
#include "lint/learn.hpp"
#include "lint/naming.hpp"
#include "lint/newer.hpp"
#include "lint/rules.hpp"
#include "sql/directive.hpp"
#include "sql/job.hpp"

namespace pawl::lint {
namespace {

using check_function = void (*)(context&, const unit&);

// Besides those that every statement gets.
const std::multimap<std::string_view, check_function>& checks_by_kind() {
  static const std::multimap<std::string_view, check_function> all{
      {"AlterTableStmt", check_alter_table},
      {"CreateStmt", check_create_table},
      {"IndexStmt", check_index},
      {"ReindexStmt", check_index},
      {"DropStmt", check_drop},
      {"DropStmt", check_type},
      {"DropdbStmt", check_drop},
      {"TruncateStmt", check_drop},
      {"RenameStmt", check_rename},
      {"AlterObjectSchemaStmt", check_rename},
      {"AlterEnumStmt", check_type},
      {"AlterDomainStmt", check_type},
      {"VacuumStmt", check_maintenance},
      {"ClusterStmt", check_maintenance},
      {"RefreshMatViewStmt", check_maintenance},
      {"LockStmt", check_maintenance},
      {"UpdateStmt", check_data},
      {"DeleteStmt", check_data},
      {"InsertStmt", check_data},
      {"MergeStmt", check_data},
      {"CreateTableAsStmt", check_data},
      {"SelectStmt", check_data},
      {"UpdateStmt", check_hazards},
      {"DeleteStmt", check_hazards},
      {"InsertStmt", check_hazards},
      {"CallStmt", check_code},
      {"SelectStmt", check_code},
      {"InsertStmt", check_code},
      {"UpdateStmt", check_code},
      {"DeleteStmt", check_code},
      {"CreateStmt", check_style},
      {"AlterTableStmt", check_style},
      {"AlterEnumStmt", check_style},
      {"CreateEnumStmt", check_style},
  };
  return all;
}

class statement_reader {
 public:
  statement_reader(checked_file& file, const sql::layout& divided)
      : file_(file), c_(*file.seen), divided_(divided) {
    for (const sql::comment& comment : divided.comments) {
      for (stated_hazard& h : stated_hazards(c_.text_of(comment.at.at))) {
        stated_.push_back(std::move(h));
      }
    }
  }

  void read_all() {
    for (std::size_t i = 0; i < divided_.statements.size(); ++i) {
      unit u;
      u.written = &divided_.statements[i];
      u.number = i;
      check_names(c_, u);
      check_enum_values(c_, u);
      if (!is_rows_of_constants(u)) read(u);
    }
    if (!divided_.statements.empty()) {
      unit last;
      last.written = &divided_.statements.back();
      last.number = divided_.statements.size() - 1;
      end_of_file(c_, last);
    }
  }

 private:
  // INSERT … VALUES: nothing about it is dangerous, and seed data is most of what is large.
  bool is_rows_of_constants(const unit& u) const {
    const std::vector<sql::token>& tokens = u.written->tokens;
    if (tokens.front().kind != sql::token_kind::insert_word) return false;
    bool values = false;
    for (const sql::token& t : tokens) {
      if (t.kind == sql::token_kind::select_word || t.kind == sql::token_kind::with_word ||
          t.kind == sql::token_kind::table_word) {
        return false;
      }
      if (t.kind == sql::token_kind::values_word) values = true;
    }
    return values && tokens.size() > constant_rows_tokens;
  }

  void read(unit u) {
    auto parsed = sql::parse_statement(c_.in, u.written->text);
    if (parsed) return visit(u, parsed->statement);
    const auto older = in_older_syntax(c_.in.text, *u.written);
    if (older) {
      const sql::source rewritten{c_.in.file, older->sql};
      auto again = sql::parse_statement(rewritten, {0, older->sql.size()});
      if (again) {
        u.exact = false;
        tell_set_expression(u, *older);
        return visit(u, again->statement);
      }
    }
    tell_unparsed(u, parsed.error());
  }

  void tell_set_expression(const unit& u, const older_form& form) {
    for (const std::string& column : form.set_expression) {
      c_.tell(u, "L09", u.begin(),
              {"SET EXPRESSION of " + column + " rewrites the table, unless the column is VIRTUAL",
               "ACCESS EXCLUSIVE while the table is rewritten: reads and writes wait",
               "a new column, filled by a job, then a swap of names (P7)"});
    }
  }

  void tell_unparsed(const unit& u, const error& e) {
    const std::vector<sql::token>& tokens = u.written->tokens;
    const auto stop = std::find_if(tokens.begin(), tokens.end(), [&](const sql::token& t) {
      const place at = c_.place_of(t.at.begin);
      return std::tie(at.line, at.column) >= std::tie(e.where.line, e.where.column);
    });
    const std::string newer =
        newer_syntax(words_of(c_.in.text, *u.written),
                     static_cast<std::size_t>(stop - tokens.begin()), e.message);
    if (newer.empty()) return c_.tell_unreadable("L96", u.number, e);
    c_.tell(u, "L96", u.begin(),
            {newer + " is newer than the grammar of PostgreSQL 15: this statement is not checked",
             {},
             {}});
  }

  void visit(unit u, const node& tree) {
    u.kind = kind_of(tree);
    u.body = &body_of(tree);
    check_transaction(c_, u);
    const auto [begin, end] = checks_by_kind().equal_range(u.kind);
    for (auto check = begin; check != end; ++check) check->second(c_, u);
    if (!stated_.empty()) check_stated(c_, u, stated_);
    check_scope(c_, u);
    check_inner_changes(u);
    learn(u, c_.known, c_.file);
    if (!file_.only_learn) learn_rows(u, c_.known);
    note_foreign_keys(u);
    if (u.kind == "DoStmt") read_code(u);
  }

  // Code to the rules: pawl takes the statement around it as one, or not at all.
  void check_inner_changes(const unit& around) {
    for (const inner_change& inner : inner_changes(around)) {
      unit u = around;
      u.kind = inner.kind;
      u.body = inner.body;
      u.in_code = true;
      u.around = around.body;
      check_data(c_, u);
      check_scope(c_, u);
    }
  }

  void read_code(const unit& block) {
    const std::string whole(c_.text_of(block.written->text));
    const code_facts facts = read_do_block(whole, *block.body);
    check_block(c_, block, facts);
    std::size_t from = 0;
    for (const std::string& query : facts.statements) {
      const std::size_t found = whole.find(query, from);
      if (found == std::string::npos) {
        read_unplaced(block, query);
        continue;
      }
      from = found + query.size();
      read_inner(block, {block.begin() + found, block.begin() + from});
    }
  }

  // Not as it stands in the file: PERFORM, and what is between plain quotes, where each quote is
  // written twice.
  void read_unplaced(const unit& block, const std::string& query) {
    const sql::source text{c_.in.file, query};
    auto parsed = sql::parse_statement(text, {0, query.size()});
    if (!parsed) return;
    unit u = block;
    u.in_code = true;
    u.exact = false;
    visit(u, parsed->statement);
  }

  void read_inner(const unit& block, sql::slice at) {
    auto tokens = sql::scan_text(c_.text_of(at));
    auto parsed = sql::parse_statement(c_.in, at);
    // What plpgsql adds to SQL (`RETURNING a INTO b`) is no statement of its own.
    if (!tokens || !parsed) return;
    sql::statement inner{at, {}};
    for (sql::token& t : *tokens) {
      t.at.begin += at.begin;
      t.at.end += at.begin;
      if (!t.is_comment()) inner.tokens.push_back(t);
    }
    unit u;
    u.written = &inner;
    u.number = block.number;
    u.in_code = true;
    visit(u, parsed->statement);
  }

  void note_foreign_keys(const unit& u) {
    if (u.kind != "CreateStmt" && u.kind != "AlterTableStmt") return;
    const sql::relation_name on = relation_of(part(*u.body, "relation"));
    const table* known = std::as_const(c_.known).find_table(on);
    if (known == nullptr) return;
    for (const constraint& k : known->constraints) {
      if (k.kind != constraint_kind::foreign_key || k.made_in != c_.file) continue;
      const bool noted = std::any_of(file_.keys.begin(), file_.keys.end(), [&](const auto& key) {
        return key.table_key == key_of(on) && key.constraint == k.name;
      });
      if (!noted) file_.keys.push_back({key_of(on), k.name, u.number, u.begin()});
    }
  }

  // Fewer are parsed like everything else, so that a slip is found.
  static constexpr std::size_t constant_rows_tokens = 2000;

  checked_file& file_;
  context& c_;
  const sql::layout& divided_;
  std::vector<stated_hazard> stated_;
};

bool has_directives(const sql::layout& divided, std::string_view text) {
  return std::any_of(divided.comments.begin(), divided.comments.end(), [&](const auto& comment) {
    const sql::slice at = comment.at.at;
    const auto head = sql::head_of(text.substr(at.begin + 2, at.end - at.begin - 2));
    return head.word == "pawl" && head.name != "ignore";
  });
}

void check_job(checked_file& file, const input& from) {
  const bool told = std::any_of(file.seen->told.begin(), file.seen->told.end(),
                                [](const draft& d) { return d.what.unreadable; });
  if (told) return;
  const auto jobs = sql::read_jobs(from.file, file.in.text);
  if (jobs.has_error()) file.seen->tell_unreadable("L96", 0, jobs.error());
}

void tell_unscanned(context& c, const error& e) {
  const bool psql = e.message.find("is a command of psql") != std::string::npos;
  c.tell_unreadable(psql ? "L98" : "L96", 0, e);
}

}  // namespace

void check_file(checked_file& file, const input& from, const options& chosen) {
  context& c = *file.seen;
  const auto tokens = sql::scan(file.in);
  if (!tokens) return tell_unscanned(c, tokens.error());
  const sql::layout divided = divide(file.in.text, *tokens);
  c.statements = divided.statements.size();
  c.is_job = from.is_job || (from.migration.empty() && has_directives(divided, file.in.text));
  file.ignores = read_ignores(c, divided);
  if (!from.migration.empty() && !c.is_job) check_name(c, unit(), chosen.names, from.migration);
  statement_reader(file, divided).read_all();
  if (c.is_job) check_job(file, from);
}

}  // namespace pawl::lint
