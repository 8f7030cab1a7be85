// SPDX-License-Identifier: Apache-2.0
#include "cli/top/keys.hpp"

#include <catch2/catch.hpp>

namespace pawl::cli::top {
namespace {

using Kind = Key::Kind;

std::vector<Kind> kinds_of(const std::vector<Key>& keys) {
  std::vector<Kind> kinds;
  for (const Key& key : keys) kinds.push_back(key.kind);
  return kinds;
}

}  // namespace

TEST_CASE("arrows and their like are keys in every form that terminals send") {
  KeyReader reader;
  CHECK(kinds_of(reader.read("\x1b[A\x1bOB\x1b[5~\x1b[6~\x1b[H\x1b[4~")) ==
        std::vector{Kind::up, Kind::down, Kind::page_up, Kind::page_down, Kind::home, Kind::end});
  CHECK_FALSE(reader.is_within_key());
}

TEST_CASE("what is typed is characters, whatever their bytes") {
  KeyReader reader;
  CHECK(reader.read("qé") == std::vector<Key>{{Kind::character, "q"}, {Kind::character, "é"}});
  CHECK(kinds_of(reader.read("\r\x7f\b")) == std::vector{Kind::enter, Kind::erase, Kind::erase});
  CHECK(reader.read(std::string_view("\x01\x00\xff", 3)).empty());
}

TEST_CASE("a key that comes in pieces is one key") {
  KeyReader reader;
  CHECK(reader.read("\x1b").empty());
  CHECK(reader.is_within_key());
  CHECK(reader.read("[").empty());
  CHECK(kinds_of(reader.read("A")) == std::vector{Kind::up});
  CHECK(reader.read("\xc3").empty());
  CHECK(reader.read("\xa9") == std::vector<Key>{{Kind::character, "é"}});
}

TEST_CASE("an ESC that nothing follows is the key") {
  KeyReader reader;
  CHECK(reader.read("\x1b").empty());
  CHECK(reader.end() == Key{Kind::escape, {}});
  CHECK_FALSE(reader.end());
  CHECK(reader.read("\x1bq") == std::vector<Key>{{Kind::escape, {}}, {Kind::character, "q"}});
}

TEST_CASE("a sequence that is not known does nothing, and an endless one ends") {
  KeyReader reader;
  CHECK(reader.read("\x1b[200~").empty());
  CHECK_FALSE(reader.is_within_key());
  CHECK(kinds_of(reader.read("\x1b[" + std::string(14, '1'))).empty());
  CHECK_FALSE(reader.is_within_key());
}

}  // namespace pawl::cli::top
