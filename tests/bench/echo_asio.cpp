// SPDX-License-Identifier: Apache-2.0
//
// The same echo as one writes it well with Boost.Asio: one thread, callbacks, a buffer per
// connection that is read into and written from. Prints its port, runs until it is ended.
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <iostream>
#include <memory>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Error = boost::system::error_code;

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(tcp::socket socket) : socket_(std::move(socket)) {}

  void read() {
    socket_.async_read_some(asio::buffer(bytes_),
                            [self = shared_from_this()](Error error, std::size_t count) {
                              if (!error) self->write(count);
                            });
  }

 private:
  void write(std::size_t count) {
    asio::async_write(socket_, asio::buffer(bytes_, count),
                      [self = shared_from_this()](Error error, std::size_t) {
                        if (!error) self->read();
                      });
  }

  tcp::socket socket_;
  std::array<char, 16'384> bytes_;
};

void accept_next(tcp::acceptor& acceptor) {
  acceptor.async_accept([&acceptor](Error error, tcp::socket socket) {
    if (!error) {
      socket.set_option(tcp::no_delay(true));
      std::make_shared<Session>(std::move(socket))->read();
    }
    accept_next(acceptor);
  });
}

}  // namespace

int main() {
  try {
    // Only one thread will ever run it, so that Asio takes no locks.
    asio::io_context context(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE);
    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
    std::cout << acceptor.local_endpoint().port() << std::endl;
    accept_next(acceptor);
    context.run();
  } catch (const std::exception& failure) {
    std::cerr << "echo_asio: " << failure.what() << '\n';
    return EXIT_FAILURE;
  }
}
