// SPDX-License-Identifier: Apache-2.0
//
// What the names of servers stand for, and stood for when they were last looked up: a server whose
// address is known is reached without waiting for a name server, which may be the one that is away.
// Each use looks the name up anew behind it, for the next; a lookup that fails changes nothing. One
// lookup a name at a time. `found` is called by the io_context, never from within find().
#pragma once

#include <boost/asio/io_context.hpp>
#include <list>
#include <optional>

#include "client/lookup.hpp"
#include "client/server_address.hpp"

namespace pawl::client {

class AddressBook {
 public:
  explicit AddressBook(boost::asio::io_context& context, Resolve resolve = ask_system);
  AddressBook(const AddressBook&) = delete;
  AddressBook& operator=(const AddressBook&) = delete;

  // What is known, or else what the lookup under way finds. Asked again of the same name before it
  // has answered, only the last is told.
  void find(const ServerAddress& server, Lookup::Found found);
  // Ends all lookups; tells nobody any more what was still to be found.
  void close();

 private:
  struct Entry {
    ServerAddress server;
    Endpoints known;
    std::optional<Lookup> lookup;
    Lookup::Found waiting;
  };

  Entry& entry_of(const ServerAddress& server);
  void look_up(Entry& entry);

  boost::asio::io_context& context_;
  Resolve resolve_;
  std::list<Entry> entries_;  // a lookup under way knows its entry
};

}  // namespace pawl::client
