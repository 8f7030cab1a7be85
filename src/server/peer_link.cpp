// SPDX-License-Identifier: Apache-2.0
#include "server/peer_link.hpp"

#include <boost/asio/error.hpp>
#include <chrono>
#include <span>

namespace pawl::server {

namespace asio = boost::asio;
using boost::system::error_code;
using namespace std::chrono_literals;

namespace {

// A peer whose machine is gone, or that is cut off, is known by then: a new connection is tried,
// which comes through sooner after the cut than the old one's next retransmission.
constexpr Milliseconds most_unacknowledged = 2s;
constexpr std::size_t kept_capacity = 65'536;
constexpr std::size_t compacted_from = 1'048'576;

bool is_later(const error_code& error) {
  return error == asio::error::would_block || error == asio::error::try_again ||
         error == asio::error::interrupted;
}

void release_if_empty(std::string& buffer) {
  if (buffer.empty() && buffer.capacity() > kept_capacity) std::string().swap(buffer);
}

}  // namespace

PeerLink::PeerLink(PeerLinkId number, Socket socket, std::string from_address, bool is_ours)
    : id(number),
      transport(std::move(socket)),
      hello_timer(transport.executor()),
      address(std::move(from_address)),
      dialled(is_ours) {
  transport.watch_closely(most_unacknowledged);
}

bool PeerLink::read(std::span<char> into, std::string_view& bytes, error_code& error) {
  const std::size_t size = transport.read_some(into, error);
  if (error) {
    if (is_later(error)) error = {};
    return false;
  }
  bytes = {into.data(), size};
  if (!input.empty()) bytes = input.append(bytes);
  return true;
}

void PeerLink::keep(std::string_view bytes) {
  const bool is_own = !input.empty();
  if (is_own) {
    input.erase(0, input.size() - bytes.size());
  } else {
    input.assign(bytes);
  }
  release_if_empty(input);
}

bool PeerLink::write() {
  if (write_waiting || unsent() == 0 || transport.is_handshaking()) return true;
  error_code error;
  written += transport.write_some(std::string_view(output).substr(written), error);
  if (error && !is_later(error)) return false;
  if (unsent() == 0) {
    output.clear();
    written = 0;
    release_if_empty(output);
  } else if (written >= compacted_from) {
    output.erase(0, written);
    written = 0;
  }
  return true;
}

}  // namespace pawl::server
