// Loops of an author's own: which are one statement, and why the others are not.
#include <string>
#include <utility>
#include <vector>

#include "sql/reading.hpp"

namespace pawl::sql {
namespace {

using testing::HasSubstr;

TEST(Loop, IsTheStatementThatItsRoundsAddUpTo) {
  const auto unrolled = [](const std::string& body) {
    const job j = read_one("DO $$" + body + "$$;");
    return std::string(text_of(j, j.what.statement));
  };

  EXPECT_EQ(unrolled("DECLARE n int; BEGIN LOOP UPDATE t SET a = lower(b) WHERE id IN (SELECT id "
                     "FROM t WHERE a IS NULL ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED); GET "
                     "DIAGNOSTICS n = ROW_COUNT; EXIT WHEN n = 0; COMMIT; PERFORM pg_sleep(0.1); "
                     "END LOOP; END"),
            "UPDATE t SET a = lower(b) WHERE (a IS NULL )");
  EXPECT_EQ(
      unrolled("BEGIN LOOP DELETE FROM t WHERE id IN (SELECT id FROM t WHERE substring(a FROM 1 "
               "FOR 2) = 'x' LIMIT 5); EXIT WHEN NOT FOUND; END LOOP; END"),
      "DELETE FROM t WHERE (substring(a FROM 1 FOR 2) = 'x' )");
  EXPECT_EQ(unrolled("DECLARE size int := 100; BEGIN WHILE true LOOP DELETE FROM t WHERE id IN "
                     "(SELECT id FROM t WHERE old LIMIT size); IF NOT FOUND THEN EXIT; END IF; "
                     "COMMIT; END LOOP; END"),
            "DELETE FROM t WHERE (old )");
  EXPECT_EQ(unrolled("BEGIN LOOP DELETE FROM t WHERE id = ANY (ARRAY(SELECT id FROM t WHERE old "
                     "LIMIT 5)); EXIT WHEN NOT FOUND; END LOOP; END"),
            "DELETE FROM t WHERE (old )");
  EXPECT_EQ(unrolled("BEGIN LOOP UPDATE t SET a = 1 WHERE id IN (SELECT id FROM t WHERE a IS NULL "
                     "AND b LIMIT 5) AND a IS NULL; EXIT WHEN NOT FOUND; END LOOP; END"),
            "UPDATE t SET a = 1 WHERE (a IS NULL AND b ) AND a IS NULL");
  EXPECT_EQ(
      unrolled("BEGIN LOOP WITH b AS (SELECT id FROM t WHERE a IS NULL LIMIT 10) UPDATE t SET "
               "a = 1 FROM b WHERE t.id = b.id; EXIT WHEN NOT FOUND; COMMIT; END LOOP; END"),
      "UPDATE t SET a = 1 WHERE a IS NULL");
}

TEST(Loop, MayEndWithARoundOfFewerRowsThanItsLimit) {
  const auto loop = [](const std::string& declared, const std::string& limit,
                       const std::string& ends) {
    return "DO $$ DECLARE n integer; " + declared +
           " BEGIN LOOP UPDATE t SET s = 'done' WHERE id IN (SELECT id FROM t WHERE s = 'new' "
           "LIMIT " +
           limit + "); GET DIAGNOSTICS n = ROW_COUNT; COMMIT; " + ends + " END LOOP; END $$;";
  };
  const std::string size = "size CONSTANT int := 50;";

  EXPECT_EQ(read_one(loop("", "50", "EXIT WHEN n < 50;")).what.kind, change_kind::update);
  EXPECT_EQ(read_one(loop("", "50", "IF n < 50 THEN EXIT; END IF;")).what.kind,
            change_kind::update);
  EXPECT_EQ(read_one(loop(size, "size", "EXIT WHEN n < size;")).what.kind, change_kind::update);
  EXPECT_EQ(read_one(loop(size, "size", "EXIT WHEN n < 50;")).what.kind, change_kind::update);
  EXPECT_EQ(
      read_one(loop(size, "50", "RAISE NOTICE '%', n; IF n < size THEN RETURN; END IF;")).what.kind,
      change_kind::update);

  const auto refused = [&](const std::string& declared, const std::string& limit,
                           const std::string& ends) {
    const error e = refusal_of(loop(declared, limit, ends));
    EXPECT_EQ(e.code, errc::not_a_job) << declared << limit << ends;
    return e.message;
  };
  EXPECT_THAT(refused("", "50", "EXIT WHEN n < 51;"), HasSubstr("fewer than 51 rows"));
  EXPECT_THAT(refused("", "50", "EXIT WHEN n < 10;"), HasSubstr("fewer than 10 rows"));
  EXPECT_THAT(refused("", "50", "EXIT WHEN n <= 50;"), HasSubstr("may end before"));
  EXPECT_THAT(refused("", "50", "EXIT WHEN n <> 50;"), HasSubstr("may end before"));
  EXPECT_THAT(refused("", "50", "EXIT WHEN n < 0;"), HasSubstr("may end before"));
  EXPECT_THAT(refused("", "50", "EXIT WHEN n < 50 + 1;"), HasSubstr("may end before"));
  EXPECT_THAT(refused("", "50", "EXIT WHEN n < m;"), HasSubstr("may end before"));
  EXPECT_THAT(refused("m int := 60;", "50", "EXIT WHEN n < m;"), HasSubstr("fewer than 60 rows"));
  EXPECT_THAT(refused("size int := 50;", "size", "size := 60; EXIT WHEN n < size;"),
              HasSubstr("may end before"));
  EXPECT_THAT(refused("size int := 50;", "size", "EXIT WHEN n < size; size := 60;"),
              HasSubstr("may end before"));
  EXPECT_THAT(refused("m int := 60;", "50", "EXIT WHEN m < 50;"), HasSubstr("may end before"));
  EXPECT_THAT(refused("size numeric(2, -1) := 54;", "54", "EXIT WHEN n < size;"),
              HasSubstr("may end before"));
  EXPECT_THAT(
      refused("m numeric(3, -3);", "50", "GET DIAGNOSTICS m = ROW_COUNT; EXIT WHEN m < 50;"),
      HasSubstr("may end before"));
  EXPECT_THAT(refused("size int := 50;", "size",
                      "GET DIAGNOSTICS n = ROW_COUNT, size = ROW_COUNT; EXIT WHEN NOT FOUND;"),
              HasSubstr("greater than 0"));
}

TEST(Loop, MayChangeARowAgainOnlyWhereItsConditionMayStayAsItIs) {
  const auto rounds = [](const std::string& set, const std::string& condition,
                         const std::string& end) {
    const job j = read_one("DO $$ DECLARE n int; BEGIN LOOP UPDATE t SET " + set +
                           " WHERE id IN (SELECT id FROM t WHERE " + condition +
                           " LIMIT 5); GET DIAGNOSTICS n = ROW_COUNT; EXIT WHEN " + end +
                           "; END LOOP; END $$;");
    return j.what.rounds.value_or(author_rounds{});
  };

  EXPECT_TRUE(rounds("a = b", "a IS NULL", "n < 5").may_repeat);
  EXPECT_FALSE(rounds("a = b", "a IS NULL", "n = 0").may_repeat);
  EXPECT_FALSE(rounds("s = 'done'", "s = 'new'", "n < 5").may_repeat);
}

TEST(Loop, MayHaveLabels) {
  const std::string round = "DELETE FROM t WHERE id IN (SELECT id FROM t WHERE old LIMIT 5); ";
  const auto is_read = [](const std::string& body) {
    EXPECT_EQ(read_one("DO $$ " + body + " $$;").what.kind, change_kind::remove) << body;
  };

  is_read("BEGIN <<again>> LOOP " + round + "EXIT again WHEN NOT FOUND; END LOOP again; END");
  is_read("BEGIN <<again>>LOOP " + round + "IF NOT FOUND THEN EXIT AGAIN; END IF; END LOOP; END");
  is_read("<<blk>> DECLARE n int := 1; BEGIN <<again>> WHILE n > 0 LOOP " + round +
          "GET DIAGNOSTICS n = ROW_COUNT; END LOOP again; END blk");
  is_read("<<blk>> BEGIN LOOP " + round + "EXIT WHEN NOT FOUND; END LOOP; END blk");

  const auto refused = [](const std::string& body) {
    const error e = refusal_of("DO $$ " + body + " $$;");
    EXPECT_EQ(e.code, errc::not_a_job) << body;
    return e.message;
  };
  EXPECT_THAT(refused("<<blk>> BEGIN LOOP " + round + "EXIT blk WHEN NOT FOUND; END LOOP; END"),
              HasSubstr("leaves \"blk\", which is not its loop"));
  EXPECT_THAT(refused("BEGIN <<again>> LOOP " + round + "EXIT again; END LOOP; END"),
              HasSubstr("may end before"));
  EXPECT_THAT(refused("BEGIN <<again>> LOOP " + round +
                      "<<inner>> BEGIN EXIT inner WHEN NOT FOUND; END; END LOOP; END"),
              HasSubstr("leaves \"inner\""));
  EXPECT_THAT(refused("BEGIN <<again>> LOOP " + round +
                      "<<again>> BEGIN EXIT again WHEN NOT FOUND; END; END LOOP; END"),
              HasSubstr("label \"again\" twice"));
  EXPECT_THAT(refused("<<blk>> DECLARE n int; BEGIN LOOP " + round +
                      "GET DIAGNOSTICS blk.n = ROW_COUNT; EXIT WHEN n = 0; END LOOP; END"),
              HasSubstr("by a label"));
  EXPECT_THAT(refused("<<blk>> DECLARE n int; BEGIN LOOP " + round +
                      "GET DIAGNOSTICS n = ROW_COUNT; EXIT WHEN blk.n = 0; END LOOP; END"),
              HasSubstr("may end before"));
  EXPECT_THAT(refused("<<blk>> DECLARE a int := 5; BEGIN LOOP UPDATE t SET a = blk.a WHERE id IN "
                      "(SELECT id FROM t WHERE a IS NULL LIMIT 5); EXIT WHEN NOT FOUND; END LOOP; "
                      "END"),
              HasSubstr("variable \"blk.a\""));
  EXPECT_THAT(refused("BEGIN <<again>> LOOP " + round +
                      "CONTINUE again; EXIT WHEN NOT FOUND; END LOOP; END"),
              HasSubstr("`continue`"));
}

TEST(Loop, EndsWhereAConstantMakesItsConditionFalse) {
  const auto loop = [](const std::string& set, const std::string& condition) {
    return "DO $$ BEGIN LOOP UPDATE t SET " + set + " WHERE id IN (SELECT id FROM t WHERE " +
           condition + " LIMIT 5); EXIT WHEN NOT FOUND; COMMIT; END LOOP; END $$;";
  };
  const std::vector<std::pair<const char*, const char*>> ending = {
      {"done = true", "NOT done"},
      {"done = true", "done = false AND a > 5"},
      {"done = true", "done IS NOT TRUE"},
      {"done = false", "done"},
      {"done = false", "done IS TRUE"},
      {"n = 2", "n = 1"},
      {"n = 9", "n IN (1, 2, 3)"},
      {"s = 'done'", "s = 'new'"},
      {"s = 'closed', u = gen_random_uuid()", "s IN ('new', 'in_progress')"},
      {"s = NULL", "s IS NOT NULL"},
  };
  for (const auto& [set, condition] : ending) {
    EXPECT_EQ(read_one(loop(set, condition)).what.kind, change_kind::update) << condition;
  }
  const std::vector<std::pair<const char*, const char*>> open = {
      {"done = false", "NOT done"},
      {"done = true", "done IS NOT NULL"},
      {"n = 1", "n = 1"},
      {"n = 1", "n < 5"},
      {"n = 9", "n IN (1, 9)"},
      {"s = 'NEW'", "s = 'new'"},
      {"s = 'in-work'", "s = 'in_work'"},
      {"s = 'true'", "s = 't'"},
      {"s = '1.0'", "s = '1'"},
      {"s = lower(s)", "s = 'new'"},
      {"s = 'done'", "s = 'new' OR a"},
      {"s = 'done'", "NOT s"},
  };
  for (const auto& [set, condition] : open) {
    EXPECT_THAT(refusal_of(loop(set, condition)).message, HasSubstr("turns false")) << condition;
  }
}

TEST(Loop, ThatMayEndBeforeNothingIsLeftIsRefused) {
  const auto refused = [](const std::string& declared, const std::string& in_loop) {
    const error e =
        refusal_of("DO $$ DECLARE " + declared + " BEGIN LOOP " + in_loop + " END LOOP; END $$;");
    EXPECT_EQ(e.code, errc::not_a_job) << in_loop;
    return e.message;
  };
  const auto rounds = [](const std::string& limit, const std::string& more = "") {
    return "UPDATE t SET a = 1 WHERE id IN (SELECT id FROM t WHERE a IS NULL LIMIT " + limit + ")" +
           more + "; ";
  };
  const std::string round = rounds("10");
  const std::string count = "GET DIAGNOSTICS n = ROW_COUNT; ";

  EXPECT_THAT(refused("n int;", round + "PERFORM pg_sleep(1); EXIT WHEN NOT FOUND;"),
              HasSubstr("may end before"));
  EXPECT_THAT(refused("n int;", round + "PERFORM pg_sleep(1); " + count + "EXIT WHEN n = 0;"),
              HasSubstr("right behind its change"));
  EXPECT_THAT(refused("n int;", count + round + "EXIT WHEN n = 0;"),
              HasSubstr("right behind its change"));
  EXPECT_THAT(
      refused("n int := 0;", round + "IF NOT FOUND THEN " + count + "END IF; EXIT WHEN n = 0;"),
      HasSubstr("right behind its change"));
  EXPECT_THAT(refused("n int := 0;", round + "EXIT WHEN n = 0; " + count),
              HasSubstr("may end before"));
  EXPECT_THAT(refused("n int := 0;", "EXIT WHEN n = 0; " + round + count),
              HasSubstr("may end before"));
  EXPECT_THAT(refused("m int; n ALIAS FOR m;", round + count + "m := 0; EXIT WHEN n = 0;"),
              HasSubstr("second name"));
  EXPECT_THAT(refused("n int;", rounds("10", " AND b") + "EXIT WHEN NOT FOUND;"),
              HasSubstr("asks more of a row"));
  EXPECT_THAT(refused("n int;", rounds("0") + "EXIT WHEN NOT FOUND;"), HasSubstr("greater than 0"));
  EXPECT_THAT(refused("n int := 0;", rounds("n") + "EXIT WHEN NOT FOUND;"),
              HasSubstr("greater than 0"));
  EXPECT_THAT(refused("n int := 10;", rounds("n") + "n := n - 5; EXIT WHEN NOT FOUND;"),
              HasSubstr("greater than 0"));
  EXPECT_THAT(refused("n int := 10; n int := 0;", rounds("n") + "EXIT WHEN NOT FOUND;"),
              HasSubstr("declares \"n\" twice"));
  EXPECT_THAT(refusal_of("DO $$ DECLARE n int := 0; BEGIN WHILE n > 0 LOOP " + round + count +
                         "END LOOP; END $$;")
                  .message,
              HasSubstr("condition of its own"));
  EXPECT_THAT(
      refusal_of("DO $$ DECLARE n int := 1; BEGIN WHILE n > 0 LOOP " + round + "END LOOP; END $$;")
          .message,
      HasSubstr("may end before"));
}

TEST(Loop, OfOtherRowsThanItsRoundsNameIsRefused) {
  const auto refused = [](const std::string& change) {
    const error e =
        refusal_of("DO $$ BEGIN LOOP " + change + "; EXIT WHEN NOT FOUND; END LOOP; END $$;");
    EXPECT_EQ(e.code, errc::not_a_job) << change;
    return e.message;
  };

  for (const char* change :
       {"DELETE FROM ONLY t WHERE id IN (SELECT id FROM t WHERE old LIMIT 5)",
        "DELETE FROM t WHERE id IN (SELECT id FROM ONLY t WHERE old LIMIT 5)",
        "DELETE FROM t x WHERE x.id IN (SELECT x.id FROM t WHERE old LIMIT 5)",
        "DELETE FROM t WHERE t.id IN (SELECT t.id FROM t x WHERE old LIMIT 5)",
        "DELETE FROM t USING u WHERE u.id IN (SELECT id FROM t WHERE old LIMIT 5)"}) {
    EXPECT_THAT(refused(change), HasSubstr("rounds are not")) << change;
  }
}

TEST(Loop, ThatMayDoMoreThanCountIsRefused) {
  const auto refused = [](const std::string& declared, const std::string& besides) {
    const error e = refusal_of("DO $$ DECLARE n int; " + declared +
                               " BEGIN LOOP DELETE FROM t WHERE id IN (SELECT id FROM t WHERE old "
                               "LIMIT 5); GET DIAGNOSTICS n = ROW_COUNT; EXIT WHEN n = 0; " +
                               besides + " END LOOP; END $$;");
    EXPECT_EQ(e.code, errc::not_a_job) << declared << besides;
    return e.message;
  };

  EXPECT_THAT(refused("x int := logit(1);", ""), HasSubstr("it calls logit"));
  EXPECT_THAT(refused("x int;", "x := logit(n);"), HasSubstr("it calls logit"));
  EXPECT_THAT(refused("", "RAISE NOTICE '%', logit(n);"), HasSubstr("it calls logit"));
  EXPECT_THAT(refused("", "PERFORM pg_sleep(0), logit(1);"), HasSubstr("it calls logit"));
  EXPECT_THAT(refused("x int;", "x := id FROM u WHERE id = 1;"), HasSubstr("runs a query"));
  EXPECT_THAT(refused("x int;", "x := (SELECT 1);"), HasSubstr("runs a query"));
  EXPECT_THAT(refused("", "<<again>> NULL;"), HasSubstr("label before"));
  EXPECT_EQ(read_one("DO LANGUAGE plpgsql $$ DECLARE n int := 1; since timestamptz := "
                     "clock_timestamp(); BEGIN WHILE n > 0 LOOP DELETE FROM t WHERE id IN (SELECT "
                     "id FROM t WHERE old FETCH FIRST 5 ROWS ONLY); GET DIAGNOSTICS n = ROW_COUNT; "
                     "RAISE NOTICE '% in %', n, extract(epoch FROM clock_timestamp() - since); "
                     "COMMIT; END LOOP; END $$;")
                .what.kind,
            change_kind::remove);
  EXPECT_THAT(refusal_of("DO LANGUAGE plpython3u $$ BEGIN NULL; END $$;").message,
              HasSubstr("another language"));
}

TEST(Loop, ThatDoesMoreIsRefusedWithTheReason) {
  const auto refused = [](const std::string& body) {
    const error e = refusal_of("DO $$" + body + "$$;");
    EXPECT_EQ(e.code, errc::not_a_job) << body;
    return e.message;
  };
  const std::string rounds =
      "UPDATE t SET a = 1 WHERE id IN (SELECT id FROM t WHERE a IS NULL LIMIT 10); ";

  EXPECT_THAT(refused("BEGIN " + rounds + "END"), HasSubstr("does not loop"));
  EXPECT_THAT(refused("BEGIN LOOP " + rounds + rounds + "EXIT WHEN NOT FOUND; END LOOP; END"),
              HasSubstr("more than one statement"));
  EXPECT_THAT(refused("BEGIN LOOP " + rounds + "INSERT INTO log VALUES (1); END LOOP; END"),
              HasSubstr("`insert`"));
  EXPECT_THAT(refused("BEGIN FOR i IN 1..10 LOOP " + rounds + "END LOOP; END"),
              HasSubstr("given values"));
  EXPECT_THAT(refused("BEGIN LOOP " + rounds + "EXIT WHEN i = 5; END LOOP; END"),
              HasSubstr("may end before"));
  EXPECT_THAT(refused("BEGIN LOOP " + rounds + "EXIT; END LOOP; END"), HasSubstr("may end before"));
  EXPECT_THAT(refused("BEGIN LOOP " + rounds + "END LOOP; END"), HasSubstr("may end before"));
  EXPECT_THAT(refused("DECLARE n int; BEGIN LOOP " + rounds +
                      "GET DIAGNOSTICS n = ROW_COUNT; n := n - 1; EXIT WHEN n = 0; END LOOP; END"),
              HasSubstr("may end before"));
  EXPECT_THAT(refused("BEGIN WHILE i < 3 LOOP " + rounds + "END LOOP; END"),
              HasSubstr("condition of its own"));
  EXPECT_THAT(refused("BEGIN LOOP IF false THEN " + rounds + "END IF; END LOOP; END"),
              HasSubstr("branches"));
  EXPECT_THAT(refused("BEGIN " + rounds + "LOOP EXIT WHEN NOT FOUND; END LOOP; END"),
              HasSubstr("does not loop"));
  EXPECT_THAT(refused("BEGIN LOOP " + rounds + "RAISE 'x'; END LOOP; END"), HasSubstr("`raise`"));
  EXPECT_THAT(refused("BEGIN LOOP DELETE FROM t WHERE id IN (SELECT id FROM t WHERE id NOT IN "
                      "(SELECT p FROM t) LIMIT 5); EXIT WHEN NOT FOUND; END LOOP; END"),
              HasSubstr("rounds are not"));
  EXPECT_THAT(
      refused("BEGIN LOOP UPDATE t SET a = 1 WHERE a IS NULL; EXIT WHEN NOT FOUND; END LOOP; "
              "END"),
      HasSubstr("rounds are not"));
  EXPECT_THAT(refused("DECLARE i int := 0; BEGIN LOOP UPDATE t SET a = i WHERE id IN (SELECT id "
                      "FROM t WHERE a IS NULL LIMIT 10); EXIT WHEN NOT FOUND; END LOOP; END"),
              HasSubstr("variable \"i\""));
  EXPECT_THAT(refused("BEGIN LOOP UPDATE t SET a = a + 1 WHERE id IN (SELECT id FROM t WHERE a < 5 "
                      "LIMIT 10); EXIT WHEN NOT FOUND; END LOOP; END"),
              HasSubstr("turns false"));
  EXPECT_THAT(refused("BEGIN LOOP " + rounds +
                      "EXIT WHEN NOT FOUND; END LOOP; EXCEPTION WHEN OTHERS THEN NULL; END"),
              HasSubstr("catches errors"));
}

}  // namespace
}  // namespace pawl::sql
