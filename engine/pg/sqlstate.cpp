#include "pg/sqlstate.hpp"

#include <array>

namespace pawl::pg {
namespace {

struct entry {
  std::string_view code;  // five characters, or two for a whole class
  action means;
};

constexpr std::array table{
    entry{"PW001", action::fenced},

    entry{"40001", action::retry},  // also: the row moved to another partition
    entry{"40P01", action::retry},
    entry{"55P03", action::retry},

    entry{"08", action::reconnect},  // 08P01 too: a pooler sends it after the server's 57P01
    entry{"40003", action::reconnect},
    entry{"53300", action::reconnect},
    // These end the session (FATAL), so the same batch needs another connection.
    entry{"25P03", action::reconnect},
    entry{"25P04", action::reconnect},
    entry{"57P01", action::reconnect},
    entry{"57P02", action::reconnect},
    entry{"57P03", action::reconnect},
    entry{"57P05", action::reconnect},

    entry{"53200", action::smaller},
    entry{"54000", action::smaller},
    entry{"54001", action::smaller},

    entry{"57014", action::interrupted},

    entry{"25006", action::hold},
    entry{"28", action::hold},
    entry{"42501", action::hold},
    entry{"42P01", action::hold},
    entry{"42703", action::hold},
    entry{"53", action::hold},  // 53100 disk full, 53400 configured limit
    entry{"58", action::hold},
    entry{"XX001", action::hold},
    entry{"XX002", action::hold},

    entry{"22", action::bad_row},
    entry{"22P04", action::fail},  // malformed COPY data: what pawl wrote, not what a row holds
    entry{"22P06", action::fail},  // a backslash in a literal: the statement's text, not a row
    entry{"23", action::bad_row},
    entry{"38", action::bad_row},
    entry{"39", action::bad_row},
    // Raised by PL/pgSQL in triggers and functions that see one row at a time.
    entry{"P0001", action::bad_row},
    entry{"P0002", action::bad_row},
    entry{"P0003", action::bad_row},
    entry{"P0004", action::bad_row},
};

constexpr const entry* find(std::string_view code) {
  for (const entry& e : table) {
    if (e.code == code) return &e;
  }
  return nullptr;
}

}  // namespace

action action_of(std::string_view sqlstate) {
  if (sqlstate.size() != 5) return action::fail;
  if (const entry* exact = find(sqlstate)) return exact->means;
  if (const entry* whole_class = find(sqlstate.substr(0, 2))) return whole_class->means;
  return action::fail;
}

}  // namespace pawl::pg
