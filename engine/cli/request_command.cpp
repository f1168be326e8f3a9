#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/confirm.hpp"
#include "cli/documents.hpp"
#include "cli/session.hpp"
#include "ledger/status.hpp"

namespace pawl::cli {

namespace asio = boost::asio;

namespace {

error confirmation_needed(const ledger::run_record& r) {
  error e;
  e.code = errc::guard;
  e.message = fmt::format("run {} is {}: forgetting it loses what was done of it", r.id, r.state);
  e.hint = fmt::format("If that is meant: pawl forget {} --confirm {}", r.id, r.name);
  return e;
}

std::string shown(const ledger::tunables& t) {
  return fmt::format("jobs={} batch-size={} target={}\n",
                     t.jobs ? std::to_string(*t.jobs) : "default",
                     !t.batch_rows        ? "default"
                     : *t.batch_rows == 0 ? "auto"
                                          : std::to_string(*t.batch_rows),
                     t.target ? fmt::format("{}ms", t.target->count()) : "default");
}

// What `set` answers, with and without something to set.
void print_tunables(const arguments& a, const ledger::run_record& r) {
  if (!a.json) {
    print(shown(r.tuned));
    return;
  }
  auto j = request_document(r);
  j["tunables"] = tunables_document(r.tuned);
  print(json_line(j));
}

asio::awaitable<result<int>> forget(const arguments& a, pg::connection& c) {
  auto r = co_await find_run(c, a.subject);
  if (!r) {
    co_return r.error();
  }
  if (r->state != "done" && !is_confirmed(a, r->name)) {
    co_return confirmation_needed(*r);
  }
  auto gone = co_await ledger::forget(c, r->id, soon());
  if (!gone) {
    co_return gone.error();
  }
  print(a.json ? json_line(request_document(*r, "forgotten"))
               : fmt::format("run {} ({}) is forgotten; what it changed stays\n", r->id, r->name));
  co_return 0;
}

asio::awaitable<result<int>> ask(const arguments& a, pg::connection& c, std::string request,
                                 std::string argument) {
  auto r = co_await find_run(c, a.subject);
  if (!r) {
    co_return r.error();
  }
  auto asked = co_await ledger::request(c, r->id, request, argument, a.reason, host_name(), soon());
  if (!asked) {
    co_return asked.error();
  }
  auto now = co_await find_run(c, std::to_string(r->id));
  if (!now) {
    co_return now.error();
  }
  if (request == "set") {
    print_tunables(a, *now);
    co_return 0;
  }
  if (a.json) {
    print(json_line(request_document(*now)));
    co_return 0;
  }
  const bool took_effect = now->state == "paused" || now->state == "cancelled";
  print(fmt::format(
      "run {} ({}) {}\n", r->id, r->name,
      took_effect ? fmt::format("is {}", now->state) : "will stop behind the batches in flight"));
  co_return 0;
}

asio::awaitable<result<int>> show_tunables(const arguments& a, pg::connection& c) {
  auto r = co_await find_run(c, a.subject);
  if (!r) {
    co_return r.error();
  }
  print_tunables(a, *r);
  co_return 0;
}

}  // namespace

int request_command(const arguments& a) {
  if (a.what == command::forget) {
    return converse(a, [&a](asio::io_context&, pg::connection& c) { return forget(a, c); });
  }
  if (a.what == command::set && a.assignments.empty()) {
    return converse(a, [&a](asio::io_context&, pg::connection& c) { return show_tunables(a, c); });
  }
  std::string argument = "{}";
  if (a.what == command::set) {
    auto json = tunables_json(a.assignments);
    if (!json) {
      return fail(a, json.error());
    }
    argument = std::move(*json);
  }
  const std::string request = a.what == command::pause    ? "pause"
                              : a.what == command::cancel ? "cancel"
                                                          : "set";
  return converse(a, [&a, request, argument](asio::io_context&, pg::connection& c) {
    return ask(a, c, request, argument);
  });
}

}  // namespace pawl::cli
