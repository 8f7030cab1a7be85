// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>

#include "scenarios/play.hpp"
#include "scenarios/player.hpp"
#include "system/process.hpp"

namespace pawl::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class Socket {
 public:
  explicit Socket(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect");
    }
  }
  ~Socket() { ::close(descriptor_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void send(std::string_view line) const {
    const std::string bytes = std::string(line) + "\n";
    static_cast<void>(::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  void end_input() const { ::shutdown(descriptor_, SHUT_WR); }

  // Until there is a whole line or the end, at most so long.
  std::optional<std::string> read(milliseconds patience) {
    const auto until = steady_clock::now() + patience;
    for (;;) {
      const std::size_t end = input_.find('\n');
      if (end != input_.npos) {
        std::string line = input_.substr(0, end);
        input_.erase(0, end + 1);
        return line;
      }
      if (ended_ || !receive(until)) return std::nullopt;
    }
  }
  // Nothing more comes: its end was read, and no line stands before it.
  bool is_ended(milliseconds patience) { return !read(patience) && ended_ && input_.empty(); }

 private:
  bool receive(steady_clock::time_point until) {
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now()).count();
    pollfd readable{descriptor_, POLLIN, 0};
    if (::poll(&readable, 1, static_cast<int>(std::max<std::int64_t>(0, left))) != 1) return false;
    char bytes[16'384];
    const ssize_t count = ::recv(descriptor_, bytes, sizeof bytes, 0);
    if (count <= 0) {
      ended_ = true;
    } else {
      input_.append(bytes, static_cast<std::size_t>(count));
    }
    return true;
  }

  int descriptor_;
  std::string input_;
  bool ended_ = false;
};

std::vector<std::string> options_of(const std::vector<std::string>& settings) {
  std::vector<std::string> options;
  for (const std::string& setting : settings) {
    options.emplace_back("--set");
    options.push_back(setting);
  }
  return options;
}

class PawldWorld final : public World {
 public:
  explicit PawldWorld(const std::vector<std::string>& settings)
      : daemon_(options_of(settings)), witness_(daemon_.port()) {
    while (ask_witness("HELLO").find(" role=primary ") == std::string::npos) {
    }
  }

  void connect(const std::string& who) override {
    turn_to(who);
    connections_.emplace(who, std::make_unique<Socket>(daemon_.port()));
  }
  void disconnect(const std::string& who) override {
    turn_to(who);
    connections_.erase(who);
  }
  void end_input(const std::string& who) override {
    turn_to(who);
    of(who).end_input();
  }
  void send(const std::string& who, std::string_view line) override {
    turn_to(who);
    if (!connections_.contains(who)) connect(who);
    of(who).send(line);
  }
  std::optional<std::string> read(const std::string& who) override {
    return of(who).read(patience);
  }
  std::optional<std::string> peek(const std::string& who) override {
    turn_to({});
    return of(who).read(milliseconds{0});
  }
  bool is_closed(const std::string& who) override { return of(who).is_ended(patience); }
  // Not asleep: should the daemon die, the transcript ends here and now.
  void wait(milliseconds span) override {
    turn_to({});
    if (witness_.is_ended(span)) throw std::runtime_error("pawld has gone");
  }

 private:
  static constexpr milliseconds patience{10'000};

  Socket& of(const std::string& who) { return *connections_.at(who); }

  std::string ask_witness(std::string_view line) {
    witness_.send(line);
    const auto reply = witness_.read(patience);
    if (!reply) throw std::runtime_error("pawld does not answer");
    return *reply;
  }

  // What one did has taken effect before another does anything: pawld reads sockets in the order
  // they became ready, and this CANCEL's record stands behind all that were made before.
  void turn_to(const std::string& who) {
    if (who == last_) return;
    last_ = who;
    static_cast<void>(ask_witness("CANCEL witness id=witness"));
  }

  Daemon daemon_;
  Socket witness_;
  std::string last_;  // who acted last
  std::map<std::string, std::unique_ptr<Socket>> connections_;
};

}  // namespace

void play_against_pawld(const std::string& path) {
  const Transcript transcript = read_transcript(path);
  PawldWorld world(settings_of(transcript));
  play(transcript, world);
}

}  // namespace pawl::testing
