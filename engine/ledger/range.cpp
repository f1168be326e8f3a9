#include "ledger/range.hpp"

#include "ledger/queries.hpp"
#include "pg/array.hpp"
#include "pg/settings.hpp"

namespace pawl::ledger {

namespace asio = boost::asio;

namespace {

std::optional<std::string> array_of(const std::optional<key_values>& values) {
  return values ? std::optional{pg::to_array(*values)} : std::nullopt;
}

std::optional<key_values> values_of(const pg::result_set& rows, int row, int column) {
  const auto text = rows.value(row, column);
  return text ? pg::from_array(*text) : std::nullopt;
}

// "hash -12345": the function with what it gave for the range's upper end.
std::optional<std::string> function_text(const std::string& function, const std::string& check) {
  return function.empty() ? std::nullopt : std::optional{function + ' ' + check};
}

std::string flag(bool value) {
  return value ? "true" : "false";
}

}  // namespace

pg::statement fence(const claim& c) {
  return {std::string{queries::fence},
          {std::to_string(c.run), std::to_string(c.number), std::to_string(c.token), c.runner,
           std::to_string(c.at.stripe), array_of(c.at.pos)}};
}

pg::statement checkpoint(const claim& c, const progress& p, std::string_view xid) {
  return {
      std::string{queries::checkpoint},
      {std::to_string(c.run), std::to_string(c.number), std::to_string(c.token), c.runner,
       std::to_string(c.at.stripe), array_of(c.at.pos), std::string{xid},
       std::to_string(p.to.stripe), array_of(p.to.pos), flag(p.done),
       std::to_string(p.rows_changed), std::to_string(p.rows_scanned), std::to_string(p.rows_hot)}};
}

pg::statement inspect(const claim& c) {
  return {std::string{queries::inspect_range}, {std::to_string(c.run), std::to_string(c.number)}};
}

finding judge(const pg::result_set& inspected, const claim& before, const progress& intended) {
  if (inspected.rows() == 0) {
    return finding::lost;
  }
  const auto state = inspected.text(0, 0);
  const bool same_token = inspected.integer(0, 1) == before.token;
  if (!same_token) {
    // Whoever took it starts from the last committed cursor, ours or not.
    return finding::lost;
  }
  if (state == "done") {
    return intended.done ? finding::committed : finding::lost;
  }
  if (state != "claimed" || inspected.text(0, 2) != before.runner) {
    return finding::lost;
  }
  cursor now;
  now.pos = values_of(inspected, 0, 3);
  now.stripe = static_cast<int>(inspected.integer(0, 4));
  if (now == before.at) {
    return finding::not_committed;
  }
  return now == intended.to ? finding::committed : finding::lost;
}

asio::awaitable<result<std::optional<claim>>> take(pg::connection& c, std::int64_t run,
                                                   std::string runner,
                                                   std::vector<std::int64_t> held,
                                                   pg::time_point deadline) {
  std::vector<std::string> numbers;
  for (const auto number : held) {
    numbers.push_back(std::to_string(number));
  }
  pg::statement one{std::string{queries::claim_range},
                    {std::to_string(run), runner, pg::to_array(numbers)}};
  auto rows = co_await pg::ask(c, pg::own_path(), std::move(one), deadline);
  if (!rows) {
    co_return rows.error();
  }
  std::optional<claim> taken;
  if (rows->rows() > 0) {
    taken.emplace();
    taken->run = run;
    taken->runner = std::move(runner);
    taken->number = rows->integer(0, 0);
    taken->round = static_cast<int>(rows->integer(0, 1));
    taken->leaf = static_cast<int>(rows->integer(0, 2));
    taken->token = rows->integer(0, 3);
    taken->lo = values_of(*rows, 0, 4);
    taken->hi = values_of(*rows, 0, 5).value_or(key_values{});
    taken->at.pos = values_of(*rows, 0, 6);
    taken->stripes = static_cast<int>(rows->integer(0, 7));
    taken->at.stripe = static_cast<int>(rows->integer(0, 8));
    if (rows->value(0, 9)) {
      taken->rows_found = rows->integer(0, 9);
    }
    taken->rows_scanned = rows->integer(0, 10);
    taken->attempts = static_cast<int>(rows->integer(0, 11));
    taken->takeover = rows->boolean(0, 12);
    const auto function = rows->text(0, 13);
    const auto space = function.find(' ');
    taken->stripe_function = function.substr(0, space);
    taken->stripe_check = space == std::string::npos ? "" : function.substr(space + 1);
    taken->xid = static_cast<std::uint64_t>(rows->integer(0, 14));
  }
  co_return taken;
}

asio::awaitable<result<std::optional<frontier>>> lock_frontier(pg::connection& c, std::int64_t run,
                                                               pg::time_point deadline) {
  std::vector<pg::statement> statements;
  statements.emplace_back("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  statements.push_back(pg::apply_settings(pg::own_path()));
  const std::vector<std::optional<std::string>> id(1, std::to_string(run));
  statements.emplace_back(std::string{queries::lock_run}, id);
  statements.emplace_back(std::string{queries::read_frontier}, id);
  auto answers = co_await c.run(std::move(statements), deadline);
  if (answers.failure) {
    co_return *answers.failure;
  }
  const auto& rows = answers.results.back();
  if (rows.rows() == 0) {
    auto ended = co_await c.query(std::string{"ROLLBACK"}, deadline);
    if (!ended) {
      co_return ended.error();
    }
    co_return std::optional<frontier>{};
  }
  std::optional<frontier> found{frontier{}};
  found->number = rows.integer(0, 0);
  found->round = static_cast<int>(rows.integer(0, 1));
  found->leaf = static_cast<int>(rows.integer(0, 2));
  found->lo = values_of(rows, 0, 3);
  found->bound = values_of(rows, 0, 4).value_or(key_values{});
  co_return found;
}

asio::awaitable<result<claim>> add_range(pg::connection& c, std::int64_t run, frontier f, piece p,
                                         std::string runner, pg::time_point deadline) {
  std::vector<std::optional<std::string>> values{std::to_string(run),
                                                 std::to_string(f.number),
                                                 std::to_string(f.leaf),
                                                 array_of(f.lo),
                                                 pg::to_array(p.hi),
                                                 runner,
                                                 std::to_string(p.share),
                                                 std::to_string(p.rows),
                                                 flag(p.hi == f.bound),
                                                 std::to_string(p.stripes),
                                                 function_text(p.stripe_function, p.stripe_check)};
  std::vector<pg::statement> statements;
  statements.push_back(pg::apply_settings(pg::own_path()));
  statements.emplace_back(std::string{queries::insert_range}, std::move(values));
  statements.emplace_back("COMMIT");
  auto answers = co_await c.run(std::move(statements), deadline);
  if (answers.failure) {
    co_return *answers.failure;
  }
  claim made;
  made.run = run;
  made.number = f.number;
  made.round = f.round;
  made.leaf = f.leaf;
  made.token = 1;
  made.runner = std::move(runner);
  made.lo = std::move(f.lo);
  made.hi = std::move(p.hi);
  made.rows_found = p.rows;
  made.stripes = p.stripes;
  made.stripe_function = std::move(p.stripe_function);
  made.stripe_check = std::move(p.stripe_check);
  co_return made;
}

asio::awaitable<result<std::uint64_t>> read_horizon(pg::connection& c, pg::time_point deadline) {
  auto rows = co_await pg::ask(c, pg::own_path(), std::string{queries::horizon}, deadline);
  if (!rows) {
    co_return rows.error();
  }
  co_return static_cast<std::uint64_t>(rows->integer(0, 0));
}

pg::statement postpone(const claim& c, int attempts, std::string_view sqlstate) {
  return {std::string{queries::postpone_range},
          {std::to_string(c.run), std::to_string(c.number), std::to_string(c.token),
           std::to_string(attempts), std::string{sqlstate}}};
}

pg::statement release_all(std::int64_t run, std::string_view runner) {
  return {std::string{queries::release_ranges}, {std::to_string(run), std::string{runner}}};
}

}  // namespace pawl::ledger
