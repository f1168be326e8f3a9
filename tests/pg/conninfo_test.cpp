#include "pg/conninfo.hpp"

#include <gtest/gtest.h>

namespace pawl::pg {
namespace {

using settings = std::map<std::string, std::string>;

// What parse() adds to every setting is left out, so that a test shows what it is about.
settings values_of(std::string_view text) {
  settings values = parse(text, "--db").value().values;
  values.erase("gssencmode");
  return values;
}

error error_of(std::string_view text) {
  const auto c = parse(text, "--db");
  EXPECT_FALSE(c.has_value()) << text;
  return c ? error{} : c.error();
}

TEST(Parse, TakesUrls) {
  const settings expected{
      {"user", "u"},     {"password", "p@ss"},   {"host", "db"},           {"port", "5433"},
      {"dbname", "app"}, {"sslmode", "require"}, {"application_name", "x"}};

  EXPECT_EQ(values_of("postgresql://u:p%40ss@db:5433/app?sslmode=require&application_name=x"),
            expected);
  EXPECT_EQ(values_of("postgres://u:p%40ss@db:5433/app?sslmode=require&application_name=x"),
            expected);
}

TEST(Parse, TakesKeywordStrings) {
  EXPECT_EQ(
      values_of("host=localhost dbname=app user=u password='a b\\'c'"),
      (settings{{"host", "localhost"}, {"dbname", "app"}, {"user", "u"}, {"password", "a b'c"}}));
  EXPECT_EQ(values_of("service=prod"), (settings{{"service", "prod"}}));
}

TEST(Parse, TakesAUrlInsideOfAKeywordsValueForAValue) {
  EXPECT_EQ(values_of("host=localhost password=a://b").at("password"), "a://b");
}

TEST(Parse, TakesSocketsListsAndAddresses) {
  EXPECT_EQ(values_of("postgresql://%2Frun%2Fpostgresql/app"),
            (settings{{"host", "/run/postgresql"}, {"dbname", "app"}}));
  EXPECT_EQ(values_of("postgresql://u@localhost/app?host=/run/postgresql").at("host"),
            "/run/postgresql");
  EXPECT_EQ(values_of("postgresql://[::1]:5433/app").at("host"), "::1");
  EXPECT_EQ(values_of("postgresql://localhost:5432,127.0.0.1:5433/app").at("port"), "5432,5433");
  EXPECT_EQ(values_of("postgresql://"), settings{});
}

TEST(Parse, RewritesTheSchemesOfOtherPrograms) {
  for (const char* scheme :
       {"postgres", "postgresql", "POSTGRESQL", "jdbc:postgresql", "postgresql+psycopg2",
        "postgresql+asyncpg", "postgres+psycopg", "postgis", "pgsql", "psql", "ecto"}) {
    EXPECT_EQ(values_of(std::string(scheme) + "://u@localhost/app"),
              (settings{{"user", "u"}, {"host", "localhost"}, {"dbname", "app"}}))
        << scheme;
  }
}

TEST(Parse, RefusesOtherSchemes) {
  EXPECT_EQ(error_of("mysql://u@localhost/app").message,
            "--db: the URL's scheme is not one of PostgreSQL's");
  EXPECT_EQ(error_of("prisma+postgres://accelerate.prisma-data.net/?api_key=s3cret").message,
            "--db: this address leads to a service of Prisma's, not to PostgreSQL");
}

TEST(Parse, TakesTheQuotesAwayThatAShellWouldHaveTaken) {
  EXPECT_EQ(values_of(" \"postgresql://u@localhost/app\"\n").at("user"), "u");
  EXPECT_EQ(values_of("'postgresql://u@localhost/app'").at("user"), "u");
}

TEST(Parse, KeepsTheConnectTimeoutThatWasGiven) {
  EXPECT_EQ(values_of("postgresql://localhost/app?connect_timeout=7").at("connect_timeout"), "7");
  EXPECT_EQ(values_of("postgresql://localhost/app").count("connect_timeout"), 0U);
}

TEST(Parse, TakesPrismasUrl) {
  const auto c = parse(
                     "postgresql://u:p@localhost:6432/app?schema=My\"Schema&pgbouncer=true"
                     "&connection_limit=5&pool_timeout=0&statement_cache_size=0&sslmode=require",
                     "DATABASE_URL")
                     .value();

  EXPECT_EQ(c.search_path, "\"My\"\"Schema\"");
  EXPECT_TRUE(c.pooled);
  EXPECT_EQ(c.origin, "DATABASE_URL");
  EXPECT_EQ(c.values.at("sslmode"), "require");
  EXPECT_EQ(c.warnings, std::vector<std::string>{"parameters of other programs are left out: "
                                                 "connection_limit, pool_timeout, "
                                                 "statement_cache_size"});
}

TEST(Parse, DoesNotWarnOfParametersThatItHonours) {
  const auto c = parse("postgresql://localhost/app?schema=public&pgbouncer=false", "--db").value();

  EXPECT_TRUE(c.warnings.empty());
  EXPECT_EQ(c.search_path, "\"public\"");
  EXPECT_FALSE(c.pooled);
}

TEST(Parse, TakesPrismasCertificateForTheServersAuthority) {
  EXPECT_EQ(values_of("postgresql://db/app?sslmode=require&sslaccept=strict&sslcert=ca.pem"),
            (settings{{"host", "db"},
                      {"dbname", "app"},
                      {"sslmode", "verify-full"},
                      {"sslrootcert", "ca.pem"}}));
  EXPECT_EQ(values_of("postgresql://db/app?sslaccept=strict").at("sslmode"), "verify-full");
  EXPECT_EQ(values_of("postgresql://db/app?sslcert=client.pem").at("sslcert"), "client.pem");
}

TEST(Parse, DoesNotCheckTheServerWherePrismaWasToldNotTo) {
  const auto c =
      parse("postgresql://db/app?sslmode=require&sslaccept=accept_invalid_certs&sslcert=ca.pem",
            "--db")
          .value();

  EXPECT_EQ(c.values.at("sslmode"), "require");
  EXPECT_EQ(c.values.count("sslrootcert"), 0U);
  EXPECT_EQ(c.values.count("sslcert"), 0U);
  EXPECT_EQ(c.warnings,
            std::vector<std::string>{"parameters of other programs are left out: sslcert"});
}

TEST(Parse, LeavesPrismasClientIdentityOutAndSaysWhatToGive) {
  const auto c =
      parse("postgresql://localhost/app?sslidentity=client.p12&sslpassword=s3cret", "--db").value();

  EXPECT_EQ(c.values.count("sslpassword"), 0U);
  ASSERT_EQ(c.warnings.size(), 2U);
  EXPECT_NE(c.warnings[0].find("give sslcert and sslkey"), std::string::npos);
}

TEST(Parse, KeepsLibpqsOwnSslpassword) {
  EXPECT_EQ(values_of("postgresql://localhost/app?sslkey=k&sslpassword=x").at("sslpassword"), "x");
}

TEST(Parse, TranslatesTheParametersOfNode) {
  const auto c = parse("postgresql://db/app?sslmode=no-verify", "--db").value();

  EXPECT_EQ(c.values.at("sslmode"), "require");
  EXPECT_EQ(c.warnings, std::vector<std::string>{"sslmode=no-verify is taken as sslmode=require"});
  EXPECT_EQ(values_of("postgresql://db/app?ssl=true").at("sslmode"), "require");
  EXPECT_EQ(values_of("postgresql://db/app?ssl=0").at("sslmode"), "disable");
  EXPECT_EQ(values_of("postgresql://db/app?ssl=true&sslmode=verify-ca").at("sslmode"), "verify-ca");
  EXPECT_EQ(error_of("postgresql://db/app?ssl=%7B%7D").message,
            "--db: the value of ssl is none that pawl knows");
}

TEST(Parse, TranslatesTheParametersOfJdbc) {
  const auto c = parse(
                     "jdbc:postgresql://localhost:5432/app?user=u&password=p@ss&currentSchema=a,b"
                     "&ApplicationName=etl&targetServerType=primary&prepareThreshold=0",
                     "--db")
                     .value();

  EXPECT_EQ(c.values.at("user"), "u");
  EXPECT_EQ(c.values.at("password"), "p@ss");
  EXPECT_EQ(c.values.at("application_name"), "etl");
  EXPECT_EQ(c.values.at("target_session_attrs"), "read-write");
  EXPECT_EQ(c.search_path, "a,b");
  EXPECT_EQ(c.warnings, std::vector<std::string>{
                            "parameters of other programs are left out: prepareThreshold"});
}

TEST(Parse, TranslatesTheParametersOfGo) {
  const auto c =
      parse("postgres:///app?search_path=x&socket=/tmp&x-migrations-table=m", "--db").value();

  EXPECT_EQ(c.search_path, "x");
  EXPECT_EQ(c.values.at("host"), "/tmp");
  EXPECT_EQ(c.warnings,
            std::vector<std::string>{"parameters of other programs are left out: x-..."});
}

TEST(Parse, TakesARawEqualsSignInAValue) {
  EXPECT_EQ(values_of("postgresql://localhost/app?options=-c geqo=off").at("options"),
            "-c geqo=off");
}

TEST(Parse, NamesAnUnknownParameterByItsPosition) {
  const error e = error_of("postgresql://u:p@localhost/app?sslmode=require&s3cret=1");

  EXPECT_EQ(e.code, errc::bad_connection_string);
  EXPECT_EQ(e.message, "--db: parameter 2 after the `?` is not one that libpq knows");
  EXPECT_EQ(error_of("postgresql://localhost/app?s3cret").message,
            "--db: parameter 1 after the `?` has no value");
}

TEST(Parse, SaysWhatIsWrongWithAKeywordString) {
  EXPECT_EQ(error_of("host=h password=s3 cret").message, "--db: a keyword has no `=`");
  EXPECT_EQ(error_of("host=h password='s3cret").message, "--db: a single quote is not closed");
  EXPECT_EQ(error_of("host=h s3cret=1").message, "--db: a keyword is not one that libpq knows");
  EXPECT_EQ(error_of("s3cret").message, "--db: this is neither a URL nor keyword=value");
  EXPECT_EQ(error_of(" ").message, "--db: the connection string is empty");
  EXPECT_EQ(error_of(std::string_view("host=h\0x", 8)).message,
            "--db: the connection string holds a NUL byte");
  EXPECT_EQ(error_of("postgresql://[::1/app").message,
            "--db: libpq cannot read the connection string");
}

TEST(Parse, NamesTheRawCharacterOfAPassword) {
  const error e = error_of("postgresql://u:p@ss@db:5432/app");

  EXPECT_EQ(e.message, "--db: the password holds a raw `@`");
  EXPECT_EQ(e.hint, "Write `@` as %40: postgresql://u:***@db:5432/app");
}

TEST(Parse, RefusesAConnectionStringForADatabaseName) {
  EXPECT_EQ(error_of("dbname=postgres://u:s3cret@h/app").message,
            "--db: the database name is a connection string itself");
}

TEST(Parse, KnowsPoolersByTheirAddress) {
  EXPECT_TRUE(parse("postgresql://db.supabase.co:6543/app", "--db").value().pooled);
  EXPECT_TRUE(parse("postgresql://ep-x-123-pooler.eu.neon.tech/app", "--db").value().pooled);
  EXPECT_FALSE(parse("postgresql://ep-x-123.eu.neon.tech/app", "--db").value().pooled);
  EXPECT_FALSE(parse("postgresql://aws-0.pooler.supabase.com:5432/app", "--db").value().pooled);
}

TEST(Describe, SaysWhereAndAsWhomButNothingSecret) {
  const auto shown = [](std::string_view text) { return describe(parse(text, "--db").value()); };

  EXPECT_EQ(shown("postgresql://u:s3cret@db:5432/app"), "db:5432/app as u");
  EXPECT_EQ(shown("postgresql://db/app"), "db/app");
  EXPECT_EQ(shown("host=/run/postgresql dbname=app user=u"), "socket /run/postgresql/app as u");
  EXPECT_EQ(shown("postgresql://[::1]:5432/app"), "[::1]:5432/app");
  EXPECT_EQ(shown("hostaddr=10.0.0.1 dbname=app"), "10.0.0.1/app");
  EXPECT_EQ(shown("service=prod user=u"), "service prod as u");
  EXPECT_EQ(shown("postgresql://"), "--db");
}

}  // namespace
}  // namespace pawl::pg
