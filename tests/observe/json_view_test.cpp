#include "observe/json_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <nlohmann/json.hpp>

#include "observe/simulated_run.hpp"

namespace pawl::observe {
namespace {

using namespace std::chrono_literals;
using json = nlohmann::ordered_json;

class seat {
 public:
  seat() : view_([this](std::string_view text) { text_ += text; }) {}

  void emit(event_body body) { view_.on(run_.at_this_moment(std::move(body))); }
  void pass(std::chrono::milliseconds time) { run_.pass(time); }

  const std::string& text() const { return text_; }

  std::vector<json> objects() const {
    std::vector<json> parsed;
    std::istringstream lines(text_);
    for (std::string line; std::getline(lines, line);) {
      parsed.push_back(json::parse(line));
    }
    return parsed;
  }

 private:
  simulated_run run_;
  std::string text_;
  json_view view_;
};

TEST(JsonView, TheFirstObjectNamesTheSchema) {
  seat s;

  s.emit(an_opened_run());
  s.emit(notice{"careful"});

  const auto objects = s.objects();
  ASSERT_EQ(objects.size(), 2u);
  EXPECT_EQ(s.text().find(R"({"type":"run","schema":"pawl.run/1","ts":"2026-11-22T10:31:00.250Z",)"
                          R"("run":42,"job":"backfill_currency_code",)"),
            0u);
  EXPECT_EQ(objects[0]["key"], json::array({"id"}));
  EXPECT_EQ(objects[0]["rows_estimate"], 2'000'000);
  EXPECT_EQ(objects[0]["target_s"], 0.25);
  EXPECT_FALSE(objects[1].contains("schema"));
  EXPECT_EQ(objects[1]["msg"], "careful");
}

TEST(JsonView, EveryKindOfEventHasItsType) {
  seat s;
  s.emit(an_opened_run());
  s.emit(a_batch(10, 5ms));
  s.emit(a_retry("40P01", "deadlock detected"));
  s.emit(state_changed{run_state::paused, "by alice"});
  s.emit(totals_of(10, 0.5));
  s.emit(verify_progress{0, 1, 2, 3, 4});
  s.emit(notice{"careful"});
  s.emit(range_claimed{1, 7, true});
  s.emit(range_claimed{1, 8, false});
  s.emit(an_ended_run(run_state::done, 10));

  std::vector<std::string> types;
  for (const json& object : s.objects()) {
    types.push_back(object["type"]);
  }
  EXPECT_THAT(types, testing::ElementsAre("run", "batch", "retry", "state", "progress", "verify",
                                          "notice", "notice", "summary"));
}

TEST(JsonView, ProgressCarriesNumbersAndNullForTheUnknown) {
  seat s;
  s.emit(an_opened_run());
  for (int i = 1; i <= 40; ++i) {
    s.pass(1s);
    s.emit(totals_of(i * 1000, i * 0.01));
  }

  const json progress = s.objects().back();
  EXPECT_EQ(progress["fraction"], 0.4);
  EXPECT_EQ(progress["rows_scanned"], 40'000);
  EXPECT_EQ(progress["rows_per_s"], 1000.0);
  EXPECT_EQ(progress["eta_s"], 60);
  EXPECT_EQ(progress["state"], "running");
  EXPECT_TRUE(progress["waiting"].is_null());
  EXPECT_TRUE(progress["batch_duration"].is_null());
  EXPECT_TRUE(progress["wal_bytes_server"].is_null());
}

TEST(JsonView, SummaryTellsWhatIsLeftAndWhy) {
  seat s;
  s.emit(an_opened_run());
  run_ended e = an_ended_run(run_state::failed, 7);
  e.retries = {{"40P01", 2}, {"lost", 1}};
  e.cause = error{errc::bad_row,         "division by zero", "Correct the row.", "22012", "",
                  {"backfill.sql", 3, 8}};
  s.emit(e);

  const json summary = s.objects().back();
  EXPECT_EQ(summary["state"], "failed");
  EXPECT_EQ(summary["work_left"], true);
  EXPECT_EQ(summary["elapsed_s"], 14.2);
  EXPECT_EQ(summary["retries"], (json{{"40P01", 2}, {"lost", 1}}));
  EXPECT_EQ(summary["error"], (json{{"code", "PAWL-101"},
                                    {"message", "division by zero"},
                                    {"hint", "Correct the row."},
                                    {"sqlstate", "22012"},
                                    {"file", "backfill.sql"},
                                    {"line", 3},
                                    {"column", 8}}));
}

TEST(JsonView, AnyBytesOfTheServerMakeValidLines) {
  EXPECT_TRUE(rc::check([](const std::string& bytes) {
    seat s;
    run_opened opened = an_opened_run();
    opened.server = bytes;
    opened.notes = {bytes};

    s.emit(opened);
    s.emit(notice{bytes});
    s.emit(a_retry(bytes, bytes));
    s.emit(state_changed{run_state::held, bytes});
    run_ended ended = an_ended_run(run_state::held, 1);
    ended.retries = {{bytes, 1}};
    ended.cause = error{errc::held, bytes, bytes, bytes, bytes, {bytes, 1, 1}};
    s.emit(ended);

    RC_ASSERT(s.objects().size() == 5u);
  }));
}

TEST(JsonView, BytesThatAreNoUtf8AreReplaced) {
  seat s;

  s.emit(notice{"caf\xE9 \x1b[0m\n"});

  EXPECT_EQ(s.objects()[0]["msg"], "caf\uFFFD \x1b[0m\n");
  EXPECT_NE(s.text().find("\\u001b[0m\\n"), std::string::npos);
}

}  // namespace
}  // namespace pawl::observe
