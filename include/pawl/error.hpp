// Errors of pawl: one value type, one table of numbers.
//
// An error says what failed, where, with which SQLSTATE, and what to type next. Functions that can
// fail return result<T>; exceptions are for programming faults only.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace pawl {

// PAWL-nnn. Users see the numbers in messages and JSON, so a number never changes its meaning. The
// exit code of each is in exit_code_of().
enum class errc : int {
  // The change itself failed.
  statement_failed = 100,  // the server refused a statement of the job
  bad_row = 101,           // a row's own data makes the change fail; its key is in the message
  internal = 104,          // an invariant of pawl does not hold: a bug
  ledger_damaged = 105,    // the ledger contradicts itself or the target
  output_lost = 106,       // what the command says could not be written to stdout

  // The call is wrong; no database was touched.
  usage = 200,
  file_unreadable = 201,
  sql_syntax = 202,
  bad_directive = 203,
  marker_needed = 204,  // the statement cannot be batched without `/* pawl:range */ true`
  no_connection = 205,  // no connection setting was given
  bad_connection_string = 206,
  unknown_run = 207,
  not_a_job = 208,  // the file holds no data change, or a statement that is none
  bad_config = 209,

  // The database cannot be reached.
  unreachable = 400,
  authentication = 401,
  connection_lost = 402,
  timed_out = 403,  // a deadline of pawl's own passed

  // Refused, with the way out; nothing was changed.
  no_key = 601,
  key_unusable = 602,
  target_unusable = 603,  // view, foreign table, missing table, ...
  sets_key = 604,
  row_security = 605,
  standby = 606,
  definition_changed = 607,
  target_changed = 608,
  ledger_newer = 609,
  ledger_unlogged = 610,
  wrong_server = 611,  // system identifier or timeline is not the one the run was opened on
  guard = 612,         // a `pawl:guard` does not hold
  sandbox = 613,       // the private server cannot be made or started
  forbidden = 614,     // the role lacks a privilege
  wrong_state = 615,   // the run is not in a state that allows the request

  verification_failed = 700,
  held = 750,         // stopped with work left: the environment forbids to go on
  out_of_time = 751,  // stopped with work left: --max-duration
  cancelled = 800,
};

// Exit codes of the executable (README, "Exit codes").
int exit_code_of(errc code);

// "PAWL-101".
std::string name_of(errc code);

// A place in a file: 1-based line and column (column in characters); line 0 = no place.
struct place {
  std::string file;
  int line = 0;
  int column = 0;

  bool operator==(const place&) const = default;
};

struct error {
  errc code = errc::internal;
  std::string message{};   // lower case, no full stop
  std::string hint{};      // a full sentence with the next command, or empty
  std::string sqlstate{};  // five characters as the server sent them, or empty
  std::string detail{};    // the server's own DETAIL or CONTEXT; may hold row values
  place where{};

  bool operator==(const error&) const = default;
};

// "file.sql:3:5: PAWL-101: message [22012]" and "hint: ..." on a line of its own.
std::string to_string(const error& e);

template <class T>
using result = boost::system::result<T, error>;

// What result<T>::value() throws on an error: reaching it is a programming fault.
[[noreturn]] void throw_exception_from_error(const error& e, const boost::source_location& loc);

}  // namespace pawl
