// SPDX-License-Identifier: Apache-2.0
//
// Clients that ask and never read, a hundred at once, against the real pawld.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "scale/load.hpp"
#include "scale/phases.hpp"
#include "scale/size.hpp"

namespace pawl::testing {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t shouters = 100;
constexpr std::size_t listeners = 10;  // that lose leases and asked for events
constexpr std::size_t leases_of_listener = scaled(50'000);
constexpr std::size_t listed = 1'000;
constexpr std::uint64_t kibibyte = 1024;
constexpr std::uint64_t unread_output = 64 * kibibyte;
constexpr auto unread_output_for = 1s;
constexpr int receive_buffer = 4096;

const std::vector<std::string> settings{"limits.unread_output=64KiB",
                                        "limits.unread_output_for=1s"};

// What a connection may own at its limit: text beyond that by one reply (a LIST of a thousand) in a
// buffer that grew by doubling, and the requests that were read and wait.
constexpr std::uint64_t longest_reply = 320 * kibibyte;
constexpr std::uint64_t most_read = 72 * kibibyte;
// Half a million leases that have ended leave lists of free slots behind.
constexpr std::uint64_t freed_slots = 16 * 1024 * kibibyte;

// A client that writes one request again and again, and reads nothing.
class Shouter {
 public:
  Shouter(std::uint16_t port, const std::string& request)
      : socket_(connect_to(port, receive_buffer)) {
    while (text_.size() < 16 * kibibyte) text_ += request;
  }
  Shouter(Shouter&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), text_(std::move(other.text_)) {}
  Shouter& operator=(Shouter&&) = delete;
  ~Shouter() {
    if (socket_ >= 0) close(socket_);
  }

  [[nodiscard]] pollfd awaited() const { return {socket_, POLLOUT | POLLRDHUP, 0}; }
  [[nodiscard]] bool is_closed() const { return closed_ != Clock::time_point(); }
  // How long the server read nothing more before it closed.
  [[nodiscard]] Clock::duration unread_for() const { return closed_ - written_; }

  void on(short events) {
    if ((events & (POLLRDHUP | POLLHUP | POLLERR)) != 0) {
      closed_ = Clock::now();
      close(std::exchange(socket_, -1));
    } else if ((events & POLLOUT) != 0) {
      const ssize_t sent =
          send(socket_, text_.data() + at_, text_.size() - at_, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent <= 0) return;
      at_ = (at_ + static_cast<std::size_t>(sent)) % text_.size();
      written_ = Clock::now();
    }
  }

 private:
  int socket_;
  std::string text_;
  std::size_t at_ = 0;
  Clock::time_point written_ = Clock::now();
  Clock::time_point closed_;
};

std::vector<Shouter> make_shouters(std::uint16_t port) {
  const std::vector<std::string> requests{"PING\n", "LIST limit=1000\n", "SHOW held/000\n"};
  std::vector<Shouter> all;
  for (std::size_t number = 0; number < shouters; ++number) {
    all.emplace_back(port, requests[std::min(number % 9, requests.size() - 1)]);
  }
  return all;
}

// Until the server has closed them all, at most 20 s.
void shout(std::vector<Shouter>& all) {
  const auto until = Clock::now() + 20s;
  std::vector<pollfd> polled(all.size());
  const auto open = [](const Shouter& shouter) { return !shouter.is_closed(); };
  while (std::any_of(all.begin(), all.end(), open) && Clock::now() < until) {
    std::transform(all.begin(), all.end(), polled.begin(),
                   [](const Shouter& shouter) { return shouter.awaited(); });
    poll(polled.data(), polled.size(), 100);
    for (std::size_t at = 0; at < all.size(); ++at) all[at].on(polled[at].revents);
  }
}

// What there is to LIST and to SHOW.
Script long_leases() {
  return {64, [made = std::size_t{0}](std::size_t, std::string& out) mutable {
            if (made == listed) return;
            out += "LOCK held/";
            append_number(out, made++, 3);
            out += " ttl=1h note=\"" + std::string(200, 'n') + "\"\n";
          }};
}

// Leases with names of 240 bytes that all end at one moment.
Script leases_until(Clock::time_point end) {
  std::vector<std::size_t> made(listeners);
  return {64, [=](std::size_t connection, std::string& out) mutable {
            if (made[connection] == leases_of_listener) return;
            if (made[connection] == 0) out += "EVENTS on\n";
            out += "LOCK " + std::string(230, 'x') + std::to_string(connection);
            append_number(out, made[connection]++, 9);
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
            out += " wait=0 ttl=" + std::to_string(left.count()) + "\n";
          }};
}

}  // namespace

TEST_CASE("a hundred clients that never read neither grow the server nor slow a quiet one") {
  Server server(settings);
  QuietClient quiet(server.port());
  Load holder(server.port());
  holder.open(1);
  holder.perform(long_leases());
  std::vector<Shouter> all = make_shouters(server.port());

  Phases phases(server, quiet);
  const std::uint64_t before = server.resident_bytes();
  server.forget_peak();
  shout(all);
  phases.end("a hundred clients that never read");
  phases.end_all();
  const std::uint64_t growth = server.peak_bytes() - before;

  std::cout << "  resident memory grew by " << growth / kibibyte << " KiB" << std::endl;
  CHECK(growth < shouters * (2 * unread_output + most_read) + shouters / 9 * 2 * longest_reply);
  for (const Shouter& shouter : all) {
    REQUIRE(shouter.is_closed());
    CHECK(shouter.unread_for() > unread_output_for / 2);
  }
  // The quiet client, the holder, who asks; the quiet client's own lock comes and goes.
  const Counts left{listed, 0, 3};
  CHECK(server.wait_for_counts([&](const Counts& now) { return now == left; }) == left);
  CHECK(server.end() == 0);
}

TEST_CASE("clients that never read of their many lost leases do not grow the server") {
  Server server(settings);
  QuietClient quiet(server.port());
  Load deaf(server.port(), receive_buffer);
  deaf.open(listeners);
  deaf.perform(leases_until(Clock::now() + (full_size ? 8s : 12s)));
  REQUIRE(deaf.first_refusal().empty());
  constexpr std::size_t all_locks = listeners * leases_of_listener;
  const auto have_begun = [](const Counts& now) { return now.locks < all_locks; };
  const auto of_quiet_client = [](const Counts& now) { return now == Counts{0, 0, 2}; };
  REQUIRE_FALSE(have_begun(server.counts()));

  const std::uint64_t before = server.resident_bytes();
  server.forget_peak();
  Phases phases(server, quiet);
  static_cast<void>(server.wait_for_counts(have_begun));
  phases.begin();
  const Counts left = server.wait_for_counts(of_quiet_client);
  phases.end("losing leases that nobody hears of");
  phases.end_all();
  const std::uint64_t growth = server.peak_bytes() - before;

  std::cout << "  resident memory grew by " << growth / kibibyte << " KiB" << std::endl;
  CHECK(growth < listeners * 2 * unread_output + freed_slots);
  CHECK(of_quiet_client(left));
  CHECK(server.end() == 0);
}

}  // namespace pawl::testing
