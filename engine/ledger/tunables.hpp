// Tunables, settings and definitions as the ledger stores them: JSON texts. Internal to the room.
#pragma once

#include <string>
#include <string_view>

#include "ledger/run.hpp"

namespace pawl::ledger {

std::string to_json(const tunables& t);
tunables tunables_of(std::string_view json);

std::string to_json(const pg::settings& s);
pg::settings settings_of(std::string_view json);

std::string to_json(const definition& d);
definition definition_of(std::string_view json);

}  // namespace pawl::ledger
