# Run by pawl_embed_sql: writes OUT from FILES.
set(text "// Generated from SQL files; see cmake/embed_sql.cmake.\n#pragma once\n\n#include <string_view>\n\nnamespace ${NAMESPACE} {\n\n")
foreach(file IN LISTS FILES)
  get_filename_component(stem ${file} NAME_WE)
  file(READ ${file} body)
  string(APPEND text "inline constexpr std::string_view ${stem} = R\"pawlsql(${body})pawlsql\";\n\n")
endforeach()
string(APPEND text "}  // namespace ${NAMESPACE}\n")
file(WRITE ${OUT} "${text}")
