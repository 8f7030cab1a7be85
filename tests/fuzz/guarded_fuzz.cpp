// SPDX-License-Identifier: Apache-2.0
//
// Conversations with a server that wants to know who asks: users who may do everything, little or
// only look, wrong secrets, and reloads that give and take away.
#include "conversation.hpp"
#include "replay_corpus.hpp"

namespace pawl::fuzz {
namespace {

using access::Right;

access::Access users(Draws& draws) {
  access::Access access;
  if (draws.one_in(6)) return access;  // everybody may do everything
  access.users = {{"all", {}, {{"", access::every_right}}},
                  {"few", {}, {{"a", Right::lock}, {"jobs/", Right::shared}}},
                  {"eye", {}, {{"", Right::observe}}}};
  if (draws.one_in(3)) access.users[1].rules.pop_back();
  if (draws.one_in(6)) access.users.erase(access.users.begin());
  if (draws.one_in(6)) access.anonymous = {{"b", Right::shared}};
  return access;
}

void say_who(LoneServer& server, Draws& draws) {
  constexpr std::string_view names[] = {"all", "all", "few", "few", "eye", "nobody"};
  const std::string name(draws.pick(names));
  const std::string secret(draws.one_in(8) ? "wrong" : LoneServer::right_secret);
  const std::size_t place = draws.below(LoneServer::places);
  server.connect(place);
  if (place + 1 == LoneServer::places) {
    server.send(place, Asking::array({"AUTH", name, secret}));
  } else {
    server.send(place, "AUTH " + name + " " + secret + "\n");
  }
}

}  // namespace
}  // namespace pawl::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pawl::fuzz;
  Draws draws(data, size);
  pawl::Settings first = settings(draws);
  first.access = users(draws);
  LoneServer server(first);
  converse(server, draws, [&] {
    if (!draws.one_in(4)) return false;
    if (draws.one_in(6)) {
      server.let_in(users(draws));
    } else {
      say_who(server, draws);
    }
    return true;
  });
  return 0;
}
