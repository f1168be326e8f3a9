#include "cli/arguments.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <map>

#include "config/duration.hpp"
#include "run/limits.hpp"
#include "spelling.hpp"

namespace pawl::cli {

namespace {

error usage(std::string message, std::string hint) {
  error e;
  e.code = errc::usage;
  e.message = std::move(message);
  e.hint = std::move(hint);
  return e;
}

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
  app.add_option("--env-file", a.env_file,
                 "read variables from this file (default .env), or \"none\"")
      ->type_name("FILE");
  app.add_option("-e,--env", a.profile, "connect as [profile.NAME] of pawl.toml says")
      ->type_name("NAME");
  app.add_option("-c,--config", a.config, "read settings from this file, or \"none\"")
      ->type_name("FILE");
  app.add_flag("--json", a.json, "machine-readable output on stdout");
  app.add_flag("-q,--quiet", a.quiet, "warnings and the summary only");
  app.add_flag("-v,--verbose", a.verbose, "a line for each worker");
  app.add_option("--color", a.colour, "auto, always or never")
      ->transform(CLI::CheckedTransformer(colours, CLI::ignore_case).description(""));
  app.add_option("--progress", a.progress, "auto, bar, plain or none")
      ->transform(CLI::CheckedTransformer(progresses, CLI::ignore_case).description(""));
}

static_assert(config::settings[config::index(config::setting_id::jobs)].most ==
              run::limits::jobs_max);

std::string type_name_of(const config::setting& s) {
  switch (s.kind) {
    case config::setting_kind::count:
      return "N";
    case config::setting_kind::rows:
      return "ROWS";
    case config::setting_kind::rows_or_auto:
      return "ROWS|auto";
    case config::setting_kind::duration:
      break;
  }
  return "DURATION";
}

void add_run_options(CLI::App* sub, arguments& a) {
  const auto defaults = config::defaults();
  for (std::size_t i = 0; i < config::settings.size(); ++i) {
    const auto& s = config::settings[i];
    const std::string flag = fmt::format("--{}", s.key);
    const auto read = [&a, i, flag](const std::string& text) {
      const auto value = config::read_value(config::settings[i], text);
      if (!value) {
        throw CLI::ValidationError{flag, "takes " + config::expectation(config::settings[i])};
      }
      a.flags[i] = config::chosen{*value, flag};
    };
    const std::string names = s.key == "jobs" ? "-j," + flag : flag;
    std::string help{s.meaning};
    if (defaults[i]) {
      help += fmt::format(" (default {})", config::show_value(s, defaults[i]->value));
    }
    sub->add_option_function<std::string>(names, read, help)->type_name(type_name_of(s));
  }
}

struct parser {
  arguments a;
  CLI::App app{"pawl: batched data migrations for PostgreSQL, exactly once", "pawl"};

  parser() {
    app.require_subcommand(1);
    app.fallthrough();
    app.set_version_flag("-V,--version", "pawl " PAWL_VERSION);
    add_globals(app, a);
    add_running();
    add_requests();
    add_reading();
    add_config();
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
    run->add_option("FILE", a.subject, "a .sql file with one data change, or more")->required();
    run->add_flag("--restart", a.options.restart, "begin again from the first row");
    run->add_flag("--accept-change", a.options.accept_change,
                  "go on with a changed statement for the rows that are left");
    add_run_options(run, a);
    auto* plan = add(command::plan, "plan", "what `run` would do, and what it would cost");
    plan->add_option("JOB", a.subject, "a .sql file, a folder of them, or the name of a run")
        ->required();
    plan->add_option("--sample", a.samples, "run so many batches and roll them back, to measure")
        ->check(CLI::Range(1, run::limits::sample_batches_max))
        ->type_name("N");
    add_run_options(plan, a);
    auto* resume = add(command::resume, "resume", "go on with a paused, failed or stalled run");
    resume->add_option("RUN", a.subject, "number or name of the run")->required();
    resume->add_flag("--accept-server", a.options.accept_server,
                     "go on although the server or the table is not the recorded one");
    resume->add_flag("--detach", a.detach, "only record the request, for runners that are there");
    add_run_options(resume, a);
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
    const auto read_timeout = [this](const std::string& text) {
      const auto timeout = config::parse_duration(text);
      if (!timeout) {
        throw CLI::ValidationError{"--timeout", "takes a duration such as 250ms, 2s, 30min, 5h"};
      }
      a.timeout = *timeout;
    };
    wait->add_option_function<std::string>("--timeout", read_timeout, "give up after this, exit 3")
        ->type_name("DURATION");
    auto* verify = add(command::verify, "verify", "check a finished run's rows again");
    verify->add_option("RUN", a.subject, "number or name of the run")->required();
    auto* log = add(command::log, "log", "what happened to a run");
    log->add_option("RUN", a.subject, "number or name of the run")->required();
    log->add_flag("-f,--follow", a.follow, "and what happens next");
    auto* version = add(command::version, "version", "versions of pawl and its parts");
    version->add_flag("--ddl", a.ddl, "print the statements that make schema pawl");
  }

  void add_config() {
    auto* config = app.add_subcommand("config", "what flags, variables and pawl.toml say together");
    config->require_subcommand(1);
    auto* show = config->add_subcommand("show", "every setting as it counts");
    show->callback([this] { a.what = command::config_show; });
    show->add_flag("--origin", a.origin, "and where each comes from");
    add_run_options(show, a);
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
    const auto near = nearest(word, names);
    return usage(fmt::format("there is no command \"{}\"", word),
                 near.empty() ? "`pawl --help` lists the commands."
                              : fmt::format("Did you mean `pawl {}`?", near));
  }
  return usage("which command?", "`pawl --help` lists the commands.");
}

}  // namespace

result<std::string> tunables_json(const std::vector<std::string>& assignments) {
  using config::setting_id;
  static constexpr std::array<std::pair<setting_id, std::string_view>, 3> fields = {
      {{setting_id::jobs, "jobs"},
       {setting_id::batch_size, "batch_rows"},
       {setting_id::target, "target_ms"}}};
  std::string json;
  for (const auto& assignment : assignments) {
    const auto equals = assignment.find('=');
    const auto name = assignment.substr(0, equals);
    const auto text = equals == std::string::npos ? "" : assignment.substr(equals + 1);
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const auto& f) {
      return config::settings[config::index(f.first)].key == name;
    });
    const auto value =
        field == fields.end()
            ? std::nullopt
            : config::read_value(config::settings[config::index(field->first)], text);
    if (!value) {
      return usage(fmt::format("\"{}\" is not a setting of a run", assignment),
                   "Settings are jobs=1..256, batch-size=auto or a number of rows, target=250ms.");
    }
    json += fmt::format("{}\"{}\":{}", json.empty() ? "" : ",", field->second,
                        *value == 0 ? "null" : std::to_string(*value));
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
  return parsed{std::move(p.a), {}};
}

}  // namespace pawl::cli
