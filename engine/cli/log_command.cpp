#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/documents.hpp"
#include "cli/run_state.hpp"
#include "cli/session.hpp"
#include "ledger/status.hpp"
#include "observe/visible_text.hpp"

namespace pawl::cli {

namespace asio = boost::asio;

namespace {

std::string shown(std::string_view text) {
  return observe::visible(text, terminal_charset());
}

std::string line_of(const arguments& a, std::int64_t run, const ledger::event_record& e) {
  const auto detail = nlohmann::ordered_json::parse(e.detail, nullptr, false);
  if (a.json) {
    nlohmann::ordered_json j;
    j["schema"] = "pawl.log/1";
    j["run"] = run;
    j["event"] = e.id;
    j["ts"] = e.at;
    j["kind"] = e.kind;
    j["by"] = e.by;
    j["detail"] = detail;
    return json_line(j);
  }
  std::string text = fmt::format("{}  {:<18} {:<12}", e.at, e.kind, shown(e.by));
  for (const auto& [name, value] : detail.items()) {
    text += fmt::format("  {}={}", name,
                        shown(value.is_string() ? value.get<std::string>() : value.dump()));
  }
  return text + '\n';
}

asio::awaitable<result<int>> show(const arguments& a, pg::connection& c) {
  auto r = co_await find_run(c, a.subject);
  if (!r) {
    co_return r.error();
  }
  std::int64_t after = 0;
  // Looked at before a page is read: the events of its end are then on it, or on one before.
  bool is_over = has_ended(r->state);
  for (;;) {
    auto page = co_await ledger::list_events(c, r->id, after, soon());
    if (!page) {
      co_return page.error();
    }
    for (const auto& e : *page) {
      print(line_of(a, r->id, e));
      after = e.id;
    }
    if (!page->empty()) {
      continue;
    }
    if (!a.follow || is_over) {
      co_return 0;
    }
    co_await let_pass(std::chrono::seconds{1});
    auto now = co_await find_run(c, std::to_string(r->id));
    if (!now) {
      co_return now.error();
    }
    is_over = has_ended(now->state);
  }
}

}  // namespace

int log_command(const arguments& a) {
  return converse(a, [&a](asio::io_context&, pg::connection& c) { return show(a, c); });
}

}  // namespace pawl::cli
