// The documents of `--json`, as text. docs/json.md lists them all.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "ledger/run.hpp"

namespace pawl::cli {

// On a line of its own; bytes that are no UTF-8 are replaced.
std::string json_line(const nlohmann::ordered_json& document);

// pawl.request/1: the run that somebody asked something of, and its state now.
nlohmann::ordered_json request_document(const ledger::run_record& r, std::string_view state);

// "state" of it: the recorded one, or what the run is about to be.
nlohmann::ordered_json request_document(const ledger::run_record& r);

// What `pawl set` has recorded; null is the runner's own choice.
nlohmann::ordered_json tunables_document(const ledger::tunables& t);

}  // namespace pawl::cli
