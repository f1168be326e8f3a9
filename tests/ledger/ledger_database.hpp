// A database with schema pawl and one run of one leaf, made by plain SQL, so that a test sees the
// ledger as another program would. Tests that change the schema itself take one of their own.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "ledger/schema.hpp"
#include "pg/await.hpp"
#include "support/server.hpp"

namespace pawl::test {

// Process starts, as they stand in pawl.runner.
inline const std::string me = "00000000-0000-0000-0000-00000000000a";
inline const std::string other = "00000000-0000-0000-0000-00000000000b";

class ledger_database {
 public:
  explicit ledger_database(int version) : db_(of_version(version)) {
    db_.sql("ALTER DATABASE " + db_.name() +
            " RESET ALL;"
            "DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
            "TRUNCATE pawl.run, pawl.control, pawl.event RESTART IDENTITY CASCADE");
    db_.sql(
        "INSERT INTO pawl.run (name, generation, definition, definition_sha256, target_oid, target,"
        " settings, tunables, system_identifier, timeline, protocol, engine) VALUES"
        " ('job', 1, '{}', sha256('x'), 1, 'public.t', '{}', '{\"jobs\": 2}', 1, 1, 1, 'test');"
        "INSERT INTO pawl.leaf (run, number, oid, name, share, bound)"
        " VALUES (1, 1, 1, 'public.t', 1, '{100}')");
  }

  // A range (10 * number - 10, 10 * number] that is free.
  void add_ready(int number) const {
    const auto n = std::to_string(number);
    db_.sql("INSERT INTO pawl.range (run, number, leaf, lo, hi) VALUES (1, " + n +
            ", 1, ARRAY[(10 * " + n + " - 10)::text], ARRAY[(10 * " + n + ")::text])");
  }
  // The same, held by `runner` under token 5, at its lower end.
  void add_claimed(int number, const std::string& runner = me) const {
    add_ready(number);
    db_.sql("UPDATE pawl.range SET state = 'claimed', token = 5, runner = '" + runner +
            "' WHERE number = " + std::to_string(number));
  }
  // A runner whose life only its lease tells, as behind a pooler.
  void add_runner(const std::string& id, const std::string& lease = "1 hour") const {
    db_.sql(
        "INSERT INTO pawl.runner (id, run, host, version, protocol, connections, pid, lease_until)"
        " VALUES ('" +
        id + "', 1, 'h', '1', 1, 2, 0, clock_timestamp() + interval '" + lease + "')");
  }

  rows sql(const std::string& text) const { return db_.sql(text); }
  std::string value(const std::string& text) const { return db_.value(text); }
  std::string range(const std::string& columns, int number = 1) const {
    return db_.value("SELECT concat_ws(' ', " + columns +
                     ") FROM pawl.range WHERE number = " + std::to_string(number));
  }
  const std::string& url() const { return db_.url(); }
  const test_database& database() const { return db_; }
  loop& on() { return on_; }

 private:
  // One for all tests of the process, since making the schema takes longer than a test.
  static test_database& of_version(int version) {
    // Never destroyed: they go with the server, and at exit no connection can be made any more.
    static auto& made = *new std::map<int, std::unique_ptr<test_database>>;
    auto& db = made[version];
    if (!db) {
      db = std::make_unique<test_database>(version);
      loop on;
      open_connection c(on, db->url());
      on.await(ledger::prepare(c.get(), far())).value();
    }
    return *db;
  }

  test_database& db_;
  loop on_;
};

}  // namespace pawl::test
