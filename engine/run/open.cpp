#include "run/open.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "ledger/schema.hpp"
#include "pg/sqlstate.hpp"
#include "plan/statements.hpp"
#include "run/explain.hpp"
#include "run/limits.hpp"
#include "run/snapshot.hpp"

namespace pawl::run {

namespace asio = boost::asio;

namespace {

error refusal(errc code, std::string message, std::string hint) {
  error e;
  e.code = code;
  e.message = std::move(message);
  e.hint = std::move(hint);
  return e;
}

std::chrono::milliseconds in_ms(const std::string& setting) {
  return std::chrono::milliseconds{std::atoll(setting.c_str())};
}

// Ours, or the role's own limit where that is lower: a DBA's limit is never raised.
std::chrono::milliseconds limited(std::chrono::milliseconds ours, const pg::settings& session,
                                  const char* name) {
  const auto found = session.find(name);
  const auto theirs = found == session.end() ? std::chrono::milliseconds{0} : in_ms(found->second);
  return theirs.count() > 0 ? std::min(ours, theirs) : ours;
}

std::string ms_text(std::chrono::milliseconds d) {
  return fmt::format("{}ms", d.count());
}

std::optional<error> check_server(const context& x, const ledger::run_record& r) {
  if (x.options.accept_server) {
    return std::nullopt;
  }
  const auto& now = x.plan.server;
  if (now.system_identifier != r.system_identifier || now.timeline < r.timeline) {
    return refusal(
        errc::wrong_server,
        fmt::format("run {} was opened on another server: system identifier {} timeline {}, here "
                    "it is {} timeline {}",
                    r.id, r.system_identifier, r.timeline, now.system_identifier, now.timeline),
        fmt::format("If this is the right database, after pg_upgrade for instance: pawl resume {} "
                    "--accept-server. In a restored copy: pawl forget {}",
                    r.id, r.id));
  }
  if (x.plan.target_oid != r.target_oid) {
    return refusal(
        errc::target_changed,
        fmt::format("{} is another table than when run {} was opened", r.target, r.id),
        fmt::format("If the run is to go on with the new table: pawl resume {} --accept-server. "
                    "To begin again: pawl run FILE --restart",
                    r.id));
  }
  return std::nullopt;
}

std::optional<error> check_existing(const context& x, const ledger::run_record& r,
                                    const std::string& sha256) {
  if (r.protocol != ledger::protocol) {
    return refusal(errc::ledger_newer,
                   fmt::format("run {} speaks protocol {}, this pawl {} speaks {}", r.id,
                               r.protocol, PAWL_VERSION, ledger::protocol),
                   fmt::format("Use pawl {} for it.", r.engine));
  }
  if (r.state == "cancelled" || r.desired == "cancel") {
    return refusal(errc::cancelled,
                   fmt::format("run {} of {} was cancelled: {}", r.id, r.name, r.reason),
                   fmt::format("To go on with it: pawl resume {}. To begin again: pawl run FILE "
                               "--restart",
                               r.id));
  }
  if (r.sha256 != sha256 && !x.options.accept_change) {
    return refusal(
        errc::definition_changed,
        fmt::format("job {} is not the one that run {} was opened with", r.name, r.id),
        "To go on with the changed statement for the rows that are left: --accept-change. To begin "
        "again from the first row: --restart");
  }
  return check_server(x, r);
}

asio::awaitable<result<std::vector<ledger::new_leaf>>> measure_leaves(context& x,
                                                                      pg::connection& c) {
  double all = 0;
  for (const auto& l : x.plan.leaves) {
    all += l.rows.value_or(0);
  }
  std::vector<ledger::new_leaf> found;
  for (const auto& l : x.plan.leaves) {
    std::vector<pg::statement> s;
    s.push_back(pg::apply_settings(plan::bound_settings(x.plan)));
    s.push_back(plan::greatest_key(x.plan, l));
    s.push_back(pg::apply_settings(x.after_settings));
    auto answers = co_await c.run(std::move(s), x.in(limits::query_timeout));
    if (answers.failure) {
      co_return *answers.failure;
    }
    ledger::new_leaf leaf;
    leaf.oid = l.oid;
    leaf.name = l.name;
    leaf.share = all > 0 ? l.rows.value_or(0) / all : 0;
    if (const auto& greatest = answers.results[1]; greatest.rows() > 0) {
      leaf.bound.emplace();
      for (int column = 0; column < greatest.columns(); ++column) {
        if (!greatest.value(0, column)) {
          co_return refusal(
              errc::key_unusable,
              fmt::format("the key of {} holds a NULL, whatever its columns say", l.name),
              "Rows with it would be left out: mend them, or name another key.");
        }
        leaf.bound->push_back(greatest.text(0, column));
      }
    }
    found.push_back(std::move(leaf));
  }
  co_return found;
}

ledger::tunables tunables_of(const run_options& o) {
  ledger::tunables t;
  t.jobs = o.jobs;
  t.batch_rows = o.batch_rows;
  t.target = o.target;
  return t;
}

asio::awaitable<result<std::int64_t>> insert_run(context& x, pg::connection& c,
                                                 ledger::definition what, std::string sha256,
                                                 int generation) {
  if (plan::needs_work_table(x.plan.by_what)) {
    auto made = co_await make_work_table(x, c, generation);
    if (!made) {
      co_return made.error();
    }
  }
  auto leaves = co_await measure_leaves(x, c);
  if (!leaves) {
    co_return leaves.error();
  }
  ledger::new_run r;
  r.name = x.plan.job.name;
  r.what = std::move(what);
  r.sha256 = std::move(sha256);
  r.target_oid = x.plan.target_oid;
  r.target = x.plan.target;
  r.session = x.plan.session;
  r.tuned = tunables_of(x.options);
  r.system_identifier = x.plan.server.system_identifier;
  r.timeline = x.plan.server.timeline;
  r.engine = PAWL_VERSION;
  co_return co_await ledger::insert(c, std::move(r), generation, std::move(*leaves),
                                    x.in(limits::query_timeout));
}

// Maps the ledger's leaves to the plan's.
asio::awaitable<result<void>> match_leaves(context& x, pg::connection& c) {
  auto recorded = co_await ledger::leaves(c, x.run, x.in(limits::query_timeout));
  if (!recorded) {
    co_return recorded.error();
  }
  for (const auto& r : *recorded) {
    const auto found = std::find_if(x.plan.leaves.begin(), x.plan.leaves.end(),
                                    [&](const plan::leaf& l) { return l.oid == r.oid; });
    if (found == x.plan.leaves.end()) {
      co_return refusal(errc::target_changed,
                        fmt::format("{} no longer belongs to {}", r.name, x.plan.target),
                        fmt::format("Attach it again and `pawl resume {}`, or begin anew: pawl run "
                                    "FILE --restart",
                                    x.run));
    }
    x.leaves[r.number] = *found;
  }
  co_return result<void>{};
}

std::vector<std::string> revivable() {
  return {"failed", "held"};
}

// An existing run: refused, over, or set going again.
asio::awaitable<result<opened>> join(context& x, pg::connection& c, ledger::run_record r,
                                     ledger::definition what, std::string sha256) {
  const auto deadline = x.in(limits::query_timeout);
  auto ended = co_await ledger::leave(c, deadline);
  if (!ended) {
    co_return ended.error();
  }
  if (auto no = check_existing(x, r, sha256)) {
    co_return *no;
  }
  opened o;
  o.record = r;
  x.run = r.id;
  if (r.sha256 != sha256) {
    auto done = co_await ledger::accept_definition(c, r.id, std::move(what), sha256, deadline);
    if (!done) {
      co_return done.error();
    }
  }
  auto pinned = co_await ledger::accept_server(c, r.id, x.plan.server.system_identifier,
                                               x.plan.server.timeline, x.plan.target_oid,
                                               x.options.accept_server, deadline);
  if (!pinned) {
    co_return pinned.error();
  }
  if (const auto t = tunables_of(x.options); t != ledger::tunables{}) {
    auto set = co_await ledger::tune(c, r.id, t, deadline);
    if (!set) {
      co_return set.error();
    }
  }
  if (r.state == "done" && !x.plan.pending) {
    o.is_over = true;
    co_return o;
  }
  if (plan::needs_work_table(x.plan.by_what)) {
    auto found = co_await find_work_table(x, c);
    if (!found) {
      co_return found.error();
    }
  }
  auto from = r.state == "done" ? std::vector<std::string>(1, "done") : revivable();
  auto going = co_await ledger::set_state(c, r.id, "running", "", std::move(from), deadline);
  if (!going) {
    co_return going.error();
  }
  co_return o;
}

asio::awaitable<result<opened>> find_or_make(context& x, pg::connection& c,
                                             ledger::definition what) {
  const auto deadline = x.in(limits::query_timeout);
  const auto sha256 = plan::definition_sha256(x.plan);
  auto existing = co_await ledger::enter(c, x.plan.job.name, deadline);
  if (!existing) {
    co_return existing.error();
  }
  if (*existing && !x.options.restart) {
    co_return co_await join(x, c, std::move(**existing), std::move(what), sha256);
  }
  int generation = 1;
  if (*existing) {
    generation = (*existing)->generation + 1;
    auto ended = co_await ledger::supersede(c, (*existing)->id, deadline);
    if (ended) {
      ended = co_await ledger::drop_work_tables(c, (*existing)->id, deadline);
    }
    if (!ended) {
      error e = ended.error();
      if (c.in_transaction()) {
        co_await ledger::leave(c, deadline);
      }
      co_return e;
    }
  }
  auto id = co_await insert_run(x, c, std::move(what), sha256, generation);
  if (!id) {
    error e = id.error();
    if (c.in_transaction()) {
      co_await ledger::leave(c, deadline);
    }
    co_return e;
  }
  x.run = *id;
  auto made = co_await ledger::find(c, std::to_string(*id), deadline);
  if (!made) {
    co_return made.error();
  }
  opened o;
  o.record = std::move(made->value());
  o.is_new = true;
  co_return o;
}

void start_sizes(context& x, batch_size::bounds within, std::int64_t fixed) {
  const auto stripes = x.plan.passes.stripes;
  for (auto* size : {&x.size, &x.later_size}) {
    *size = batch_size{limits::first_batch_rows, within};
    if (fixed > 0) {
      size->fix(fixed);
    }
  }
  const auto in_cache = static_cast<int>(static_cast<double>(x.plan.server.cache_bytes) /
                                         (2 * limits::range_bytes_max));
  const int workers = x.tasks.workers();
  x.tasks.set_spare(stripes == 1 ? limits::spare_ranges
                                 : std::clamp(in_cache - workers, workers, 3 * workers));
}

}  // namespace

asio::awaitable<result<void>> choose_passes(context& x, pg::connection& c) {
  std::optional<int> wanted;
  if (x.options.stripes > 0) {
    wanted = x.options.stripes;
  }
  co_return co_await plan::resolve_stripes(c, x.plan, wanted, x.in(limits::query_timeout));
}

void compose_settings(context& x) {
  const auto& session = x.plan.session;
  const auto& job = x.plan.job;
  const auto ours = std::max<std::chrono::milliseconds>(
      limits::statement_timeout_min, limits::statement_timeout_targets * x.target);
  const auto& o = x.options;
  const auto first_of = [](const auto& flag, const auto& file, const auto& other, auto own) {
    return flag.value_or(file.value_or(other.value_or(own)));
  };
  x.statement_timeout = limited(
      first_of(o.statement_timeout, job.statement_timeout, o.statement_timeout_default, ours),
      session, "statement_timeout");
  const std::chrono::milliseconds short_wait{limits::lock_timeout};
  auto lock =
      limited(first_of(o.lock_timeout, job.lock_timeout, o.lock_timeout_default, short_wait),
              session, "lock_timeout");
  // Below statement_timeout, or a lock wait would end as "too big".
  lock = std::min(lock, x.statement_timeout * 3 / 4);
  const auto idle =
      limited(limits::idle_in_transaction_timeout, session, "idle_in_transaction_session_timeout");
  x.own_settings = pg::own_path();
  x.own_settings["row_security"] = "off";
  x.own_settings["lock_timeout"] = ms_text(lock);
  x.own_settings["statement_timeout"] = ms_text(x.statement_timeout);
  x.own_settings["idle_in_transaction_session_timeout"] = ms_text(idle);
  x.own_settings["client_connection_check_interval"] = "1s";
  x.after_settings = pg::own_path();
  static const std::set<std::string> not_the_users = {"role", "session_replication_role",
                                                      "statement_timeout", "lock_timeout",
                                                      "idle_in_transaction_session_timeout"};
  x.user_settings.clear();
  for (const auto& [name, value] : session) {
    if (!not_the_users.contains(name)) {
      x.user_settings[name] = value;
    }
  }
  // For expressions and guards of the user's: which run this is, and one moment for all batches.
  // The server asks for them when it plans a batch of a run that is not opened yet, too.
  x.user_settings["pawl.run_id"] = std::to_string(x.run);
  x.user_settings["pawl.run_started"] = x.opened_at.empty() ? "now" : x.opened_at;
  for (const auto& [name, value] : job.settings) {
    x.user_settings[name] = value;
    // What would change who writes the checkpoint, or whether its guard fires, ends with the data
    // statement.
    if (const auto before = session.find(name);
        before != session.end() && not_the_users.contains(name)) {
      x.after_settings[name] = before->second;
    }
  }
}

namespace {

error read_only(const std::string& role) {
  return refusal(
      errc::forbidden,
      fmt::format("sessions of role {} are read-only (default_transaction_read_only), so "
                  "the ledger could not be kept",
                  role),
      "Let them write: ALTER ROLE ... SET default_transaction_read_only = off, or add "
      "options='-c default_transaction_read_only=off' to the connection string.");
}

asio::awaitable<result<opened>> open_as_allowed(context& x, pg::connection& c, sql::job job,
                                                ledger::definition what) {
  const auto deadline = x.in(limits::query_timeout);
  // A run that exists keeps the settings of the session that opened it.
  std::optional<pg::settings> recorded;
  auto present = co_await ledger::exists(c, deadline);
  if (!present) {
    co_return present.error();
  }
  if (*present && !x.options.restart) {
    auto existing = co_await ledger::find(c, job.name, deadline);
    if (!existing) {
      co_return existing.error();
    }
    if (*existing && (*existing)->name == job.name) {
      recorded = (*existing)->session;
    }
  }
  const pg::settings* session = recorded ? &*recorded : nullptr;
  auto p = co_await plan::resolve(c, std::move(job), session, deadline);
  if (!p) {
    co_return p.error();
  }
  x.plan = std::move(*p);
  if (x.plan.server.is_read_only) {
    co_return read_only(x.plan.server.role);
  }
  auto prepared = co_await ledger::prepare(c, deadline);
  if (!prepared) {
    co_return prepared.error();
  }
  auto passes = co_await choose_passes(x, c);
  if (!passes) {
    co_return passes.error();
  }
  x.target = x.options.target.value_or(x.options.target_default);
  compose_settings(x);
  if (!recorded) {
    auto fit = co_await refuse_unfit_plans(x, c);
    if (!fit) {
      co_return fit.error();
    }
  }
  auto o = co_await find_or_make(x, c, std::move(what));
  if (!o) {
    co_return o.error();
  }
  const auto& tuned = o->record.tuned;
  const auto& said = x.options;
  x.target = said.target.value_or(tuned.target.value_or(said.target_default));
  x.tasks.set_workers(
      std::min(said.jobs.value_or(tuned.jobs.value_or(said.jobs_default)), limits::jobs_max));
  const auto fixed = said.batch_rows.value_or(tuned.batch_rows.value_or(said.batch_rows_default));
  const batch_size::bounds within{x.options.batch_rows_min, x.options.batch_rows_max, x.target};
  start_sizes(x, within, fixed);
  x.round = o->record.round;
  x.opened_at = o->record.opened_at;
  compose_settings(x);
  if (o->is_over) {
    co_return o;
  }
  auto matched = co_await match_leaves(x, c);
  if (!matched) {
    co_return matched.error();
  }
  co_return o;
}

}  // namespace

asio::awaitable<result<opened>> open_run(context& x, pg::connection& c, sql::job job,
                                         ledger::definition what) {
  auto o = co_await open_as_allowed(x, c, std::move(job), std::move(what));
  if (o || o.error().sqlstate != pg::insufficient_privilege || o.error().code == errc::forbidden) {
    co_return o;
  }
  error e = o.error();
  e.code = errc::forbidden;
  if (e.hint.empty()) {
    e.hint = "GRANT it to the role that runs the job, or run it as another. Nothing was changed.";
  }
  co_return e;
}

asio::awaitable<result<void>> open_for_reading(context& x, pg::connection& c, ledger::run_record r,
                                               sql::job job) {
  auto p = co_await plan::resolve(c, std::move(job), &r.session, x.in(limits::query_timeout));
  if (!p) {
    co_return p.error();
  }
  x.plan = std::move(*p);
  x.run = r.id;
  if (auto no = check_server(x, r)) {
    co_return *no;
  }
  x.target = x.options.target_default;
  x.tasks.set_workers(x.options.jobs_default);
  compose_settings(x);
  if (plan::needs_work_table(x.plan.by_what)) {
    if (r.state == "done") {
      co_return result<void>{};  // the work table is gone; what it covered is in the ledger
    }
    auto found = co_await find_work_table(x, c);
    if (!found) {
      co_return found.error();
    }
  }
  co_return co_await match_leaves(x, c);
}

}  // namespace pawl::run
