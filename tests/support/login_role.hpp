// A login role of one test, dropped at its end with all that it owns.
#pragma once

#include <cstdio>
#include <exception>
#include <string>
#include <utility>

#include "support/server.hpp"

namespace pawl::test {

// May do what PUBLIC may, and make schemas in the database, as pawl needs to. Roles belong to the
// server: the name must not be that of another role of the same test.
class login_role {
 public:
  login_role(const test_database& db, std::string name) : db_(db), name_(std::move(name)) {
    db_.sql("CREATE ROLE " + name_ + " LOGIN PASSWORD 'test'; GRANT CREATE ON DATABASE " +
            db_.name() + " TO " + name_);
  }
  login_role(const login_role&) = delete;
  login_role& operator=(const login_role&) = delete;
  ~login_role() {
    try {
      db_.sql("DROP OWNED BY " + name_ + " CASCADE; DROP ROLE " + name_);
    } catch (const std::exception& failed) {
      std::fputs(failed.what(), stderr);
    }
  }

  std::string url() const { return db_.url_as(name_, "test"); }

 private:
  const test_database& db_;
  std::string name_;
};

}  // namespace pawl::test
