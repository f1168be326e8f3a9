#include "cli/arguments.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <map>

#include "run/limits.hpp"
#include "sql/spelling.hpp"

namespace pawl::cli {

namespace {

error usage(std::string message, std::string hint) {
  error e;
  e.code = errc::usage;
  e.message = std::move(message);
  e.hint = std::move(hint);
  return e;
}

void add_duration(CLI::App* app, const std::string& flag, std::chrono::milliseconds& into,
                  const std::string& help) {
  const auto read = [&into, flag](const std::string& text) {
    const auto duration = parse_duration(text);
    if (!duration) {
      throw CLI::ValidationError{flag, "takes a duration such as 250ms, 2s, 30min, 5h"};
    }
    into = *duration;
  };
  app->add_option_function<std::string>(flag, read, help)->type_name("DURATION");
}

// As read; 0 = not given. They go to their fields when parsing is over.
struct durations {
  std::chrono::milliseconds target{0};
  std::chrono::milliseconds hold_for{0};
  std::chrono::milliseconds max_duration{0};
  std::chrono::milliseconds grace{0};
  std::chrono::milliseconds lease{0};
  std::chrono::milliseconds timeout{0};
};

void add_globals(CLI::App& app, arguments& a) {
  static const std::map<std::string, observe::colour_flag> colours = {
      {"auto", observe::colour_flag::automatic},
      {"always", observe::colour_flag::always},
      {"never", observe::colour_flag::never}};
  static const std::map<std::string, observe::progress_flag> progresses = {
      {"auto", observe::progress_flag::automatic},
      {"bar", observe::progress_flag::bar},
      {"plain", observe::progress_flag::plain},
      {"none", observe::progress_flag::none}};
  app.add_option("-d,--db", a.db, "connection string: URL, libpq keywords or service=NAME")
      ->type_name("CONNINFO");
  app.add_option("--db-env", a.db_env, "take the connection string from this variable")
      ->type_name("NAME");
  app.add_option("--env-file", a.env_file, "read variables from this file, or \"none\"")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_flag("--json", a.json, "machine-readable output on stdout");
  app.add_flag("-q,--quiet", a.quiet, "warnings and the summary only");
  app.add_flag("-v,--verbose", a.verbose, "a line for each worker");
  app.add_option("--color", a.colour, "auto, always or never")
      ->transform(CLI::CheckedTransformer(colours, CLI::ignore_case).description(""));
  app.add_option("--progress", a.progress, "auto, bar, plain or none")
      ->transform(CLI::CheckedTransformer(progresses, CLI::ignore_case).description(""));
}

void add_run_options(CLI::App* sub, arguments& a, durations& d) {
  auto& o = a.options;
  sub->add_option("-j,--jobs", o.jobs, "connections that run batches (default 2)")
      ->check(CLI::Range(1, run::limits::jobs_max));
  sub->add_option("--batch-size", o.batch_rows, "rows of a batch, fixed (default: adaptive)")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{100'000'000}));
  sub->add_option("--batch-size-min", o.batch_rows_min, "floor of the adaptive size")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{100'000'000}))
      ->capture_default_str();
  sub->add_option("--batch-size-max", o.batch_rows_max, "ceiling of the adaptive size")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{100'000'000}))
      ->capture_default_str();
  add_duration(sub, "--target", d.target, "duration that a batch should take (default 250ms)");
  add_duration(sub, "--hold-for", d.hold_for,
               "longest time without a commit before giving up (default 30min)");
  add_duration(sub, "--max-duration", d.max_duration, "stop with work left after this long");
  add_duration(sub, "--grace", d.grace,
               "time for batches in flight after the first signal (default 5s)");
  add_duration(sub, "--lease", d.lease, "how long a silent runner is waited for (default 15s)");
}

struct parser {
  arguments a;
  durations d;
  CLI::App app{"pawl: batched data migrations for PostgreSQL, exactly once", "pawl"};

  parser() {
    app.require_subcommand(1);
    app.fallthrough();
    app.set_version_flag("-V,--version", "pawl " PAWL_VERSION);
    add_globals(app, a);
    add_running();
    add_requests();
    add_reading();
    add_check();
    add_sandbox();
  }

  CLI::App* add(command what, const std::string& name, const std::string& help) {
    auto* sub = app.add_subcommand(name, help);
    sub->callback([this, what] { a.what = what; });
    return sub;
  }

