// Whatever is done to a connection string, its password is never shown: not by errors, warnings and
// descriptions, nor by what redact() leaves of libpq's own words.
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <rapidcheck.h>

#include "pg/conninfo.hpp"
#include "pg/url.hpp"

namespace pawl::pg {
namespace {

// No name, host, message or encoded form holds these letters.
constexpr std::string_view canary = "QXZJ";

bool shows_canary(std::string_view text) {
  return text.find(canary) != std::string_view::npos;
}

std::string element(const std::vector<std::string>& choices) {
  return *rc::gen::elementOf(choices);
}

// Canaries with anything between them that a password may hold.
std::string password() {
  std::string text(canary);
  for (const char c : *rc::gen::container<std::string>(
           rc::gen::elementOf(std::string("@@//##::%%??&&==[]\\'\" +;!$azAZ09")))) {
    text += c;
    text += canary;
  }
  return text;
}

std::string query() {
  std::string text;
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    text += text.empty() ? '?' : '&';
    text += element({"sslmode=require", "sslmode=prefer", "schema=public", "pgbouncer=true", "x=%z",
                     "unknown=1", "novalue", "", "user=me@tenant", "connection_limit=1",
                     "sslaccept=strict", "options=-c a=b", "password=" + std::string(canary),
                     "sslpassword=" + password()});
  }
  return text;
}

std::string url() {
  const std::string raw = password();
  return element({"postgres", "postgresql", "jdbc:postgresql", "postgresql+psycopg2", "mysql"}) +
         "://" + element({"", "u", "me@tenant", "me%40tenant", "%zz"}) + ':' +
         (*rc::gen::arbitrary<bool>() ? raw : percent_encode(raw)) + '@' +
         element({"db", "db:5432", "db:port", "[::1]:5432", "[::1", "a,b:1", ""}) +
         element({"", "/", "/app", "/a/b", "/app#x"}) + query();
}

std::string keywords() {
  std::string quoted;
  const std::string raw = password();
  for (const char c : raw) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return element({"host=db ", "host=/tmp ", "service=x ", "hots=db ", "host ", ""}) +
         "password=" + element({raw, '\'' + quoted + '\'', '\'' + quoted, '\'' + raw + '\''}) +
         element({"", " user=u", " dbname=app x", " sslmode=prefer"});
}

// What the whole program would print of a setting and of libpq's refusal to read it.
std::vector<std::string> outputs(const std::string& text, const result<conninfo>& c) {
  std::vector<std::string> all;
  if (!c) {
    all.push_back(to_string(c.error()));
    all.push_back(c.error().detail);
  } else {
    all = c->warnings;
    all.push_back(c->origin);
    all.push_back(describe(*c));
    for (const char* keyword : {"password", "sslpassword"}) {
      const auto value = c->values.find(keyword);
      if (value == c->values.end()) continue;
      all.push_back(redact("a " + value->second + " b", *c));
      all.push_back(redact("a " + percent_encode(value->second) + " b", *c));
    }
  }

  char* message = nullptr;
  PQconninfoFree(PQconninfoParse(text.c_str(), &message));
  if (message != nullptr) all.push_back(redact(message));
  PQfreemem(message);
  return all;
}

void check(const std::string& text) {
  RC_LOG(text);
  sources from;
  from.env_file = "DATABASE_URL='" + text + "'\n";
  from.env = [&](std::string_view name) -> std::optional<std::string> {
    return name == "PAWL_DATABASE_URL" ? std::optional(text) : std::nullopt;
  };
  for (const result<conninfo>& c : {parse(text, "--db"), resolve(from)}) {
    for (const std::string& shown : outputs(text, c)) {
      RC_LOG(shown);
      RC_ASSERT(!shows_canary(shown));
    }
  }
}

TEST(Secrets, OfAnyUrlAreNeverShown) {
  EXPECT_TRUE(rc::check([] { check(url()); }));
}

TEST(Secrets, OfAUrlWithCharactersTooManyAreNeverShown) {
  EXPECT_TRUE(rc::check([] {
    const std::string before = "postgresql://u:";
    std::string text = before + std::string(canary) + "@db:5432/app?sslmode=require";
    for (int i = *rc::gen::inRange(1, 5); i > 0; --i) {
      const std::size_t password = text.find(canary);
      std::size_t at = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
      if (at > password && at < password + canary.size()) at = password;
      text.insert(at, 1, *rc::gen::elementOf(std::string("@/#:%?&=[]+, ;'\"\\\n")));
    }
    check(text);
  }));
}

TEST(Secrets, OfAnyKeywordStringAreNeverShown) {
  EXPECT_TRUE(rc::check([] { check(keywords()); }));
}

TEST(Secrets, OfAUrlInAMessageAreNeverShown) {
  EXPECT_TRUE(rc::check([] {
    const std::string text = "cannot reach postgresql://u:" + password() + "@db:5432/app";
    RC_LOG(text);
    RC_ASSERT(!shows_canary(redact(text)));
  }));
}

}  // namespace
}  // namespace pawl::pg
