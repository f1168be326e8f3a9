// What each SQLSTATE means for a batch: one table, no class hierarchy.
#pragma once

#include <string_view>

namespace pawl::pg {

inline constexpr std::string_view insufficient_privilege = "42501";
inline constexpr std::string_view read_only_transaction = "25006";

enum class action {
  retry,        // definite abort, transient: same batch again after a pause
  reconnect,    // the connection is gone or going: the same, on a new one
  smaller,      // too big: halve the batch
  interrupted,  // 57014: our own timer (too big) or a person (pause); the caller knows which
  hold,         // the environment forbids it: probe until the cause is gone
  bad_row,      // the data of a row: narrow down to it
  fenced,       // PW001: the range is no longer ours, or this batch is committed already
  fail,         // our bug or the job's: stop
};

// Answers for definite errors, those sent by the server before COMMIT was sent. Codes that are not
// in the table go by their class, and classes that are not in it are `fail`. An error of libpq's
// own has no SQLSTATE: there the state of the connection decides, not this table.
action action_of(std::string_view sqlstate);

}  // namespace pawl::pg
