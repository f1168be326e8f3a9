#include <fmt/format.h>
#include <libpq-fe.h>

#include <boost/version.hpp>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "ledger/schema.hpp"

namespace pawl::cli {

namespace {

std::string libpq_version() {
  const int number = PQlibVersion();
  return fmt::format("{}.{}", number / 10000, number % 10000);
}

}  // namespace

int version_command(const arguments& a) {
  if (a.ddl) {
    print(ledger::schema_sql());
    return 0;
  }
  if (a.json) {
    nlohmann::ordered_json j;
    j["schema"] = "pawl.version/1";
    j["version"] = PAWL_VERSION;
    j["ledger"] = ledger::schema_version;
    j["protocol"] = ledger::protocol;
    j["libpq"] = libpq_version();
    j["boost"] = BOOST_LIB_VERSION;
    print(j.dump(2) + '\n');
    return 0;
  }
  print(fmt::format("pawl {}\nledger {}, protocol {}, libpq {}, boost {}\n", PAWL_VERSION,
                    ledger::schema_version, ledger::protocol, libpq_version(), BOOST_LIB_VERSION));
  return 0;
}

}  // namespace pawl::cli
