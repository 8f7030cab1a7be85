// SPDX-License-Identifier: Apache-2.0
#include "client/address_book.hpp"

#include <optional>

#include "client/hanging_resolver.hpp"
#include "client/line_server.hpp"

namespace pawl::client {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

const Endpoints one{{asio::ip::address_v4::loopback(), 1}};
const Endpoints other{{asio::ip::address_v4::loopback(), 2}};
const ServerAddress named{"db.test", "7295"};

struct Asking {
  asio::io_context context;
  HangingResolver names;
  AddressBook book{context, names.resolve()};
  int told = 0;
  error_code error;
  Endpoints endpoints;

  void find(const ServerAddress& server = named) {
    book.find(server, [this](error_code said, Endpoints found) {
      ++told;
      error = said;
      endpoints = std::move(found);
    });
  }
  void until_told(int times) {
    run_until(context, [&] { return told == times; });
  }
  // All lookups, those that nobody waits for too.
  void finish() {
    context.restart();
    context.run();
  }
};

TEST_CASE("what was found once is known at once while the name server is silent") {
  Asking asking;
  asking.names.answer(one);
  asking.find();
  asking.until_told(1);
  CHECK(asking.endpoints == one);

  asking.names.hang();
  for (int i = 2; i < 6; ++i) {
    asking.find();
    CHECK(asking.told == i - 1);
    asking.until_told(i);
    CHECK(asking.endpoints == one);
  }
  run_until(asking.context, [&] { return asking.names.under_way() > 0; });
  CHECK(asking.names.asked() == 2);  // one lookup at a time
}

TEST_CASE("a server that has moved is found at its new address the next time but one") {
  Asking asking;
  asking.names.answer(one);
  asking.find();
  asking.finish();
  asking.names.answer(other);
  asking.find();
  asking.finish();
  CHECK(asking.endpoints == one);
  asking.find();
  asking.finish();
  CHECK(asking.endpoints == other);
}

TEST_CASE("a lookup that fails is told, and takes nothing away that is known") {
  Asking asking;
  asking.names.answer(asio::error::host_not_found);
  asking.find();
  asking.finish();
  CHECK(asking.error == asio::error::host_not_found);

  asking.names.answer(one);
  asking.find();
  asking.finish();
  CHECK_FALSE(asking.error);
  asking.names.answer(asio::error::host_not_found);
  asking.find();
  asking.finish();
  asking.find();
  asking.finish();
  CHECK_FALSE(asking.error);
  CHECK(asking.endpoints == one);
}

TEST_CASE("a lookup longer than the patience of who asked is there for who asks next") {
  Asking asking;
  asking.find();
  run_until(asking.context, [&] { return asking.names.under_way() == 1; });
  asking.find();
  asking.names.answer(one);
  asking.finish();
  CHECK(asking.told == 1);
  CHECK(asking.endpoints == one);
  CHECK(asking.names.asked() == 1);
}

TEST_CASE("each server has its own address") {
  Asking asking;
  asking.names.answer(one);
  asking.find();
  asking.finish();
  asking.names.answer(other);
  asking.find({"db.test", "7296"});
  asking.finish();
  CHECK(asking.endpoints == other);
}

TEST_CASE("a closed book tells nobody, and leaves nothing to wait for") {
  Asking asking;
  asking.find();
  run_until(asking.context, [&] { return asking.names.under_way() == 1; });
  asking.book.close();
  asking.finish();
  asking.names.answer(one);
  asking.finish();
  CHECK(asking.told == 0);
}

TEST_CASE("a book may end while it tells") {
  asio::io_context context;
  HangingResolver names;
  names.answer(one);
  std::optional<AddressBook> book(std::in_place, context, names.resolve());
  bool told = false;
  const auto found = [&](error_code, const Endpoints&) {
    book.reset();
    told = true;
  };
  book->find(named, found);
  context.run();
  CHECK(told);
}

}  // namespace
}  // namespace pawl::client
