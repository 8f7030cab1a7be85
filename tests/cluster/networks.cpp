// SPDX-License-Identifier: Apache-2.0
#include "cluster/networks.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "cluster/cluster.hpp"

namespace pawl::testing {

using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t client_port = 7295;
constexpr std::uint16_t peer_port = 7296;

std::string host(std::size_t node) { return "10.77.0." + std::to_string(node + 1); }
std::string name_of(std::size_t node) { return "n" + std::to_string(node + 1); }
std::string plug_of(std::size_t node) { return "plug" + std::to_string(node + 1); }

void run(std::vector<std::string> words) {
  words.insert(words.begin(), "/usr/bin/env");
  words.insert(words.begin() + 1, "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
  Process process(words);
  if (process.wait() == 0) return;
  std::string line;
  for (std::size_t i = 2; i < words.size(); ++i) line += words[i] + ' ';
  throw std::runtime_error(line + ": " + process.output());
}

void run_line(const std::string& line) { run({"sh", "-c", line}); }

std::string role_of(const std::optional<std::string>& reply) {
  if (!reply || !reply->starts_with("OK {")) return {};
  return nlohmann::json::parse(reply->substr(3)).at("role").get<std::string>();
}

}  // namespace

OwnNetwork::OwnNetwork() : before_(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
  if (::unshare(CLONE_NEWNET) != 0) {
    const std::string why = std::strerror(errno);
    ::close(before_);
    throw std::runtime_error("no network namespace: " + why);
  }
}

OwnNetwork::~OwnNetwork() {
  if (::setns(before_, CLONE_NEWNET) != 0) std::abort();
  ::close(before_);
}

std::string Networks::obstacle() {
  try {
    const OwnNetwork network;
    run_line("ip link add hub type bridge && ip link add one type veth peer name two");
    run_line("iptables -w -A INPUT -s 10.77.0.1 -j DROP");
    return {};
  } catch (const std::exception& error) {
    return error.what();
  }
}

Networks::Networks() {
  run_line("ip link set lo up && ip link add hub type bridge && ip link set hub up");
  run_line("ip address add 10.77.0.254/24 dev hub");
  for (std::size_t node = 0; node < size; ++node) make(node);
  for (std::size_t node = 0; node < size; ++node) start(node);
  await_primary();
  for (std::size_t node = 0; node < size; ++node) await_following(node);
}

Networks::~Networks() = default;

void Networks::make(std::size_t node) {
  // Says a line when it is in its namespace.
  const std::string stay = "echo; exec sleep 1000000";
  holders_.push_back(std::make_unique<Process>(
      std::vector<std::string>{"/usr/bin/unshare", "-n", "/bin/sh", "-c", stay}));
  if (!holders_.back()->read_line()) throw std::runtime_error("no namespace for a node");
  const std::string pid = std::to_string(holders_.back()->pid());
  run_line("ip link add " + plug_of(node) + " type veth peer name eth0 netns " + pid);
  run_line("ip link set " + plug_of(node) + " master hub up");
  std::vector<std::string> inside = within(node);
  const std::string address = "ip address add " + host(node) + "/24 dev eth0";
  inside.insert(inside.end(),
                {"sh", "-c", "ip link set lo up && " + address + " && ip link set eth0 up"});
  run(inside);
}

void Networks::start(std::size_t node) {
  std::ofstream file(data(node) + ".yaml");
  file << "node: " << name_of(node) << "\ndata_dir: " << data(node)
       << "\ncluster:\n  id: test\n  nodes:\n";
  for (std::size_t other = 0; other < size; ++other) {
    file << "    - {id: " << name_of(other) << ", peer: '" << Address{peer_port, host(other)}.text()
         << "', client: '" << address(other).text() << "'}\n";
  }
  file << "listen:\n  client: " << address(node).text()
       << "\n  http: 127.0.0.1:0\nsecurity:\n  insecure: true\nlog:\n  format: text\n";
  file.close();
  std::vector<std::string> words = within(node);
  words.insert(words.end(), {"/bin/sh", "-c", "exec \"$@\" >>\"$0\" 2>&1", data(node) + ".log",
                             PAWLD_PROGRAM, "-c", data(node) + ".yaml"});
  nodes_.push_back(std::make_unique<Process>(words));
}

std::string Networks::data(std::size_t node) const {
  return directory_.path() + '/' + name_of(node);
}

std::vector<std::string> Networks::within(std::size_t node) const {
  return {"/usr/bin/nsenter", "--net=/proc/" + std::to_string(holders_[node]->pid()) + "/ns/net"};
}

void Networks::filter(std::size_t node, const std::string& chain, const std::string& whom) const {
  for (std::size_t other = 0; other < size; ++other) {
    if (other == node) continue;
    std::vector<std::string> words = within(node);
    words.insert(words.end(), {"iptables", "-w", "-A", chain, whom, host(other), "-j", "DROP"});
    run(words);
  }
}

void Networks::drop_incoming(std::size_t node) const { filter(node, "INPUT", "-s"); }
void Networks::drop_outgoing(std::size_t node) const { filter(node, "OUTPUT", "-d"); }
void Networks::unplug(std::size_t node) const {
  run_line("ip link set " + plug_of(node) + " down");
}

void Networks::heal(std::size_t node) const {
  run_line("ip link set " + plug_of(node) + " up");
  std::vector<std::string> words = within(node);
  words.insert(words.end(), {"iptables", "-w", "-F"});
  run(words);
}

Address Networks::address(std::size_t node) { return {client_port, host(node)}; }

std::vector<Address> Networks::addresses() { return {address(0), address(1), address(2)}; }

std::optional<std::string> Networks::ask(std::size_t node, const std::string& line) const {
  Wire wire(address(node));
  const auto until = std::chrono::steady_clock::now() + 500ms;
  if (!wire.send(line)) return std::nullopt;
  return wire.read_line(until);
}

std::size_t Networks::await_primary(std::optional<std::size_t> other_than) const {
  std::size_t primary = size;
  const auto found = [&] {
    for (std::size_t node = 0; node < size && primary == size; ++node) {
      if (node != other_than && role_of(ask(node, "STATUS")) == "primary") primary = node;
    }
    return primary != size;
  };
  Cluster::await(found, "a primary\n" + logs());
  return primary;
}

void Networks::await_following(std::size_t node) const {
  const auto follows = [&] {
    const std::string role = role_of(ask(node, "STATUS"));
    return role == "standby" || role == "primary";
  };
  Cluster::await(follows, name_of(node) + " following\n" + logs());
}

std::string Networks::logs() const {
  std::ostringstream all;
  for (std::size_t node = 0; node < size; ++node) {
    std::ifstream file(data(node) + ".log");
    all << "--- " << name_of(node) << '\n' << file.rdbuf();
  }
  return all.str();
}

}  // namespace pawl::testing
