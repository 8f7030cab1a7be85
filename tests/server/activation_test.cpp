// SPDX-License-Identifier: Apache-2.0
#include "server/activation.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "server/listener.hpp"

using pawl::server::Activation;
using pawl::server::Environment;
using pawl::server::Listener;
using pawl::server::Log;
using pawl::server::LogLevel;
using pawl::server::Started;

namespace {

constexpr int first = 300;  // far from what the test program itself has open

enum class Kind { listening, silent, datagram };

// Sockets as a service manager leaves them: in a row.
class HandedOver {
 public:
  explicit HandedOver(const std::vector<Kind>& kinds) {
    for (const Kind kind : kinds) add(kind);
  }
  ~HandedOver() {
    for (int i = 0; i < count_; ++i) ::close(first + i);
  }
  HandedOver(const HandedOver&) = delete;
  HandedOver& operator=(const HandedOver&) = delete;

  [[nodiscard]] Started<Activation> take(const std::string& names) const {
    return Activation::take({{"LISTEN_PID", std::to_string(::getpid())},
                             {"LISTEN_FDS", std::to_string(count_)},
                             {"LISTEN_FDNAMES", names}},
                            first);
  }

 private:
  void add(Kind kind) {
    const int made = ::socket(AF_INET, kind == Kind::datagram ? SOCK_DGRAM : SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    if (kind == Kind::listening) REQUIRE(::listen(made, 8) == 0);
    REQUIRE(::dup2(made, first + count_) == first + count_);
    ::close(made);
    ++count_;
  }

  int count_ = 0;
};

std::string why(const Started<Activation>& activation) {
  REQUIRE(activation.has_error());
  CHECK(activation.error().exit_code == 78);
  return activation.error().why;
}

bool says(const std::string& text, const std::string& words) {
  INFO(text);
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a socket is found by its name, once") {
  const HandedOver sockets({Kind::listening, Kind::listening, Kind::listening});
  auto activation = sockets.take("http:client:peer");
  REQUIRE(activation.has_value());

  CHECK(activation->claim("client") == first + 1);
  CHECK_FALSE(activation->claim("client").has_value());
  CHECK(activation->claim("peer") == first + 2);
  REQUIRE(activation->unclaimed().has_value());
  CHECK(says(activation->unclaimed()->why, "'http'"));
  CHECK(activation->unclaimed()->exit_code == 78);
  CHECK(activation->claim("http") == first);
  CHECK_FALSE(activation->unclaimed().has_value());
}

TEST_CASE("without the variables, or with those of another process, nothing is handed over") {
  const std::string parent = std::to_string(::getppid());
  const std::string own = std::to_string(::getpid());
  const Environment environment =
      GENERATE_COPY(Environment{}, Environment{{"LISTEN_FDS", "1"}, {"LISTEN_FDNAMES", "client"}},
                    Environment{{"LISTEN_PID", parent}, {"LISTEN_FDS", "1"}},
                    Environment{{"LISTEN_PID", own}, {"LISTEN_FDS", "0"}});

  auto activation = Activation::take(environment, first);

  REQUIRE(activation.has_value());
  CHECK_FALSE(activation->claim("client").has_value());
  CHECK_FALSE(activation->unclaimed().has_value());
}

TEST_CASE("a name that is unknown, missing or there twice is told") {
  const HandedOver sockets({Kind::listening, Kind::listening});
  CHECK(says(why(sockets.take("client:admin")), "'admin'"));
  CHECK(says(why(sockets.take("client:")), "FileDescriptorName="));
  CHECK(says(why(sockets.take("client:client")), "stands twice"));
}

TEST_CASE("names and sockets that do not count the same are told") {
  const HandedOver sockets({Kind::listening, Kind::listening});
  CHECK(says(why(sockets.take("client")), "LISTEN_FDNAMES"));
  CHECK(says(why(sockets.take("client:peer:http")), "LISTEN_FDNAMES"));
}

TEST_CASE("what does not listen for TCP is told") {
  const Kind kind = GENERATE(Kind::silent, Kind::datagram);
  const HandedOver socket({kind});
  CHECK(says(why(socket.take("client")), "does not listen"));
}

TEST_CASE("a descriptor that is not open is told") {
  const Environment environment{{"LISTEN_PID", std::to_string(::getpid())},
                                {"LISTEN_FDS", "1"},
                                {"LISTEN_FDNAMES", "client"}};
  CHECK(says(why(Activation::take(environment, first)), "does not listen"));
}

TEST_CASE("a listener takes the socket in place of its address, and says where it is") {
  const HandedOver socket({Kind::listening});
  auto activation = socket.take("client");
  REQUIRE(activation.has_value());
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  REQUIRE(::getsockname(first, reinterpret_cast<sockaddr*>(&bound), &size) == 0);
  std::vector<std::string> lines;
  {
    boost::asio::io_context context;
    const Log log(LogLevel::info, {}, [&](std::string_view line) { lines.emplace_back(line); });
    Listener listener(context, log, "listen.client", [](auto, const auto&) {});

    const auto address = listener.open({"192.0.2.1", 1}, activation->claim("client"));

    REQUIRE(address.has_value());
    CHECK(*address == "127.0.0.1:" + std::to_string(ntohs(bound.sin_port)));
  }  // its log is written
  REQUIRE(lines.size() == 1);
  CHECK(says(lines[0], "listen.client"));
}
