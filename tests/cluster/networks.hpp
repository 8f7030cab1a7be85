// SPDX-License-Identifier: Apache-2.0
//
// Three nodes, each in a network namespace of its own, joined by a bridge in one more, into which
// the calling thread moves until the end. All of it is seen by these processes alone and gone with
// them, however they end. Takes root, iproute2 and iptables.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/wire.hpp"
#include "durability/node.hpp"
#include "system/process.hpp"

namespace pawl::testing {

// A namespace of the calling thread and of what it starts; back in the old one at the end.
class OwnNetwork {
 public:
  OwnNetwork();  // throws where it is not allowed
  ~OwnNetwork();
  OwnNetwork(const OwnNetwork&) = delete;
  OwnNetwork& operator=(const OwnNetwork&) = delete;

 private:
  int before_;
};

class Networks {
 public:
  static constexpr std::size_t size = 3;

  Networks();
  ~Networks();
  Networks(const Networks&) = delete;
  Networks& operator=(const Networks&) = delete;

  // Why it cannot be done here; empty: it can.
  [[nodiscard]] static std::string obstacle();

  // Packets of other nodes to it, or of it to them, are dropped; clients reach it.
  void drop_incoming(std::size_t node) const;
  void drop_outgoing(std::size_t node) const;
  void unplug(std::size_t node) const;  // from clients, too
  void heal(std::size_t node) const;

  [[nodiscard]] static Address address(std::size_t node);
  [[nodiscard]] static std::vector<Address> addresses();
  [[nodiscard]] std::optional<std::string> ask(std::size_t node, const std::string& line) const;
  std::size_t await_primary(std::optional<std::size_t> other_than = {}) const;
  void await_following(std::size_t node) const;
  [[nodiscard]] std::string logs() const;

 private:
  void make(std::size_t node);
  void start(std::size_t node);
  [[nodiscard]] std::string data(std::size_t node) const;
  [[nodiscard]] std::vector<std::string> within(std::size_t node) const;
  void filter(std::size_t node, const std::string& chain, const std::string& whom) const;

  OwnNetwork own_;
  StateDirectory directory_;
  std::vector<std::unique_ptr<Process>> holders_;  // of a namespace each
  std::vector<std::unique_ptr<Process>> nodes_;
};

}  // namespace pawl::testing
