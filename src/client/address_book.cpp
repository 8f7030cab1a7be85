// SPDX-License-Identifier: Apache-2.0
#include "client/address_book.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace pawl::client {

using boost::system::error_code;

AddressBook::AddressBook(boost::asio::io_context& context, Resolve resolve)
    : context_(context), resolve_(std::move(resolve)) {}

void AddressBook::find(const ServerAddress& server, Lookup::Found found) {
  Entry& entry = entry_of(server);
  if (entry.known.empty()) {
    entry.waiting = std::move(found);
  } else {
    boost::asio::post(context_,
                      [found = std::move(found), known = entry.known] { found({}, known); });
  }
  if (!entry.lookup) look_up(entry);
}

void AddressBook::look_up(Entry& entry) {
  auto found = [&entry](error_code error, Endpoints endpoints) {
    entry.lookup.reset();
    if (!error) entry.known = std::move(endpoints);
    // Last: whoever is told may end all this.
    const auto waiting = std::exchange(entry.waiting, nullptr);
    if (waiting) waiting(error, entry.known);
  };
  entry.lookup.emplace(context_, entry.server, std::move(found), resolve_);
}

void AddressBook::close() { entries_.clear(); }

AddressBook::Entry& AddressBook::entry_of(const ServerAddress& server) {
  const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& known) { return known.server == server; });
  if (entry != entries_.end()) return *entry;
  entries_.emplace_back().server = server;
  return entries_.back();
}

}  // namespace pawl::client
