// What a command line that cannot be read is told: which word is wrong, and what was meant. Pure:
// knows words, not the parser.
#pragma once

#include <optional>
#include <pawl/error.hpp>
#include <string>
#include <vector>

namespace pawl::cli {

// A call as far as it could be read.
struct partial_call {
  std::string command;                // "pawl", "pawl run", "pawl sandbox"
  std::vector<std::string> commands;  // one of which must follow; empty behind the last
  std::vector<std::string> options;   // long names that it takes, without their dashes
  std::vector<std::string> left;      // words that nothing took, in their order
};

error usage(std::string message, std::string hint);

error missing_command(const partial_call& call);

// Where a command must follow and another word does.
std::optional<error> wrong_command(const partial_call& call);

// The first word that nothing took. An option is named without its value, which may be a secret.
std::optional<error> wrong_word(const partial_call& call);

// Whether the words ask for JSON, however wrong the rest of them is.
bool asks_for_json(int count, const char* const* words);

}  // namespace pawl::cli
