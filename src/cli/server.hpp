// SPDX-License-Identifier: Apache-2.0
//
// The servers a command may ask, as one: the first of the list that serves. When it goes away, or
// says that another one serves, the next is asked, the primary that was named first, again and
// again within the timeout: an election passes unnoticed. Only for requests that may be sent again;
// that an earlier one may have taken effect is told by was_repeated().
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/connection.hpp"
#include "cli/failure.hpp"
#include "cli/globals.hpp"
#include "cli/rounds.hpp"
#include "client/reply_line.hpp"
#include "client/request_line.hpp"
#include "client/server_address.hpp"

namespace pawl::cli {

enum class Repeat : std::uint8_t {
  freely,
  if_certain,  // only where it certainly did nothing
  never,       // not even then: this server is meant
};

class Server {
 public:
  explicit Server(const Globals& globals);  // throws Failure: the list is none

  // The OK; throws Failure for an ERR, and when no server answers.
  client::ReplyLine ask(const client::RequestLine& request);
  // OK or ERR. Replies to other tags are passed over. If not freely repeated, a reply that is lost
  // is thrown as Unreachable.
  client::ReplyLine ask_either(const client::RequestLine& request, Repeat repeat = Repeat::freely);
  [[nodiscard]] bool was_repeated() const { return was_repeated_; }

  // The connection that stands, or one to the first server that can be reached. Throws Failure.
  Connection& connect();

  // For those that read and write by themselves. begin() starts the timeout anew; connect_next() is
  // one attempt, and throws Unreachable; after one that came to nothing try_elsewhere() closes the
  // connection, pauses, and says whether another is due. If not, failure() says why.
  void begin();
  Connection& connect_next();
  bool try_elsewhere(const client::ReplyLine& said);
  bool try_elsewhere(const Unreachable& why, bool was_asked);
  [[nodiscard]] Failure failure() const;

  [[nodiscard]] std::string name() const;  // host:port of the one asked last
  [[nodiscard]] std::chrono::milliseconds timeout() const { return timeout_; }
  [[nodiscard]] Loop& loop() { return loop_; }

 private:
  client::ReplyLine ask_connected(const std::string& line);
  bool go_on(Trouble trouble, std::string_view primary);

  std::chrono::milliseconds timeout_;
  Rounds rounds_;
  Loop loop_;
  std::unique_ptr<Connection> connection_;
  client::ServerAddress current_;
  std::vector<std::pair<std::string, std::string>> reasons_;  // by server, since begin()
  std::optional<client::ReplyLine> said_;                     // that it does not serve, since then
  bool was_repeated_ = false;
};

// True if another node, or the same one a little later, may answer otherwise.
[[nodiscard]] bool is_elsewhere(const client::ReplyLine& reply);

// host:port[,host:port…]. Throws Failure: it is none.
[[nodiscard]] std::vector<client::ServerAddress> servers_of(const Globals& globals);

// The field that this OK must have. Throws Failure: it makes no sense without.
[[nodiscard]] std::uint64_t number_in(const client::ReplyLine& reply, std::string_view key);

// Throws Unreachable: the line is no reply.
[[nodiscard]] client::ReplyLine parse(std::string_view line);

}  // namespace pawl::cli
