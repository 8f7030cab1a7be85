// SPDX-License-Identifier: Apache-2.0
//
// What a host name stands for, asked of the system on a thread of its own that nobody ever joins: a
// lookup that hangs holds up neither the end of this nor that of the io_context. `found` is called
// once, by the io_context, never from within the constructor, and not after the end of this, which
// must come before that of the io_context. A numeric address needs no thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "client/server_address.hpp"

namespace pawl::client {

using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

// Blocks, on whatever thread calls it; it may still run when main() has returned.
using Resolve = std::function<Endpoints(const ServerAddress&, boost::system::error_code&)>;
[[nodiscard]] Endpoints ask_system(const ServerAddress& server, boost::system::error_code& error);

class Lookup {
 public:
  using Found = std::function<void(boost::system::error_code, Endpoints)>;

  Lookup(boost::asio::io_context& context, const ServerAddress& server, Found found,
         Resolve resolve = ask_system);
  ~Lookup();
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

 private:
  class Waiter;
  std::shared_ptr<Waiter> waiter_;
};

}  // namespace pawl::client
