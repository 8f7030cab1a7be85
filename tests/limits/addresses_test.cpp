// SPDX-License-Identifier: Apache-2.0
//
// Connections from one address: a network of the test's own, in which clients have addresses that
// are not loopback's.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "cluster/networks.hpp"
#include "scale/load.hpp"
#include "system/process.hpp"

namespace pawl::testing {
namespace {

constexpr std::size_t allowed = 1'000;  // the default

class Caller {
 public:
  Caller(std::uint16_t port, const char* from)
      : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    inet_pton(AF_INET, from, &own.sin_addr);
    sockaddr_in server = own;
    server.sin_port = htons(port);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(socket_, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0 ||
        connect(socket_, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0) {
      close(socket_);
      throw std::runtime_error(std::string("cannot connect from ") + from);
    }
  }
  Caller(Caller&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  Caller& operator=(Caller&&) = delete;
  ~Caller() {
    if (socket_ >= 0) close(socket_);
  }

  // The first answer: to a PING, or that it is one too many.
  [[nodiscard]] std::string ping() const {
    static_cast<void>(send(socket_, "PING\n", 5, MSG_NOSIGNAL));
    pollfd readable{socket_, POLLIN, 0};
    std::array<char, 256> bytes{};
    if (poll(&readable, 1, 20'000) != 1) throw std::runtime_error("no answer in time");
    const ssize_t count = recv(socket_, bytes.data(), bytes.size(), 0);
    return {bytes.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
  }

 private:
  int socket_;
};

void run(const std::string& line) {
  Process process({"/bin/sh", "-c", "PATH=/usr/sbin:/usr/bin:/sbin:/bin; " + line});
  if (process.wait() != 0) throw std::runtime_error(line + ": " + process.output());
}

}  // namespace

TEST_CASE("an address has a thousand connections, and others come in beside it") {
  const std::string obstacle = Networks::obstacle();
  if (!obstacle.empty()) {
    WARN("not tried, it takes root, iproute2 and iptables: " << obstacle);
    return;
  }
  raise_descriptor_limit(2 * allowed);
  const OwnNetwork network;
  run("ip link set lo up; for n in 1 2; do ip address add 10.78.0.$n/32 dev lo; done");
  const Daemon daemon({"--set", "durability=none"});
  std::vector<Caller> crowd;
  for (std::size_t i = 0; i < allowed; ++i) {
    REQUIRE(crowd.emplace_back(daemon.port(), "10.78.0.1").ping() == "OK pong\n");
  }
  const std::string refused =
      "ERR LIMIT limit=connections_per_address msg=\"too many connections from this address\"\n";
  CHECK(Caller(daemon.port(), "10.78.0.1").ping() == refused);
  CHECK(Caller(daemon.port(), "10.78.0.2").ping() == "OK pong\n");
  CHECK(Caller(daemon.port(), "127.0.0.1").ping() == "OK pong\n");
  CHECK(crowd.front().ping() == "OK pong\n");

  crowd.pop_back();
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (Caller(daemon.port(), "10.78.0.1").ping() != "OK pong\n") {
    REQUIRE(std::chrono::steady_clock::now() < until);
  }
}

TEST_CASE("loopback is exempt from the limit of an address") {
  raise_descriptor_limit(2 * allowed);
  const Daemon daemon({"--set", "durability=none"});
  Load crowd(daemon.port());
  crowd.open(allowed + 100);
  CHECK(crowd.size() == allowed + 100);
}

}  // namespace pawl::testing
