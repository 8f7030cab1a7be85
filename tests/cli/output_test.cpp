// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <string>

#include "cli/failure.hpp"

namespace {

using namespace pawl::cli;

// One of the three streams is something else for a while.
class Replaced {
 public:
  Replaced(int stream, int by) : stream_(stream), before_(fcntl(stream, F_DUPFD_CLOEXEC, 3)) {
    if (by < 0) {
      close(stream);
    } else {
      dup2(by, stream);
    }
  }
  ~Replaced() {
    dup2(before_, stream_);
    close(before_);
  }
  Replaced(const Replaced&) = delete;
  Replaced& operator=(const Replaced&) = delete;

 private:
  int stream_;
  int before_;
};

}  // namespace

TEST_CASE("a message that nobody takes is not said, and holds nobody up") {
  std::array<int, 2> ends{};
  REQUIRE(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
  const std::string filling(4096, 'x');
  while (write(ends[1], filling.data(), filling.size()) > 0) {
  }
  REQUIRE(fcntl(ends[1], F_SETFL, 0) == 0);  // blocking, as a shell gives it
  {
    const Replaced replaced(STDERR_FILENO, ends[1]);
    say("not said");
  }
  close(ends[1]);
  std::string taken(1 << 20, '\0');
  std::size_t length = 0;
  for (ssize_t got = 1; got > 0; length += static_cast<std::size_t>(got)) {
    got = read(ends[0], taken.data() + length, taken.size() - length);
    REQUIRE(got >= 0);
  }
  close(ends[0]);
  CHECK(taken.substr(0, length).find("not said") == std::string::npos);
}

TEST_CASE("a message longer than a pipe takes at once is cut") {
  std::array<int, 2> ends{};
  REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
  {
    const Replaced replaced(STDERR_FILENO, ends[1]);
    say(std::string(10'000, 'x'));
  }
  close(ends[1]);
  std::string taken(20'000, '\0');
  const ssize_t length = read(ends[0], taken.data(), taken.size());
  close(ends[0]);
  REQUIRE(length == 4096);
  CHECK(taken.starts_with("pawl: xxx"));
  CHECK(taken[4095] == '\n');
}

TEST_CASE("a closed stream takes nothing, and nobody else takes its place") {
  const Replaced closed(STDOUT_FILENO, -1);
  keep_streams_closed();
  CHECK(fcntl(STDOUT_FILENO, F_GETFD) == FD_CLOEXEC);
  CHECK_THROWS_AS(print("lost"), Failure);
}
