// A job run to its end on an event loop of its own, as `pawl run` runs it.
#pragma once

#include <functional>
#include <pawl/events.hpp>
#include <pawl/run.hpp>
#include <string>

#include "support/server.hpp"

namespace pawl::run {

// Called for each event, on the runner's thread: it may speak to the server, as long as no batch in
// flight (one of another worker) holds what it waits for.
using event_hook = std::function<void(const event&)>;

// Batches of 7 rows on 2 connections, so that a small table has many batches and races.
run_options small_batches();
run_options one_connection();

// `text` is the job's file and must hold one job. What cannot be read comes back as the cause.
run_ended run_job(const std::string& url, const std::string& text,
                  run_options options = small_batches(), const event_hook& hook = {});

// Calls `act` behind the first commit of a batch.
event_hook once_committed(std::function<void()> act);

// For EXPECT_EQ: "done", or the error.
std::string outcome(const run_ended& end);

class Job : public test::on_each_version {};

}  // namespace pawl::run
