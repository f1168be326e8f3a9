#include "pg/tls_defaults.hpp"

#include <gtest/gtest.h>
#include <libpq-fe.h>

namespace pawl::pg {
namespace {

using settings = std::map<std::string, std::string>;

struct outcome {
  conninfo info;
  std::optional<error> failure;
};

outcome complete(settings values, settings variables = {}) {
  outcome o;
  o.info.values = std::move(values);
  o.failure = apply_tls_defaults(o.info, [&](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(std::string(name));
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
  return o;
}

std::string mode_of(const outcome& o) {
  const auto found = o.info.values.find("sslmode");
  return found == o.info.values.end() ? "" : found->second;
}

TEST(TlsDefaults, RequireTlsOffLoopbackAndSayWhatIsMissing) {
  const outcome o = complete({{"host", "db.example.com"}});

  EXPECT_FALSE(o.failure);
  EXPECT_EQ(mode_of(o), "require");
  EXPECT_EQ(o.info.warnings,
            std::vector<std::string>{"TLS to db.example.com does not verify its certificate: give "
                                     "sslrootcert=FILE to do so"});
}

TEST(TlsDefaults, LeaveThisMachineAlone) {
  for (const char* host : {"localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "::1",
                           "/run/postgresql", "@abstract", "localhost,/tmp", ""}) {
    const outcome o = complete({{"host", host}});
    EXPECT_EQ(mode_of(o), "") << host;
    EXPECT_TRUE(o.info.warnings.empty()) << host;
  }
  EXPECT_EQ(mode_of(complete({})), "");
}

TEST(TlsDefaults, AreNotTakenInByNamesThatLookLocal) {
  for (const char* host : {"127.example.com", "localhost.example.com", "0.0.0.0", "10.0.0.1"}) {
    EXPECT_EQ(mode_of(complete({{"host", host}})), "require") << host;
  }
}

TEST(TlsDefaults, LookAtEveryHostOfAList) {
  EXPECT_EQ(mode_of(complete({{"host", "localhost,db2"}})), "require");
}

TEST(TlsDefaults, GoByTheAddressWhereThereIsOne) {
  EXPECT_EQ(mode_of(complete({{"host", "localhost"}, {"hostaddr", "10.0.0.1"}})), "require");
  EXPECT_EQ(mode_of(complete({{"host", "db"}, {"hostaddr", "127.0.0.1"}})), "");
}

TEST(TlsDefaults, VerifyAsSoonAsARootCertificateIsGiven) {
  const outcome o = complete({{"host", "db"}, {"sslrootcert", "ca.pem"}});

  EXPECT_EQ(mode_of(o), "verify-full");
  EXPECT_TRUE(o.info.warnings.empty());
}

TEST(TlsDefaults, NeverReplaceAModeThatIsGiven) {
  for (const char* mode : {"require", "verify-ca", "verify-full"}) {
    const outcome o = complete({{"host", "db"}, {"sslmode", mode}, {"sslrootcert", "ca.pem"}});
    EXPECT_EQ(mode_of(o), mode);
    EXPECT_TRUE(o.info.warnings.empty());
  }
}

TEST(TlsDefaults, RefuseModesThatProtectNothing) {
  for (const char* mode : {"prefer", "allow"}) {
    const outcome o = complete({{"host", "db"}, {"sslmode", mode}});
    ASSERT_TRUE(o.failure);
    EXPECT_EQ(o.failure->message,
              "sslmode=" + std::string(mode) + " does not protect a connection to db");
    EXPECT_FALSE(complete({{"host", "localhost"}, {"sslmode", mode}}).failure);
  }
}

TEST(TlsDefaults, LetTlsBeSwitchedOffWithAWarning) {
  const outcome o = complete({{"host", "db"}, {"sslmode", "disable"}});

  EXPECT_FALSE(o.failure);
  EXPECT_EQ(o.info.warnings, std::vector<std::string>{"no TLS to db: rows can be read on the way"});
}

TEST(TlsDefaults, RefuseAModeThatDoesNotExistWithoutQuotingIt) {
  const outcome o = complete({{"sslmode", "s3cret"}});

  ASSERT_TRUE(o.failure);
  EXPECT_EQ(o.failure->message, "the value of sslmode is none that libpq knows");
}

TEST(TlsDefaults, TakeTheNoVerifyOfNodeAsRequire) {
  const outcome o = complete({{"host", "db"}, {"sslmode", "no-verify"}});

  EXPECT_EQ(mode_of(o), "require");
  EXPECT_EQ(o.info.warnings,
            std::vector<std::string>{"sslmode=no-verify is taken as sslmode=require"});
}

TEST(TlsDefaults, CountWhatLibpqReadsFromTheEnvironment) {
  EXPECT_EQ(mode_of(complete({{"host", "db"}}, {{"PGSSLMODE", "verify-full"}})), "");
  EXPECT_TRUE(complete({{"host", "db"}}, {{"PGSSLMODE", "prefer"}}).failure);
  EXPECT_EQ(mode_of(complete({{"host", "db"}}, {{"PGSSLROOTCERT", "ca.pem"}})), "verify-full");
  EXPECT_EQ(mode_of(complete({}, {{"PGHOST", "db"}})), "require");
  EXPECT_EQ(complete({}, {{"PGGSSENCMODE", "prefer"}}).info.values.count("gssencmode"), 0U);
}

TEST(TlsDefaults, SaveTheRoundTripOfGss) {
  EXPECT_EQ(complete({}).info.values, (settings{{"gssencmode", "disable"}}));
  EXPECT_EQ(complete({{"gssencmode", "require"}}).info.values.at("gssencmode"), "require");
}

TEST(TlsDefaults, LeaveAServiceToItsFile) {
  EXPECT_EQ(complete({{"service", "prod"}}).info.values, (settings{{"service", "prod"}}));
  EXPECT_EQ(complete({}, {{"PGSERVICE", "prod"}}).info.values, settings{});
}

TEST(TlsDefaults, SayWhenTheSystemsRootsAreNotToBeHad) {
  const outcome o = complete({{"host", "db"}, {"sslrootcert", "system"}});

  EXPECT_EQ(o.failure.has_value(), PQlibVersion() < 160000);
}

}  // namespace
}  // namespace pawl::pg
