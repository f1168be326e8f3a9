// Runs coroutines of the engine to their end, for tests.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <optional>

#include "pg/connection.hpp"

namespace pawl::test {

// One event loop; every connection of a test lives on it.
class loop {
 public:
  boost::asio::any_io_executor executor() { return io_.get_executor(); }

  // What `work` returns.
  template <class T>
  T await(boost::asio::awaitable<T> work) {
    std::optional<T> answer;
    std::exception_ptr thrown;
    boost::asio::co_spawn(io_, keep(std::move(work), answer),
                          [&](std::exception_ptr failed) { thrown = failed; });
    io_.restart();
    io_.run();
    if (thrown) {
      std::rethrow_exception(thrown);
    }
    return std::move(*answer);
  }

 private:
  // co_spawn() asks for a result that can be made without a value.
  template <class T>
  static boost::asio::awaitable<void> keep(boost::asio::awaitable<T> work,
                                           std::optional<T>& answer) {
    answer.emplace(co_await std::move(work));
  }

  boost::asio::io_context io_;
};

// Far enough that only a hang reaches it.
inline pg::time_point far() {
  return std::chrono::steady_clock::now() + std::chrono::seconds{60};
}

// A connection that is open to `url`.
class open_connection {
 public:
  open_connection(loop& on, const std::string& url) : on_(on), c_(on.executor()) {
    on_.await(c_.open(pg::parse(url, "the test").value(), "pawl test", far())).value();
  }

  pg::connection& get() { return c_; }
  pg::reply run(std::vector<pg::statement> statements) {
    return on_.await(c_.run(std::move(statements), far()));
  }

 private:
  loop& on_;
  pg::connection c_;
};

}  // namespace pawl::test
