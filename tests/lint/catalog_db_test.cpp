// What a database adds: real sizes and types, answers to questions, and the shadow of a table.
#include "lint/catalog.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>

#include "lint/checking.hpp"
#include "pg/conninfo.hpp"
#include "support/server.hpp"

namespace pawl::lint {
namespace {

namespace asio = boost::asio;

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

pg::time_point soon() {
  return std::chrono::steady_clock::now() + std::chrono::seconds{30};
}

asio::awaitable<report> check_on(asio::any_io_executor executor, pg::conninfo info,
                                 std::vector<input> files) {
  pg::connection c{executor};
  auto open = co_await c.open(std::move(info), "test", soon());
  EXPECT_TRUE(open.has_value());
  auto known = co_await read_schema(c, soon());
  if (!known) {
    ADD_FAILURE() << to_string(known.error());
    co_return report{};
  }
  question_list questions;
  options chosen;
  static_cast<void>(check(files, chosen, *known, questions));
  auto answered = co_await answer_all(c, questions);
  EXPECT_TRUE(answered.has_value());
  EXPECT_FALSE(c.in_transaction());
  co_return check(files, chosen, *known, questions);
}

class Catalog : public test::on_each_version {
 protected:
  report check_with(const test::test_database& db, const std::string& sql,
                    const std::string& name = "1_a") {
    pg::sources from;
    from.flag = db.url();
    const auto info = pg::resolve(from);
    EXPECT_TRUE(info.has_value());
    std::vector<input> files{{"m.sql", name, sql, false, false}};
    asio::io_context io{1};
    report made;
    asio::co_spawn(io, check_on(io.get_executor(), *info, files),
                   [&](const std::exception_ptr& e, report r) {
                     if (e) std::rethrow_exception(e);
                     made = std::move(r);
                   });
    io.run();
    return made;
  }

