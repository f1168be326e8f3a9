#include "config/document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pawl::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

document read(std::string_view text) {
  auto d = read_document("pawl.toml", text);
  if (!d) {
    ADD_FAILURE() << to_string(d.error());
    return {};
  }
  return std::move(*d);
}

constexpr std::string_view full = R"([connection]
env = "SHOP_URL"
env-file = "etc/shop.env"

[profile.staging]
url = "service=staging"

[run]
jobs = 4
batch-size = "auto"
target = "400ms"

[job.backfill]
batch-size = 500
hold-for = "2h"
max-duration = "1.5h"

[job."a.b"]
jobs = 1

[check]
severity = { L20 = "off", S1 = "error" }
fail-on = "warning"

[check.naming]
patterns = ["add_<field>_to_<table>", "create_<table>", "v2_<x>_<y>"]
vague-names = true
)";

TEST(Document, HoldsEveryValueWithItsLine) {
  const document d = read(full);

  EXPECT_EQ(d.connection.variable, (text_value{"SHOP_URL", "pawl.toml:2"}));
  EXPECT_EQ(d.connection.env_file, (text_value{"etc/shop.env", "pawl.toml:3"}));
  EXPECT_EQ(d.profiles.at("staging").url, (text_value{"service=staging", "pawl.toml:6"}));
  EXPECT_EQ(d.run[index(setting_id::jobs)], (chosen{4, "pawl.toml:9"}));
  EXPECT_EQ(d.run[index(setting_id::batch_size)], (chosen{0, "pawl.toml:10"}));
  EXPECT_EQ(d.run[index(setting_id::target)], (chosen{400, "pawl.toml:11"}));
  EXPECT_EQ(d.jobs.at("backfill")[index(setting_id::batch_size)], (chosen{500, "pawl.toml:14"}));
  EXPECT_EQ(d.jobs.at("backfill")[index(setting_id::max_duration)],
            (chosen{5'400'000, "pawl.toml:16"}));
  EXPECT_EQ(d.jobs.at("a.b")[index(setting_id::jobs)], (chosen{1, "pawl.toml:19"}));
}

TEST(Document, GivesTheRulesOfCheckAsAPlainValue) {
  const document d = read(full);

  check_settings expected;
  expected.severities = {{"L20", severity::off}, {"S1", severity::error}};
  expected.fail_on = severity::warning;
  expected.patterns = {"add_<field>_to_<table>", "create_<table>", "v2_<x>_<y>"};
  expected.vague_names = true;
  EXPECT_EQ(d.check, expected);
  EXPECT_EQ(d.check_origins.at("check.severity.L20"), "pawl.toml:22");
  EXPECT_EQ(d.check_origins.at("check.naming.vague-names"), "pawl.toml:27");
}

TEST(Document, OfAnEmptyFileSaysNothing) {
  for (const char* text : {"", "\n", "# only words\n", "\xEF\xBB\xBF", "[run]\r\n"}) {
    const document d = read(text);
    EXPECT_EQ(d.run, layer{}) << text;
    EXPECT_EQ(d.check, check_settings{});
  }
}

struct fault_case {
  std::string text;
  int line;
  int column;
  std::string message;
  std::string hint;
};

void expect_faults(const std::vector<fault_case>& all) {
  for (const fault_case& c : all) {
    SCOPED_TRACE(c.text);
    const auto d = read_document("pawl.toml", c.text);
    ASSERT_TRUE(d.has_error());
    const error& e = d.error();
    EXPECT_EQ(e.code, errc::bad_config);
    EXPECT_EQ(e.where, (place{"pawl.toml", c.line, c.column})) << to_string(e);
    EXPECT_THAT(e.message, HasSubstr(c.message));
    EXPECT_THAT(e.hint, HasSubstr(c.hint));
    EXPECT_TRUE(e.hint.ends_with('.') || e.hint.ends_with('?')) << e.hint;
    EXPECT_THAT(e.message, Not(testing::EndsWith(".")));
  }
}

TEST(Document, SaysWhichWordIsUnknownAndWhatItMayMean) {
  expect_faults({
      {"[runn]\njobs = 1", 1, 2, "unknown table `runn`", "Did you mean `run`?"},
      {"jobs = 4", 1, 1, "unknown key `jobs`", "Did you mean `job`?"},
      {"[run]\n  job = 4", 2, 3, "unknown key `job` in [run]", "Did you mean `jobs`?"},
      {"[run]\nbatch_size = 4", 2, 1, "unknown key `batch_size`", "Did you mean `batch-size`?"},
      {"[job.x]\n\ntarge = \"1s\"", 3, 1, "in [job.x]", "Did you mean `target`?"},
      {"[job.a.b]\njobs = 1", 1, 8, "unknown table `b` in [job.a]", "[job.\"a.b\"]"},
      {"[connection]\nurll = \"x\"", 2, 1, "in [connection]", "Did you mean `url`?"},
      {"[profile.s]\nenvfile = \"x\"", 2, 1, "in [profile.s]", "Did you mean `env-file`?"},
      {"[check]\nfail_on = \"error\"", 2, 1, "in [check]", "Did you mean `fail-on`?"},
      {"[check.naming]\npattern = []", 2, 1, "in [check.naming]", "Did you mean `patterns`?"},
      {"[check]\nseverity = { L20 = \"warn\" }", 2, 20, "`L20` takes", "`warning`"},
      {"[check]\nseverity = { L20 = \"eror\" }", 2, 20, "`L20` takes", "Did you mean `error`?"},
      {"[check.severity]\nl20 = \"off\"", 2, 1, "`l20` is no rule", "L20"},
      {"[check.severity]\nL200 = \"off\"", 2, 1, "`L200` is no rule", "L20"},
  });
}

