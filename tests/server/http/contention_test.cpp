// SPDX-License-Identifier: Apache-2.0
#include "server/http/contention.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "node/core.hpp"

namespace pawl::testing {

using namespace std::chrono_literals;
using server::http::Contention;

namespace {

void make_contended(Core& core, int from, int to) {
  for (int i = from; i < to; ++i) {
    const std::string name = std::to_string(10'000 + i);
    core.send("A", "LOCK l" + name + " ttl=1h");
    core.send("B", "#" + name + " LOCK l" + name + " wait=1h");
  }
  core.flush();
}

}  // namespace

TEST_CASE("what one slice finds is always fresh") {
  Core core;
  boost::asio::io_context context;
  Contention contention(context, core.node());
  std::size_t found = 99;
  const auto note = [&](const Contention::Found& one) { found = one.names.size(); };
  contention.find(core.now(), note);
  CHECK(found == 0);
  make_contended(core, 0, 30);
  contention.find(core.now(), note);
  CHECK(found == Contention::most);
}

TEST_CASE("what takes several slices is found once for all who ask, and kept for a second") {
  Core core;
  make_contended(core, 0, 10'000);
  boost::asio::io_context context;
  Contention contention(context, core.node());
  int told = 0;
  std::string first;
  const auto note = [&](const Contention::Found& one) {
    ++told;
    first = one.names.front();
  };
  contention.find(core.now(), note);
  contention.find(core.now(), note);
  CHECK(told == 0);
  CHECK(context.run() == 2);  // 10,000 in slices of 4,096, the first of them at once
  CHECK(told == 2);
  CHECK(first == "l10000");

  core.send("C", "LOCK l10007 wait=1h");
  core.flush();
  contention.find(core.now() + 999ms, note);
  CHECK(told == 3);
  CHECK(first == "l10000");
  contention.find(core.now() + 1s, note);
  context.restart();
  context.run();
  CHECK(told == 4);
  CHECK(first == "l10007");
}

}  // namespace pawl::testing
