# The warnings every target of this repository is built with. -Wnull-dereference is left out: with
# optimisation it fires inside Asio's headers. -Wmismatched-new-delete is off for GCC 12: inlined, the
# frame of a coroutine is allocated by operator new of the promise and freed by its operator delete,
# which GCC takes for a mismatch (GCC PR 109224).
add_library(pawl_warnings INTERFACE)
target_compile_options(pawl_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wcast-align
  -Woverloaded-virtual -Wnon-virtual-dtor -Wformat=2 -Wimplicit-fallthrough -Wextra-semi
  $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>
  $<$<BOOL:${PAWL_WERROR}>:-Werror>)