  // A table that is not small.
  static void make_table(const test::test_database& db) {
    db.sql(
        "CREATE TYPE mood AS ENUM ('sad', 'ok');"
        "CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');"
        "CREATE DOMAIN plain AS text;"
        "CREATE TABLE t (id bigint PRIMARY KEY, v varchar(50), n numeric(10,2), a int, b int,"
        "  d varchar(20)[], m text, at timestamp(3));"
        "INSERT INTO t SELECT i, 'x', 1, nullif(i % 100, 7), i / 2, '{}', 'odd', now()"
        "  FROM generate_series(1, 30000) AS i;"
        "CREATE INDEX t_v ON t (v); CREATE INDEX t_partial ON t (id) WHERE v <> 'y';"
        "CREATE TABLE small (id int PRIMARY KEY, v varchar(50));");
  }
};
PAWL_ON_EACH_VERSION(Catalog);

TEST_P(Catalog, MakesSmallTablesSilent) {
  const test::test_database db(version());
  make_table(db);

  EXPECT_THAT(ids_of(check_with(db, "CREATE INDEX i ON small (v);")), testing::IsEmpty());
  EXPECT_THAT(ids_of(check_with(db, "UPDATE small SET v = 'x';")), testing::IsEmpty());
  EXPECT_THAT(ids_of(check_with(db, "CREATE INDEX i ON t (a);")), Contains("L20"));
}

// Only a CHECK that speaks of the partition key can spare ATTACH the scan.
TEST_P(Catalog, KnowsWhatATableIsPartitionedBy) {
  const test::test_database db(version());
  make_table(db);
  db.sql("CREATE TABLE whole (LIKE t) PARTITION BY RANGE (a, (b % 10))");
  const std::string sql = "ALTER TABLE whole ATTACH PARTITION t FOR VALUES FROM (1, 1) TO (2, 1);";
  for (const auto* check : {"id > 0", "a > 0", "b % 10 > 0"}) {
    db.sql(std::string("ALTER TABLE t DROP CONSTRAINT IF EXISTS c, ADD CONSTRAINT c CHECK (") +
           check + ") NOT VALID; UPDATE pg_constraint SET convalidated = true WHERE conname = 'c'");
    EXPECT_THAT(ids_of(check_with(db, sql)), Contains("L18")) << check;
  }
  db.sql(
      "ALTER TABLE t DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (a > 0 AND b % 10 > 0) NOT VALID; "
      "UPDATE pg_constraint SET convalidated = true WHERE conname = 'c'");
  EXPECT_THAT(ids_of(check_with(db, sql)), Not(Contains("L18")));
}

// The shadow and the rules of the text must agree where both know.
TEST_P(Catalog, TriesTypeChangesOnAnEmptyCopy) {
  const test::test_database db(version());
  make_table(db);
  const std::vector<std::pair<std::string, bool>> changes{
      {"ALTER COLUMN n TYPE numeric(12,2)", false},
      {"ALTER COLUMN n TYPE numeric(12,4)", true},
      {"ALTER COLUMN a TYPE bigint", true},
      {"ALTER COLUMN v TYPE text", false},
      {"ALTER COLUMN v TYPE varchar(9)", true},
      {"ALTER COLUMN d TYPE varchar(30)[]", true},
      {"ALTER COLUMN m TYPE plain", false},
      {"ALTER COLUMN m TYPE email", true},
      {"ALTER COLUMN at TYPE timestamp", false},
      {"ALTER COLUMN a TYPE int USING a + 0", true},
      {"ALTER COLUMN m SET DATA TYPE text USING m::text", false},
  };
  for (const auto& [change, rewrites] : changes) {
    const auto ids = ids_of(check_with(db, "ALTER TABLE t " + change + ";"));
    if (rewrites) {
      EXPECT_THAT(ids, Contains("L05")) << change;
    } else {
      EXPECT_THAT(ids, Not(Contains("L05"))) << change;
    }
  }
  EXPECT_EQ(db.value("SELECT count(*) FROM pg_class WHERE relname = 'pawl_shadow'"), "0");
}

// UTC: no rewrite; another zone: the values change. Only the server knows.
TEST_P(Catalog, AsksTheServerForWhatDependsOnTheSession) {
  const test::test_database db(version());
  make_table(db);
  const std::string sql = "ALTER TABLE t ALTER COLUMN at TYPE timestamptz;";
  db.sql("ALTER DATABASE " + db.name() + " SET timezone = 'UTC'");
  EXPECT_THAT(ids_of(check_with(db, sql)), Not(Contains("L05")));
  EXPECT_THAT(ids_of(check_with(db, "ALTER TABLE t ALTER COLUMN at TYPE timestamptz(3);")),
              Contains("L05"))
      << "the precision is applied again";
  db.sql("ALTER DATABASE " + db.name() + " SET timezone = 'Europe/Paris'");
  EXPECT_THAT(ids_of(check_with(db, sql)), Contains("L05"));
}

TEST_P(Catalog, FindsTheIndexThatIsBuiltAgain) {
  const test::test_database db(version());
  make_table(db);
  const report r = check_with(db, "ALTER TABLE t ALTER COLUMN v TYPE varchar(60);");

  ASSERT_NE(find(r, "L06"), nullptr);
  EXPECT_THAT(find(r, "L06")->says.message, HasSubstr("t_partial"));
  EXPECT_THAT(ids_of(r), Not(Contains("L05")));
}

TEST_P(Catalog, KnowsDomainsViewsAndChecks) {
  const test::test_database db(version());
  make_table(db);
  db.sql(
      "CREATE VIEW w AS SELECT b FROM t; ALTER TABLE t ADD CONSTRAINT a_there CHECK (a IS NOT NULL "
      "AND a > 0) NOT VALID; ALTER TABLE t ADD CONSTRAINT b_there CHECK (b IS NOT NULL);");

  EXPECT_THAT(ids_of(check_with(db, "ALTER TABLE t ADD COLUMN e email;")), Contains("L04"));
  EXPECT_THAT(ids_of(check_with(db, "ALTER TABLE t ADD COLUMN e plain;")), Not(Contains("L04")));
  EXPECT_THAT(ids_of(check_with(db, "ALTER TABLE t ALTER b TYPE bigint;")), Contains("L08"));
  EXPECT_THAT(ids_of(check_with(db, "ALTER TABLE t ALTER a SET NOT NULL;")), Contains("L11"));
  EXPECT_THAT(ids_of(check_with(db, "ALTER TABLE t ALTER b SET NOT NULL;")), Not(Contains("L11")));
  EXPECT_THAT(ids_of(check_with(db, "ALTER TABLE t ALTER id SET NOT NULL;")), Not(Contains("L11")));
}

TEST_P(Catalog, LooksAtTheData) {
  const test::test_database db(version());
  make_table(db);
  db.sql(
      "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p SELECT generate_series(0, 40); "
      "CREATE TABLE n (a int); INSERT INTO n VALUES (NULL), (NULL), (1)");
  const std::vector<std::pair<std::string, std::string>> failing{
      {"L70", "ALTER TABLE t ADD COLUMN x int NOT NULL;"},
      {"L71", "CREATE UNIQUE INDEX CONCURRENTLY i ON t (b);"},
      {"L71", "ALTER TABLE t ADD CONSTRAINT u UNIQUE (b);"},
      {"L71", "CREATE UNIQUE INDEX CONCURRENTLY i ON n (a) NULLS NOT DISTINCT;"},
      {"L71", "ALTER TABLE n ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (a);"},
      {"L72", "ALTER TABLE t ALTER a SET NOT NULL;"},
      {"L73", "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES p;"},
      {"L74", "ALTER TABLE t ALTER m TYPE mood USING m::mood;"},
  };
  for (const auto& [id, sql] : failing) {
    const report r = check_with(db, sql);
    ASSERT_NE(find(r, id), nullptr) << sql;
    EXPECT_EQ(find(r, id)->level, severity::error);
  }
  const std::vector<std::pair<std::string, std::string>> fine{
      {"L70", "ALTER TABLE small ADD COLUMN x int NOT NULL;"},
      {"L71", "CREATE UNIQUE INDEX CONCURRENTLY i ON t (id, b);"},
      {"L71", "ALTER TABLE n ADD CONSTRAINT u UNIQUE (a);"},
      {"L72", "ALTER TABLE t ALTER b SET NOT NULL;"},
      {"L73", "ALTER TABLE p ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES p;"},
      {"L74", "ALTER TABLE t ALTER at TYPE text;"},
  };
  for (const auto& [id, sql] : fine) {
    EXPECT_THAT(ids_of(check_with(db, sql)), Not(Contains(id))) << sql;
  }
}

TEST_P(Catalog, FindsAnInvalidIndex) {
  const test::test_database db(version());
  make_table(db);
  test::session s(db.url());
  EXPECT_EQ(s.sqlstate_of("CREATE UNIQUE INDEX CONCURRENTLY broken ON t (b)"), "23505");

  const report same = check_with(db, "CREATE INDEX CONCURRENTLY IF NOT EXISTS broken ON t (b);");
  ASSERT_NE(find(same, "L30"), nullptr);
  EXPECT_EQ(find(same, "L30")->level, severity::error);
  const report other = check_with(db, "CREATE INDEX CONCURRENTLY fine ON t (a);");
  ASSERT_NE(find(other, "L30"), nullptr);
  EXPECT_EQ(find(other, "L30")->level, severity::warning);
}

TEST_P(Catalog, LeavesOutWhatIsApplied) {
  const test::test_database db(version());
  make_table(db);
  db.sql(
      "CREATE TABLE _prisma_migrations (migration_name text, finished_at timestamptz,"
      " rolled_back_at timestamptz); INSERT INTO _prisma_migrations VALUES ('1_a', now(), NULL),"
      " ('2_b', NULL, NULL)");

  EXPECT_EQ(check_with(db, "DROP TABLE t;", "1_a").skipped, 1U);
  EXPECT_THAT(ids_of(check_with(db, "DROP TABLE t;", "2_b")), Contains("L60"));
}

TEST_P(Catalog, ReadsTheSessionsOwnSchema) {
  const test::test_database db(version());
  db.sql(
      "CREATE SCHEMA app; CREATE TABLE app.t (v varchar(9)); CREATE TABLE public.t (v int);"
      "INSERT INTO app.t SELECT 'x' FROM generate_series(1, 60000);"
      "ALTER DATABASE " +
      db.name() + " SET search_path = app");

  EXPECT_THAT(ids_of(check_with(db, "ALTER TABLE t ALTER v TYPE varchar(10);")),
              Not(Contains("L05")));
  EXPECT_THAT(ids_of(check_with(db, "ALTER TABLE t ALTER v TYPE varchar(3);")), Contains("L05"));
}

}  // namespace
}  // namespace pawl::lint
