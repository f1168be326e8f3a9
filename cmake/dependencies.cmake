# Debian 12 packages, found once; scripts/install.sh names the packages.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(PostgreSQL REQUIRED)
# Not its CMake target: that one links the shared library, and one file includes the headers.
find_path(TOMLPLUSPLUS_INCLUDE toml++/toml.h REQUIRED)

find_library(PG_QUERY_LIBRARY NAMES libpg_query.a REQUIRED)
find_path(PG_QUERY_INCLUDE pg_query.h REQUIRED)
add_library(pg_query STATIC IMPORTED)
set_target_properties(pg_query PROPERTIES
  IMPORTED_LOCATION ${PG_QUERY_LIBRARY}
  INTERFACE_INCLUDE_DIRECTORIES ${PG_QUERY_INCLUDE})

if(PAWL_TESTS)
  find_package(GTest REQUIRED)
endif()
if(PAWL_BENCH)
  find_package(benchmark REQUIRED)
endif()
