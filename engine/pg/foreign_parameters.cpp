#include "pg/foreign_parameters.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>

#include "pg/bad_string.hpp"
#include "pg/url.hpp"

namespace pawl::pg {
namespace {

constexpr auto npos = std::string_view::npos;

enum class meaning {
  nothing,  // a setting of the other program's own pool, cache or driver
  schema,   // Prisma: one schema, case kept
  search_path,
  pooler,
  tls,              // ssl=true and the like
  server_check,     // Prisma's sslaccept
  client_identity,  // Prisma's sslidentity: a PKCS#12 file, which libpq does not read
  socket,
  application_name,
  server_type,
};

struct foreign_parameter {
  std::string_view name;
  meaning means;
};

constexpr std::array foreign_parameters{
    // Prisma
    foreign_parameter{"schema", meaning::schema},
    foreign_parameter{"pgbouncer", meaning::pooler},
    foreign_parameter{"sslaccept", meaning::server_check},
    foreign_parameter{"sslidentity", meaning::client_identity},
    foreign_parameter{"connection_limit", meaning::nothing},
    foreign_parameter{"pool_timeout", meaning::nothing},
    foreign_parameter{"socket_timeout", meaning::nothing},
    foreign_parameter{"statement_cache_size", meaning::nothing},
    foreign_parameter{"max_connection_lifetime", meaning::nothing},
    foreign_parameter{"max_idle_connection_lifetime", meaning::nothing},
    foreign_parameter{"single_use_connections", meaning::nothing},
    // node-postgres, and what hosting services add for it
    foreign_parameter{"ssl", meaning::tls},
    foreign_parameter{"uselibpqcompat", meaning::nothing},
    foreign_parameter{"query_timeout", meaning::nothing},
    foreign_parameter{"max", meaning::nothing},
    foreign_parameter{"workaround", meaning::nothing},
    foreign_parameter{"supa", meaning::nothing},
    // JDBC
    foreign_parameter{"currentSchema", meaning::search_path},
    foreign_parameter{"ApplicationName", meaning::application_name},
    foreign_parameter{"targetServerType", meaning::server_type},
    foreign_parameter{"loginTimeout", meaning::nothing},
    foreign_parameter{"connectTimeout", meaning::nothing},
    foreign_parameter{"socketTimeout", meaning::nothing},
    foreign_parameter{"tcpKeepAlive", meaning::nothing},
    foreign_parameter{"prepareThreshold", meaning::nothing},
    foreign_parameter{"preferQueryMode", meaning::nothing},
    foreign_parameter{"reWriteBatchedInserts", meaning::nothing},
    foreign_parameter{"defaultRowFetchSize", meaning::nothing},
    foreign_parameter{"stringtype", meaning::nothing},
    foreign_parameter{"loadBalanceHosts", meaning::nothing},
    // SQLAlchemy with asyncpg, Django, Rails, Doctrine
    foreign_parameter{"prepared_statement_cache_size", meaning::nothing},
    foreign_parameter{"conn_max_age", meaning::nothing},
    foreign_parameter{"pool", meaning::nothing},
    foreign_parameter{"pool_size", meaning::nothing},
    foreign_parameter{"checkout_timeout", meaning::nothing},
    foreign_parameter{"prepared_statements", meaning::nothing},
    foreign_parameter{"encoding", meaning::nothing},
    foreign_parameter{"charset", meaning::nothing},
    foreign_parameter{"serverVersion", meaning::nothing},
    // Go: pgx, dbmate
    foreign_parameter{"search_path", meaning::search_path},
    foreign_parameter{"socket", meaning::socket},
    foreign_parameter{"pool_max_conns", meaning::nothing},
    foreign_parameter{"pool_min_conns", meaning::nothing},
    foreign_parameter{"pool_max_conn_lifetime", meaning::nothing},
    foreign_parameter{"pool_max_conn_idle_time", meaning::nothing},
    foreign_parameter{"default_query_exec_mode", meaning::nothing},
    foreign_parameter{"statement_cache_capacity", meaning::nothing},
};

constexpr std::string_view golang_migrate_prefix = "x-";

struct parameter {
  std::string key;
  std::string value;
};

result<std::vector<parameter>> split_query(std::string_view query) {
  std::vector<parameter> parameters;
  for (int position = 1; !query.empty(); ++position) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    if (equals == npos) {
      return bad_string(
          fmt::format("parameter {} after the `?` has no value", position),
          "Write name=value; a `?` or `&` that belongs to the password is %3F or %26.");
    }
    auto key = percent_decode(pair.substr(0, equals));
    auto value = percent_decode(pair.substr(equals + 1));
    if (!key || !value) {
      return bad_string(fmt::format("parameter {} after the `?` holds a raw `%`", position),
                        "Write `%` as %25.");
    }
    parameters.push_back({std::move(*key), std::move(*value)});
  }
  return parameters;
}

bool is_known_to_libpq(const parameter& p) {
  const std::string url = "postgresql:///?" + percent_encode(p.key) + "=";
  PQconninfoOption* options = PQconninfoParse(url.c_str(), nullptr);
  const bool known = options != nullptr;
  PQconninfoFree(options);
  return known;
}

std::string quote_identifier(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

// Applies the parameters one by one; what depends on several is settled in finish().
class translator {
 public:
  // Of Prisma's own TLS parameters, `sslcert` and `sslpassword` have a libpq meaning besides.
  explicit translator(bool prisma) : prisma_(prisma) {}

  std::optional<error> add(const parameter& p, std::size_t position) {
    if (prisma_ && p.key == "sslcert") {
      server_ca_ = p.value;
      return std::nullopt;
    }
    if (prisma_ && p.key == "sslpassword") {
      ignored_.emplace_back("sslpassword");
      return std::nullopt;
    }
    if (p.key.starts_with(golang_migrate_prefix)) {
      ignored_.emplace_back("x-...");
      return std::nullopt;
    }
    const auto known = std::find_if(foreign_parameters.begin(), foreign_parameters.end(),
                                    [&](const auto& f) { return f.name == p.key; });
    if (known != foreign_parameters.end()) return apply(*known, p.value);
    if (!is_known_to_libpq(p)) {
      return bad_string(
          fmt::format("parameter {} after the `?` is not one that libpq knows", position),
          "Check its spelling, or leave it out; an `&` that belongs to the password is %26.");
    }
    query_.kept += fmt::format("{}{}={}", query_.kept.empty() ? "" : "&", percent_encode(p.key),
                               percent_encode(p.value));
    return std::nullopt;
  }

  translated_query finish() {
    settle_server_check();
    if (!ignored_.empty()) {
      std::sort(ignored_.begin(), ignored_.end());
      ignored_.erase(std::unique(ignored_.begin(), ignored_.end()), ignored_.end());
      std::string names;
      for (const std::string& name : ignored_) names += (names.empty() ? "" : ", ") + name;
      query_.warnings.push_back("parameters of other programs are left out: " + names);
    }
    return std::move(query_);
  }

 private:
  std::optional<error> apply(const foreign_parameter& f, const std::string& value) {
    switch (f.means) {
      case meaning::nothing:
        ignored_.emplace_back(f.name);
        break;
      case meaning::schema:
        query_.search_path = quote_identifier(value);
        break;
      case meaning::search_path:
        query_.search_path = value;
        break;
      case meaning::pooler:
        query_.pooled = query_.pooled || value == "true";
        break;
      case meaning::tls:
        return apply_tls(value);
      case meaning::server_check:
        accepts_invalid_ = value == "accept_invalid_certs";
        break;
      case meaning::client_identity:
        query_.warnings.emplace_back(
            "sslidentity is left out, libpq reads no PKCS#12 file: where the server asks for a "
            "client certificate, give sslcert and sslkey");
        break;
      case meaning::socket:
        query_.values["host"] = value;
        break;
      case meaning::application_name:
        query_.values["application_name"] = value;
        break;
      case meaning::server_type:
        if (value == "primary" || value == "master") {
          query_.values["target_session_attrs"] = "read-write";
        }
        break;
    }
    return std::nullopt;
  }

  // node-postgres and JDBC write true, asyncpg the names of sslmode.
  std::optional<error> apply_tls(const std::string& value) {
    constexpr std::array<std::string_view, 7> modes{
        "disable", "allow", "prefer", "require", "verify-ca", "verify-full", "no-verify"};
    if (value == "true" || value == "1") {
      tls_ = "require";
    } else if (value == "false" || value == "0") {
      tls_ = "disable";
    } else if (std::find(modes.begin(), modes.end(), value) != modes.end()) {
      tls_ = value;
    } else {
      return bad_string("the value of ssl is none that pawl knows",
                        "Write sslmode=require, or sslmode=verify-full with sslrootcert=FILE.");
    }
    return std::nullopt;
  }

  void settle_server_check() {
    if (!tls_.empty() && query_.kept.find("sslmode=") == std::string::npos) {
      query_.values["sslmode"] = tls_;
    }
    if (!prisma_) return;
    if (accepts_invalid_) {
      // With a CA file at hand libpq would check the certificate even under sslmode=require.
      if (server_ca_) ignored_.emplace_back("sslcert");
      return;
    }
    if (query_.kept.find("sslmode=disable") != std::string::npos) return;
    query_.values["sslmode"] = "verify-full";
    if (server_ca_) query_.values["sslrootcert"] = *server_ca_;
  }

  bool prisma_;
  bool accepts_invalid_ = true;  // Prisma's default
  std::optional<std::string> server_ca_;
  std::string tls_;
  std::vector<std::string> ignored_;
  translated_query query_;
};

}  // namespace

result<translated_query> translate_query(std::string_view query) {
  auto parameters = split_query(query);
  if (!parameters) return parameters.error();

  const bool prisma = std::any_of(parameters->begin(), parameters->end(), [](const parameter& p) {
    return p.key == "sslaccept" || p.key == "sslidentity";
  });
  translator all(prisma);
  for (std::size_t i = 0; i < parameters->size(); ++i) {
    if (auto failure = all.add((*parameters)[i], i + 1)) return *failure;
  }
  return all.finish();
}

}  // namespace pawl::pg
