// What runs with a statement and what follows from it, as catalog.hpp declares.
#include <algorithm>
#include <map>
#include <set>

#include "pg/array.hpp"
#include "pg/settings.hpp"
#include "plan/catalog.hpp"
#include "plan/catalog_values.hpp"
#include "plan/queries.hpp"

namespace pawl::plan {

namespace asio = boost::asio;

namespace {

bool contains(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

runs runs_of(char letter) {
  switch (letter) {
    case 't':
      return runs::by_trigger;
    case 'w':
      return runs::at_write;
    case 'v':
      return runs::in_view;
    default:
      return runs::called;
  }
}

// The planner takes these queries for large, and would compile them for longer than they run.
settings uncompiled() {
  auto under = pg::own_path();
  under["jit"] = "off";
  return under;
}

// Adds to each function where it can lead.
asio::awaitable<result<std::vector<function_facts>>> add_reach(pg::connection& c,
                                                               std::vector<function_facts> found,
                                                               consequence_facts around,
                                                               pg::time_point deadline) {
  std::set<object_id> starts;
  for (const auto& function : found) {
    if (function.oid != 0) starts.insert(function.oid);
  }
  pg::statement one{std::string{queries::function_reach},
                    {oid_array({starts.begin(), starts.end()}), pg::to_array(around.changed),
                     pg::to_array(around.reads)}};
  auto rows = co_await pg::ask(c, uncompiled(), std::move(one), deadline);
  if (!rows) {
    co_return rows.error();
  }
  std::map<object_id, int> row_of;
  for (int row = 0; row < rows->rows(); ++row) {
    row_of[static_cast<object_id>(rows->integer(row, 0))] = row;
  }
  for (auto& function : found) {
    const auto at = row_of.find(function.oid);
    if (at == row_of.end()) continue;
    const int row = at->second;
    // A table that a called function reads could be a view, or its rows be of another moment.
    const bool is_called = function.when == runs::called || function.when == runs::in_view;
    function.builder = rows->value(row, 4);
    function.foreigner = rows->value(row, 5);
    function.names_target = rows->boolean(row, 2) || (is_called && rows->boolean(row, 1)) ||
                            function.builder || function.foreigner;
    function.names_read = rows->boolean(row, 3);
    function.writes = rows->boolean(row, 6);
    function.per_statement = function.when == runs::by_trigger &&
                             contains(around.statement_triggers, std::to_string(function.oid));
  }
  co_return found;
}

}  // namespace

asio::awaitable<result<std::vector<function_facts>>> read_functions(
    pg::connection& c, const sql::change& what, consequence_facts around,
    std::vector<object_id> named, std::vector<object_id> written, pg::time_point deadline) {
  const bool inserts =
      what.kind != sql::change_kind::update && what.kind != sql::change_kind::remove;
  pg::statement one{std::string{queries::functions},
                    {pg::to_array(what.calls), pg::to_array(what.operators), oid_array(named),
                     pg::to_array(around.trigger_functions), pg::to_array(around.changed),
                     oid_array(written), inserts || !what.defaults.empty() ? "t" : "f"}};
  auto rows = co_await pg::ask(c, uncompiled(), std::move(one), deadline);
  if (!rows) {
    co_return rows.error();
  }
  std::vector<function_facts> found;
  for (int row = 0; row < rows->rows(); ++row) {
    function_facts function;
    function.name = rows->text(row, 0);
    function.when = runs_of(letter(*rows, row, 1));
    function.oid = static_cast<object_id>(rows->integer(row, 2));
    function.aggregates = rows->boolean(row, 3);
    function.is_volatile = rows->boolean(row, 4);
    found.push_back(std::move(function));
  }
  co_return co_await add_reach(c, std::move(found), std::move(around), deadline);
}

asio::awaitable<result<consequence_facts>> read_consequences(pg::connection& c, settings under,
                                                             consequence_question about,
                                                             pg::time_point deadline) {
  pg::statement one{
      std::string{queries::consequences},
      {oid_array(about.changed), pg::to_array(about.quoted_reads), about.deletes ? "t" : "f",
       pg::to_array(about.set_columns), about.inserts ? "t" : "f",
       pg::to_array(about.inserted_columns), std::to_string(about.trigger_bits)}};
  auto rows = co_await pg::ask(c, std::move(under), std::move(one), deadline);
  if (!rows) {
    co_return rows.error();
  }
  consequence_facts facts;
  facts.reaches_reads = rows->boolean(0, 0);
  facts.trigger_functions = texts(*rows, 0, 1);
  facts.statement_triggers = texts(*rows, 0, 2);
  facts.changed = texts(*rows, 0, 3);
  facts.reads = texts(*rows, 0, 4);
  facts.self_reference = rows->text(0, 5);
  facts.insert_trigger = rows->text(0, 6);
  co_return facts;
}

}  // namespace pawl::plan