  void add_running() {
    auto* run = add(command::run, "run", "start or resume the jobs of a file");
    run->add_option("FILE", a.subject, "a .sql file with one UPDATE or DELETE, or more")
        ->required();
    run->add_flag("--restart", a.options.restart, "begin again from the first row");
    run->add_flag("--accept-change", a.options.accept_change,
                  "go on with a changed statement for the rows that are left");
    add_run_options(run, a, d);
    auto* resume = add(command::resume, "resume", "go on with a paused, failed or stalled run");
    resume->add_option("RUN", a.subject, "number or name of the run")->required();
    resume->add_flag("--accept-server", a.options.accept_server,
                     "go on although the server or the table is not the recorded one");
    resume->add_flag("--detach", a.detach, "only record the request, for runners that are there");
    add_run_options(resume, a, d);
  }

  void add_requests() {
    auto* pause = add(command::pause, "pause", "let the batches in flight end, then stay");
    auto* cancel = add(command::cancel, "cancel", "end a run; what is committed stays");
    for (auto* sub : {pause, cancel}) {
      sub->add_option("RUN", a.subject, "number or name of the run")->required();
      sub->add_option("--reason", a.reason, "recorded with the request")->type_name("TEXT");
    }
    auto* set = add(command::set, "set", "change jobs, batch-size, target of a run as it runs");
    set->add_option("RUN", a.subject, "number or name of the run")->required();
    set->add_option("NAME=VALUE", a.assignments, "jobs=8 batch-size=auto|N target=400ms");
    auto* forget = add(command::forget, "forget", "remove a run from the ledger");
    forget->add_option("RUN", a.subject, "number or name of the run")->required();
    forget->add_option("--confirm", a.confirm, "the run's name, for a run that is not done");
  }

  void add_reading() {
    auto* status = add(command::status, "status", "what runs, how far, and what is in the way");
    status->add_option("RUN", a.subject, "number or name of the run");
    status->add_flag("-w,--watch", a.watch, "again every second");
    status->add_flag("--exit-code", a.exit_code, "exit 3 if work is left");
    auto* wait = add(command::wait, "wait", "until a run has ended, or the server can be reached");
    wait->add_option("RUN", a.subject, "number or name of the run");
    wait->add_flag("--reachable", a.reachable, "wait for the server instead");
    add_duration(wait, "--timeout", d.timeout, "give up after this, exit 3");
    auto* verify = add(command::verify, "verify", "check a finished run's rows again");
    verify->add_option("RUN", a.subject, "number or name of the run")->required();
    auto* log = add(command::log, "log", "what happened to a run");
    log->add_option("RUN", a.subject, "number or name of the run")->required();
    log->add_flag("-f,--follow", a.follow, "and what happens next");
    auto* version = add(command::version, "version", "versions of pawl and its parts");
    version->add_flag("--ddl", a.ddl, "print the statements that make schema pawl");
  }

  void add_check() {
    static const std::map<std::string, lint::format> formats = {{"text", lint::format::text},
                                                                {"json", lint::format::json},
                                                                {"github", lint::format::github},
                                                                {"gitlab", lint::format::gitlab},
                                                                {"gcc", lint::format::gcc}};
    static const std::map<std::string, lint::severity> levels = {
        {"warning", lint::severity::warning}, {"error", lint::severity::error}};
    auto* check = add(command::check, "check", "what migrations would block, break or lose");
    check->add_option("PATH", a.paths, "files or folders (default: the usual folders)");
    check->add_option("--since", a.since, "only the migrations behind this one")->type_name("NAME");
    check->add_option("--format", a.format, "text, json, github, gitlab or gcc")
        ->transform(CLI::CheckedTransformer(formats, CLI::ignore_case).description(""));
    check->add_option("--fail-on", a.fail_on, "warning or error: exit 6 from there on")
        ->transform(CLI::CheckedTransformer(levels, CLI::ignore_case).description(""));
  }

