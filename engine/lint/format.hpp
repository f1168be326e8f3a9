// A report as text for people, for CI systems and for programs. Pure.
#pragma once

#include <string>

#include "lint/finding.hpp"

namespace pawl::lint {

enum class format { text, json, github, gitlab, gcc };

// What a person is shown: `quiet` errors and warnings, `usual` also what is rewritten, `full` also
// remarks. json and gitlab always hold everything.
enum class detail { quiet, usual, full };

std::string render(const report& r, format as, detail shown);

// 0, 2 if something was unreadable, 6 if a finding is at least as severe as `fail_on`.
int exit_code_of(const report& r, severity fail_on);

}  // namespace pawl::lint
