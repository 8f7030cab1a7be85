// SPDX-License-Identifier: Apache-2.0
#include "server/readiness.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "server/client_socket.hpp"
#include "server/loop.hpp"

namespace pawl::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

// A client's end, and the server's in the loop.
struct Pair {
  Pair() {
    tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    client.connect(acceptor.local_endpoint());
    Socket accepted(loop.context());
    acceptor.accept(accepted);
    socket = std::make_unique<ClientSocket>(std::move(accepted));
    REQUIRE(loop.readiness().add(socket->descriptor(), id));
    see();
  }

  // Everything that the kernel has to say by now; how many edges.
  int see() {
    int edges = 0;
    loop.block(loop.read_time() + 20ms);
    while (!loop.run_ready([&](const Readiness::Edge& edge) {
      ++edges;
      CHECK(edge.id == id);
      socket->note(edge);
    })) {
    }
    return edges;
  }

  void send(std::string_view bytes) { asio::write(client, asio::buffer(bytes)); }
  std::string read(std::size_t most) {
    std::string bytes(most, '\0');
    bytes.resize(socket->read_some(bytes, error));
    return bytes;
  }

  asio::io_context context;
  tcp::socket client{context};
  Loop loop;
  ConnectionId id{7, 3};
  std::unique_ptr<ClientSocket> socket;
  boost::system::error_code error;
};

}  // namespace

TEST_CASE("a client's bytes are told of once, and again when more come") {
  Pair pair;
  REQUIRE_FALSE(pair.socket->may_read());
  pair.send("PING\n");
  CHECK(pair.see() == 1);
  CHECK(pair.socket->may_read());
  CHECK(pair.read(100) == "PING\n");
  CHECK_FALSE(pair.socket->may_read());
  CHECK(pair.see() == 0);

  pair.send("QUIT\n");
  CHECK(pair.see() == 1);
  CHECK(pair.read(100) == "QUIT\n");
}

TEST_CASE("what a read left in the kernel may be read without another edge") {
  Pair pair;
  pair.send("PING\nQUIT\n");
  CHECK(pair.see() == 1);
  CHECK(pair.read(5) == "PING\n");
  CHECK(pair.socket->may_read());
  CHECK_FALSE(pair.loop.readiness().has_more());
  pair.loop.readiness().tell_again(pair.id);
  CHECK(pair.loop.readiness().has_more());  // so that nobody blocks on it
  CHECK(pair.see() == 1);
  CHECK(pair.read(100) == "QUIT\n");
  CHECK_FALSE(pair.socket->may_read());
}

TEST_CASE("an end that came with the last bytes is read behind them") {
  Pair pair;
  pair.send("QUIT\n");
  pair.client.shutdown(tcp::socket::shutdown_send);
  CHECK(pair.see() >= 1);
  CHECK(pair.read(100) == "QUIT\n");
  CHECK(pair.socket->may_read());
  CHECK(pair.read(100).empty());
  CHECK(pair.error == asio::error::eof);
}

TEST_CASE("an end that comes behind bytes already read has an edge of its own") {
  Pair pair;
  pair.send("QUIT\n");
  CHECK(pair.see() == 1);
  CHECK(pair.read(100) == "QUIT\n");
  pair.client.shutdown(tcp::socket::shutdown_send);
  CHECK(pair.see() == 1);
  CHECK(pair.socket->peer_finished());
  CHECK(pair.read(100).empty());
  CHECK(pair.error == asio::error::eof);
}

TEST_CASE("what lies behind an urgent byte is read without another edge") {
  Pair pair;
  pair.send("PING\n");
  pair.client.send(asio::buffer("!", 1), tcp::socket::message_out_of_band);
  pair.send("QUIT\n");
  CHECK(pair.see() == 1);
  CHECK(pair.read(100) == "PING\n");
  CHECK(pair.socket->may_read());
  CHECK(pair.read(100) == "QUIT\n");
  static_cast<void>(pair.read(100));
  CHECK(pair.error == asio::error::would_block);
  CHECK_FALSE(pair.socket->may_read());
}

