// SPDX-License-Identifier: Apache-2.0
//
// What drives all connections of a run: one thread, one epoll. First they all connect, then the
// workload runs for its time, then what is held is given back; a signal ends each of these early,
// a second one the last. A run over several servers (failover) follows the primary: a connection
// that is lost, answered "not here" or not at all is made anew, where and when Rounds says.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "cli/bench/addresses.hpp"
#include "cli/bench/driver.hpp"
#include "cli/bench/waker.hpp"
#include "client/access.hpp"
#include "client/asking/rounds.hpp"

namespace pawl::cli::bench {

struct Target {
  std::vector<client::ServerAddress> servers;
  std::chrono::milliseconds timeout{0};  // to connect, and for a sign of life at the end
  bool follows = false;
  std::chrono::milliseconds longest{60'000};  // of connecting in all, and of giving back
  client::Access access = {};
};

enum class Phase : std::uint8_t { connecting, working, ending };

// How far a run is.
struct Going {
  Phase phase = Phase::connecting;
  Span since{0};            // the phase began
  std::uint64_t count = 0;  // connected; or held, still to be given back
};

class Engine {
 public:
  using OnTick = std::function<void(const Going&)>;

  Engine(Target target, Workload& workload, Tally& tally, OnTick on_tick);

  // Throws Failure: not all connections came about.
  void run(Span duration);

  [[nodiscard]] Span elapsed() const { return elapsed_; }       // of what was measured
  [[nodiscard]] std::uint64_t held() const;                     // locks that may be held still
  [[nodiscard]] int signal() const { return waker_.signal(); }  // the first that came; 0: none

 private:
  struct Client {
    Client(std::unique_ptr<Driver> drives, client::Rounds finds)
        : driver(std::move(drives)), rounds(std::move(finds)) {}
    Link link;
    std::unique_ptr<Driver> driver;
    client::Rounds rounds;
    std::string host;                              // of the server asked now
    const client::Endpoints* endpoints = nullptr;  // of that
    std::size_t endpoint = 0;                      // the one tried now
    Time since{};                                  // when connecting to it began
    std::optional<Time> retry_at;
    bool is_in_trouble = false;  // since it was last answered
    bool awaits_write = false;
    bool stands = false;  // it may be asked
  };
  struct Loss {
    client::Trouble trouble;
    std::string_view code;
    std::string_view primary;  // where the server named one
  };
  void connect_all();
  void work(Span duration);
  void give_back();
  [[nodiscard]] bool is_over() const;

  void begin(Phase phase);
  bool turn(Span limit);  // true: time has passed for all, not only for those that were ready
  void tick(Time now);
  void look_after(Client& client, Time now);
  [[nodiscard]] static bool is_silent(const Client& client, Time now);
  void begin_connect(Client& client, Time now);
  void try_endpoint(Client& client, Time now);
  void on_event(Client& client, std::uint32_t events);
  void on_connected(Client& client);
  void on_secured(Client& client);
  void on_standing(Client& client);
  void await_writing(Client& client);
  void read(Client& client);
  void take_lines(Client& client, std::string_view bytes);
  void on_line(Client& client, std::string_view line);
  void flush(Client& client);
  void lose(Client& client, const Loss& loss);

  Target target_;
  Workload& workload_;
  Tally& tally_;
  OnTick on_tick_;
  std::optional<boost::asio::ssl::context> tls_;
  Addresses addresses_;
  Waker waker_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<char> buffer_;
  Phase phase_ = Phase::connecting;
  Time phase_start_{};
  std::size_t connected_ = 0;
  std::size_t lost_ = 0;  // for good
  Time start_{};
  Time next_tick_{};
  Time last_heard_{};
  Span elapsed_{0};
};

}  // namespace pawl::cli::bench
