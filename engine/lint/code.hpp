// The body of a DO block as far as it can be read: the statements that it runs.
//
// Pure; belongs on a big stack, as all parsing.
#pragma once

#include <string>
#include <vector>

#include "lint/context.hpp"

namespace pawl::lint {

struct code_facts {
  std::vector<std::string> statements;  // as written in the body
  bool dynamic = false;                 // EXECUTE
  bool calls = false;
  bool unreadable = false;  // another language, or no plpgsql
};

// `statement` is the whole DO statement, `body` its DoStmt.
code_facts read_do_block(const std::string& statement, const node& body);

void check_block(context& c, const unit& u, const code_facts& facts);

}  // namespace pawl::lint