  void add_sandbox() {
    auto* sandbox = app.add_subcommand("sandbox", "a private throw-away PostgreSQL server");
    sandbox->require_subcommand(1);
    auto* up = sandbox->add_subcommand("up", "make it if need be, start it, print its URL");
    up->callback([this] { a.what = command::sandbox_up; });
    up->add_option("--bin", a.bin, "folder of initdb and postgres");
    up->add_option("--port", a.port, "port on the loopback address")->check(CLI::Range(1, 65'535));
    up->add_option("--set", a.settings, "NAME=VALUE for postgresql.conf");
    auto* down = sandbox->add_subcommand("down", "stop it");
    down->callback([this] { a.what = command::sandbox_down; });
    down->add_flag("--remove", a.remove, "and remove its folder");
    auto* url = sandbox->add_subcommand("url", "print its URL");
    url->callback([this] { a.what = command::sandbox_url; });
    for (auto* sub : {up, down, url}) {
      sub->add_option("--folder", a.folder, "where it lives");
    }
  }

  void settle() {
    auto& o = a.options;
    if (d.target.count() > 0) {
      o.target = d.target;
    }
    if (d.hold_for.count() > 0) {
      o.hold_for = std::chrono::duration_cast<std::chrono::seconds>(d.hold_for);
    }
    if (d.max_duration.count() > 0) {
      o.max_duration = std::chrono::ceil<std::chrono::seconds>(d.max_duration);
    }
    if (d.grace.count() > 0) {
      o.grace = d.grace;
    }
    if (d.lease.count() > 0) {
      o.lease = std::chrono::ceil<std::chrono::seconds>(d.lease);
    }
    a.timeout = d.timeout;
  }
};

// CLI11 says no more than that a subcommand is required; people mistype names.
std::optional<error> unknown_command(const CLI::App& app, int count, const char* const* words) {
  std::vector<std::string> owned;
  for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    owned.push_back(sub->get_name());
  }
  const std::vector<std::string_view> names(owned.begin(), owned.end());
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word.starts_with('-')) {
      return std::nullopt;  // an option may take the next word; CLI11 knows
    }
    if (std::find(names.begin(), names.end(), word) != names.end()) {
      return std::nullopt;
    }
    const auto near = sql::nearest(word, names);
    return usage(fmt::format("there is no command \"{}\"", word),
                 near.empty() ? "`pawl --help` lists the commands."
                              : fmt::format("Did you mean `pawl {}`?", near));
  }
  return usage("which command?", "`pawl --help` lists the commands.");
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  static const std::map<std::string_view, double> units = {{"ms", 1.0},        {"s", 1'000.0},
                                                           {"m", 60'000.0},    {"min", 60'000.0},
                                                           {"h", 3'600'000.0}, {"d", 86'400'000.0}};
  double number = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto unit = units.find(text.substr(static_cast<std::size_t>(end - text.data())));
  if (bad != std::errc{} || unit == units.end() || !(number > 0) || number * unit->second > 1e12) {
    return std::nullopt;
  }
  return std::chrono::milliseconds{
      std::max<std::int64_t>(1, static_cast<std::int64_t>(number * unit->second))};
}

result<std::string> tunables_json(const std::vector<std::string>& assignments) {
  std::string json;
  for (const auto& assignment : assignments) {
    const auto equals = assignment.find('=');
    const auto name = assignment.substr(0, equals);
    const auto value = equals == std::string::npos ? "" : assignment.substr(equals + 1);
    std::int64_t number = 0;
    const auto [end, bad] = std::from_chars(value.data(), value.data() + value.size(), number);
    const bool is_number = bad == std::errc{} && end == value.data() + value.size() && number > 0;
    std::string field;
    if (name == "jobs" && is_number && number <= run::limits::jobs_max) {
      field = fmt::format("\"jobs\":{}", number);
    } else if (name == "batch-size" && (is_number || value == "auto")) {
      field = fmt::format("\"batch_rows\":{}", value == "auto" ? "null" : std::to_string(number));
    } else if (const auto target = parse_duration(value); name == "target" && target) {
      field = fmt::format("\"target_ms\":{}", target->count());
    } else {
      return usage(fmt::format("\"{}\" is not a setting of a run", assignment),
                   "Settings are jobs=1..256, batch-size=auto or a number of rows, target=250ms.");
    }
    json += (json.empty() ? "" : ",") + field;
  }
  return '{' + json + '}';
}

result<parsed> parse_arguments(int count, const char* const* words) {
  parser p;
  if (count < 2) {
    return usage("which command?", "`pawl --help` lists the commands.");
  }
  if (auto e = unknown_command(p.app, count, words)) {
    return *e;
  }
  try {
    p.app.parse(count, words);
  } catch (const CLI::CallForHelp&) {
    return parsed{std::nullopt, p.app.help()};
  } catch (const CLI::CallForAllHelp&) {
    return parsed{std::nullopt, p.app.help("", CLI::AppFormatMode::All)};
  } catch (const CLI::CallForVersion& v) {
    return parsed{std::nullopt, std::string{v.what()} + '\n'};
  } catch (const CLI::ParseError& e) {
    return usage(e.what(), "`pawl COMMAND --help` shows what it takes.");
  }
  p.settle();
  return parsed{std::move(p.a), {}};
}

}  // namespace pawl::cli
