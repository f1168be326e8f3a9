#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "cli/confirm.hpp"
#include "cli/documents.hpp"
#include "cli/session.hpp"
#include "observe/json_view.hpp"
#include "observe/plain_view.hpp"
#include "observe/terminal_view.hpp"
#include "run/preview.hpp"
#include "run/runner.hpp"
#include "sql/limits.hpp"

namespace pawl::cli {

namespace asio = boost::asio;

namespace {

observe::surroundings surroundings_of(int descriptor) {
  const auto variable = [](const char* name) {
    const char* text = std::getenv(name);
    return text == nullptr ? std::nullopt : std::optional<std::string>{text};
  };
  observe::surroundings s;
  s.is_terminal = isatty(descriptor) != 0;
  s.term = variable("TERM");
  s.no_color = variable("NO_COLOR");
  s.force_color = variable("FORCE_COLOR");
  s.clicolor_force = variable("CLICOLOR_FORCE");
  return s;
}

observe::stream stream_of(int descriptor, std::FILE* file, const arguments& a) {
  observe::stream s;
  s.write = [file](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), file);
    std::fflush(file);
  };
  s.colour = observe::choose_colour(a.colour, surroundings_of(descriptor));
  s.set = terminal_charset();
  return s;
}

observe::screen screen_size() {
  winsize size{};
  observe::screen s;
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    s.columns = size.ws_col;
    s.rows = size.ws_row;
  }
  return s;
}

std::chrono::seconds local_offset(std::chrono::system_clock::time_point at) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm local{};
  localtime_r(&seconds, &local);
  return std::chrono::seconds{local.tm_gmtoff};
}

std::unique_ptr<observe::view> make_view(const arguments& a) {
  observe::streams out;
  out.progress = stream_of(STDERR_FILENO, stderr, a);
  out.result = stream_of(STDOUT_FILENO, stdout, a);
  if (a.json) {
    return std::make_unique<observe::json_view>(out.result.write);
  }
  const auto kind = a.quiet ? observe::view_kind::none
                            : observe::choose_view(a.progress, surroundings_of(STDERR_FILENO));
  if (kind == observe::view_kind::terminal) {
    observe::terminal_options options;
    options.size = screen_size;
    options.utc_offset = local_offset;
    options.verbose = a.verbose;
    return std::make_unique<observe::terminal_view>(std::move(out), std::move(options));
  }
  return std::make_unique<observe::plain_view>(std::move(out), kind == observe::view_kind::none);
}

// Exit code of one run's end; `signal` is what drained it, 0 if nothing did.
int exit_code(const run_ended& end, int signal) {
  if (end.cause) {
    return exit_code_of(end.cause->code);
  }
  if (end.state == run_state::done) {
    return 0;
  }
  return signal == 0 ? 1 : 128 + signal;
}

class attended_run {
 public:
  attended_run(const arguments& a, run_options options, pg::conninfo info)
      : a_(a),
        options_(std::move(options)),
        info_(std::move(info)),
        signals_(io_, SIGINT, SIGTERM, SIGHUP),
        asked_(io_, SIGUSR1),
        ticker_(io_) {}

  int run(sql::job job, ledger::definition what) {
    view_ = make_view(a_);
    options_.host = host_name();
    run::runner runner{io_.get_executor(), info_, std::move(options_), *view_};
    runner_ = &runner;
    await_signal();
    await_question();
    tick();
    const auto end = run_to_end(io_, runner.run(std::move(job), std::move(what)));
    signals_.cancel();
    asked_.cancel();
    ticker_.cancel();
    io_.restart();
    io_.poll();
    io_.restart();
    runner_ = nullptr;
    if (end.cause && end.run == 0) {
      return fail(a_, *end.cause);
    }
    if (end.run == 0 && signal_ != 0) {
      fmt::print(stderr, "stopped by a signal before the run was opened; nothing was changed\n");
    }
    return exit_code(end, signal_);
  }

 private:
  void await_signal() {
    signals_.async_wait([this](boost::system::error_code stopped, int number) {
      if (stopped || runner_ == nullptr) {
        return;
      }
      // A lost terminal drains, and is no reason to hurry.
      if (signal_ != 0 && number != SIGHUP) {
        runner_->cancel_now();
      } else {
        signal_ = number;
        runner_->drain();
      }
      await_signal();
    });
  }

  void await_question() {
    asked_.async_wait([this](boost::system::error_code stopped, int) {
      if (!stopped) {
        view_->report(std::chrono::steady_clock::now());
        await_question();
      }
    });
  }

