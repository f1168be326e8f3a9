#include "lint/catalog.hpp"

#include <chrono>
#include <functional>
#include <utility>

#include "lint/learn.hpp"
#include "lint/queries.hpp"
#include "pg/array.hpp"
#include "pg/settings.hpp"

namespace pawl::lint {

namespace asio = boost::asio;

namespace {

std::vector<std::string> texts(const pg::result_set& rows, int row, int column) {
  return pg::from_array(rows.value(row, column).value_or("{}"))
      .value_or(std::vector<std::string>{});
}

// The rows' first column says to which table they belong.
using tables_by_oid = std::map<std::string, table*>;
using row_reader = std::function<void(const pg::result_set&, int, table&)>;

type_name type_at(const pg::result_set& rows, int row, int column) {
  type_name type;
  type.name = rows.text(row, column);
  for (const std::string& number : texts(rows, row, column + 1)) {
    type.modifiers.push_back(std::stoi(number));
  }
  type.array = rows.boolean(row, column + 2);
  return type;
}

void read_column(const pg::result_set& rows, int row, table& of) {
  column made;
  made.name = rows.text(row, 1);
  made.type = type_at(rows, row, 2);
  made.not_null = rows.boolean(row, 5);
  made.generated_from = texts(rows, row, 6);
  of.columns.push_back(std::move(made));
}

// Definitions come from the server, which has printed them: short, and no deeper than it bears.
std::vector<std::string> proven_by(const std::string& definition) {
  constexpr std::size_t bytes_max = 10'000;
  const sql::source in{"", "ALTER TABLE t ADD " + definition};
  if (in.text.size() > bytes_max) return {};
  const auto parsed = sql::parse_statement(in, {0, in.text.size()});
  if (!parsed) return {};
  const node& commands = part(body_of(parsed->statement), "cmds");
  const node& command = part(commands.front(), "AlterTableCmd");
  return proven_not_null(part(part(part(command, "def"), "Constraint"), "raw_expr"));
}

void read_constraint(const pg::result_set& rows, int row, table& of) {
  static const std::map<std::string, constraint_kind> kinds{{"c", constraint_kind::check},
                                                            {"f", constraint_kind::foreign_key},
                                                            {"u", constraint_kind::unique},
                                                            {"p", constraint_kind::primary_key},
                                                            {"x", constraint_kind::exclusion}};
  const std::string letter = rows.text(row, 2);
  const bool valid = rows.boolean(row, 3);
  const std::vector<std::string> columns = texts(rows, row, 5);
  // PostgreSQL 18: a NOT NULL that is NOT VALID yet.
  if (letter == "n" && !valid && !columns.empty()) {
    if (column* unproven = of.find_column(columns.front())) unproven->not_null = false;
  }
  const auto kind = kinds.find(letter);
  if (kind == kinds.end()) return;
  constraint made;
  made.kind = kind->second;
  made.name = rows.text(row, 1);
  made.valid = valid;
  made.deferred = rows.boolean(row, 4);
  made.target = {rows.text(row, 6), rows.text(row, 7)};
  made.target_columns = texts(rows, row, 8);
  if (made.kind == constraint_kind::check) {
    made.reads = columns;
    made.proves_not_null = proven_by(rows.text(row, 9));
  } else {
    made.columns = columns;
  }
  of.constraints.push_back(std::move(made));
}

void read_index(const pg::result_set& rows, int row, table& of) {
  index made;
  made.name = rows.text(row, 1);
  made.columns = texts(rows, row, 2);
  made.reads = texts(rows, row, 3);
  made.unique = rows.boolean(row, 4);
  made.partial = rows.boolean(row, 5);
  made.valid = rows.boolean(row, 6);
  made.of_constraint = rows.boolean(row, 7);
  of.indexes.push_back(std::move(made));
}

void read_trigger(const pg::result_set& rows, int row, table& of) {
  of.triggers.push_back({rows.text(row, 1), texts(rows, row, 2)});
}

void read_tables(const pg::result_set& rows, schema& to, tables_by_oid& by_oid) {
  for (int row = 0; row < rows.rows(); ++row) {
    table made;
    made.name = {rows.text(row, 1), rows.text(row, 2)};
    made.partitioned = rows.boolean(row, 3);
    made.bytes = static_cast<std::size_t>(rows.integer(row, 4));
    made.partitioned_by = texts(rows, row, 5);
    made.complete = true;
    table& kept = to.tables[key_of(made.name)] = std::move(made);
    by_oid[rows.text(row, 0)] = &kept;
  }
}

void read_types(const pg::result_set& rows, schema& to) {
  for (int row = 0; row < rows.rows(); ++row) {
    user_type made;
    made.kind = rows.text(row, 2) == "e" ? type_kind::enumeration : type_kind::domain;
    made.values = texts(rows, row, 3);
    made.base = type_at(rows, row, 4);
    made.constrained = rows.boolean(row, 7);
    to.types[key_of({rows.text(row, 0), rows.text(row, 1)})] = std::move(made);
  }
}

pg::settings careful() {
  pg::settings limits;
  limits["lock_timeout"] = "2s";
  limits["statement_timeout"] = "5s";
  return limits;
}

class catalog_reader {
 public:
  catalog_reader(pg::connection& c, pg::time_point deadline) : c_(c), deadline_(deadline) {}

