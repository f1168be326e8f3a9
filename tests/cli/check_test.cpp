// `pawl check` from outside: which files it takes, what it prints where, and its exit codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cli/job_files.hpp"
#include "cli/json_lines.hpp"
#include "support/pawl_process.hpp"
#include "support/server.hpp"

namespace pawl::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A project with folders of its own; calls run inside of it.
class project {
 public:
  void write(const std::string& path, const std::string& text) const {
    const auto file = root_ / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << text;
  }

  std::filesystem::path path(const std::string& inside) const { return root_ / inside; }

  outcome check(std::vector<std::string> args, std::map<std::string, std::string> env = {}) const {
    args.insert(args.begin(), "check");
    return run_pawl({.args = std::move(args), .env = std::move(env), .folder = root_});
  }

 private:
  job_folder folder_;
  std::filesystem::path root_ = std::filesystem::path{folder_.write("here", "")}.parent_path();
};

TEST(Check, FindsTheUsualFoldersAndIsSilentWhenAllIsWell) {
  const project p;
  p.write("prisma/migrations/1_a/migration.sql", "CREATE TABLE t (id int PRIMARY KEY);");
  p.write("prisma/migrations/2_b/migration.sql", "ALTER TABLE t ADD a int;");
  p.write("prisma/migrations/migration_lock.toml", "provider = \"postgresql\"");
  p.write("jobs/fill.sql", "UPDATE t SET a = 1;");

  const auto end = p.check({});
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_EQ(end.out, "3 files, nothing to report\n");
  EXPECT_THAT(end.err, IsEmpty());
}

