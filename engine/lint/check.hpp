// `pawl check`: files in, findings out.
//
// Pure: it reads no file and no database; what is known of one comes in as a schema, and what the
// rules would like to know besides goes out as questions. Called again with their answers it tells
// more. Parses on a big stack of its own, so that no input can overflow the caller's.
#pragma once

#include <string>
#include <vector>

#include "lint/finding.hpp"
#include "lint/options.hpp"
#include "lint/question.hpp"
#include "lint/schema.hpp"

namespace pawl::lint {

struct input {
  std::string file;       // as shown in messages
  std::string migration;  // the name of a migration's folder or file; empty: named by nobody
  std::string bytes;
  bool is_job = false;      // lies in a folder of jobs
  bool only_learn = false;  // it stands before --since: read for what it creates
};

// In the order in which they are run. A migration that `known` holds as applied is left out.
report check(const std::vector<input>& files, const options& chosen, schema known,
             question_list& questions);

}  // namespace pawl::lint
