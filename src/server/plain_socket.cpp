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

// Where no sanitizer looks on, the kernel's own: each of libc's is a point where a thread may be
// cancelled, and the two locked operations around it are dearer than all else here.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr auto take = ::recv;
constexpr auto give = ::send;
#else
long take(int socket, void* into, std::size_t size, int flags) {
  return ::syscall(SYS_recvfrom, socket, into, size, flags, nullptr, nullptr);
}
long give(int socket, const void* bytes, std::size_t size, int flags) {
  return ::syscall(SYS_sendto, socket, bytes, size, flags, nullptr, 0);
}
#endif

// What a call of the kernel gave, repeated where a signal cut it short.
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
  const auto receive = [&] { return take(descriptor_, into.data(), into.size(), 0); };
  const std::size_t size = count_of(receive, error);
  may_receive_ = !error && (size == into.size() || ended_ || urgent_);
  if (size == 0 && !error) error = boost::asio::error::eof;
  return size;
}

std::size_t PlainSocket::transmit(std::string_view bytes, error_code& error) {
  const auto transmit = [&] { return give(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL); };
  const std::size_t size = count_of(transmit, error);
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
