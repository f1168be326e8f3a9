#include "cli/configuration.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "cli/session.hpp"
#include "config/locate.hpp"
#include "config/tree.hpp"
#include "spelling.hpp"

namespace pawl::cli {

namespace fs = std::filesystem;

namespace {

std::optional<std::string> variable(std::string_view name) {
  const char* text = std::getenv(std::string{name}.c_str());
  return text == nullptr ? std::nullopt : std::optional<std::string>{text};
}

error usage(std::string message, std::string hint) {
  error e;
  e.code = errc::usage;
  e.message = std::move(message);
  e.hint = std::move(hint);
  return e;
}

std::optional<config::location> find_file(const arguments& a) {
  if (a.config) {
    const bool none = *a.config == "none";
    return none ? std::nullopt : std::optional{config::location{*a.config, true}};
  }
  std::error_code gone;
  config::surroundings around;
  around.folder = fs::current_path(gone);
  around.xdg_config_home = variable("XDG_CONFIG_HOME");
  around.home = variable("HOME");
  around.exists = [](const fs::path& p) {
    std::error_code unreadable;
    return fs::exists(p, unreadable);
  };
  return locate(around);
}

// As short as it can be said from here: "pawl.toml", "../pawl.toml".
std::string shown_path(const config::location& at) {
  std::error_code gone;
  const auto here = fs::current_path(gone);
  const bool relative = at.is_shared && !gone && at.file.is_absolute();
  return (relative ? at.file.lexically_relative(here) : at.file).string();
}

void warn_of_passwords(const config::document& d) {
  std::vector<const config::connection*> all{&d.connection};
  for (const auto& [name, profile] : d.profiles) {
    all.push_back(&profile);
  }
  for (const auto* c : all) {
    if (c->url && pg::redact(c->url->text) != c->url->text) {
      fmt::print(stderr,
                 "warning: {}: the url holds a password that everybody can read who has the file; "
                 "name a variable instead: env = \"DATABASE_URL\"\n",
                 c->url->from);
      return;
    }
  }
}

result<config::document> read_document(const std::optional<config::location>& at) {
  if (!at) {
    return config::document{};
  }
  const auto bytes =
      read_file(at->file.string(), config::file_bytes_max,
                "Name the configuration with --config FILE, or write --config none.");
  if (!bytes) {
    return bytes.error();
  }
  auto read = config::read_document(shown_path(*at), *bytes);
  if (!read) {
    error e = read.error();
    e.message = pg::redact(e.message);
    return e;
  }
  if (at->is_shared) {
    warn_of_passwords(*read);
  }
  return read;
}

result<std::optional<config::text_value>> find_profile(const arguments& a,
                                                       const config::document& d) {
  std::optional<config::text_value> asked;
  if (a.profile) {
    asked = config::text_value{*a.profile, "--env"};
  } else if (auto named = variable("PAWL_ENV"); named && !named->empty()) {
    asked = config::text_value{*named, "PAWL_ENV"};
  }
  if (!asked || d.profiles.contains(asked->text)) {
    return asked;
  }
  if (d.file.empty()) {
    return usage(fmt::format("{} asks for profile \"{}\", and there is no pawl.toml", asked->from,
                             asked->text),
                 "Name the file with --config FILE, or leave the profile out.");
  }
  std::vector<std::string_view> known;
  for (const auto& [name, profile] : d.profiles) {
    known.push_back(name);
  }
  return usage(fmt::format("{} asks for profile \"{}\", which {} does not have", asked->from,
                           asked->text, d.file),
               known.empty() ? fmt::format("Add [profile.{}] to it.", asked->text)
                             : suggestion(asked->text, known));
}

// The file of the flag, else the profile's, else the connection's, else .env if there is one.
result<std::string> read_variables_file(const arguments& a, const configuration& c,
                                        const std::optional<config::location>& at) {
  const auto* profile = c.profile ? &c.file.profiles.at(c.profile->text) : nullptr;
  const auto& configured =
      profile != nullptr && profile->env_file ? profile->env_file : c.file.connection.env_file;
  fs::path path = ".env";
  std::string named_by;
  if (a.env_file) {
    path = *a.env_file;
    named_by = "--env-file";
  } else if (configured) {
    path =
        configured->text == "none" ? fs::path{"none"} : at->file.parent_path() / configured->text;
    named_by = configured->from;
  }
  if (path == "none") {
    return std::string{};
  }
  auto text = read_variables_text(path.string());
  if (!text && named_by.empty()) {
    return std::string{};
  }
  if (!text) {
    error e;
    e.code = errc::file_unreadable;
    e.message = fmt::format("cannot read {}, which {} names", path.string(), named_by);
    e.hint = "Give a readable file, or \"none\".";
    return e;
  }
  return std::move(*text);
}

pg::configured configured(const config::connection& c) {
  pg::configured to;
  to.own_file = c.env_file.has_value();
  if (c.url) {
    to.url = c.url->text;
    to.origin = c.url->from;
  } else if (c.variable) {
    to.variable = c.variable->text;
    to.origin = c.variable->from;
  } else {
    to.origin = c.env_file->from;
  }
  return to;
}

}  // namespace

result<configuration> read_configuration(const arguments& a) {
  const auto at = find_file(a);
  configuration c;
  auto document = read_document(at);
  if (!document) {
    return document.error();
  }
  c.file = std::move(*document);
  auto profile = find_profile(a, c.file);
  if (!profile) {
    return profile.error();
  }
  c.profile = std::move(*profile);
  auto text = read_variables_file(a, c, at);
  if (!text) {
    return text.error();
  }
  c.env_text = std::move(*text);

  const auto in_file = pg::read_env_file(c.env_text);
  const auto of_process = config::read_variables(variable, "");
  if (!of_process) {
    return of_process.error();
  }
  const auto of_file = config::read_variables(
      [&](std::string_view name) -> std::optional<std::string> {
        const auto found = in_file.find(std::string{name});
        return found == in_file.end() ? std::nullopt : std::optional{found->second};
      },
      " in .env");
  if (!of_file) {
    return of_file.error();
  }
  c.variables = config::overlay(*of_process, *of_file);
  return c;
}

namespace {

// All but the flags.
config::layer rest_of(const configuration& c, std::string_view job) {
  const auto section = c.file.jobs.find(std::string{job});
  const auto of_job = section == c.file.jobs.end() ? config::layer{} : section->second;
  return config::overlay(c.variables, config::overlay(of_job, c.file.run));
}

}  // namespace

config::layer settings_of(const configuration& c, const arguments& a, std::string_view job) {
  return config::overlay(config::overlay(a.flags, rest_of(c, job)), config::defaults());
}

result<run_options> options_of(const configuration& c, const arguments& a, std::string_view job) {
  if (auto wrong = config::contradiction(settings_of(c, a, job))) {
    return std::move(*wrong);
  }
  auto options = a.options;
  config::apply(a.flags, rest_of(c, job), options);
  return options;
}

result<pg::conninfo> find_connection(const arguments& a, const configuration& c) {
  pg::sources from;
  from.flag = a.db;
  from.db_env = a.db_env;
  if (c.profile) {
    from.profile = configured(c.file.profiles.at(c.profile->text));
  }
  if (c.file.connection.url || c.file.connection.variable) {
    from.connection = configured(c.file.connection);
  }
  from.env = variable;
  from.env_file = c.env_text;
  auto found = pg::resolve(from);
  if (found) {
    for (const auto& warning : found->warnings) {
      fmt::print(stderr, "warning: {}\n", warning);
    }
  }
  return found;
}

}  // namespace pawl::cli
