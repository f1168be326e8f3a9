#include "run/wakeup.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace pawl::run {

namespace asio = boost::asio;

asio::awaitable<void> wakeup::wait(std::chrono::steady_clock::time_point deadline) {
  if (std::exchange(raised_, false)) {
    co_return;
  }
  asio::steady_timer timer{executor_};
  timer.expires_at(deadline);
  const auto place = waiting_.insert(waiting_.end(), &timer);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  waiting_.erase(place);
}

void wakeup::raise() {
  raised_ = waiting_.empty();
  notify_all();
}

void wakeup::notify_all() {
  for (auto* timer : waiting_) {
    timer->cancel();
  }
}

}  // namespace pawl::run
