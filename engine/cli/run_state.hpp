// What people are told of a run's state beyond what the ledger records of it.
#pragma once

#include <string>
#include <string_view>

#include "ledger/status.hpp"

namespace pawl::cli {

// The recorded state, or "pausing" and "cancelling" while runners have still to obey.
std::string shown_state(std::string_view state, std::string_view desired);

// Done, failed or cancelled: nothing more happens to it unless somebody asks.
bool has_ended(std::string_view state);

// Why a run that should make checkpoints makes none, empty if it does.
std::string why_stalled(const ledger::run_status& r);

// The exit code that a failed run had, from the reason in the ledger ("PAWL-700: ..."); 1 where it
// names none.
int exit_code_of_reason(std::string_view reason);

}  // namespace pawl::cli
