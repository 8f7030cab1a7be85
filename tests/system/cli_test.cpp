// SPDX-License-Identifier: Apache-2.0
//
// The pawl command as a shell sees it: words and environment in, text and exit code out.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "system/process.hpp"

namespace {

using pawl::testing::Daemon;
using pawl::testing::Process;

struct Outcome {
  int code = 0;
  std::string output;
};

Outcome pawl_with(const std::vector<std::string>& words,
                  const std::vector<std::string>& environment = {}) {
  std::vector<std::string> line{PAWL_PROGRAM};
  line.insert(line.end(), words.begin(), words.end());
  Process process(line, environment);
  const int code = process.wait();
  return {code, process.output()};
}

// A port that is taken and where nobody listens: connecting is refused.
class DeafPort {
 public:
  DeafPort() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address_;
    auto* address = reinterpret_cast<sockaddr*>(&address_);
    REQUIRE(bind(socket_, address, length) == 0);
    REQUIRE(getsockname(socket_, address, &length) == 0);
  }
  ~DeafPort() { close(socket_); }
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;

  [[nodiscard]] std::string server() const {
    return "127.0.0.1:" + std::to_string(ntohs(address_.sin_port));
  }
  // Connections are accepted by the kernel from now on, and never answered.
  void listen_without_answering() { REQUIRE(listen(socket_, 8) == 0); }

 private:
  int socket_;
  sockaddr_in address_{};
};

}  // namespace

TEST_CASE("pawl version prints one line and needs no server") {
  const Outcome outcome = pawl_with({"version"});
  CHECK(outcome.code == 0);
  CHECK(outcome.output == "pawl " PAWL_VERSION "\n");
}

TEST_CASE("pawl --help shows examples and exits with 0") {
  const Outcome outcome = pawl_with({"--help"});
  CHECK(outcome.code == 0);
  CHECK(outcome.output.find("pawl run jobs/nightly -- ./backup.sh") != std::string::npos);
}

TEST_CASE("a wrong command line exits with 64 and says why") {
  const std::vector<std::string> words = GENERATE(
      std::vector<std::string>{}, std::vector<std::string>{"sing"},
      std::vector<std::string>{"send"}, std::vector<std::string>{"send", " "},
      std::vector<std::string>{"send", "PING\nPING"}, std::vector<std::string>{"ping", "--louder"},
      std::vector<std::string>{"--timeout", "0", "ping"},
      std::vector<std::string>{"-s", "", "ping"}, std::vector<std::string>{"-s", "host:", "ping"},
      std::vector<std::string>{"-s", ":1", "ping"},
      std::vector<std::string>{"-s", "host:70000", "ping"},
      std::vector<std::string>{"-s", "[::1:7295", "ping"});
  const Outcome outcome = pawl_with(words);
  CHECK(outcome.code == 64);
  CHECK_FALSE(outcome.output.empty());
}

TEST_CASE("pawl exits with 69 where nobody listens, and names the place") {
  const DeafPort port;
  const Outcome by_option = pawl_with({"-s", port.server(), "ping"});
  CHECK(by_option.code == 69);
  const Outcome by_environment = pawl_with({"ping"}, {"PAWL_SERVER=" + port.server()});
  CHECK(by_environment.code == 69);
  const std::string number = port.server().substr(port.server().find(':') + 1);
  CHECK(by_environment.output.find(number) != std::string::npos);
}

TEST_CASE("pawl ping does not wait for ever for a server that is silent") {
  DeafPort port;
  port.listen_without_answering();
  CHECK(pawl_with({"-s", port.server(), "--timeout", "50", "ping"}).code == 69);
}

TEST_CASE("pawl prints the reply and exits with 0 on OK, 1 on ERR") {
  Daemon daemon;
  const std::string server = "PAWL_SERVER=127.0.0.1:" + std::to_string(daemon.port());

  const Outcome ping = pawl_with({"ping"}, {server});
  CHECK(ping.code == 0);
  CHECK(ping.output.starts_with("pong from 127.0.0.1:"));

  const Outcome lock = pawl_with({"send", "LOCK", "jobs/nightly", "ttl=1m"}, {server});
  CHECK(lock.code == 0);
  CHECK(lock.output == "OK token=1 ttl=60000\n");

  // Words that are also commands of pawl belong to the line.
  const Outcome word = pawl_with({"send", "LOCK", "ping"}, {server});
  CHECK(word.code == 0);
  CHECK(word.output == "OK token=2 ttl=30000\n");

  const Outcome busy = pawl_with({"send", "#7 LOCK jobs/nightly"}, {server});
  CHECK(busy.code == 1);
  CHECK(busy.output.starts_with("#7 ERR BUSY "));

  const Outcome tagged = pawl_with({"send", "#7", "PING"}, {server});
  CHECK(tagged.code == 0);
}
