// SPDX-License-Identifier: Apache-2.0
#include "cli/top/board.hpp"

#include <catch2/catch.hpp>

namespace pawl::cli::top {
namespace {

using Kind = Key::Kind;

Key letter(const std::string& text) { return {Kind::character, text}; }
Key key(Kind kind) { return {kind, {}}; }

Picture with(const std::vector<std::string>& names) {
  Picture picture;
  for (const std::string& name : names) picture.locks.emplace_back().name = name;
  return picture;
}

Board board_with(const std::vector<std::string>& names) {
  Board board;
  take(board, with(names));
  return board;
}

void type(Board& board, const std::string& text) {
  for (const char c : text) CHECK(on_key(board, letter(std::string(1, c))) == Deed::none);
}

}  // namespace

TEST_CASE("arrows, j and k choose, and stay within the list") {
  Board board = board_with({"a", "b", "c"});
  CHECK(on_key(board, key(Kind::up)) == Deed::none);
  CHECK(board.chosen == 0);
  CHECK(on_key(board, letter("j")) == Deed::none);
  CHECK(on_key(board, key(Kind::down)) == Deed::none);
  CHECK(on_key(board, key(Kind::down)) == Deed::none);
  CHECK(board.chosen == 2);
  CHECK(on_key(board, letter("k")) == Deed::none);
  CHECK(board.chosen == 1);
  CHECK(on_key(board, key(Kind::end)) == Deed::none);
  CHECK(board.chosen == 2);
  CHECK(on_key(board, key(Kind::page_up)) == Deed::none);
  CHECK(board.chosen == 0);
}

TEST_CASE("the lock that was chosen stays chosen wherever the next picture has it") {
  Board board = board_with({"a", "b", "c"});
  board.chosen = 1;
  take(board, with({"c", "a", "b"}));
  CHECK(board.chosen == 2);
  take(board, with({"c", "a"}));
  CHECK(board.chosen == 1);
  take(board, with({}));
  CHECK(board.chosen == 0);
}

TEST_CASE("Enter opens the chosen lock's queue, Esc goes back to the list") {
  Board board = board_with({"a", "b"});
  board.chosen = 1;
  CHECK(on_key(board, key(Kind::enter)) == Deed::look);
  CHECK(board.opened == "b");
  board.picture->queue = {"1", "2", "3"};
  CHECK(on_key(board, letter("j")) == Deed::none);
  CHECK(board.scrolled == 1);
  CHECK(board.chosen == 1);
  CHECK(on_key(board, letter("/")) == Deed::none);
  CHECK_FALSE(board.typed);
  CHECK(on_key(board, key(Kind::escape)) == Deed::none);
  CHECK_FALSE(board.opened);
}

TEST_CASE("there is nothing to open in an empty list") {
  Board board = board_with({});
  CHECK(on_key(board, key(Kind::enter)) == Deed::none);
  CHECK_FALSE(board.opened);
  Board before;
  CHECK(on_key(before, key(Kind::enter)) == Deed::none);
  CHECK(on_key(before, key(Kind::down)) == Deed::none);
}

TEST_CASE("a slash takes a prefix, Enter looks for it, Esc takes it away again") {
  Board board = board_with({"a"});
  CHECK(on_key(board, letter("/")) == Deed::none);
  type(board, "jobs/q");
  CHECK(on_key(board, key(Kind::erase)) == Deed::none);
  CHECK(on_key(board, letter("é")) == Deed::none);
  CHECK(on_key(board, key(Kind::erase)) == Deed::none);
  CHECK(board.typed == "jobs/");
  CHECK(on_key(board, key(Kind::enter)) == Deed::look);
  CHECK(board.prefix == "jobs/");
  CHECK(on_key(board, key(Kind::escape)) == Deed::look);
  CHECK(board.prefix.empty());
  CHECK(on_key(board, key(Kind::escape)) == Deed::none);
}

TEST_CASE("what no lock's name can have is not typed into a prefix, nor more than a name holds") {
  Board board = board_with({"a"});
  CHECK(on_key(board, letter("/")) == Deed::none);
  type(board, "a \"=,b");
  CHECK(board.typed == "ab");
  type(board, std::string(300, 'x'));
  CHECK(board.typed->size() == 255);
  CHECK(on_key(board, key(Kind::escape)) == Deed::none);
  CHECK(board.prefix.empty());
}

TEST_CASE("p pauses and goes on, q quits, but not while something is typed") {
  Board board = board_with({"a"});
  CHECK(on_key(board, letter("p")) == Deed::none);
  CHECK(board.is_paused);
  CHECK(on_key(board, letter("p")) == Deed::look);
  CHECK_FALSE(board.is_paused);
  CHECK(on_key(board, letter("/")) == Deed::none);
  CHECK(on_key(board, letter("q")) == Deed::none);
  CHECK(on_key(board, key(Kind::escape)) == Deed::none);
  CHECK(on_key(board, letter("q")) == Deed::quit);
}

}  // namespace pawl::cli::top
