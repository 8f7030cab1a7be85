// SPDX-License-Identifier: Apache-2.0
//
// A whole cluster: nodes with their clocks, disks and network, and clients that may ask any of
// them, from one seed. Phase 1: mishaps and churn, laws after every step. Phase 2: a majority is
// well again; it must serve soon, answer all, and in the end every node must say the same.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "client.hpp"
#include "history.hpp"
#include "invariants.hpp"
#include "options.hpp"
#include "random.hpp"
#include "schedule.hpp"
#include "simulation/cluster/host.hpp"
#include "simulation/cluster/ledger.hpp"
#include "simulation/cluster/network.hpp"
#include "simulator.hpp"
#include "truth.hpp"

namespace pawl::simulation {

class Cluster : private World, private Truth {
 public:
  explicit Cluster(const Options& options, std::ostream* trace = nullptr);
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  [[nodiscard]] Result run();
  // What clients were told, for whoever looks into a violation.
  [[nodiscard]] std::string trace(std::size_t last) const;

 private:
  struct Link {  // both directions keep their order
    std::uint32_t client = 0;
    Place place = 0;
    bool client_open = true;
    Moment last_to_node{};
    Moment last_to_client{};
  };

  // What a client does (clients.cpp).
  std::uint32_t connect(std::uint32_t client) override;
  void send(std::uint32_t client, std::uint32_t link, Ask ask) override;
  void disconnect(std::uint32_t client, std::uint32_t link) override;
  void end_input(std::uint32_t link) override;
  void after(Span span, std::function<void()> what) override;
  std::uint32_t connect_to(std::uint32_t client, Place place);
  void note_asked(const Operation& operation);
  void on_reply(Operation& operation);
  void on_push(std::uint32_t link, const EventBody& push);
  void on_closed(std::uint32_t link);
  void follow(std::uint32_t client, const Operation& refused);
  [[nodiscard]] Place any_server();
  Moment arrival(Moment& last, Place place);

  // What clients are judged by (truth.cpp).
  [[nodiscard]] const locks::LockTable& table() const override { return ledger_.table(); }
  [[nodiscard]] LogIndex applied() const override { return ledger_.last(); }
  [[nodiscard]] bool is_in_flight() const override;
  [[nodiscard]] bool is_due(Moment now) const override;
  [[nodiscard]] bool is_reigning(std::uint32_t link) const override;
  [[nodiscard]] bool is_running_at(std::uint32_t link) const override {
    return hosts_[links_[link].place].listens();
  }
  void judge(const Operation& operation) const override;
  void on_first_commit(const Host& host, replication::EntryId id) const;
  // The node that decides: whose epoch is the newest that began.
  [[nodiscard]] const Host* reigning() const;
  [[nodiscard]] bool serves() const;  // it does, and a majority hears it
  void look();

  // What befalls the nodes (mishaps.cpp).
  void mishap_now_and_then();
  void befall(Mishap mishap);
  void crash(Host& host);
  void start_later(Host& host);
  void cut(Place place, bool inward, bool outward);
  void slow(Place place);
  void flap(Place place, int times);
  void lose(Host& host, bool all);
  void hand_over();
  void terminate(Host& host);
  void strike_voter(Host& host);
  void strike_new_primary(Host& host);
  [[nodiscard]] bool may_lose_another() const;
  [[nodiscard]] Mishap draw_mishap();

  // Phase 2 (healing.cpp).
  void heal();
  void leave_one_outside();
  void require_service(Span within);
  void require_rest();
  void require_equality(Span within);
  [[nodiscard]] bool are_equal() const;
  void run_phases();

  void require_peace();

  void note(const Host& host, const std::string& text) const;

  Options options_;
  std::ostream* trace_;
  Random random_;
  Schedule schedule_;
  History history_;
  Invariants invariants_;
  Ledger ledger_;
  Network network_;
  std::deque<Host> hosts_;
  std::deque<Link> links_;
  std::deque<Client> clients_;
  std::vector<Place> preferred_;  // by client
  Moment drains_end_{};
  std::vector<Moment> deaf_until_;  // by place: clients do not reach it
  Moment disturbed_{};              // last
  bool healing_ = false;
  std::vector<bool> outside_;  // by place, in phase 2
  Tally tally_;
  std::map<std::string, Epoch> asked_;  // LOCKs with an id: when first
};

[[nodiscard]] Result simulate_cluster(std::uint64_t seed);

}  // namespace pawl::simulation
