#include <gtest/gtest.h>

#include "pg/conninfo.hpp"

namespace pawl::pg {
namespace {

using settings = std::map<std::string, std::string>;

constexpr const char* pooled_url = "postgresql://pool:6543/app?sslmode=require";

struct call {
  std::optional<std::string> flag;
  std::optional<std::string> db_env;
  settings variables;
  std::string env_file;
  std::optional<configured> profile{};
  std::optional<configured> connection{};
};

result<conninfo> run(const call& c) {
  sources from;
  from.flag = c.flag;
  from.db_env = c.db_env;
  from.profile = c.profile;
  from.connection = c.connection;
  from.env_file = c.env_file;
  from.env = [&c](std::string_view name) -> std::optional<std::string> {
    const auto found = c.variables.find(std::string(name));
    return found == c.variables.end() ? std::nullopt : std::optional(found->second);
  };
  return resolve(from);
}

call with(settings variables, std::string env_file = "") {
  return {std::nullopt, std::nullopt, std::move(variables), std::move(env_file)};
}

std::string host_and_origin(const result<conninfo>& c) {
  if (!c) return to_string(c.error());
  const auto host = c->values.find("host");
  return (host == c->values.end() ? "" : host->second) + " from " + c->origin;
}

TEST(Resolve, PrefersTheFlagThenTheNamedVariableThenPawlsOwn) {
  call c = with({{"NAMED", "host=/named"},
                 {"PAWL_DATABASE_URL", "host=/pawl"},
                 {"DATABASE_URL", "host=/plain"},
                 {"PGHOST", "/pghost"}});
  c.flag = "host=/flag";
  c.db_env = "NAMED";
  EXPECT_EQ(host_and_origin(run(c)), "/flag from --db");

  c.flag.reset();
  EXPECT_EQ(host_and_origin(run(c)), "/named from NAMED");

  c.db_env.reset();
  EXPECT_EQ(host_and_origin(run(c)), "/pawl from PAWL_DATABASE_URL");

  c.variables.erase("PAWL_DATABASE_URL");
  EXPECT_EQ(host_and_origin(run(c)), "/plain from DATABASE_URL");

  c.variables.erase("DATABASE_URL");
  EXPECT_EQ(host_and_origin(run(c)), " from PG* environment");
}

configured by_url(const std::string& url) {
  configured c;
  c.url = url;
  c.origin = "pawl.toml:3";
  return c;
}

configured by_variable(const std::string& name) {
  configured c;
  c.variable = name;
  c.origin = "pawl.toml:3";
  return c;
}

TEST(Resolve, AProfileGoesBeforeTheVariablesAndTheConnectionBehindThem) {
  call c = with({{"DATABASE_URL", "host=/env"}, {"PGHOST", "/pghost"}}, "DATABASE_URL=host=/file");
  c.profile = by_url("host=/profile");
  c.connection = by_url("host=/connection");
  c.db_env = "DATABASE_URL";
  EXPECT_EQ(host_and_origin(run(c)), "/env from DATABASE_URL");

  c.db_env.reset();
  EXPECT_EQ(host_and_origin(run(c)), "/profile from pawl.toml:3");

  c.profile.reset();
  EXPECT_EQ(host_and_origin(run(c)), "/env from DATABASE_URL");

  c.variables.erase("DATABASE_URL");
  EXPECT_EQ(host_and_origin(run(c)), "/file from DATABASE_URL in .env");

  c.env_file.clear();
  EXPECT_EQ(host_and_origin(run(c)), "/connection from pawl.toml:3");
}

TEST(Resolve, AProfileMayNameAVariable) {
  call c = with({{"SHOP", "host=/env"}}, "SHOP=host=/file");
  c.profile = by_variable("SHOP");
  EXPECT_EQ(host_and_origin(run(c)), "/env from SHOP");

  c.profile->own_file = true;
  EXPECT_EQ(host_and_origin(run(c)), "/file from SHOP in .env");

  c.profile = by_variable("MISSING");
  EXPECT_EQ(run(c).error().code, errc::no_connection);
  EXPECT_EQ(run(c).error().message, "the variable MISSING of pawl.toml:3 is not set");
}

TEST(Resolve, AProfileWithNothingButAFileTakesNothingFromElsewhere) {
  call c = with({{"DATABASE_URL", "host=/env"}}, "DATABASE_URL=host=/file");
  c.profile = configured{std::nullopt, std::nullopt, true, "pawl.toml:3"};
  EXPECT_EQ(host_and_origin(run(c)), "/file from DATABASE_URL in .env");

  c.env_file = "OTHER=host=/file";
  EXPECT_EQ(run(c).error().message, "the env-file of pawl.toml:3 sets no DATABASE_URL");
}

TEST(Resolve, TakesTheDirectAddressOnlyWhenTheOtherIsPooled) {
  EXPECT_EQ(host_and_origin(run(with({{"DATABASE_URL", pooled_url}, {"DIRECT_URL", "host=/d"}}))),
            "/d from DIRECT_URL");
  EXPECT_EQ(host_and_origin(run(with({{"DATABASE_URL", "host=/x"}, {"DIRECT_URL", "host=/d"}}))),
            "/x from DATABASE_URL");
  EXPECT_EQ(host_and_origin(run(with({{"DATABASE_URL", pooled_url}}))), "pool from DATABASE_URL");
}

TEST(Resolve, ReadsTheFileAfterTheEnvironment) {
  EXPECT_EQ(host_and_origin(run(with({}, "DATABASE_URL='host=/file'"))),
            "/file from DATABASE_URL in .env");
  EXPECT_EQ(host_and_origin(run(with({{"DATABASE_URL", "host=/env"}}, "DATABASE_URL=host=/file"))),
            "/env from DATABASE_URL");
  EXPECT_EQ(
      host_and_origin(run(with({{"DATABASE_URL", "host=/env"}}, "PAWL_DATABASE_URL=host=/file"))),
      "/env from DATABASE_URL");
  EXPECT_EQ(host_and_origin(run(with({{"PGHOST", "/pghost"}}, "DATABASE_URL=host=/file"))),
            "/file from DATABASE_URL in .env");
}

TEST(Resolve, NeverMixesThePooledAddressOfOnePlaceWithTheDirectOneOfAnother) {
  EXPECT_EQ(host_and_origin(run(with({{"DATABASE_URL", pooled_url}}, "DIRECT_URL=host=/d"))),
            "pool from DATABASE_URL");
  EXPECT_EQ(host_and_origin(run(
                with({}, "DATABASE_URL=" + std::string(pooled_url) + "\nDIRECT_URL=host=/d\n"))),
            "/d from DIRECT_URL in .env");
}

TEST(Resolve, PutsAUrlTogetherFromTheFilesOwnVariables) {
  EXPECT_EQ(run(with({}, "P=s3cret\nDATABASE_URL=\"postgresql://u:${P}@localhost/app\"\n"))
                .value()
                .values.at("password"),
            "s3cret");

  const auto c = run(with({}, "DATABASE_URL=\"postgresql://u:${P}@localhost/app\"\n"));
  ASSERT_FALSE(c.has_value());
  EXPECT_EQ(c.error().message,
            "DATABASE_URL in .env: it refers to a variable that the file does not set");
}

TEST(Resolve, PassesOverEmptyVariablesButNotOverAnEmptyFlag) {
  EXPECT_EQ(host_and_origin(run(with({{"PAWL_DATABASE_URL", " "}, {"DATABASE_URL", "host=/x"}}))),
            "/x from DATABASE_URL");

  call c = with({{"DATABASE_URL", "host=/x"}});
  c.flag = "";
  EXPECT_EQ(run(c).error().message, "--db: the connection string is empty");
}

TEST(Resolve, CopiesNothingOfTheEnvironmentThatLibpqReadsItself) {
  for (const char* name : {"PGHOST", "PGHOSTADDR", "PGDATABASE", "PGUSER", "PGPORT"}) {
    const auto c = run(with({{name, "127.0.0.1"}})).value();
    EXPECT_EQ(c.values, (settings{{"gssencmode", "disable"}})) << name;
    EXPECT_EQ(c.origin, "PG* environment");
    EXPECT_EQ(describe(c), "PG* environment");
  }
  EXPECT_EQ(run(with({{"PGSERVICE", "prod"}})).value().values, settings{});
}

TEST(Resolve, DemandsTlsOfARemotePgHostToo) {
  EXPECT_EQ(run(with({{"PGHOST", "db"}})).value().values.at("sslmode"), "require");
  EXPECT_FALSE(run(with({{"PGHOST", "db"}, {"PGSSLMODE", "prefer"}})).has_value());
}

TEST(Resolve, KnowsAPoolerFromTheEnvironmentToo) {
  EXPECT_TRUE(run(with({{"PGHOST", "/tmp"}, {"PGPORT", "6543"}})).value().pooled);
}

TEST(Resolve, SaysHowToNameADatabaseWhenThereIsNone) {
  const auto c = run(with({{"PGPASSWORD", "s3cret"}}));

  ASSERT_FALSE(c.has_value());
  EXPECT_EQ(c.error().code, errc::no_connection);
  EXPECT_EQ(c.error().message,
            "no database is named: --db, PAWL_DATABASE_URL, DATABASE_URL and PGHOST are not set");
  EXPECT_NE(c.error().hint.find("\n  pawl sandbox up\n"), std::string::npos);
  EXPECT_NE(c.error().hint.find("\n  export DATABASE_URL=postgresql://user@host/database"),
            std::string::npos);
}

TEST(Resolve, NeedsNoEnvironmentForAFlag) {
  sources from;
  EXPECT_EQ(resolve(from).error().code, errc::no_connection);
  from.flag = "host=/x";
  EXPECT_EQ(host_and_origin(resolve(from)), "/x from --db");
}

TEST(Resolve, SaysWhichNamedVariableIsMissing) {
  call c = with({{"DATABASE_URL", "host=/x"}});
  c.db_env = "NAMED";

  EXPECT_EQ(run(c).error().code, errc::no_connection);
  EXPECT_EQ(run(c).error().message, "the variable NAMED of --db-env is not set");

  c.env_file = "NAMED=host=/file";
  EXPECT_EQ(host_and_origin(run(c)), "/file from NAMED in .env");
}

TEST(Resolve, DoesNotRepeatAConnectionStringThatWasGivenForAName) {
  call c = with({});
  c.db_env = "postgresql://u:s3cret@h/app";

  EXPECT_EQ(run(c).error().code, errc::usage);
  EXPECT_EQ(to_string(run(c).error()).find("s3cret"), std::string::npos);
}

}  // namespace
}  // namespace pawl::pg
