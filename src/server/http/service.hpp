// SPDX-License-Identifier: Apache-2.0
//
// What is found at which path. All of it is this node's own view, as its last step left it: nothing
// is stepped, and no majority asked. What needs a walk over the table is answered in slices, each a
// handler of its own, so that clients of locks get their turn in between.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "node/node.hpp"
#include "server/http/answer.hpp"
#include "server/http/contention.hpp"
#include "server/http/facts.hpp"
#include "server/http/own_hosts.hpp"
#include "server/http/process.hpp"
#include "server/http/target.hpp"
#include "server/http/visitor.hpp"

namespace pawl::server::http {

class Service {
 public:
  Service(boost::asio::io_context& context, const node::Node& node, std::function<Facts()> facts,
          OwnHosts hosts, Guard guard);

  void answer(const Asked& asked, Reply reply);

 private:
  [[nodiscard]] std::optional<Answer> refuse(const Asked& asked, const Target& target) const;
  void answer_path(const Target& target, Reply& reply);
  void list_locks(const Target& target, Reply& reply);
  [[nodiscard]] Answer show_lock(const Target& target) const;
  void tell_status(Reply& reply);
  void tell_metrics(Reply& reply);

  // An answer; one that took long to write is kept, so that many who ask hold nobody up.
  class Kept {
   public:
    template <class Write>
    const std::string& text(Moment now, Write write);

   private:
    std::string text_;
    Moment until_;
  };

  boost::asio::io_context& context_;
  const node::Node& node_;
  std::function<Facts()> facts_;
  OwnHosts hosts_;
  Guard guard_;
  Contention contention_;
  Kept status_;
  Kept metrics_;
  Process process_;  // to count what it has open takes a while
  Moment look_at_process_at_;
};

}  // namespace pawl::server::http
