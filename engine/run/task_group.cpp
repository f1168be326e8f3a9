#include "run/task_group.hpp"

#include <boost/asio/co_spawn.hpp>
#include <chrono>

namespace pawl::run {

namespace asio = boost::asio;

void task_group::spawn(asio::awaitable<void> child) {
  ++running_;
  asio::co_spawn(executor_, std::move(child), [this](std::exception_ptr thrown) {
    --running_;
    if (thrown && !first_) {
      first_ = thrown;
    }
    ended_.notify_all();
  });
}

asio::awaitable<void> task_group::join() {
  while (running_ > 0) {
    co_await ended_.wait(std::chrono::steady_clock::time_point::max());
  }
  if (first_) {
    std::rethrow_exception(first_);
  }
}

}  // namespace pawl::run