TEST(Document, RefusesValuesOfAnotherType) {
  expect_faults({
      {"run = 1", 1, 7, "`run` is a table", "[run]"},
      {"job = \"x\"", 1, 7, "`job` is a table", "[job.NAME]"},
      {"[job]\nx = 1", 2, 5, "`x` is a table", "[job.x]"},
      {"[run]\njobs = \"4\"", 2, 8, "`jobs` takes a whole number from 1 to 256", "jobs = 4"},
      {"[run]\njobs = 4.0", 2, 8, "`jobs` takes a whole number", "jobs = 4"},
      {"[run]\njobs = [4]", 2, 8, "`jobs` takes a whole number", "jobs = 4"},
      {"[run]\njobs = true", 2, 8, "`jobs` takes a whole number", "jobs = 4"},
      {"[run]\nbatch-size = \"500\"", 2, 14, "auto or a number of rows", "\"auto\""},
      {"[run]\nstripes = 3", 2, 11, "auto or a power of two from 1 to 64", "\"auto\""},
      {"[run]\nstripes = 0", 2, 11, "auto or a power of two from 1 to 64", "stripes = 16"},
      {"[run]\nstripes = 128", 2, 11, "auto or a power of two from 1 to 64", "stripes = 16"},
      {"[run]\ntarget = 250", 2, 10, "`target` takes a duration from 1ms to 1h", "\"30s\""},
      {"[run]\ntarget = 07:32:00", 2, 10, "`target` takes a duration", "\"30s\""},
      {"[profile.s]\n", 1, 10, "[profile.s] does not say where", "`env-file`"},
      {"[connection]\nurl = 5", 2, 7, "`url` takes text", "url = "},
      {"[connection]\nurl = \"\"", 2, 7, "`url` takes text", "url = "},
      {"[connection]\nenv = \"A B\"", 2, 7, "name of a variable", "url ="},
      {"[connection]\nurl = \"a\"\nenv = \"B\"", 3, 1, "both `url` and `env`", "Keep"},
      {"[check]\nfail-on = \"off\"", 2, 11, "cannot be \"off\"", "\"error\""},
      {"[check]\nfail-on = 3", 2, 11, "`fail-on` takes", "\"warning\""},
      {"[check.naming]\npatterns = \"x\"", 2, 12, "a list of text", "patterns = ["},
      {"[check.naming]\npatterns = [\"a\", 5]", 2, 18, "a list of text", "patterns = ["},
      {"[check.naming]\nvague-names = \"yes\"", 2, 15, "true or false", "true"},
  });
  for (const char* bad : {"", "Add_x", "a-b", "a<b", "a>b", "<>", "<a><b>", "a b", "<<a>>"}) {
    const std::string text =
        "[check.naming]\npatterns = [\"ok_<x>\", \"" + std::string(bad) + "\"]";
    expect_faults({{text, 2, 23, "is no pattern of names", "<table>"}});
  }
}

TEST(Document, RefusesNumbersAndDurationsThatMakeNoSense) {
  for (const char* bad : {"0", "-1", "257", "9223372036854775807", "0x1000"}) {
    expect_faults({{"[run]\njobs = " + std::string(bad), 2, 8, "from 1 to 256", "jobs = 4"}});
  }
  for (const char* bad : {"nan", "-inf", "+inf", "1e3"}) {
    expect_faults({{"[run]\nbatch-size = " + std::string(bad), 2, 14, "rows from 1 to", "1000"}});
  }
  for (const char* bad :
       {"nan", "nans", "infs", "-5s", "0s", "5", "s", "1e9h", "400d", "1ms", ""}) {
    expect_faults({{"[run]\nhold-for = \"" + std::string(bad) + "\"", 2, 12,
                    "a duration from 1s to 365d", "\"30s\""}});
  }
}

TEST(Document, RefusesWhatIsNoToml) {
  expect_faults({
      {"[run]\njobs = 1\njobs = 2", 3, 8, "cannot redefine", "TOML"},
      {"[run]\n[run]", 2, 1, "cannot redefine", "TOML"},
      {"[run", 1, 5, "", "TOML"},
      {"[run]\njobs = 1\n[\n", 3, 2, "unexpected character", "TOML"},
      {"[run]\n[\xC3\xA9]", 2, 2, "", "TOML"},
      {"[[ .", 1, 4, "unexpected character", "TOML"},
      {"a\xEF\xB9\xBF = 1", 1, 2, "", "TOML"},
      {"[run]\njobs = ", 2, 8, "", "TOML"},
      {"[run]\njobs = 1\n\xC3\xA9\xFF = 1", 3, 1, "invalid utf-8", "TOML"},
      {std::string("[run]\njobs = 1\0", 15), 2, 9, "", "TOML"},
      {"[connection]\nurl = postgresql://app:canary-7f3a@h/x", 2, 7, "", "TOML"},
  });
  const auto secret =
      read_document("f", "[connection]\nurl = postgresql://app:canary-7f3a@h/x").error();
  EXPECT_THAT(to_string(secret), Not(HasSubstr("canary")));
}

TEST(Document, IsBoundedInSizeAndDepth) {
  expect_faults({
      {std::string((256U << 10U) + 1, '#'), 1, 1, "larger than 256 kB", "--config none"},
      {"a" + std::string(1000, '.'), 1, 514, "more dots", "Shorten"},
      {"a.b.c.d.e.f.g.h.i.j.k = 1", 1, 1, "nested more deeply", "docs/config.md"},
  });
  for (const std::string open : {"[", "{a=", "[{a="}) {
    std::string text = "x = ";
    for (int i = 0; i < 20'000; ++i) text += open;
    EXPECT_TRUE(read_document("f", text).has_error());
  }
}

}  // namespace
}  // namespace pawl::config
