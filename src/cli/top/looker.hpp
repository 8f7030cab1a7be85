// SPDX-License-Identifier: Apache-2.0
//
// Looks at all servers at once: each is asked for STATUS and, where locks are wanted, for the most
// awaited, which only a primary tells; then those that the answers name, as they may be it; then
// the one that told of locks for the details of those that are shown.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/globals.hpp"
#include "cli/top/talker.hpp"
#include "cli/top/told.hpp"
#include "client/address_book.hpp"

namespace pawl::cli::top {

class Looker {
 public:
  using Done = std::function<void(Told)>;

  Looker(boost::asio::io_context& context, const Globals& globals);  // throws Failure: no servers

  // Not again before `done` was called, which the io_context does.
  void look(Question question, Done done);

 private:
  void ask(const client::ServerAddress& server, const std::string& node);
  void take(Talker& talker, const std::string& node, Answers answers);
  void take_list(Talker& talker, const client::ReplyLine& reply);
  void answered();
  void ask_details();
  void tell_trouble();
  void finish();
  [[nodiscard]] std::chrono::milliseconds patience() const;

  boost::asio::io_context& context_;
  client::AddressBook book_;
  client::Access access_;
  std::vector<client::ServerAddress> servers_;  // each once
  std::chrono::milliseconds timeout_;
  std::map<std::string, std::unique_ptr<Talker>> talkers_;  // by host:port

  Question question_;
  Done done_;
  Told told_;
  std::size_t awaited_ = 0;  // answers
  bool knows_all_ = false;   // those that are named were asked as well
  Talker* teller_ = nullptr;
  std::optional<Failure> refusal_;  // not that a node is no primary
};

}  // namespace pawl::cli::top
