// SPDX-License-Identifier: Apache-2.0
//
// One blocking connection to a server: lines out, lines in, each wait with an end of its own. What
// goes wrong is thrown as Unreachable. Signals, where they are caught, end a wait.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "client/lookup.hpp"
#include "client/server_address.hpp"

namespace pawl::cli {

struct Unreachable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// No connection, or no reply, in time.
struct Silent : Unreachable {
  Silent() : Unreachable("no reply in time") {}
  using Unreachable::Unreachable;
};

// What answers is something else, and will be.
struct NoPawld : Unreachable {
  NoPawld() : Unreachable("what answers there is no pawld") {}
};

using Patience = std::optional<std::chrono::milliseconds>;  // none: for ever

// What the waits of one command run on.
class Loop {
 public:
  void catch_signals();  // SIGINT and SIGTERM end a wait from now on, not the process
  [[nodiscard]] int signal() const { return signal_; }  // the first that came; 0: none
  void stop_catching();  // a signal ends the process again, what came is forgotten

  // Runs until `done`, a signal, or the end of patience; true if done.
  bool run_until(const bool& done, Patience patience);
  void pause(std::chrono::milliseconds span);  // a signal ends it
  [[nodiscard]] boost::asio::io_context& context() { return context_; }

 private:
  boost::asio::io_context context_{1};
  std::optional<boost::asio::signal_set> signals_;
  int signal_ = 0;
};

class Connection {
 public:
  // `patience` spans looking the name up and connecting.
  Connection(Loop& loop, const client::ServerAddress& address, std::chrono::milliseconds patience,
             client::Resolve resolve = client::ask_system);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void send(std::string_view line);  // adds the LF
  // Without its LF. Nothing: patience or a signal ended the wait; another may follow.
  [[nodiscard]] std::optional<std::string> read_line(Patience patience);

 private:
  void connect(const client::Endpoints& endpoints);
  void close();

  Loop& loop_;
  std::optional<client::Lookup> lookup_;  // while it is under way
  boost::asio::ip::tcp::socket socket_;
  std::string input_;
  bool done_ = true;  // false: an operation is under way, its handler holds `this`
  boost::system::error_code result_;
  std::size_t line_length_ = 0;
};

}  // namespace pawl::cli
