// The one owner of child coroutines: remembers the first exception and lets the parent wait for
// all.
//
// Thread: the executor's only. Lifetime: must outlive its children, so the parent awaits join()
// before it is destroyed. Children are not cancelled by the group; they watch their own stop signs.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <exception>

#include "run/wakeup.hpp"

namespace pawl::run {

class task_group {
 public:
  explicit task_group(boost::asio::any_io_executor executor)
      : executor_(executor), ended_(executor) {}

  void spawn(boost::asio::awaitable<void> child);

  // Returns when every child has ended, those spawned meanwhile included; rethrows the first
  // exception of any.
  boost::asio::awaitable<void> join();

  int running() const { return running_; }
  // A child failed by an exception, which is a fault of pawl: the parent should stop the others.
  bool has_failed() const { return first_ != nullptr; }

 private:
  boost::asio::any_io_executor executor_;
  wakeup ended_;
  int running_ = 0;
  std::exception_ptr first_;
};

}  // namespace pawl::run
