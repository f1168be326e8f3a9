#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/documents.hpp"
#include "cli/session.hpp"
#include "run/check.hpp"

namespace pawl::cli {

namespace asio = boost::asio;

namespace {

asio::awaitable<result<int>> check(asio::io_context& io, const arguments& a, pg::connection& c,
                                   pg::conninfo info) {
  auto r = co_await find_run(c, a.subject);
  if (!r) {
    co_return r.error();
  }
  auto job = recorded_job(*r);
  if (!job) {
    co_return job.error();
  }
  const auto id = r->id;
  auto found =
      co_await run::check_run(io.get_executor(), std::move(info), std::move(*r), std::move(*job));
  if (!found) {
    co_return found.error();
  }
  if (a.json) {
    nlohmann::ordered_json j;
    j["schema"] = "pawl.verify/1";
    j["run"] = id;
    j["holds"] = true;
    j["text"] = *found;
    print(json_line(j));
  } else {
    print(*found + '\n');
  }
  co_return 0;
}

}  // namespace

int verify_command(const arguments& a) {
  auto info = find_connection(a);
  if (!info) {
    return fail(a, info.error());
  }
  return converse(a,
                  [&](asio::io_context& io, pg::connection& c) { return check(io, a, c, *info); });
}

}  // namespace pawl::cli
