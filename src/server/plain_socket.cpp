// SPDX-License-Identifier: Apache-2.0
#include "server/plain_socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/asio/error.hpp>
#include <cerrno>
#include <utility>

namespace pawl::server {
namespace {

using boost::system::error_code;

// What a call of the kernel gave, repeated where a signal cut it short. The kernel's own recvfrom
// and sendto: each of libc's is a point where a thread may be cancelled, and the two locked
// operations around it are dearer than all else here.
template <class Call>
std::size_t count_of(Call call, error_code& error) {
  long result = call();
  while (result < 0 && errno == EINTR) result = call();
  error = result < 0 ? error_code(errno, boost::system::system_category()) : error_code();
  return result < 0 ? 0 : static_cast<std::size_t>(result);
}

}  // namespace

PlainSocket::PlainSocket(Socket socket) {
  prepare(socket);
  error_code ignored;
  descriptor_ = socket.release(ignored);
}

// Less than there was room for is all there is, but for an end, which has had its edge, and for
// what lies behind an urgent byte.
std::size_t PlainSocket::receive(std::span<char> into, error_code& error) {
  const auto receive = [&] {
    return ::syscall(SYS_recvfrom, descriptor_, into.data(), into.size(), 0, nullptr, nullptr);
  };
  const std::size_t size = count_of(receive, error);
  may_receive_ = !error && (size == into.size() || ended_ || urgent_);
  if (size == 0 && !error) error = boost::asio::error::eof;
  return size;
}

std::size_t PlainSocket::transmit(std::string_view bytes, error_code& error) {
  const auto send = [&] {
    return ::syscall(SYS_sendto, descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL, nullptr, 0);
  };
  const std::size_t size = count_of(send, error);
  may_transmit_ = size == bytes.size();
  return size;
}

void PlainSocket::note(const Readiness::Edge& edge) {
  may_receive_ = may_receive_ || edge.input;
  may_transmit_ = may_transmit_ || edge.output;
  ended_ = ended_ || edge.end;
  urgent_ = urgent_ || edge.urgent;
}

bool PlainSocket::peer_finished() const {
  pollfd asked{descriptor_, POLLRDHUP, 0};
  return ::poll(&asked, 1, 0) > 0;
}

void PlainSocket::finish_output() { static_cast<void>(::shutdown(descriptor_, SHUT_WR)); }

void PlainSocket::close() {
  if (descriptor_ >= 0) static_cast<void>(::close(std::exchange(descriptor_, -1)));
}

}  // namespace pawl::server
