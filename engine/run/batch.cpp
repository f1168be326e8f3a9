#include "run/batch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "plan/statements.hpp"
#include "run/limits.hpp"

namespace pawl::run {

namespace asio = boost::asio;

namespace {

using std::chrono::steady_clock;

// Places of the answers of round trip 1.
enum work_answer : std::size_t {
  xid_at = 2,
  before_at = 5,
  data_at = 6,
  after_at = 7,
  check_at = 10
};
// Places of the answers of round trip 2.
enum finish_answer : std::size_t { commit_at = 1, cut_at = 3 };

plan::interval rows_of(const ledger::claim& claim, const ledger::key_values& hi) {
  return plan::interval{claim.at.pos ? claim.at.pos : claim.lo, hi};
}

plan::stripe stripe_of(const ledger::claim& claim) {
  const auto by = plan::stripe_function_of(claim.stripe_function);
  return {by.value_or(plan::stripe_function::none), claim.stripes, claim.at.stripe};
}

// Also where the function is none that is known here: its batches must not commit.
bool is_checked(const ledger::claim& claim) {
  return claim.stripes > 1 && stripe_of(claim).by != plan::stripe_function::low_bits;
}

// Ranges of later rounds change only what is still pending: those of a sweep, and those behind the
// first bound, which hold rows inserted since.
pg::statement data_statement(const context& x, const ledger::claim& claim, const plan::leaf& l,
                             const ledger::key_values& hi) {
  const auto rows = rows_of(claim, hi);
  return claim.round > 0 && x.plan.pending ? plan::sweep_batch(x.plan, l, rows)
                                           : plan::change_batch(x.plan, l, rows, stripe_of(claim));
}

std::vector<pg::statement> work_statements(const context& x, const ledger::claim& claim,
                                           const plan::leaf& l, const ledger::key_values& hi) {
  std::vector<pg::statement> s;
  s.emplace_back("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  s.push_back(pg::apply_settings(x.own_settings));
  s.emplace_back("SELECT pg_catalog.pg_current_xact_id()");
  s.push_back(ledger::fence(claim));
  s.push_back(pg::apply_settings(x.user_settings));
  s.push_back(plan::target_shape(x.plan, l));
  s.push_back(data_statement(x, claim, l, hi));
  s.push_back(plan::target_shape(x.plan, l));
  // Deferred triggers belong to the statement: at COMMIT they would run under pawl's own settings.
  s.emplace_back("SET CONSTRAINTS ALL IMMEDIATE");
  s.push_back(pg::apply_settings(x.after_settings));
  if (is_checked(claim)) {
    s.push_back(plan::stripe_check(x.plan, claim.hi, plan::stripe_function::hash));
  }
  return s;
}

// A server of another version, say, whose hash is another.
std::optional<error> stripes_changed(const context& x, const ledger::claim& claim,
                                     const pg::result_set& now) {
  error e;
  e.code = errc::target_changed;
  if (stripe_of(claim).by != plan::stripe_function::hash) {
    e.message = fmt::format("the passes of range {} go by `{}`, which this pawl does not know",
                            claim.number, claim.stripe_function);
    e.hint = fmt::format("Go on with the pawl that began it: pawl resume {}", x.run);
    return e;
  }
  if (now.text(0, 0) == claim.stripe_check) {
    return std::nullopt;
  }
  e.message = fmt::format(
      "this server tells the rows of range {} apart in another way than the one on which its "
      "passes were begun: the hash of its last key is {}, it was {}",
      claim.number, now.text(0, 0), claim.stripe_check);
  e.hint = fmt::format(
      "The batch was rolled back. `pawl resume {}` on a server as before goes on; here only `pawl "
      "run FILE --restart` can, which begins again from the first row.",
      x.run);
  return e;
}

std::optional<error> target_changed(const context& x, const pg::result_set& now,
                                    const plan::leaf& l) {
  const auto is_oid = [&](int column, plan::object_id expected) {
    return now.integer(0, column) == static_cast<std::int64_t>(expected);
  };
  const auto& table = plan::needs_work_table(x.plan.by_what) ? x.plan.target : l.name;
  error e;
  e.code = errc::target_changed;
  e.hint = fmt::format(
      "The batch was rolled back. Look at the table; then `pawl resume {} --accept-server` goes on "
      "with it as it is, `pawl cancel {}` ends the run.",
      x.run, x.run);
  if (!is_oid(2, plan::shape_oid(x.plan, l)) || !is_oid(4, x.plan.target_oid)) {
    e.message = fmt::format("{} is another table than when the run was opened", table);
    return e;
  }
  if (!now.boolean(0, 5)) {
    e.message = fmt::format("{} no longer belongs to {}", table, x.plan.walked);
    e.hint = fmt::format(
        "The batch was rolled back. Attach it again and `pawl resume {}`, or begin anew: pawl run "
        "FILE --restart",
        x.run);
    return e;
  }
  if (now.text(0, 3) != l.shape) {
    e.message = fmt::format("a column of {} that the run relies on was altered: {} is now {}",
                            table, l.shape, now.text(0, 3));
    e.hint = fmt::format(
        "The batch was rolled back. If the key's order is the same as before, `pawl run FILE "
        "--accept-change` goes on; `pawl run FILE --restart` begins again, `pawl cancel {}` ends "
        "the run.",
        x.run);
    return e;
  }
  return std::nullopt;
}

// Rows that the claim's pass has walked already. Each pass walks all rows of the range, and counts
// for one part in `stripes` of what is recorded.
std::int64_t walked_in_pass(const ledger::claim& claim) {
  const auto found = claim.rows_found.value_or(0);
  return std::max<std::int64_t>(0, claim.rows_scanned * claim.stripes - found * claim.at.stripe);
}

// What a batch adds to the rows that are recorded as scanned.
std::int64_t scanned_by(const ledger::claim& claim, const batch_end& end) {
  if (claim.stripes == 1 || !claim.rows_found) {
    return end.rows;
  }
  const auto begun = *claim.rows_found * claim.at.stripe;
  const auto walked = end.key == claim.hi ? *claim.rows_found : walked_in_pass(claim) + end.rows;
  return std::max<std::int64_t>(0, (begun + walked) / claim.stripes - claim.rows_scanned);
}

// The tail of a range is as long as what was not walked of it yet.
batch_end tail_of(const ledger::claim& claim, std::int64_t wanted) {
  const auto walked = walked_in_pass(claim);
  batch_end end;
  end.key = claim.hi;
  end.rows = std::clamp<std::int64_t>(claim.rows_found.value_or(walked) - walked, 0, wanted);
  end.wanted = wanted;
  return end;
}

// A pass that one batch can make need not ask where it ends. Not for a batch that is narrowed down
// to a bad row: rows that were inserted since the range was cut are not counted here.
std::optional<batch_end> whole_pass(const ledger::claim& claim, std::int64_t wanted) {
  const bool is_one = !claim.at.pos && claim.rows_found && *claim.rows_found <= wanted;
  return is_one ? std::optional{tail_of(claim, wanted)} : std::nullopt;
}

batch_end read_end(const pg::result_set& cut, const plan::key& by, const ledger::claim& claim,
                   std::int64_t wanted) {
  if (cut.rows() == 0) {
    return tail_of(claim, wanted);
  }
  batch_end end;
  for (int column = 0; column < static_cast<int>(by.size()); ++column) {
    end.key.push_back(cut.text(0, column));
  }
  end.rows = wanted;
  end.wanted = wanted;
  return end;
}

class performer {
 public:
  performer(context& x, pg::connection& c, int worker, ledger::claim claim, batch_end end)
      : x_(x),
        c_(c),
        worker_(worker),
        claim_(std::move(claim)),
        end_(std::move(end)),
        leaf_(x.leaves.at(claim_.leaf)) {}

  asio::awaitable<batch_outcome> perform() {
    started_ = steady_clock::now();
    auto action = machine_.begin();
    while (action != batch_action::settle) {
      switch (action) {
        case batch_action::send_work:
          action = co_await send_work();
          break;
        case batch_action::send_finish:
          action = co_await send_finish();
          break;
        case batch_action::roll_back:
          action = co_await roll_back();
          break;
        case batch_action::reconnect:
          action = co_await reconnect();
          break;
        case batch_action::inspect:
          action = co_await inspect();
          break;
        case batch_action::settle:
          break;
      }
    }
    outcome_.rows_walked = end_.rows;
    outcome_.xid = std::strtoull(xid_.c_str(), nullptr, 10);
    outcome_.verdict = machine_.verdict();
    outcome_.cause = machine_.cause();
    outcome_.was_ambiguous = machine_.was_ambiguous();
    outcome_.duration =
        std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - started_);
    co_return std::move(outcome_);
  }

 private:
  time_point deadline() const {
    return x_.in(x_.statement_timeout + limits::lock_timeout + limits::answer_slack);
  }

  batch_machine::failure failure_of(error cause) const {
    batch_machine::failure f;
    f.usable = c_.is_open();
    f.stopping = x_.cancelling;
    f.own_timer = steady_clock::now() - started_ >= x_.statement_timeout;
    f.cause = std::move(cause);
    return f;
  }

  asio::awaitable<batch_action> send_work() {
    auto& status = x_.workers.at(worker_);
    status.backend_pid = c_.backend_pid();
    status.connection = &c_;
    status.in_work = true;
    auto answers = co_await c_.run(work_statements(x_, claim_, leaf_, end_.key), deadline());
    // From here on a cancel would hit the commit.
    x_.workers.at(worker_).in_work = false;
    if (answers.failure) {
      co_return machine_.work_failed(failure_of(std::move(*answers.failure)));
    }
    const auto& after = answers.results[after_at];
    if (auto changed = target_changed(x_, after, leaf_)) {
      co_return machine_.work_failed(failure_of(std::move(*changed)));
    }
    if (is_checked(claim_)) {
      if (auto changed = stripes_changed(x_, claim_, answers.results[check_at])) {
        co_return machine_.work_failed(failure_of(std::move(*changed)));
      }
    }
    const auto& before = answers.results[before_at];
    xid_ = answers.results[xid_at].text(0, 0);
    auto& p = outcome_.progress;
    p.rows_changed = answers.results[data_at].affected_rows();
    p.rows_scanned = scanned_by(claim_, end_);
    p.rows_hot = after.integer(0, 1) - before.integer(0, 1);
    p.done = end_.key == claim_.hi && claim_.at.stripe + 1 >= claim_.stripes;
    if (end_.key == claim_.hi) {
      p.to.stripe = claim_.at.stripe + 1;
    } else {
      p.to.stripe = claim_.at.stripe;
      p.to.pos = end_.key;
    }
    co_return machine_.work_done(x_.cancelling);
  }

  asio::awaitable<batch_action> send_finish() {
    std::vector<pg::statement> s;
    s.push_back(ledger::checkpoint(claim_, outcome_.progress, xid_));
    s.emplace_back("COMMIT");
    ledger::claim after = claim_;
    after.at = outcome_.progress.to;
    after.rows_scanned += outcome_.progress.rows_scanned;
    const std::int64_t wanted = rows_of_next_batch(x_, after);
    const auto whole = whole_pass(after, wanted);
    if (!outcome_.progress.done && !whole) {
      // Behind the COMMIT, so in a transaction of its own: where the next batch will end.
      s.push_back(pg::apply_settings(plan::bound_settings(x_.plan)));
      s.push_back(plan::cut(x_.plan, leaf_, rows_of(after, after.hi), wanted));
    }
    auto answers = co_await c_.run(std::move(s), deadline());
    if (answers.results.size() <= commit_at) {
      co_return machine_.finish_failed(failure_of(std::move(*answers.failure)));
    }
    outcome_.next = whole;
    if (answers.results.size() > cut_at) {
      outcome_.next = read_end(answers.results[cut_at], x_.plan.by, after, wanted);
    }
    co_return machine_.finish_done(answers.results[commit_at].command_tag());
  }

  asio::awaitable<batch_action> roll_back() {
    if (c_.in_transaction()) {
      auto ended = co_await c_.query(std::string{"ROLLBACK"}, deadline());
      if (!ended) {
        c_.close();
      }
    }
    co_return machine_.rolled_back(c_.is_open());
  }

  asio::awaitable<batch_action> reconnect() {
    c_.close();
    const bool open = co_await ensure_open(x_, c_, worker_name());
    if (!open) {
      // The runner stops. The range stays claimed at its last committed cursor; whoever takes it
      // over begins there, wherever this batch ended.
      co_return machine_.inspected(ledger::finding::lost);
    }
    co_return machine_.reconnected();
  }

  asio::awaitable<batch_action> inspect() {
    std::vector<pg::statement> s;
    s.push_back(pg::apply_settings(x_.own_settings));
    s.push_back(ledger::inspect(claim_));
    auto answers = co_await c_.run(std::move(s), deadline());
    if (answers.failure) {
      if (x_.leaving) {
        co_return machine_.inspected(ledger::finding::lost);
      }
      // A lock timeout means that the old transaction has not ended yet.
      co_return c_.is_open() ? batch_action::inspect : machine_.inspection_failed();
    }
    co_return machine_.inspected(ledger::judge(answers.results.back(), claim_, outcome_.progress));
  }

  std::string worker_name() const {
    return ledger::application_prefix(x_.run) + std::to_string(worker_ + 1);
  }

  context& x_;
  pg::connection& c_;
  int worker_;
  ledger::claim claim_;
  batch_end end_;
  plan::leaf leaf_;
  batch_machine machine_;
  batch_outcome outcome_;
  std::string xid_;
  time_point started_{};
};

}  // namespace

asio::awaitable<batch_outcome> perform_batch(context& x, pg::connection& c, int worker,
                                             ledger::claim claim, batch_end end) {
  performer one{x, c, worker, std::move(claim), std::move(end)};
  co_return co_await one.perform();
}

std::int64_t rows_of_next_batch(context& x, const ledger::claim& c) {
  // A batch changes one stripe of the rows that it walks.
  return x.size_of(c).rows() * c.stripes;
}

asio::awaitable<result<batch_end>> find_batch_end(context& x, pg::connection& c,
                                                  ledger::claim claim, std::int64_t wanted) {
  const auto& l = x.leaves.at(claim.leaf);
  auto cut = co_await pg::ask(c, plan::bound_settings(x.plan),
                              plan::cut(x.plan, l, rows_of(claim, claim.hi), wanted),
                              x.in(limits::query_timeout));
  if (!cut) {
    co_return cut.error();
  }
  co_return read_end(*cut, x.plan.by, claim, wanted);
}

}  // namespace pawl::run
