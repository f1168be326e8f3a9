#include "cli/arguments.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <utility>

#include "cli/help_text.hpp"
#include "cli/usage.hpp"
#include "config/duration.hpp"
#include "run/limits.hpp"

namespace pawl::cli {

namespace {

// Which of the global options mean something to a command. The others are taken and change nothing.
constexpr unsigned connects = 1U;  // where to connect, and as what
constexpr unsigned reports = 2U;   // --json
constexpr unsigned shortens = 4U;  // --quiet
constexpr unsigned details = 8U;   // --verbose
constexpr unsigned draws = 16U;    // --color, --progress
constexpr unsigned asks = 32U;     // --no-input
constexpr unsigned talks = connects | reports;
constexpr unsigned runs = talks | shortens | details | draws;

struct global_options {
  std::vector<std::pair<unsigned, const CLI::Option*>> all;
  std::map<const CLI::App*, unsigned> of_command;
};

class help_formatter : public CLI::Formatter {
 public:
  explicit help_formatter(const global_options& globals) : globals_(globals) {}

  std::string make_option(const CLI::Option* o, bool is_positional) const override {
    return help_entry(make_option_name(o, is_positional) + make_option_opts(o),
                      make_option_desc(o));
  }
  // That a positional is text, and whether it is required, the line of the usage shows.
  std::string make_option_opts(const CLI::Option* o) const override {
    return o->get_positional() ? std::string{} : CLI::Formatter::make_option_opts(o);
  }
  std::string make_subcommand(const CLI::App* sub) const override {
    return help_entry(sub->get_name(), sub->get_description());
  }
  std::string make_footer(const CLI::App* app) const override {
    std::string text;
    const auto mask = globals_.of_command.find(app);
    for (const auto& [meaning, option] : globals_.all) {
      if (mask != globals_.of_command.end() && (mask->second & meaning) != 0) {
        text += make_option(option, false);
      }
    }
    return text.empty() ? text : "Global options:\n" + text;
  }