  asio::awaitable<result<schema>> read() {
    auto path = co_await c_.query(std::string{"SELECT pg_catalog.current_schema()"}, deadline_);
    if (!path) co_return path.error();
    schema_ = path->text(0, 0);
    made_.from_database = true;
    made_.server_version = c_.server_version();
    auto tables = co_await ask(queries::tables);
    if (!tables) co_return tables.error();
    read_tables(*tables, made_, by_oid_);
    auto parts = co_await read_parts();
    if (!parts) co_return parts.error();
    auto rest = co_await read_rest();
    if (!rest) co_return rest.error();
    auto history = co_await read_history();
    if (!history) co_return history.error();
    co_return std::move(made_);
  }

 private:
  // Under pawl's own path, so that nothing of the user's is called; $1 is the session's schema.
  asio::awaitable<result<pg::result_set>> ask(std::string_view query) {
    pg::settings under = pg::own_path();
    for (const auto& [name, value] : careful()) under[name] = value;
    std::vector<std::optional<std::string>> values;
    values.emplace_back(schema_);
    pg::statement one{std::string{query}, std::move(values)};
    co_return co_await pg::ask(c_, std::move(under), std::move(one), deadline_);
  }

  asio::awaitable<result<void>> read_part(std::string_view query, row_reader reader) {
    auto rows = co_await ask(query);
    if (!rows) co_return rows.error();
    for (int row = 0; row < rows->rows(); ++row) {
      const auto of = by_oid_.find(rows->text(row, 0));
      if (of != by_oid_.end()) reader(*rows, row, *of->second);
    }
    co_return result<void>{};
  }

  asio::awaitable<result<void>> read_parts() {
    auto columns = co_await read_part(queries::columns, read_column);
    if (!columns) co_return columns.error();
    auto constraints = co_await read_part(queries::constraints, read_constraint);
    if (!constraints) co_return constraints.error();
    auto indexes = co_await read_part(queries::indexes, read_index);
    if (!indexes) co_return indexes.error();
    co_return co_await read_part(queries::triggers, read_trigger);
  }

  asio::awaitable<result<void>> read_rest() {
    auto types = co_await ask(queries::types);
    if (!types) co_return types.error();
    read_types(*types, made_);
    auto functions = co_await ask(queries::functions);
    if (!functions) co_return functions.error();
    for (int row = 0; row < functions->rows(); ++row) {
      made_.volatile_functions[functions->text(row, 0)] = functions->boolean(row, 1);
    }
    auto dependents = co_await ask(queries::dependents);
    if (!dependents) co_return dependents.error();
    for (int row = 0; row < dependents->rows(); ++row) {
      made_.dependents.push_back({dependents->text(row, 0),
                                  key_of({dependents->text(row, 1), dependents->text(row, 2)}),
                                  dependents->text(row, 3)});
    }
    co_return result<void>{};
  }

