#include "run/batch_machine.hpp"

#include "pg/sqlstate.hpp"

namespace pawl::run {

namespace {

batch_verdict verdict_of(const batch_machine::failure& f) {
  if (f.stopping) {
    return batch_verdict::stopped;
  }
  switch (pg::action_of(f.cause.sqlstate)) {
    case pg::action::retry:
    case pg::action::reconnect:
      return batch_verdict::retry;
    case pg::action::smaller:
      return batch_verdict::smaller;
    case pg::action::interrupted:
      return f.own_timer ? batch_verdict::smaller : batch_verdict::interrupted;
    case pg::action::hold:
      return batch_verdict::hold;
    case pg::action::bad_row:
      return batch_verdict::bad_row;
    case pg::action::fenced:
      return batch_verdict::lost_claim;
    case pg::action::fail:
      break;
  }
  return batch_verdict::failed;
}

}  // namespace

batch_action batch_machine::work_done(bool stopping) {
  if (stopping) {
    verdict_ = batch_verdict::stopped;
    return batch_action::roll_back;
  }
  return batch_action::send_finish;
}

batch_action batch_machine::finish_done(std::string_view tag) {
  // COMMIT of a failed transaction succeeds, with the tag ROLLBACK.
  if (tag == "COMMIT") {
    verdict_ = batch_verdict::committed;
    return batch_action::settle;
  }
  verdict_ = batch_verdict::retry;
  cause_.code = errc::statement_failed;
  cause_.message = "COMMIT answered " + std::string{tag};
  return batch_action::settle;
}

batch_action batch_machine::aborted(failure f) {
  verdict_ = verdict_of(f);
  must_inspect_ = pg::action_of(f.cause.sqlstate) == pg::action::fenced;
  cause_ = std::move(f.cause);
  return batch_action::roll_back;
}

batch_action batch_machine::work_failed(failure f) {
  if (f.usable) {
    return aborted(std::move(f));
  }
  // COMMIT was never sent: whatever the server does now, it rolls back.
  verdict_ = f.stopping ? batch_verdict::stopped : batch_verdict::retry;
  cause_ = std::move(f.cause);
  return f.stopping ? batch_action::settle : batch_action::reconnect;
}

batch_action batch_machine::finish_failed(failure f) {
  if (f.usable) {
    return aborted(std::move(f));
  }
  ambiguous_ = true;
  must_inspect_ = true;
  cause_ = std::move(f.cause);
  return batch_action::reconnect;
}

batch_action batch_machine::rolled_back(bool usable) {
  if (must_inspect_) {
    return usable ? batch_action::inspect : batch_action::reconnect;
  }
  return batch_action::settle;
}

batch_action batch_machine::reconnected() {
  return must_inspect_ ? batch_action::inspect : batch_action::settle;
}

batch_action batch_machine::inspected(ledger::finding f) {
  must_inspect_ = false;
  switch (f) {
    case ledger::finding::committed:
      verdict_ = batch_verdict::committed;
      break;
    case ledger::finding::not_committed:
      verdict_ = batch_verdict::retry;
      break;
    case ledger::finding::lost:
      verdict_ = batch_verdict::lost_claim;
      break;
  }
  return batch_action::settle;
}

}  // namespace pawl::run
