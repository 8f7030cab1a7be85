// SPDX-License-Identifier: Apache-2.0
#include "server/maintenance_progress.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>

namespace pawl::server {
namespace {

using namespace std::chrono_literals;

Moment test_now{};
Moment test_clock() { return test_now; }

// What has been written to it since the last call.
class Terminal {
 public:
  Terminal() { REQUIRE(pipe2(ends_.data(), O_CLOEXEC | O_NONBLOCK) == 0); }
  ~Terminal() {
    close(ends_[0]);
    close(ends_[1]);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  [[nodiscard]] int stream() const { return ends_[1]; }
  [[nodiscard]] std::string seen() const {
    std::string text(4'096, '\0');
    const ssize_t got = read(ends_[0], text.data(), text.size());
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
  }

 private:
  std::array<int, 2> ends_{};
};

}  // namespace

TEST_CASE("what takes no longer than a second is done without a word") {
  const Terminal terminal;
  test_now = Moment{};
  {
    Progress progress(terminal.stream(), true, test_clock);
    progress.begin({"reading a", Unit::bytes, 0});
    test_now += 999ms;
    progress.add(std::uint64_t{1} << 30U);
  }
  CHECK(terminal.seen().empty());
}

TEST_CASE("a longer task says how far it is, in one line that is gone at the end") {
  const Terminal terminal;
  test_now = Moment{};
  {
    Progress progress(terminal.stream(), true, test_clock);
    progress.begin({"reading a", Unit::bytes, std::uint64_t{120} << 20U});
    progress.add(std::uint64_t{30} << 20U);
    test_now += 1s;
    progress.add(std::uint64_t{4} << 20U);
    CHECK(terminal.seen() == "\r\x1b[Kreading a: 34 of 120 MiB, 1 s");
    test_now += 200ms;
    progress.add(1);
    CHECK(terminal.seen().empty());
    progress.begin({"writing b", Unit::bytes, 0});
    test_now += 1s;
    progress.add(std::uint64_t{1} << 20U);
    CHECK(terminal.seen() == "\r\x1b[Kwriting b: 1 MiB, 2 s");
  }
  CHECK(terminal.seen() == "\r\x1b[K");
}

TEST_CASE("where there is no terminal nothing is shown, however long it takes") {
  const Terminal terminal;
  test_now = Moment{};
  {
    Progress progress(terminal.stream(), false, test_clock);
    progress.begin({"reading a", Unit::pieces, 0});
    test_now += 1h;
    progress.add(7);
  }
  CHECK(terminal.seen().empty());
}

TEST_CASE("a terminal that takes nothing holds nobody up") {
  const Terminal terminal;
  const std::string filling(4'096, 'x');
  while (write(terminal.stream(), filling.data(), filling.size()) > 0) {
  }
  REQUIRE(fcntl(terminal.stream(), F_SETFL, 0) == 0);  // blocking, as a shell gives it
  test_now = Moment{};
  Progress progress(terminal.stream(), true, test_clock);
  test_now += 1h;
  progress.add(7);
  pollfd writable{terminal.stream(), POLLOUT, 0};
  CHECK(poll(&writable, 1, 0) == 0);  // it took nothing all the while
}

TEST_CASE("pieces are counted, bytes told in MiB") {
  CHECK(progress_text({"reading a", Unit::pieces, 0}, 1'234'567, 61s) ==
        "reading a: 1234567 pieces, 61 s");
}

}  // namespace pawl::server
