// SPDX-License-Identifier: Apache-2.0
//
// Which clients' sockets are ready. One epoll for all of them, itself one descriptor of Asio's: a
// socket is entered once, edge-triggered, and keeps in mind what it was told; so to wait for the
// next request costs no system call, and an idle client no operation of Asio's.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/ids.hpp"

namespace pawl::server {

class Readiness {
 public:
  struct Edge {
    ConnectionId id;
    bool input = false;   // there is, or was, something to read
    bool output = false;  // there is room to write
    bool end = false;     // nothing comes behind what is there
    bool urgent = false;  // reads stop at a mark, and leave what is behind it
  };

  explicit Readiness(boost::asio::io_context& context);

  // To close the descriptor takes it out again. False: the kernel has no room for it.
  [[nodiscard]] bool add(int descriptor, ConnectionId id);
  // This one's last edge is not used up: it is told again, after those that wait already.
  void tell_again(ConnectionId id) { again_.push_back({.id = id, .input = true}); }

  // The next of those fetched.
  [[nodiscard]] std::optional<Edge> take() {
    if (next_ == fetched_.size()) return std::nullopt;
    return fetched_[next_++];
  }
  // Asks the kernel, once all that was fetched is taken.
  void fetch();
  // There is more to take, or to fetch: it will not wake who blocks.
  [[nodiscard]] bool has_more() const {
    return next_ != fetched_.size() || full_ || !again_.empty();
  }

  // Before blocking: the next client to be ready wakes Asio, once.
  void announce();
  [[nodiscard]] bool is_announced() const { return !announcing_; }

 private:
  static constexpr std::size_t most_at_once = 128;

  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> epoll_;
  bool announcing_ = false;
  std::array<epoll_event, most_at_once> events_{};
  std::vector<Edge> fetched_;
  std::size_t next_ = 0;
  std::vector<Edge> again_;
  bool full_ = false;  // the last fetch: there may be more
};

}  // namespace pawl::server
