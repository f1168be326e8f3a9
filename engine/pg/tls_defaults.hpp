// What is safe to assume about TLS where the settings leave it open. Pure.
#pragma once

#include "pg/conninfo.hpp"

namespace pawl::pg {

// A keyword's value from the settings, else from the variable that libpq will take it from, else
// empty.
std::string effective(const conninfo& c, const char* keyword, const environment& env,
                      std::string_view variable);

// Completes `c.values` with sslmode and gssencmode, and adds the warnings that belong to them. What
// libpq will read from PG* variables counts as given and is not overridden; with a service both are
// left to its file.
// Errors: bad_connection_string for a mode that does not exist, and for prefer and allow off
// loopback, which anybody between client and server can turn into no TLS at all.
std::optional<error> apply_tls_defaults(conninfo& c, const environment& env);

}  // namespace pawl::pg
