#include "config/layers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace pawl::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

layer saying(setting_id id, std::int64_t value, std::string from) {
  layer l;
  l[index(id)] = chosen{value, std::move(from)};
  return l;
}

lookup variables(std::map<std::string, std::string, std::less<>> values) {
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

TEST(Setting, IsReadAsItIsShown) {
  for (const setting& s : settings) {
    for (const std::int64_t value : {s.least, s.most}) {
      EXPECT_EQ(read_value(s, show_value(s, value)), value) << s.key;
    }
    for (const char* text : {"", "-1", "0", "nan", "1e9", "99999999999999999999", "auto ", "1 "}) {
      EXPECT_EQ(read_value(s, text), std::nullopt) << s.key << ' ' << text;
    }
  }
}

TEST(Layers, TheFirstThatSaysSomethingCounts) {
  const layer all = overlay(saying(setting_id::jobs, 3, "--jobs"),
                            overlay(saying(setting_id::lease, 5'000, "pawl.toml:1"), defaults()));

  EXPECT_EQ(all[index(setting_id::jobs)], (chosen{3, "--jobs"}));
  EXPECT_EQ(all[index(setting_id::lease)], (chosen{5'000, "pawl.toml:1"}));
  EXPECT_EQ(all[index(setting_id::target)], (chosen{250, "default"}));
  EXPECT_EQ(all[index(setting_id::max_duration)], std::nullopt);
}

TEST(Layers, VariablesAreNamedAfterTheSettings) {
  const auto read = read_variables(
      variables({{"PAWL_JOBS", "8"}, {"PAWL_BATCH_SIZE_MAX", "9"}, {"PAWL_TARGET", ""}}),
      " in .env");

  ASSERT_TRUE(read.has_value());
  EXPECT_EQ((*read)[index(setting_id::jobs)], (chosen{8, "PAWL_JOBS in .env"}));
  EXPECT_EQ((*read)[index(setting_id::batch_size_max)], (chosen{9, "PAWL_BATCH_SIZE_MAX in .env"}));
  EXPECT_EQ((*read)[index(setting_id::target)], std::nullopt) << "empty is as good as not set";
}

TEST(Layers, AVariableThatIsNoValueIsRefused) {
  const auto read = read_variables(variables({{"PAWL_HOLD_FOR", "nan"}}), "");

  ASSERT_TRUE(read.has_error());
  EXPECT_EQ(read.error().code, errc::usage);
  EXPECT_THAT(read.error().message, HasSubstr("PAWL_HOLD_FOR is not a duration from 1s"));
}

TEST(Layers, AFloorAboveTheCeilingIsRefused) {
  EXPECT_EQ(contradiction(defaults()), std::nullopt);
  const auto refused = contradiction(saying(setting_id::batch_size_min, 300'000, "pawl.toml:2"));

  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->message,
            "batch-size-min 300000 (pawl.toml:2) is more than batch-size-max 200000 (default)");
}

TEST(Layers, OnlyFlagsAreRecordedWithTheRun) {
  run_options o;
  apply(saying(setting_id::jobs, 3, "--jobs"), saying(setting_id::batch_size, 70, "pawl.toml:1"),
        o);

  EXPECT_EQ(o.jobs, 3);
  EXPECT_EQ(o.batch_rows, std::nullopt);
  EXPECT_EQ(o.batch_rows_default, 70);
  EXPECT_EQ(o.target, std::nullopt);
}

TEST(Layers, EverySettingReachesTheRun) {
  layer l;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    l[i] = chosen{settings[i].least + 1, "pawl.toml:1"};
  }
  run_options o;
  apply({}, l, o);

  EXPECT_EQ(o.jobs_default, 2);
  EXPECT_EQ(o.batch_rows_default, 2);
  EXPECT_EQ(o.batch_rows_min, 2);
  EXPECT_EQ(o.batch_rows_max, 2);
  EXPECT_EQ(o.target_default, milliseconds{2});
  EXPECT_EQ(o.stripes, 2);
  EXPECT_EQ(o.grace, milliseconds{2});
  EXPECT_EQ(o.hold_for, seconds{2}) << "rounded up";
  EXPECT_EQ(o.max_duration, seconds{2});
  EXPECT_EQ(o.lease, seconds{2});
  EXPECT_EQ(o.lock_timeout_default, milliseconds{2});
  EXPECT_EQ(o.statement_timeout_default, milliseconds{1'001});
  EXPECT_EQ(o.lock_timeout, std::nullopt) << "the job's file goes before it";
  apply(l, {}, o);
  EXPECT_EQ(o.lock_timeout, milliseconds{2});
  EXPECT_EQ(o.statement_timeout, milliseconds{1'001});
}

TEST(Layers, DefaultsAreThoseOfTheLibrary) {
  run_options o;
  apply({}, {}, o);

  const run_options untouched;
  EXPECT_EQ(o.jobs_default, untouched.jobs_default);
  EXPECT_EQ(o.target_default, untouched.target_default);
  EXPECT_EQ(o.stripes, 0) << "auto";
  EXPECT_EQ(o.hold_for, untouched.hold_for);
  EXPECT_EQ(o.max_duration, untouched.max_duration);
  EXPECT_EQ(o.grace, untouched.grace);
  EXPECT_EQ(o.lease, untouched.lease);
}

}  // namespace
}  // namespace pawl::config
