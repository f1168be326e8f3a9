#include "sql/big_stack.hpp"

#include <pthread.h>

#include <exception>

#include "sql/limits.hpp"

namespace pawl::sql {
namespace {

struct errand {
  const std::function<void()>& work;
  std::exception_ptr thrown;
};

void* run_errand(void* argument) {
  auto& given = *static_cast<errand*>(argument);
  try {
    given.work();
  } catch (...) {
    given.thrown = std::current_exception();
  }
  return nullptr;
}

}  // namespace

// std::thread has no say in the size of its stack.
bool run_on_big_stack(const std::function<void()>& work) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  errand given{work, nullptr};
  pthread_t thread{};
  const bool started = pthread_attr_setstacksize(&attributes, stack_bytes) == 0 &&
                       pthread_create(&thread, &attributes, run_errand, &given) == 0;
  pthread_attr_destroy(&attributes);
  if (!started || pthread_join(thread, nullptr) != 0) return false;
  if (given.thrown) std::rethrow_exception(given.thrown);
  return true;
}

}  // namespace pawl::sql
