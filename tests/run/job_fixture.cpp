#include "run/job_fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <memory>
#include <utility>

#include "pg/conninfo.hpp"
#include "run/runner.hpp"
#include "sql/job.hpp"

namespace pawl::run {

namespace {

class hooked : public observer {
 public:
  explicit hooked(const event_hook& hook) : hook_(hook) {}
  void on(const event& e) override {
    if (hook_) hook_(e);
  }

 private:
  const event_hook& hook_;
};

run_ended refused(error cause) {
  run_ended end;
  end.cause = std::move(cause);
  return end;
}

}  // namespace

run_options small_batches() {
  run_options o;
  o.jobs = 2;
  o.batch_rows = 7;
  o.host = "test";
  return o;
}

run_options one_connection() {
  auto o = small_batches();
  o.jobs = 1;
  return o;
}

run_ended run_job(const std::string& url, const std::string& text, run_options options,
                  const event_hook& hook) {
  auto jobs = sql::read_jobs("job.sql", text);
  if (!jobs) return refused(jobs.error());
  auto where = pg::parse(url, "test");
  if (!where) return refused(where.error());
  ledger::definition what;
  what.file = "job.sql";
  what.text = jobs->front().text;
  boost::asio::io_context io{1};
  hooked to{hook};
  runner one{io.get_executor(), *where, std::move(options), to};
  run_ended end;
  std::exception_ptr thrown;
  boost::asio::co_spawn(io, one.run(jobs->front(), std::move(what)),
                        [&](std::exception_ptr e, run_ended value) {
                          thrown = std::move(e);
                          end = std::move(value);
                          io.stop();
                        });
  io.run();
  if (thrown) std::rethrow_exception(thrown);
  return end;
}

event_hook once_committed(std::function<void()> act) {
  return [act = std::move(act), first = std::make_shared<bool>(true)](const event& e) {
    if (*first && std::holds_alternative<batch_committed>(e.body)) {
      *first = false;
      act();
    }
  };
}

std::string outcome(const run_ended& end) {
  return end.cause ? to_string(*end.cause) : std::string{name_of(end.state)};
}

PAWL_ON_EACH_VERSION(Job);

}  // namespace pawl::run