namespace {

// So many clients, each of whom has something to read again as soon as it was read.
struct NeverDry {
  NeverDry(Loop& loop, std::size_t clients) : pairs(clients) {
    for (std::size_t i = 0; i < clients; ++i) {
      REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pairs[i].data()) == 0);
      REQUIRE(loop.readiness().add(pairs[i][0], {static_cast<std::uint32_t>(i), 1}));
      make_ready(i);
    }
  }
  NeverDry(const NeverDry&) = delete;
  NeverDry& operator=(const NeverDry&) = delete;
  ~NeverDry() {
    for (const auto& ends : pairs) {
      for (const int end : ends) ::close(end);
    }
  }

  void make_ready(std::size_t i) const { REQUIRE(::write(pairs[i][1], "x", 1) == 1); }
  void read(std::size_t i) const {
    char byte = 0;
    REQUIRE(::read(pairs[i][0], &byte, 1) == 1);
    make_ready(i);
  }

  std::vector<std::array<int, 2>> pairs;
};

}  // namespace

TEST_CASE("however many clients are ready, what others ask of the loop is done") {
  constexpr std::size_t clients = 300;
  Loop loop;
  const NeverDry never_dry(loop, clients);
  bool done = false;
  int edges = 0;
  for (int turns = 0; turns < 100 && !done; ++turns) {
    static_cast<void>(loop.run_ready([&](const Readiness::Edge& edge) {
      if (++edges == clients) asio::post(loop.context(), [&] { done = true; });
      never_dry.read(edge.id.slot);
    }));
  }
  CHECK(done);
}

TEST_CASE("what is posted to the loop is done in the next turn, though clients are ready") {
  Loop loop;
  const NeverDry never_dry(loop, 2);
  int done = 0;
  for (int turn = 0; turn < 1'000; ++turn) {
    loop.post([&] { ++done; });
    static_cast<void>(loop.run_ready([&](const Readiness::Edge& edge) {
      CHECK(done == turn + 1);
      never_dry.read(edge.id.slot);
    }));
  }
}

TEST_CASE("several clients are looked for again before the loop blocks, a lone one is not") {
  const auto blocks_behind = [](std::size_t clients) {
    Loop loop;
    const NeverDry never_dry(loop, clients);
    return loop.run_ready([&](const Readiness::Edge& edge) { never_dry.read(edge.id.slot); });
  };
  CHECK(blocks_behind(1));
  CHECK_FALSE(blocks_behind(2));
}

TEST_CASE("a turn sees all clients that are ready, before time passes, as far as its budget goes") {
  constexpr int clients = 300;
  Loop loop;
  const NeverDry never_dry(loop, clients);
  int edges = 0;
  static_cast<void>(loop.run_ready([&](const Readiness::Edge&) { ++edges; }));
  CHECK(edges == clients);
}

TEST_CASE("a client that does not read is written to again once it has read") {
  Pair pair;
  const std::string piece(65'536, 'x');
  std::size_t written = 0;
  while (pair.socket->may_write()) written += pair.socket->write_some(piece, pair.error);
  CHECK(pair.see() == 0);
  CHECK_FALSE(pair.socket->may_write());

  std::string into(written, '\0');
  asio::read(pair.client, asio::buffer(into));
  pair.see();
  CHECK(pair.socket->may_write());
  CHECK(pair.socket->write_some("y", pair.error) == 1);
}

TEST_CASE("a client that resets the connection is found by the next read") {
  Pair pair;
  pair.client.set_option(asio::socket_base::linger(true, 0));
  pair.client.close();
  CHECK(pair.see() >= 1);
  CHECK(pair.socket->may_read());
  CHECK(pair.read(100).empty());
  CHECK(pair.error == asio::error::connection_reset);
}

TEST_CASE("a socket that was closed says nothing any more") {
  Pair pair;
  pair.send("PING\n");
  pair.socket->close();
  CHECK(pair.see() == 0);
}

}  // namespace pawl::server