  void tick() {
    ticker_.expires_after(std::chrono::milliseconds{100});
    ticker_.async_wait([this](boost::system::error_code stopped) {
      if (!stopped) {
        view_->tick(std::chrono::steady_clock::now());
        tick();
      }
    });
  }

  const arguments& a_;
  run_options options_;
  pg::conninfo info_;
  asio::io_context io_{1};
  asio::signal_set signals_;
  asio::signal_set asked_;
  asio::steady_timer ticker_;
  std::unique_ptr<observe::view> view_;
  run::runner* runner_ = nullptr;
  int signal_ = 0;
};

// All of a file's jobs are resolved before the first is begun: a refusal must not come behind
// committed changes.
std::optional<error> refused_ahead(const std::vector<run_options>& options,
                                   const pg::conninfo& info, const std::vector<sql::job>& jobs) {
  for (std::size_t i = 0; jobs.size() > 1 && i < jobs.size(); ++i) {
    asio::io_context io{1};
    auto shown = run_to_end(io, run::preview_run(io.get_executor(), info, options[i], jobs[i], 0));
    if (!shown) {
      return shown.error();
    }
    if (shown->refused) {
      return shown->refused;
    }
  }
  return std::nullopt;
}

int run_file(const arguments& a) {
  auto bytes = read_job_file(a.subject);
  if (!bytes) {
    return fail(a, bytes.error());
  }
  auto jobs = sql::read_jobs(a.subject, *bytes);
  if (!jobs) {
    return fail(a, jobs.error());
  }
  if (const auto unusable = unusable_name(*jobs)) {
    return fail(a, *unusable);
  }
  const auto settings = read_configuration(a);
  if (!settings) {
    return fail(a, settings.error());
  }
  // All of them before the first is begun: a contradiction in the last must not end half a file.
  std::vector<run_options> options;
  for (const auto& job : *jobs) {
    auto of_job = options_of(*settings, a, job.name);
    if (!of_job) {
      return fail(a, of_job.error());
    }
    options.push_back(std::move(*of_job));
  }
  auto info = find_connection(a, *settings);
  if (!info) {
    return fail(a, info.error());
  }
  if (const auto refused = refused_ahead(options, *info, *jobs)) {
    return fail(a, *refused);
  }
  if (const auto confirmed = confirm_restart(a, *info, *jobs); !confirmed) {
    return fail(a, confirmed.error());
  }
  for (std::size_t i = 0; i < jobs->size(); ++i) {
    ledger::definition what;
    what.file = a.subject;
    what.text = *bytes;
    what.job = static_cast<int>(i);
    attended_run one{a, options[i], *info};
    if (const int code = one.run((*jobs)[i], std::move(what)); code != 0) {
      return code;
    }
  }
  return 0;
}

// The run's own words, from the ledger; and, for resume, the request itself.
asio::awaitable<result<ledger::run_record>> ask_to_resume(asio::io_context& io, pg::conninfo info,
                                                          std::string name) {
  pg::connection c{io.get_executor()};
  auto open = co_await c.open(std::move(info), "pawl", soon());
  if (!open) {
    co_return open.error();
  }
  auto ledger = co_await expect_ledger(c);
  if (!ledger) {
    co_return ledger.error();
  }
  auto r = co_await find_run(c, std::move(name));
  if (!r) {
    co_return r.error();
  }
  if (r->state != "done") {
    auto asked = co_await ledger::request(c, r->id, "resume", "{}", "", host_name(), soon());
    if (!asked) {
      co_return asked.error();
    }
  }
  co_return co_await find_run(c, std::to_string(r->id));
}

int resume_run(const arguments& a) {
  const auto settings = read_configuration(a);
  if (!settings) {
    return fail(a, settings.error());
  }
  auto info = find_connection(a, *settings);
  if (!info) {
    return fail(a, info.error());
  }
  asio::io_context io{1};
  auto r = run_to_end(io, ask_to_resume(io, *info, a.subject));
  if (!r) {
    return fail(a, read_only_as_refusal(r.error()));
  }
  if (a.detach) {
    print(a.json ? json_line(request_document(*r))
          : r->state == "done"
              ? fmt::format("run {} ({}) is done\n", r->id, r->name)
              : fmt::format("run {} ({}) goes on where a runner is at work\n", r->id, r->name));
    return 0;
  }
  auto job = recorded_job(*r);
  if (!job) {
    return fail(a, job.error());
  }
  auto options = options_of(*settings, a, r->name);
  if (!options) {
    return fail(a, options.error());
  }
  attended_run one{a, std::move(*options), std::move(*info)};
  return one.run(std::move(*job), r->what);
}

}  // namespace

int run_command(const arguments& a) {
  return a.what == command::run ? run_file(a) : resume_run(a);
}

}  // namespace pawl::cli
