// A condition to wait for in coroutines of one thread, each with its own deadline.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>

namespace pawl::run {

class wakeup {
 public:
  explicit wakeup(boost::asio::any_io_executor executor) : executor_(executor) {}
  wakeup(const wakeup&) = delete;
  wakeup& operator=(const wakeup&) = delete;

  // Returns at the deadline or at the next notify_all(), whichever is first.
  boost::asio::awaitable<void> wait(std::chrono::steady_clock::time_point deadline);
  void notify_all();
  // For a single waiter that may be busy: kept until its next wait.
  void raise();

 private:
  boost::asio::any_io_executor executor_;
  std::list<boost::asio::steady_timer*> waiting_;
  bool raised_ = false;
};

}  // namespace pawl::run
