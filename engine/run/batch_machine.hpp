// The steps of one batch and what each outcome means (design.md, Ledger and protocol): a pure state
// machine. A coroutine (batch.cpp) performs the actions and feeds back what happened.
//
//   send_work ──ok──► send_finish ──COMMIT──► settle(committed)
//       │ error           │ error: as for work; the server rolled back or roll_back does
//       │                 │ no answer: the outcome is unknown
//       ▼                 ▼
//   roll_back ──► settle(verdict)          reconnect ──► inspect ──► settle(verdict)
//
// A lost answer is never guessed: inspect() waits for the range's row, and what stands there
// decides.
#pragma once

#include <pawl/error.hpp>
#include <string>

#include "ledger/range.hpp"

namespace pawl::run {

enum class batch_action { send_work, send_finish, roll_back, reconnect, inspect, settle };

enum class batch_verdict {
  committed,
  retry,        // nothing happened, transient
  smaller,      // nothing happened, too big
  bad_row,      // nothing happened, a row's own data
  hold,         // nothing happened, the environment forbids it
  interrupted,  // nothing happened, a person cancelled the statement
  stopped,      // nothing happened, we cancelled it ourselves
  lost_claim,   // the range is another's; whatever happened is in the ledger
  failed,       // nothing happened, and trying again would not help
};

class batch_machine {
 public:
  batch_action begin() const { return batch_action::send_work; }

  // Answer to send_work. `stopping`: we asked the server to cancel, so even a success is undone.
  batch_action work_done(bool stopping);
  // Answer to send_finish, with the tag of COMMIT.
  batch_action finish_done(std::string_view tag);
  // send_work or send_finish failed. `usable`: the connection is still open. `own_timer`: 57014
  // came when our statement_timeout had passed. `stopping`: we asked for it.
  struct failure {
    error cause;
    bool usable = false;
    bool own_timer = false;
    bool stopping = false;
  };
  batch_action work_failed(failure f);
  batch_action finish_failed(failure f);
  batch_action rolled_back(bool usable);
  batch_action reconnected();
  batch_action inspected(ledger::finding f);
  // The connection broke again while inspecting.
  batch_action inspection_failed() const { return batch_action::reconnect; }

  // After settle.
  batch_verdict verdict() const { return verdict_; }
  // What went wrong; message empty if nothing did.
  const error& cause() const { return cause_; }
  // The answer of a COMMIT was lost, and how it turned out.
  bool was_ambiguous() const { return ambiguous_; }

 private:
  batch_action aborted(failure f);

  batch_verdict verdict_ = batch_verdict::retry;
  error cause_;
  bool ambiguous_ = false;
  bool must_inspect_ = false;
};

}  // namespace pawl::run
