#include "run/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "run/limits.hpp"
#include "sql/identifier.hpp"

namespace pawl::run {

namespace asio = boost::asio;

namespace {

using nlohmann::json;

struct scan {
  std::string schema;
  std::string table;
};

void find_scans(const json& node, std::vector<scan>& to) {
  if (node.value("Node Type", "") == "Seq Scan") {
    to.push_back({node.value("Schema", ""), node.value("Relation Name", "")});
  }
  for (const auto& below : node.value("Plans", json::array())) {
    find_scans(below, to);
  }
}

// The nodes whose rows a node passes on, without those that are asked for a value.
std::vector<const json*> inputs_of(const json& node) {
  std::vector<const json*> inputs;
  const auto plans = node.find("Plans");
  for (std::size_t i = 0; plans != node.end() && i < plans->size(); ++i) {
    const auto relation = plans->at(i).value("Parent Relationship", "");
    if (relation == "Outer" || relation == "Inner" || relation == "Subquery" ||
        relation == "Member") {
      inputs.push_back(&plans->at(i));
    }
  }
  return inputs;
}

// What takes rows together on top of a plan, above its first join or scan; empty if nothing does.
std::string over_rows(const json& node) {
  constexpr std::array nodes = {"Aggregate", "Group", "WindowAgg", "Unique", "SetOp", "Limit"};
  const auto type = node.value("Node Type", "");
  if (std::find(nodes.begin(), nodes.end(), type) != nodes.end()) {
    return type;
  }
  const auto inputs = inputs_of(node);
  return inputs.size() == 1 ? over_rows(*inputs.front()) : std::string{};
}

// True if rows of the table, or of its partitions, come up through the plan, or none can. The
// server asks for a greatest or least key as for a value of its own.
bool passes_rows_of(const json& node, const plan::leaf& table) {
  const auto relation = node.value("Relation Name", "");
  const bool scans = table.is_tree
                         ? !relation.empty()
                         : fmt::format("{}.{}", sql::quote_identifier(node.value("Schema", "")),
                                       sql::quote_identifier(relation)) == table.name;
  if (node.value("Node Type", "") != "ModifyTable" && scans) {
    return true;
  }
  const auto inputs = inputs_of(node);
  return node.value("One-Time Filter", "") == "false" ||
         std::any_of(inputs.begin(), inputs.end(),
                     [&](const json* below) { return passes_rows_of(*below, table); });
}

// Why the batches of a statement that is divided by its source would take rows together. The text
// alone cannot tell to which query an aggregate inside of a subquery belongs.
std::string why_together(const plan::job_plan& p, const plan::leaf& l, const json& top) {
  if (p.by_what != plan::strategy::source_key) {
    return {};
  }
  auto node = over_rows(top);
  const bool by_value =
      node.empty() && p.job.what.kind == sql::change_kind::insert && !passes_rows_of(top, l);
  return by_value ? "an aggregate" : node;
}

error takes_together(const std::string& node, const std::string& table) {
  error e;
  e.code = errc::marker_needed;
  e.message = fmt::format(
      "the statement cannot be divided into batches: the server would take the rows of each "
      "together ({} on top of its plan)",
      node);
  e.hint = fmt::format(
      "Compute them in a CTE or a subquery of FROM, so that pawl computes them once. Nothing of {} "
      "was changed.",
      table);
  return e;
}

std::string lines_of(const pg::result_set& rows) {
  std::string text;
  for (int row = 0; row < rows.rows(); ++row) {
    text += rows.text(row, 0) + '\n';
  }
  return text;
}

// It holds no row, so it may wait for a table as long as the opening of a run may take.
pg::settings patient(pg::settings own) {
  const std::string no_limit{"0"};  // a literal makes GCC 12 warn of what it inlines (-Wrestrict)
  own["lock_timeout"] = no_limit;
  return own;
}

// The answers to EXPLAIN of a statement, as text and as JSON. Without ANALYZE nothing is run, so a
// read-only transaction will do.
asio::awaitable<result<std::vector<std::string>>> ask_plan(context& x, pg::connection& c,
                                                           pg::statement planned) {
  std::vector<pg::statement> s;
  s.emplace_back("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY");
  s.push_back(pg::apply_settings(patient(x.own_settings)));
  s.push_back(pg::apply_settings(x.user_settings));
  for (const auto* form : {"TEXT", "JSON"}) {
    auto one = planned;
    one.sql = fmt::format("EXPLAIN (VERBOSE, COSTS, FORMAT {}) {}", form, planned.sql);
    s.push_back(std::move(one));
  }
  s.emplace_back("ROLLBACK");
  auto answers = co_await c.run(std::move(s), x.in(limits::query_timeout));
  if (answers.failure) {
    error e = *answers.failure;
    if (c.in_transaction()) {
      co_await c.query(std::string{"ROLLBACK"}, x.in(limits::query_timeout));
    }
    co_return e;
  }
  std::vector<std::string> plans;
  plans.push_back(lines_of(answers.results[3]));
  plans.push_back(lines_of(answers.results[4]));
  co_return plans;
}

error whole_scan(const plan::leaf& l) {
  error e;
  e.code = errc::guard;
  e.message = fmt::format("the server would read all of {} for each batch", l.name);
  e.hint = fmt::format(
      "ANALYZE {}; see that its key's index is valid and no setting of the role forbids index "
      "scans "
      "(enable_indexscan, enable_bitmapscan).",
      l.name);
  return e;
}

// Bytes that reading all of a table reads: long values lie elsewhere.
asio::awaitable<result<std::int64_t>> size_of(context& x, pg::connection& c, scan s) {
  pg::statement one{
      "SELECT coalesce(pg_catalog.pg_relation_size(pg_catalog.to_regclass(pg_catalog.format("
      "'%I.%I', $1::pg_catalog.text, $2::pg_catalog.text))), 0)",
      {s.schema, s.table}};
  auto rows = co_await pg::ask(c, pg::own_path(), std::move(one), x.in(limits::query_timeout));
  if (!rows) {
    co_return rows.error();
  }
  co_return rows->integer(0, 0);
}

}  // namespace

asio::awaitable<result<explained>> explain_batch(context& x, pg::connection& c, const plan::leaf& l,
                                                 pg::statement batch) {
  auto plans = co_await ask_plan(x, c, std::move(batch));
  if (!plans) {
    co_return plans.error();
  }
  explained found;
  found.text = std::move(plans->front());
  const auto tree = json::parse(plans->back(), nullptr, false);
  std::vector<scan> scans;
  if (tree.is_array() && !tree.empty()) {
    const auto top = tree.front().value("Plan", json::object());
    find_scans(top, scans);
    const auto together = why_together(x.plan, l, top);
    if (!together.empty()) {
      found.refused = takes_together(together, x.plan.target);
    }
  }
  for (const auto& s : scans) {
    auto bytes = co_await size_of(x, c, s);
    if (!bytes) {
      co_return bytes.error();
    }
    if (*bytes <= limits::whole_scan_bytes_max) {
      continue;
    }
    const auto name =
        fmt::format("{}.{}", sql::quote_identifier(s.schema), sql::quote_identifier(s.table));
    if (l.name == name && x.plan.by_what != plan::strategy::one_statement) {
      found.refused = whole_scan(l);
    } else {
      found.whole_reads.push_back(name);
    }
  }
  co_return found;
}

asio::awaitable<result<std::optional<plan::interval>>> sample_interval(
    context& x, pg::connection& c, const plan::leaf& l, double position, std::int64_t rows) {
  std::vector<pg::statement> greatest;
  greatest.push_back(pg::apply_settings(plan::bound_settings(x.plan)));
  greatest.push_back(plan::greatest_key(x.plan, l));
  auto end = co_await c.run(std::move(greatest), x.in(limits::query_timeout));
  if (end.failure) {
    co_return *end.failure;
  }
  const auto key_at = [&](const pg::result_set& r) {
    plan::key_values key;
    for (int column = 0; column < static_cast<int>(x.plan.by.size()); ++column) {
      key.push_back(r.text(0, column));
    }
    return key;
  };
  if (end.results[1].rows() == 0) {
    co_return std::optional<plan::interval>{};
  }
  plan::interval whole{std::nullopt, key_at(end.results[1])};
  // Only a key of one column can begin at one of the histogram's points.
  if (x.plan.by.size() == 1 && !l.histogram.empty()) {
    const auto at =
        static_cast<std::size_t>(position * static_cast<double>(l.histogram.size() - 1));
    whole.lo = plan::key_values(1, l.histogram[at]);
  }
  auto cut = co_await pg::ask(c, plan::bound_settings(x.plan), plan::cut(x.plan, l, whole, rows),
                              x.in(limits::query_timeout));
  if (!cut) {
    co_return cut.error();
  }
  if (cut->rows() > 0) {
    whole.hi = key_at(*cut);
  }
  co_return std::optional{whole};
}

asio::awaitable<result<void>> check_whole_statement(context& x, pg::connection& c) {
  auto plans = co_await ask_plan(
      x, c, pg::statement{std::string{sql::text_of(x.plan.job, x.plan.job.what.statement)}});
  if (!plans) {
    co_return plans.error();
  }
  co_return result<void>{};
}

asio::awaitable<result<void>> refuse_unfit_plans(context& x, pg::connection& c) {
  if (plan::needs_work_table(x.plan.by_what)) {
    co_return co_await check_whole_statement(x, c);
  }
  const auto largest =
      std::max_element(x.plan.leaves.begin(), x.plan.leaves.end(),
                       [](const auto& a, const auto& b) { return a.bytes < b.bytes; });
  if (largest == x.plan.leaves.end()) {
    co_return co_await check_whole_statement(x, c);
  }
  constexpr double middle = 0.5;
  auto within = co_await sample_interval(x, c, *largest, middle, limits::first_batch_rows);
  if (!within) {
    co_return within.error();
  }
  if (!*within) {
    co_return co_await check_whole_statement(x, c);  // an empty table has no batch
  }
  auto batch = plan::change_batch(x.plan, *largest, **within);
  auto found = co_await explain_batch(x, c, *largest, std::move(batch));
  if (!found) {
    co_return found.error();
  }
  if (found->refused) {
    co_return *found->refused;
  }
  co_return result<void>{};
}

}  // namespace pawl::run
