#include "cli/usage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "spelling.hpp"

namespace pawl::cli {

namespace {

bool is_option(std::string_view word) {
  return word.size() > 1 && word.front() == '-';
}

std::string_view nearest_of(std::string_view word, const std::vector<std::string>& known) {
  const std::vector<std::string_view> views(known.begin(), known.end());
  return nearest(word, views);
}

std::string help_of(const partial_call& call) {
  return fmt::format("`{} --help` shows what it takes.", call.command);
}

// "--db" of "--db=...", "-x" of "-xVALUE".
std::string_view option_name(std::string_view word) {
  return word.starts_with("--") ? word.substr(0, word.find('=')) : word.substr(0, 2);
}

error unknown_option(const partial_call& call, std::string_view word) {
  const auto name = option_name(word);
  // Without the dashes, which would make any two short names alike.
  const auto bare = name.substr(std::min(name.find_first_not_of('-'), name.size()));
  const auto near = nearest_of(bare, call.options);
  return usage(fmt::format("there is no option \"{}\"", name),
               near.empty() ? help_of(call) : fmt::format("Did you mean `--{}`?", near));
}

}  // namespace

error usage(std::string message, std::string hint) {
  error e;
  e.code = errc::usage;
  e.message = std::move(message);
  e.hint = std::move(hint);
  return e;
}

error missing_command(const partial_call& call) {
  return usage("which command?", fmt::format("`{} --help` lists the commands.", call.command));
}

std::optional<error> wrong_command(const partial_call& call) {
  if (call.commands.empty() || call.left.empty() || is_option(call.left.front())) {
    return std::nullopt;
  }
  const auto& word = call.left.front();
  const auto near = nearest_of(word, call.commands);
  return usage(fmt::format("there is no command \"{}\"", word),
               near.empty() ? missing_command(call).hint
                            : fmt::format("Did you mean `{} {}`?", call.command, near));
}

std::optional<error> wrong_word(const partial_call& call) {
  if (auto wrong = wrong_command(call)) {
    return wrong;
  }
  if (call.left.empty()) {
    return std::nullopt;
  }
  const auto& word = call.left.front();
  return is_option(word) ? unknown_option(call, word)
                         : usage(fmt::format("unexpected argument \"{}\"", word), help_of(call));
}

bool asks_for_json(int count, const char* const* words) {
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--json" || word == "--") {
      return word == "--json";
    }
  }
  return false;
}

}  // namespace pawl::cli
