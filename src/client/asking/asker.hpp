// SPDX-License-Identifier: Apache-2.0
//
// Asks servers that stand for one: the first of the list that serves. When it goes away, or
// says that another one serves, the next is asked, the primary that was named first, again and
// again within the timeout: an election passes unnoticed. For requests that may be sent again; that
// an earlier one may have taken effect is told by was_repeated(). Where the servers do not accept
// who asks, Denied is thrown by whatever connects. Blocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "client/asking/connection.hpp"
#include "client/asking/loop.hpp"
#include "client/asking/rounds.hpp"
#include "client/reply_line.hpp"
#include "client/request_line.hpp"
#include "client/server_address.hpp"

namespace pawl::client {

// No server answered in time: "cannot reach a:7295: Connection refused; b:7295: no reply in time".
struct Unreachable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class Repeat : std::uint8_t {
  freely,
  if_certain,  // only where it certainly did nothing
  never,       // not even then: this server is meant
};

class Asker {
 public:
  // At least one server.
  Asker(std::vector<ServerAddress> servers, std::chrono::milliseconds timeout, Access access = {});

  // OK or ERR. Replies to other tags are passed over. Throws Unreachable; where it may not be
  // repeated freely and its reply was lost, NoAnswer.
  ReplyLine ask(const RequestLine& request, Repeat repeat = Repeat::freely);
  [[nodiscard]] bool was_repeated() const { return was_repeated_; }

  // The connection that stands, or one to the first server that can be reached. Throws Unreachable.
  Connection& connect();

  // For those that read and write by themselves. begin() starts the timeout anew; connect_next() is
  // one attempt, and throws NoAnswer; after one that came to nothing try_elsewhere() closes the
  // connection, pauses, and says whether another is due. If not, last_word() says why.
  void begin();
  Connection& connect_next();
  bool try_elsewhere(const ReplyLine& said);
  bool try_elsewhere(const NoAnswer& why, bool was_asked);
  // The ERR of a server that does not serve now. Throws Unreachable: none has said even that.
  [[nodiscard]] ReplyLine last_word() const;

  // True if another node, or the same one a little later or on another connection, may answer
  // otherwise.
  [[nodiscard]] bool is_passing(const ReplyLine& reply) const;

  [[nodiscard]] const ServerAddress& server() const { return current_; }  // the one asked last
  [[nodiscard]] std::chrono::milliseconds timeout() const { return timeout_; }
  [[nodiscard]] Loop& loop() { return loop_; }

 private:
  ReplyLine ask_connected(const std::string& line);
  bool go_on(Trouble trouble, std::string_view primary);
  [[nodiscard]] Unreachable unreachable() const;

  std::chrono::milliseconds timeout_;
  Access access_;
  Rounds rounds_;
  Loop loop_;
  std::unique_ptr<Connection> connection_;
  ServerAddress current_;
  std::vector<std::pair<ServerAddress, std::string>> reasons_;  // by server, since begin()
  std::optional<ReplyLine> said_;  // that it does not serve, since then
  bool was_repeated_ = false;
};

// True if another node, or the same one a little later, may answer otherwise.
[[nodiscard]] bool is_elsewhere(const ReplyLine& reply);

}  // namespace pawl::client
