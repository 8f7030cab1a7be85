// SPDX-License-Identifier: Apache-2.0
#include "cluster/cluster.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "cluster/ports.hpp"
#include "cluster/wire.hpp"

namespace pawl::testing {

using namespace std::chrono_literals;
using test::FaultProxy;

namespace {

// Of the links, the one between these two.
constexpr std::size_t index_of(std::size_t one, std::size_t other) { return one + other - 1; }

Words words_of(const std::string& configuration, const std::string& log, const Start& how) {
  Words words = how.wrapper;
  words.insert(words.end(), {"/bin/sh", "-c", "exec \"$@\" >>\"$0\" 2>&1", log, PAWLD_PROGRAM, "-c",
                             configuration});
  for (const std::string& setting : how.settings) {
    words.emplace_back("--set");
    words.push_back(setting);
  }
  return words;
}

bool has_ended(pid_t pid) {
  siginfo_t info{};
  const int flags = WEXITED | WNOHANG | WNOWAIT;
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, flags) == 0 && info.si_pid == pid;
}

}  // namespace

Cluster::Cluster(const std::array<Start, size>& starts, Guard guard) : guard_(guard) {
  if (guard_ != Guard::none) make_guard(certificates_.path(), "test", {"n1", "n2", "n3"});
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (try_start(starts)) return;
  }
  throw std::runtime_error("the nodes do not come up:\n" + logs());
}

Cluster::~Cluster() = default;

// Somebody else may have taken a port meanwhile.
bool Cluster::try_start(const std::array<Start, size>& starts) {
  for (std::size_t node = 0; node < size; ++node) processes_[node].reset();
  take_ports();
  for (std::size_t node = 0; node < size; ++node) start(node, starts[node]);
  const auto any_ended = [this] { return !runs(0) || !runs(1) || !runs(2); };
  bool serves = false;
  await(
      [&] {
        for (std::size_t node = 0; node < size && !serves; ++node) {
          const auto now = status(node);
          serves = now && now->at("role") == "primary";
        }
        return serves || any_ended();
      },
      "a first primary");
  if (!serves) return false;
  await_all();
  return true;
}

void Cluster::take_ports() {
  const std::vector<std::uint16_t> ports = free_ports(2 * size);
  for (std::size_t node = 0; node < size; ++node) {
    client_ports_[node] = ports[node];
    peer_ports_[node] = ports[size + node];
  }
  for (std::size_t one = 0; one < size; ++one) {
    for (std::size_t other = one + 1; other < size; ++other) {
      links_[index_of(one, other)] = std::make_unique<FaultProxy>(peer_ports_[other]);
    }
  }
}

// The others' peer addresses are those of the links to them.
void Cluster::write_configuration(std::size_t node) const {
  std::ofstream file(data(node) + ".yaml");
  file << "node: " << name_of(node) << "\ndata_dir: " << data(node)
       << "\ncluster:\n  id: test\n  nodes:\n";
  for (std::size_t other = 0; other < size; ++other) {
    const std::uint16_t peer =
        other > node ? links_[index_of(node, other)]->port() : peer_ports_[other];
    file << "    - {id: " << name_of(other) << ", peer: 127.0.0.1:" << peer
         << ", client: 127.0.0.1:" << client_ports_[other] << "}\n";
  }
  file << "listen:\n  http: 127.0.0.1:0\nlog:\n  format: text\n";
}

void Cluster::start(std::size_t node, const Start& how) {
  write_configuration(node);
  Start all = how;
  if (guard_ != Guard::none) {
    for (std::string& one : settings_of_guard(certificates_.path(), name_of(node))) {
      all.settings.push_back(std::move(one));
    }
    all.settings.emplace_back("tls.peers=on");
  }
  processes_[node] = std::make_unique<Process>(
      words_of(data(node) + ".yaml", data(node) + ".log", all), all.environment);
}

void Cluster::kill(std::size_t node) {
  signal(node, SIGKILL);
  static_cast<void>(await_exit(node));
}

int Cluster::terminate(std::size_t node) {
  signal(node, SIGTERM);
  return await_exit(node);
}

void Cluster::pause(std::size_t node) const {
  signal(node, SIGSTOP);
  siginfo_t info{};
  const auto pid = static_cast<id_t>(processes_[node]->pid());
  ::waitid(P_PID, pid, &info, WSTOPPED | WEXITED | WNOWAIT);
}

void Cluster::go_on(std::size_t node) const { signal(node, SIGCONT); }

void Cluster::signal(std::size_t node, int number) const {
  if (!processes_[node]) throw std::logic_error("no such process");
  ::kill(processes_[node]->pid(), number);
}

int Cluster::await_exit(std::size_t node) {
  const pid_t pid = processes_[node]->pid();
  await([pid] { return has_ended(pid); }, "the end of " + name_of(node));
  const int code = processes_[node]->wait();
  processes_[node].reset();
  return code;
}

bool Cluster::runs(std::size_t node) const {
  return processes_[node] && !has_ended(processes_[node]->pid());
}

