#include <fmt/format.h>

#include <algorithm>

#include "cli/check_files.hpp"
#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "cli/session.hpp"
#include "lint/catalog.hpp"
#include "lint/check.hpp"
#include "lint/format.hpp"

namespace pawl::cli {

namespace asio = boost::asio;

namespace {

// The first check asks, the second knows. Connects only when it is told to which database: a lint
// must not find one by itself.
asio::awaitable<result<lint::report>> check_with_database(asio::io_context& io, pg::conninfo info,
                                                          std::vector<lint::input> files,
                                                          lint::options chosen) {
  pg::connection c{io.get_executor()};
  auto open = co_await c.open(std::move(info), "pawl check", soon());
  if (!open) {
    co_return open.error();
  }
  auto known = co_await lint::read_schema(c, soon());
  if (!known) {
    co_return known.error();
  }
  lint::question_list questions;
  auto first = lint::check(files, chosen, *known, questions);
  if (questions.open.empty()) {
    co_return first;
  }
  auto answered = co_await lint::answer_all(c, questions);
  if (!answered) {
    co_return answered.error();
  }
  co_return lint::check(files, chosen, std::move(*known), questions);
}

lint::severity severity_of(config::severity said) {
  switch (said) {
    case config::severity::off:
      return lint::severity::off;
    case config::severity::info:
      return lint::severity::info;
    case config::severity::warning:
      return lint::severity::warning;
    case config::severity::error:
      break;
  }
  return lint::severity::error;
}

// What pawl.toml says about rules and names.
result<lint::options> options_of(const config::document& file) {
  lint::options chosen;
  for (const auto& [id, level] : file.check.severities) {
    if (lint::find_rule(id) == nullptr) {
      const auto origin = file.check_origins.find("check.severity." + id);
      error e;
      e.code = errc::bad_config;
      e.message = fmt::format("{}there is no rule {}",
                              origin == file.check_origins.end() ? "" : origin->second + ": ", id);
      e.hint = "docs/check.md lists the rules.";
      return e;
    }
    chosen.severities[id] = severity_of(level);
  }
  chosen.names.patterns = file.check.patterns;
  chosen.names.refuse_vague = file.check.vague_names;
  return chosen;
}

result<lint::report> check_files(const arguments& a, const configuration& settings,
                                 std::vector<lint::input> files) {
  const auto chosen = options_of(settings.file);
  if (!chosen) {
    return chosen.error();
  }
  lint::question_list unasked;
  auto offline = lint::check(files, *chosen, {}, unasked);
  const bool unreadable = std::any_of(offline.findings.begin(), offline.findings.end(),
                                      [](const lint::finding& f) { return f.unreadable; });
  // No database is asked about what is no SQL.
  if (unreadable || (!a.db && !a.db_env)) {
    return offline;
  }
  auto info = find_connection(a, settings);
  if (!info) {
    return info.error();
  }
  asio::io_context io{1};
  return run_to_end(io, check_with_database(io, std::move(*info), std::move(files), *chosen));
}

}  // namespace

int check_command(const arguments& a) {
  auto files = find_check_files(a.paths, a.since);
  if (!files) {
    return fail(a, files.error());
  }
  const auto settings = read_configuration(a);
  if (!settings) {
    return fail(a, settings.error());
  }
  const auto found = check_files(a, *settings, std::move(*files));
  if (!found) {
    return fail(a, found.error());
  }
  const auto shown = a.quiet     ? lint::detail::quiet
                     : a.verbose ? lint::detail::full
                                 : lint::detail::usual;
  print(lint::render(*found, a.json ? lint::format::json : a.format, shown));
  const auto& said = settings->file.check.fail_on;
  return lint::exit_code_of(*found,
                            a.fail_on.value_or(said ? severity_of(*said) : lint::severity::error));
}

}  // namespace pawl::cli
