# pawl_embed_sql(<target> <namespace> <header> <file.sql>...)
#
# Turns each SQL file into `inline constexpr std::string_view <stem>` of namespace <namespace> in the
# generated header <header> (included as written). One statement or one script for each file; the
# file's leading comment says who sends it and which lock it takes.
function(pawl_embed_sql target namespace header)
  set(out ${CMAKE_BINARY_DIR}/generated/${header})
  set(sources)
  foreach(file IN LISTS ARGN)
    list(APPEND sources ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DNAMESPACE=${namespace} "-DFILES=${sources}"
            -P ${PROJECT_SOURCE_DIR}/cmake/embed_sql_script.cmake
    DEPENDS ${sources} ${PROJECT_SOURCE_DIR}/cmake/embed_sql_script.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${out})
  target_include_directories(${target} PRIVATE ${CMAKE_BINARY_DIR}/generated)
endfunction()
