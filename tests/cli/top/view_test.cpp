// SPDX-License-Identifier: Apache-2.0
#include "cli/top/view.hpp"

#include <catch2/catch.hpp>

#include "cli/text/width.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace pawl::cli::top {
namespace {

LockLine lock(const std::string& name, std::int64_t waiters) {
  return {name, "10.0.0.7:40112", "\"since Monday\"", "3m12s", "28.8s", waiters, "40s"};
}

Board board_with(std::vector<LockLine> locks) {
  Board board;
  board.interval = Milliseconds{1'000};
  Picture& picture = board.picture.emplace();
  picture.server = "127.0.0.1:7295";
  picture.health = {"epoch 7",
                    "n1 primary",
                    {"n3 UNREACHABLE", Style::trouble},
                    "n2 standby lag 0 heard 27ms ago"};
  picture.totals = {12, 3, 4, 5, 99, 12};
  picture.locks = std::move(locks);
  return board;
}

std::string all_of(const Lines& lines) {
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

}  // namespace

TEST_CASE("a board is health, totals, the locks, and what the keys do") {
  const Board board = board_with({lock("jobs/nightly", 12), lock("b", 0)});
  CHECK(all_of(draw(board, {100, 9}, {})) ==
        "pawl top  127.0.0.1:7295  every 1s\n"
        "epoch 7  n1 primary  n3 UNREACHABLE  n2 standby lag 0 heard 27ms ago\n"
        "locks 12  waiters 4  sessions 3  connections 5  records 99 (12/s)\n"
        "\n"
        "  LOCK          WAITERS  OLDEST  HELD   EXPIRES  HOLDER          NOTE          \n"
        "> jobs/nightly  12       40s     3m12s  28.8s    10.0.0.7:40112  \"since Monday\"\n"
        "  b             0        40s     3m12s  28.8s    10.0.0.7:40112  \"since Monday\"\n"
        "\n"
        "j/k choose  Enter queue  / filter  p pause  q quit\n");
}

TEST_CASE("no line is wider than the terminal, and there are as many as it has") {
  Board board = board_with(
      {lock(std::string(255, 'x'), 3), lock("錠前/🔒/nightly", 70'000), lock("e\u0301", 1)});
  board.trouble = "cannot reach 127.0.0.1:7295: Connection refused";
  board.typed = GENERATE(std::optional<std::string>{}, std::optional<std::string>{"錠前"});
  board.opened = GENERATE(std::optional<std::string>{}, std::optional<std::string>{"錠前"});
  board.picture->queue = {std::string(300, 'y'), "錠前錠前錠前"};
  const Paint paint(GENERATE(false, true));
  for (std::size_t columns = 1; columns < 130; ++columns) {
    for (const std::size_t rows : std::vector<std::size_t>{0, 1, 2, 3, 7, 24}) {
      const Lines lines = draw(board, {columns, rows}, paint);
      REQUIRE(lines.size() == rows);
      for (const std::string& line : lines) {
        INFO(columns << " columns: " << line);
        REQUIRE(width_of(line) <= columns);
      }
    }
  }
}

TEST_CASE("where there is little room the name stays longest") {
  const Board board = board_with({lock("jobs/nightly", 12)});
  CHECK(draw(board, {60, 9}, {})[5] ==
        "> jobs/nightly  12       40s     3m12s  28.8s    10.0.0.7:4…");
  CHECK(draw(board, {44, 9}, {})[4] == "  LOCK          WAITERS  HELD   HOLDER      ");
  CHECK(draw(board, {44, 9}, {})[5] == "> jobs/nightly  12       3m12s  10.0.0.7:40…");
  CHECK(draw(board, {24, 9}, {})[5] == "> jobs/nightly  12     ");
  CHECK(draw(board, {10, 9}, {})[5] == "> jobs/ni…");
}

TEST_CASE("a wide name fills as many columns as it takes") {
  const Board board = board_with({lock("錠前", 1), lock("abcd", 2)});
  const Lines lines = draw(board, {100, 9}, {});
  CHECK_THAT(lines[5], StartsWith("> 錠前  1 "));
  CHECK_THAT(lines[6], StartsWith("  abcd  2 "));
}

TEST_CASE("the chosen lock is always among those shown, and marked") {
  std::vector<LockLine> locks;
  for (int i = 0; i < 50; ++i) locks.push_back(lock("lock" + std::to_string(i), 50 - i));
  Board board = board_with(locks);
  for (const std::size_t chosen : std::vector<std::size_t>{0, 3, 30, 49}) {
    board.chosen = chosen;
    const Size size{80, 12};
    CHECK_THAT(all_of(draw(board, size, {})), Contains("\n> lock" + std::to_string(chosen) + " "));
    CHECK(first_shown(board, size) <= chosen);
  }
  board.chosen = 49;
  CHECK(first_shown(board, {80, 12}) == 44);
}

TEST_CASE("a server that is away is told, with the age of what is shown") {
  Board board;
  board.trouble = "cannot reach a:1: Connection refused";
  CHECK(draw(board, {80, 4}, {})[1] ==
        "Nothing seen yet, trying again: cannot reach a:1: Connection refused");
  board = board_with({lock("a", 1)});
  board.trouble = "cannot reach a:1: Connection refused";
  board.age = Milliseconds{12'000};
  const Lines lines = draw(board, {80, 12}, {});
  CHECK(lines[1] == "This is 12s old, trying again: cannot reach a:1: Connection refused");
  CHECK_THAT(lines[6], StartsWith("> a "));
}

TEST_CASE("without colour there is no control in what is drawn, with it little") {
  Board board = board_with({lock("a", 1), lock("b", 0)});
  CHECK_THAT(all_of(draw(board, {80, 12}, {})), !Contains("\x1b"));
  const Lines lines = draw(board, {80, 12}, Paint(true));
  CHECK_THAT(lines[1], Contains("\x1b[1;31mn3 UNREACHABLE\x1b[0m") && StartsWith("epoch 7  n1"));
  CHECK_THAT(lines[5], StartsWith("\x1b[7m> a "));
  CHECK_THAT(lines[6], !Contains("\x1b"));
  board.chosen = 1;
  CHECK_THAT(draw(board, {80, 12}, Paint(true))[5], Contains("\x1b[33m1      \x1b[0m"));
}

TEST_CASE("names with controls in them never reach the terminal as such") {
  Board board = board_with({lock("a\x1b[2J\n\xC2\x9B", 1)});
  board.prefix = "\x1b[2J";
  board.picture->server = "\x1b[2J";
  const std::string all = all_of(draw(board, {120, 12}, {}));
  CHECK_THAT(all, !Contains("\x1b") && !Contains("\xC2\x9B") && Contains("a\\x1b[2J\\n\\x9b"));
  board.opened = "\x1b[2J";
  CHECK_THAT(all_of(draw(board, {120, 12}, {})), !Contains("\x1b"));
}

TEST_CASE("the queue of an opened lock takes the place of the list, and scrolls") {
  Board board = board_with({lock("a", 1)});
  board.opened = "a";
  CHECK(draw(board, {80, 12}, {})[4] == "a: …");
  board.picture->queue = {"a: held, 2 wait", "", "POSITION", "1", "2"};
  CHECK(draw(board, {80, 12}, {})[4] == "a: held, 2 wait");
  board.scrolled = 3;
  CHECK(draw(board, {80, 12}, {})[4] == "1");
  CHECK_THAT(draw(board, {80, 12}, {}).back(), StartsWith("Esc back"));
}

TEST_CASE("what is typed, paused or filtered is said") {
  Board board = board_with({});
  CHECK(draw(board, {80, 12}, {})[5] == "  nobody waits for a lock");
  board.typed = "jobs/";
  CHECK(draw(board, {80, 12}, {}).back() == "only locks that begin with: jobs/_");
  board.typed.reset();
  board.prefix = "jobs/";
  board.is_paused = true;
  board.age = Milliseconds{5'000};
  CHECK(draw(board, {80, 12}, {})[0] == "pawl top  127.0.0.1:7295  PAUSED 5s  only jobs/…");
}

TEST_CASE("any text is cut to the size, beneath its title") {
  const Lines lines =
      draw_text({{"pawl status", Style::heading}}, {"abcdefghijklmnop", "b"}, {12, 4}, {});
  CHECK(lines == Lines{"pawl status", "abcdefghijk…", "b", "q quit"});
}

}  // namespace pawl::cli::top
