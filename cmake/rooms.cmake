# pawl_room(<name> [SOURCES file...] [ROOMS room...] [LIBRARIES target...])
#
# A room of engine/ is an object library `pawl_<name>`. ROOMS are the rooms that it may include and
# link: what is not named there does not link, which keeps the dependencies pointing one way.
function(pawl_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;ROOMS;LIBRARIES" ${ARGN})
  set(target pawl_${name})
  add_library(${target} OBJECT ${ROOM_SOURCES})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/engine)
  target_compile_definitions(${target} PUBLIC BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
  target_link_libraries(${target} PUBLIC Boost::headers fmt::fmt PRIVATE pawl_warnings)
  foreach(room IN LISTS ROOM_ROOMS)
    target_link_libraries(${target} PUBLIC pawl_${room})
  endforeach()
  target_link_libraries(${target} PUBLIC ${ROOM_LIBRARIES})
endfunction()