TEST(Check, TakesSeveritiesAndNamesFromPawlToml) {
  const project p;
  p.write("m/20250101000000_fix/migration.sql", "DROP TABLE a;");
  EXPECT_EQ(p.check({"m"}).exit_code, 0);

  p.write("pawl.toml", "[check.severity]\nL60 = \"error\"\n");
  EXPECT_EQ(p.check({"m"}).exit_code, 6);
  p.write("pawl.toml", "[check]\nfail-on = \"warning\"\n");
  EXPECT_EQ(p.check({"m"}).exit_code, 6);
  EXPECT_EQ(p.check({"m", "--fail-on", "error"}).exit_code, 0);
  p.write("pawl.toml", "[check.naming]\npatterns = [\"drop_<table>\"]\n");
  EXPECT_THAT(p.check({"m"}).out, HasSubstr("20250101000000_fix"));
  p.write("pawl.toml", "[check.severity]\nL00 = \"off\"\n");
  const auto unknown = p.check({"m"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("pawl.toml:2"));
  EXPECT_THAT(unknown.err, HasSubstr("there is no rule L00"));
}

TEST(Check, TakesFilesAndFoldersInTheByteOrderOfNames) {
  const project p;
  p.write("m/20250625_x/migration.sql", "DROP TABLE b;");
  p.write("m/20250625235959_y/migration.sql", "DROP TABLE a;");
  p.write("one.sql", "DROP TABLE c;");

  const auto end = p.check({"m", "one.sql", "--format", "gcc"});
  EXPECT_EQ(end.exit_code, 0);
  const auto y = end.out.find("m/20250625235959_y/migration.sql:1:1: warning");
  const auto x = end.out.find("m/20250625_x/migration.sql:1:1: warning");
  const auto one = end.out.find("one.sql:1:1: warning");
  EXPECT_LT(y, x);
  EXPECT_LT(x, one);
  EXPECT_NE(one, std::string::npos);
}

TEST(Check, ExitsWithSixFromTheGivenSeverityOn) {
  const project p;
  p.write("w.sql", "DROP TABLE a;");
  p.write("e.sql", "ALTER TABLE t ADD a int NOT NULL;");
  p.write("r.sql", "CREATE INDEX i ON t (a);");

  EXPECT_EQ(p.check({"w.sql"}).exit_code, 0);
  EXPECT_EQ(p.check({"w.sql", "--fail-on", "warning"}).exit_code, 6);
  EXPECT_EQ(p.check({"e.sql"}).exit_code, 6);
  EXPECT_EQ(p.check({"r.sql", "--fail-on", "warning"}).exit_code, 0);
}

TEST(Check, ExitsWithTwoForWhatIsNoSqlAndForABadCall) {
  const project p;
  p.write("s.sql", "SELECT 1;\nSELEC 2;\n");
  p.write("m/1_a/migration.sql", "SELECT 1;");

  const auto slip = p.check({"s.sql"});
  EXPECT_EQ(slip.exit_code, 2);
  EXPECT_THAT(slip.out, HasSubstr("s.sql:2:1: error L96"));
  EXPECT_EQ(p.check({"missing.sql"}).exit_code, 2);
  EXPECT_THAT(p.check({"missing.sql"}).err, HasSubstr("PAWL-201"));
  EXPECT_EQ(p.check({"m/1_a", "--format", "xml"}).exit_code, 2);
  EXPECT_EQ(p.check({"m/1_a", "--fail-on", "never"}).exit_code, 2);
  const auto since = p.check({"m", "--since", "1_b"});
  EXPECT_EQ(since.exit_code, 2);
  EXPECT_THAT(since.err, HasSubstr("there is no migration 1_b"));
  const project empty;
  EXPECT_EQ(empty.check({}).exit_code, 2);
}

TEST(Check, TakesTheFolderItStandsIn) {
  const project p;
  p.write("jobs/fill.sql", "UPDATE t SET a = 1;");
  p.write("1_a/migration.sql", "DROP TABLE a;");

  EXPECT_THAT(p.check({"."}).out, HasSubstr("1_a/migration.sql:1:1: warning L60"));
  EXPECT_EQ(p.check({"./jobs/"}).out, "1 file, nothing to report\n");
}

TEST(Check, SinceReportsOnlyWhatComesBehind) {
  const project p;
  p.write("migrations/1_a/migration.sql", "DROP TABLE a;");
  p.write("migrations/2_b/migration.sql", "DROP TABLE b;");

  const auto end = p.check({"--since", "1_a"});
  EXPECT_THAT(end.out, Not(HasSubstr("1_a")));
  EXPECT_THAT(end.out, HasSubstr("2_b"));
}

TEST(Check, NeverLooksForADatabaseByItself) {
  const project p;
  p.write("migrations/1_a/migration.sql", "SELECT 1;");
  const std::string nowhere = "postgresql://x@127.0.0.1:1/x";

  EXPECT_EQ(p.check({}, {{"DATABASE_URL", nowhere}}).exit_code, 0);
  EXPECT_EQ(p.check({"--db", nowhere}).exit_code, 4);
  EXPECT_EQ(p.check({"--db-env", "THERE"}, {{"THERE", nowhere}}).exit_code, 4);
  p.write("migrations/2_b/migration.sql", "SELEC 1;");
  EXPECT_EQ(p.check({"--db", nowhere}).exit_code, 2) << "not asked about what is no SQL";
}

TEST(Check, PassesOverNothingThatItCannotLookAt) {
  const project p;
  p.write("m/1_a/migration.sql", "SELECT 1;");
  namespace fs = std::filesystem;
  fs::create_symlink("b.sql", p.path("m/b.sql"));
  const auto circle = p.check({"m"});
  EXPECT_EQ(circle.exit_code, 2);
  EXPECT_THAT(circle.err, HasSubstr("cannot look at m/b.sql"));
  fs::remove(p.path("m/b.sql"));
  fs::create_symlink("nowhere", p.path("m/b.sql"));
  EXPECT_EQ(p.check({"m"}).exit_code, 2);
  fs::remove(p.path("m/b.sql"));
  fs::create_directory_symlink("2_b", p.path("m/2_b"));
  EXPECT_EQ(p.check({"m"}).exit_code, 2);
  fs::remove(p.path("m/2_b"));
  EXPECT_EQ(p.check({"m"}).exit_code, 0);
}

class CheckDatabase : public on_each_version {};
PAWL_ON_EACH_VERSION(CheckDatabase);

TEST_P(CheckDatabase, KnowsMoreWithOneAndLeavesItAsItWas) {
  const test_database db(version());
  const project p;
  db.sql(acct_rows);
  p.write("m.sql", "ALTER TABLE acct ALTER note SET NOT NULL;\n");

  const auto end = p.check({"m.sql", "--db", db.url(), "--json"});
  EXPECT_EQ(end.exit_code, 6) << end.err;
  const auto j = last_json(end.out);
  EXPECT_EQ(j.at("schema"), "pawl.check/1");
  EXPECT_THAT(end.out, HasSubstr("L72"));
  EXPECT_EQ(db.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'pawl'"), "0");
}

}  // namespace
}  // namespace pawl::test