 private:
  const global_options& globals_;
};

// One of a few words. CLI11's own check names the numbers behind them when it refuses one.
template <class Target, class Value>
CLI::Option* add_choice(CLI::App& app, const std::string& flag, Target& to,
                        const std::map<std::string, Value>& choices, const std::string& help) {
  const auto read = [flag, &to, choices](const std::string& text) {
    const auto found = choices.find(CLI::detail::to_lower(text));
    if (found == choices.end()) {
      std::vector<std::string> words;
      for (const auto& [word, value] : choices) {
        words.push_back(word);
      }
      throw CLI::ValidationError{flag,
                                 fmt::format("\"{}\" is none of {}", text, fmt::join(words, ", "))};
    }
    to = found->second;
  };
  return app.add_option_function<std::string>(flag, read, help);
}

void add_connection(CLI::App& app, arguments& a, global_options& globals) {
  const auto add = [&](const CLI::Option* o) { globals.all.emplace_back(connects, o); };
  add(app.add_option("-d,--db", a.db, "connection string: URL, keywords or service=NAME")
          ->type_name("CONNINFO"));
  add(app.add_option("--db-env", a.db_env, "take the connection string from this variable")
          ->type_name("NAME"));
  add(app.add_option("--env-file", a.env_file, "file of variables (default .env), or \"none\"")
          ->type_name("FILE"));
  add(app.add_option("-e,--env", a.profile, "connect as [profile.NAME] of pawl.toml says")
          ->type_name("NAME"));
  add(app.add_option("-c,--config", a.config, "read settings from this file, or \"none\"")
          ->type_name("FILE"));
}

void add_output(CLI::App& app, arguments& a, global_options& globals) {
  static const std::map<std::string, observe::colour_flag> colours = {
      {"auto", observe::colour_flag::automatic},
      {"always", observe::colour_flag::always},
      {"never", observe::colour_flag::never}};
  static const std::map<std::string, observe::progress_flag> progresses = {
      {"auto", observe::progress_flag::automatic},
      {"bar", observe::progress_flag::bar},
      {"plain", observe::progress_flag::plain},
      {"none", observe::progress_flag::none}};
  const auto add = [&](unsigned meaning, const CLI::Option* o) {
    globals.all.emplace_back(meaning, o);
  };
  add(reports, app.add_flag("--json", a.json, "machine-readable output on stdout"));
  add(shortens, app.add_flag("-q,--quiet", a.quiet, "warnings and the summary only"));
  add(details, app.add_flag("-v,--verbose", a.verbose, "more: a line for each worker or remark"));
  add(draws,
      add_choice(app, "--color", a.colour, colours, "auto, always or never")->type_name("WHEN"));
  add(draws, add_choice(app, "--progress", a.progress, progresses, "auto, bar, plain or none")
                 ->type_name("HOW"));
  add(asks, app.add_flag("--no-input", a.no_input, "ask nothing, not even on a terminal"));
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
    case config::setting_kind::stripes:
      return "N|auto";
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
  global_options globals;
  CLI::App app{"pawl: batched data migrations for PostgreSQL, exactly once", "pawl"};

  parser() {
    app.require_subcommand(1);
    app.fallthrough();
    app.formatter(std::make_shared<help_formatter>(globals));
    app.set_help_flag("-h,--help", "print this help");
    app.set_version_flag("-V,--version", "pawl " PAWL_VERSION, "print the version");
    add_connection(app, a, globals);
    add_output(app, a, globals);
    add_running();
    add_requests();
    add_reading();
    add_config();
    add_check();
    add_sandbox();
  }

  CLI::App* add(command what, unsigned meanings, const std::string& name, const std::string& help) {
    return add_to(app, what, meanings, name, help);
  }

  CLI::App* add_to(CLI::App& group, command what, unsigned meanings, const std::string& name,
                   const std::string& help) {
    auto* sub = group.add_subcommand(name, help);
    sub->callback([this, what] { a.what = what; });
    globals.of_command[sub] = meanings;
    return sub;
  }

  // Commands of their own behind a common word.
  CLI::App* add_group(const std::string& name, const std::string& help) {
    auto* group = app.add_subcommand(name, help);
    group->require_subcommand(1);
    return group;
  }

  // Names of runs that may be given up.
  void add_confirmation(CLI::App* sub, const std::string& help) {
    sub->add_option("--confirm", a.confirmed, help)->option_text("NAME")->allow_extra_args(false);
  }

  void add_running() {
    auto* run = add(command::run, runs | asks, "run", "start or resume the jobs of a file");
    run->add_option("FILE", a.subject, "a .sql file with one data change, or more")->required();
    run->add_flag("--restart", a.options.restart, "begin again from the first row");
    add_confirmation(run, "name of an unfinished run that --restart may end");
    run->add_flag("--accept-change", a.options.accept_change,
                  "go on with a changed statement for the rows left");
    add_run_options(run, a);
    auto* plan = add(command::plan, talks, "plan", "what `run` would do, and what it would cost");
    plan->add_option("JOB", a.subject,
                     "a .sql file, a folder of them, or the name of a run (else the folder jobs)");
    plan->add_option("--sample", a.samples, "run so many batches and roll them back, to measure")
        ->check(CLI::Range(1, run::limits::sample_batches_max).description(""))
        ->type_name("N");
    add_run_options(plan, a);
    auto* resume =
        add(command::resume, runs, "resume", "go on with a paused, failed or stalled run");
    resume->add_option("RUN", a.subject, "number or name of the run")->required();
    resume->add_flag("--accept-server", a.options.accept_server,
                     "go on although the server or the table is not the recorded one");
    resume->add_flag("--detach", a.detach, "only record the request, for runners that are there");
    add_run_options(resume, a);
  }

  void add_requests() {
    auto* pause = add(command::pause, talks, "pause", "let the batches in flight end, then stay");
    auto* cancel = add(command::cancel, talks, "cancel", "end a run; what is committed stays");
    for (auto* sub : {pause, cancel}) {
      sub->add_option("RUN", a.subject, "number or name of the run")->required();
      sub->add_option("--reason", a.reason, "recorded with the request")->type_name("TEXT");
    }
    auto* set =
        add(command::set, talks, "set", "change jobs, batch-size, target of a run as it runs");
    set->add_option("RUN", a.subject, "number or name of the run")->required();
    set->add_option("NAME=VALUE", a.assignments, "jobs=8 batch-size=auto|N target=400ms");
    auto* forget = add(command::forget, talks, "forget", "remove a run from the ledger");
    forget->add_option("RUN", a.subject, "number or name of the run")->required();
    add_confirmation(forget, "the run's name, for a run that is not done");
  }

  void add_reading() {
    auto* status =
        add(command::status, talks, "status", "what runs, how far, and what is in the way");
    status->add_option("RUN", a.subject, "number or name of the run");
    status->add_flag("-w,--watch", a.watch, "again every second");
    status->add_flag("--exit-code", a.exit_code, "exit 3 if work is left");
    auto* wait =
        add(command::wait, talks, "wait", "until a run has ended, or the server can be reached");
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
    auto* verify = add(command::verify, talks, "verify", "check a finished run's rows again");
    verify->add_option("RUN", a.subject, "number or name of the run")->required();
    auto* log = add(command::log, talks, "log", "what happened to a run");
    log->add_option("RUN", a.subject, "number or name of the run")->required();
    log->add_flag("-f,--follow", a.follow, "and what happens next");
    auto* version = add(command::version, reports, "version", "versions of pawl and its parts");
    version->add_flag("--ddl", a.ddl, "print the statements that make schema pawl");
  }

  void add_config() {
    auto* config = add_group("config", "what flags, variables and pawl.toml say together");
    auto* show = add_to(*config, command::config_show, talks, "show", "every setting as it counts");
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
    auto* check = add(command::check, talks | shortens | details, "check",
                      "what migrations would block, break or lose");
    check->add_option("PATH", a.paths, "files or folders (default: the usual folders)");
    check->add_option("--since", a.since, "only the migrations behind this one")->type_name("NAME");
    add_choice(*check, "--format", a.format, formats, "text, json, github, gitlab or gcc")
        ->type_name("FORMAT");
    add_choice(*check, "--fail-on", a.fail_on, levels, "warning or error: exit 6 from there on")
        ->type_name("LEVEL");
  }

  void add_sandbox() {
    auto* sandbox = add_group("sandbox", "a private throw-away PostgreSQL server");
    auto* up = add_to(*sandbox, command::sandbox_up, reports | shortens, "up",
                      "make it if need be, start it, print its URL");
    up->add_option("--bin", a.bin, "folder of initdb and postgres")->type_name("FOLDER");
    up->add_option("--port", a.port, "port on the loopback address")
        ->check(CLI::Range(1, 65'535).description(""))
        ->type_name("PORT");
    up->add_option("--set", a.settings, "for postgresql.conf")->option_text("NAME=VALUE ...");
    auto* down = add_to(*sandbox, command::sandbox_down, reports, "down", "stop it");
    down->add_flag("--remove", a.remove, "and remove its folder");
    auto* url = add_to(*sandbox, command::sandbox_url, reports, "url", "print its URL");
    for (auto* sub : {up, down, url}) {
      sub->add_option("--folder", a.folder, "where it lives")->type_name("FOLDER");
    }
  }

  // What was understood when parse() gave up.
  partial_call call() const {
    partial_call c;
    const CLI::App* last = &app;
    c.command = app.get_name();
    add_names(app, c.options);
    while (!last->get_subcommands().empty()) {
      last = last->get_subcommands().front();
      c.command += ' ' + last->get_name();
      add_names(*last, c.options);
    }
    for (const auto* sub : last->get_subcommands([](const CLI::App*) { return true; })) {
      c.commands.push_back(sub->get_name());
    }
    c.left = app.remaining();
    std::erase(c.left, "--");
    return c;
  }

  static void add_names(const CLI::App& of, std::vector<std::string>& to) {
    for (const auto* option : of.get_options()) {
      to.insert(to.end(), option->get_lnames().begin(), option->get_lnames().end());
    }
  }

  std::string help() const {
    auto text = app.help();
    text.erase(text.find_last_not_of('\n') + 1);
    return text + '\n';
  }
};

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
  try {
    p.app.parse(count, words);
  } catch (const CLI::CallForHelp&) {
    if (auto wrong = wrong_command(p.call())) {
      return std::move(*wrong);
    }
    return parsed{std::nullopt, p.help()};
  } catch (const CLI::CallForVersion& v) {
    return parsed{std::nullopt, std::string{v.what()} + '\n'};
  } catch (const CLI::ParseError& e) {
    const auto call = p.call();
    if (auto wrong = wrong_word(call)) {
      return std::move(*wrong);
    }
    if (!call.commands.empty() && e.get_name() == "RequiredError") {
      return missing_command(call);
    }
    return usage(e.what(), fmt::format("`{} --help` shows what it takes.", call.command));
  }
  return parsed{std::move(p.a), {}};
}

}  // namespace pawl::cli