  // Prisma's table of applied migrations, if there is one that this role may read.
  asio::awaitable<result<void>> read_history() {
    auto there = co_await ask(queries::history_table);
    if (!there) co_return there.error();
    if (there->rows() == 0) co_return result<void>{};
    const std::string query = "SELECT migration_name FROM " + there->text(0, 0) +
                              " WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL";
    auto rows = co_await pg::ask(c_, pg::own_path(), query, deadline_);
    if (!rows) co_return rows.error();
    for (int row = 0; row < rows->rows(); ++row) made_.applied[rows->text(row, 0)] = true;
    co_return result<void>{};
  }

  pg::connection& c_;
  pg::time_point deadline_;
  std::string schema_;
  schema made_;
  tables_by_oid by_oid_;
};

}  // namespace

asio::awaitable<result<schema>> read_schema(pg::connection& c, pg::time_point deadline) {
  catalog_reader reader(c, deadline);
  co_return co_await reader.read();
}

namespace {

// Far behind what careful() lets the server take: reached only when the connection is broken.
constexpr auto question_timeout = std::chrono::seconds{30};

constexpr const char* shadow_table = "pg_temp.pawl_shadow";

// The storage of the shadow before and after, as shadow_storage.sql prints it.
std::string compare(const pg::result_set& before, const pg::result_set& after) {
  if (before.text(0, 0) != after.text(0, 0)) return shadow_answer::rewrite;
  return before.text(0, 1) == after.text(0, 1) ? shadow_answer::nothing : shadow_answer::indexes;
}

asio::awaitable<std::optional<std::string>> ask_shadow(pg::connection& c, question q,
                                                       pg::time_point deadline) {
  std::vector<pg::statement> steps;
  steps.emplace_back("BEGIN");
  steps.push_back(pg::apply_settings(careful()));
  steps.emplace_back("CREATE TEMPORARY TABLE pawl_shadow (LIKE " + q.table + " INCLUDING ALL)");
  steps.emplace_back(std::string{queries::shadow_storage});
  steps.emplace_back(std::string{"ALTER TABLE "} + shadow_table + ' ' + q.text);
  steps.emplace_back(std::string{queries::shadow_storage});
  steps.emplace_back("ROLLBACK");
  auto reply = co_await c.run(std::move(steps), deadline);
  std::optional<std::string> answer;
  if (!reply.failure) answer = compare(reply.results[3], reply.results[5]);
  if (c.is_open() && c.in_transaction()) {
    auto undone = co_await c.query(std::string{"ROLLBACK"}, deadline);
    if (!undone) c.close();
  }
  co_return answer;
}

asio::awaitable<std::optional<std::string>> ask_truth(pg::connection& c, question q,
                                                      pg::time_point deadline) {
  // Under the session's own path: names are as the migration writes them.
  auto rows = co_await pg::ask(c, careful(), q.text, deadline);
  if (!rows || rows->rows() != 1) co_return std::nullopt;
  co_return rows->text(0, 0);
}

}  // namespace

asio::awaitable<result<void>> answer_all(pg::connection& c, question_list& questions) {
  const std::vector<question> open = std::exchange(questions.open, {});
  for (const question& q : open) {
    if (questions.answers.contains(q)) continue;
    const auto deadline = std::chrono::steady_clock::now() + question_timeout;
    std::optional<std::string> answer;
    if (q.kind == question_kind::shadow) {
      answer = co_await ask_shadow(c, q, deadline);
    } else {
      answer = co_await ask_truth(c, q, deadline);
    }
    if (!c.is_open()) {
      error e;
      e.code = errc::connection_lost;
      e.message = "the connection was lost while the rules asked their questions";
      e.hint = "Run the command again, or leave out --db.";
      co_return e;
    }
    if (answer) questions.answers[q] = *answer;
  }
  co_return result<void>{};
}

}  // namespace pawl::lint
