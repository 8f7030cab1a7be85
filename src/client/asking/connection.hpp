// SPDX-License-Identifier: Apache-2.0
//
// One blocking connection to a server, encrypted and authenticated as Access says: lines out, lines
// in, each wait with an end of its own. What goes wrong is thrown as NoAnswer, or as Denied.
// Signals, where the loop catches them, end a wait.
#pragma once

#include <array>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "client/access.hpp"
#include "client/asking/loop.hpp"
#include "client/lookup.hpp"
#include "client/reply_line.hpp"
#include "client/server_address.hpp"
#include "client/stream.hpp"

namespace pawl::client {

// Why one server did not answer.
struct NoAnswer : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// No connection, or no reply, in time.
struct Silent : NoAnswer {
  Silent() : NoAnswer("no reply in time") {}
  using NoAnswer::NoAnswer;
};

// What answers is something else, and will be.
struct NoPawld : NoAnswer {
  NoPawld() : NoAnswer("what answers there is no pawld") {}
};

// A server turns this client away for the certificate that it has, or has not. With TLS 1.3 that is
// said after the client's handshake, when a request may have been sent: it was not taken.
struct TurnedAway : NoAnswer {
  using NoAnswer::NoAnswer;
};

// A server does not accept who asks, which no other server will do either.
struct Denied : std::runtime_error {
  explicit Denied(ReplyLine said) : std::runtime_error(said.word), reply(std::move(said)) {}
  ReplyLine reply;
};

class Connection {
 public:
  // `patience` spans looking the name up, connecting, and all that makes it ready for requests.
  Connection(Loop& loop, const ServerAddress& address, const Access& access,
             std::chrono::milliseconds patience, Resolve resolve = ask_system);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void send(std::string_view line);  // adds the LF
  // Without its LF. Nothing: patience or a signal ended the wait; another may follow.
  [[nodiscard]] std::optional<std::string> read_line(Patience patience);

 private:
  void connect(const Endpoints& endpoints);
  void secure();
  void authenticate(const Access& access, std::chrono::milliseconds patience);
  void end_step(std::string problem);
  void read_some();
  [[noreturn]] void fail();
  [[nodiscard]] std::optional<std::string> take_line();
  void close();

  Loop& loop_;
  std::string host_;
  std::optional<TlsOptions> tls_;
  std::optional<Lookup> lookup_;  // while it is under way
  Stream stream_;
  std::array<char, 8192> chunk_{};
  std::string input_;
  std::size_t searched_ = 0;  // of it: no LF is there
  bool done_ = true;          // false: an operation is under way, its handler holds `this`
  std::string problem_;       // why it failed; empty: it did not
  bool timed_out_ = false;    // the system gave up connecting
  bool turned_away_ = false;  // that is why
};

// Throws NoPawld: the line is no reply.
[[nodiscard]] ReplyLine reply_in(std::string_view line);

}  // namespace pawl::client
