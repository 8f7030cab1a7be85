// SPDX-License-Identifier: Apache-2.0
//
// Asks once, over a connection of its own, who holds a lock, or the first that is held of several,
// for a person who waits for it. Whatever goes wrong is no news: then nothing is said. Its end
// waits for nobody, for no name server either.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/access.hpp"
#include "client/address_book.hpp"
#include "client/link.hpp"
#include "client/lookup.hpp"
#include "client/server_address.hpp"

namespace pawl::cli {

class Holders {
 public:
  using Answer = std::function<void(const std::string& text)>;

  Holders(boost::asio::io_context& context, std::vector<client::ServerAddress> servers,
          client::Access access, std::vector<std::string> locks, Answer answer,
          client::Resolve resolve = client::ask_system);
  ~Holders();
  Holders(const Holders&) = delete;
  Holders& operator=(const Holders&) = delete;

 private:
  void try_next();
  void ask();
  void take(std::string_view line);
  void close();

  boost::asio::io_context& context_;
  client::AddressBook book_;
  std::shared_ptr<client::Link> link_;  // to servers_[next_ - 1]; null: there is none
  std::vector<client::ServerAddress> servers_;
  client::Access access_;
  std::size_t next_ = 0;
  std::vector<std::string> locks_;
  std::size_t lock_ = 0;  // that is asked about
  Answer answer_;
};

// Of the answer to SHOW: `held by 127.0.0.1:40112 "nightly backup" for 12.3s, 3 waiting`. Empty: it
// cannot be read.
[[nodiscard]] std::string holders_text(std::string_view json);

}  // namespace pawl::cli