FaultProxy& Cluster::link(std::size_t one, std::size_t other) {
  return *links_[index_of(one, other)];
}

void Cluster::isolate(std::size_t node, Isolation how) {
  for (std::size_t other = 0; other < size; ++other) {
    if (other == node) continue;
    FaultProxy& between = link(node, other);
    const auto out = node < other ? FaultProxy::Way::there : FaultProxy::Way::back;
    const auto in = node < other ? FaultProxy::Way::back : FaultProxy::Way::there;
    if (how != Isolation::incoming) between.stall(out);
    if (how != Isolation::outgoing) between.stall(in);
  }
}

void Cluster::cut(std::size_t node) {
  for (std::size_t other = 0; other < size; ++other) {
    if (other != node) link(node, other).cut();
  }
}

void Cluster::heal() {
  for (const auto& one : links_) one->heal();
}

std::vector<Address> Cluster::addresses() const {
  std::vector<Address> all;
  for (std::size_t node = 0; node < size; ++node) all.push_back(address(node));
  return all;
}

Address Cluster::address(std::size_t node) const {
  Address there{.port = client_ports_[node]};
  if (guard_ != Guard::none) there.ca = ca_of_guard(certificates_.path());
  return there;
}

std::string Cluster::servers() const {
  std::string text;
  for (const Address& one : addresses()) text += (text.empty() ? "" : ",") + one.text();
  return text;
}

std::string Cluster::data(std::size_t node) const {
  return directory_.path() + '/' + name_of(node);
}

std::string Cluster::log(std::size_t node) const {
  std::ifstream file(data(node) + ".log");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string Cluster::logs() const {
  constexpr std::size_t most = 3'000;
  std::string all;
  for (std::size_t node = 0; node < size; ++node) {
    std::string one = log(node);
    if (one.size() > most) one.erase(0, one.find('\n', one.size() - most) + 1);
    all += "--- " + name_of(node) + '\n' + one;
  }
  return all;
}

std::optional<std::string> Cluster::ask(std::size_t node, const std::string& line) const {
  Wire wire(address(node));
  const auto until = std::chrono::steady_clock::now() + 500ms;
  if (!wire.send(line)) return std::nullopt;
  return wire.read_line(until);
}

std::optional<nlohmann::json> Cluster::status(std::size_t node) const {
  if (!runs(node)) return std::nullopt;
  const auto reply = ask(node, "STATUS");
  if (!reply || !reply->starts_with("OK {")) return std::nullopt;
  return nlohmann::json::parse(reply->substr(3));
}

std::size_t Cluster::await_primary(std::optional<std::size_t> other_than) {
  std::size_t primary = size;
  await(
      [&] {
        for (std::size_t node = 0; node < size; ++node) {
          if (node == other_than) continue;
          const auto now = status(node);
          if (!now || now->at("role") != "primary") continue;
          primary = node;
          return true;
        }
        return false;
      },
      "a primary\n" + logs());
  return primary;
}

void Cluster::await_caught_up(std::size_t node) {
  const std::size_t primary = await_primary();
  if (primary == node) return;
  std::optional<nlohmann::json> goal;
  await([&] { return (goal = status(primary)).has_value(); }, "an answer of the primary");
  const auto committed = goal->at("commit_index").get<std::uint64_t>();
  await(
      [&] {
        const auto now = status(node);
        if (!now) return false;
        const bool follows = now->at("role") == "standby" || now->at("role") == "primary";
        return follows && now->at("commit_index").get<std::uint64_t>() >= committed;
      },
      name_of(node) + " catching up\n" + logs());
}

void Cluster::await_all() {
  for (std::size_t node = 0; node < size; ++node) await_caught_up(node);
}

void Cluster::move_primary(std::size_t node) {
  await(
      [&] {
        const std::size_t primary = await_primary();
        if (primary == node) return true;
        static_cast<void>(ask(primary, "HANDOVER " + name_of(node)));
        return false;
      },
      name_of(node) + " taking over");
}

std::string Cluster::table_of(std::size_t node) {
  move_primary(node);
  std::string table;
  std::string after;
  do {
    const auto reply = ask(node, "LIST limit=1000" + after);
    if (!reply || !reply->starts_with("OK {")) throw std::runtime_error("LIST: no list");
    const auto page = nlohmann::json::parse(reply->substr(3));
    for (const auto& lock : page.at("locks")) {
      table += lock.at("name").get<std::string>();
      for (const char* key : {"mode", "holders", "waiters", "token"}) {
        table += ' ' + lock.at(key).dump();
      }
      table += '\n';
    }
    const bool more = page.at("next").is_string();
    after = more ? " after=" + page.at("next").get<std::string>() : "";
  } while (!after.empty());
  return table;
}

void Cluster::await(const std::function<bool()>& holds, std::string_view what,
                    std::chrono::milliseconds within) {
  const auto until = std::chrono::steady_clock::now() + within;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= until) {
      throw std::runtime_error("not in time: " + std::string(what));
    }
    ::poll(nullptr, 0, 5);
  }
}

}  // namespace pawl::testing
