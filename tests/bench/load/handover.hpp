// SPDX-License-Identifier: Apache-2.0
//
// One lock that everybody waits for and gives on as soon as it is granted.
#pragma once

#include <string>
#include <vector>

#include "load/engine.hpp"
#include "load/histogram.hpp"

namespace pawl::bench {

class Handover final : public Workload {
 public:
  Handover(std::string name, std::size_t clients) : name_(std::move(name)), clients_(clients) {}

  std::optional<Request> next(Lane lane, Moment /*now*/) override {
    const Client& client = clients_[lane];
    if (client.holds) return Request{Op::release, name_, client.token};
    return Request{Op::await, name_};
  }

  void on_reply(Lane lane, const Request& asked, const Reply& reply, Span took,
                Moment /*now*/) override {
    Client& client = clients_[lane];
    client.holds = asked.op == Op::await && reply.right;
    client.token = reply.value;
    if (!client.holds) return;
    ++client.grants;
    waits_.add(took);
  }

  void forget() {
    waits_ = {};
    for (Client& client : clients_) client.grants = 0;
  }
  [[nodiscard]] const Histogram& waits() const { return waits_; }

  // Jain's index of fairness: 1 if all got as many, 1/n if one got all.
  [[nodiscard]] double fairness() const {
    double sum = 0;
    double squares = 0;
    for (const Client& client : clients_) {
      const auto grants = static_cast<double>(client.grants);
      sum += grants;
      squares += grants * grants;
    }
    return squares == 0 ? 0 : sum * sum / (static_cast<double>(clients_.size()) * squares);
  }

 private:
  struct Client {
    bool holds = false;
    std::uint64_t token = 0;
    std::uint64_t grants = 0;
  };

  std::string name_;
  std::vector<Client> clients_;
  Histogram waits_;
};

}  // namespace pawl::bench
