// SPDX-License-Identifier: Apache-2.0
//
// Certificates for a trial: a CA of one's own, and what it signs for nodes and users. Nothing that
// is there is ever written over; a CA that is there is gone on with.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <system_error>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/certs/authority.hpp"
#include "cli/commands/families.hpp"
#include "cli/failure.hpp"
#include "cli/output.hpp"
#include "cli/text/describe.hpp"
#include "cli/text/printable.hpp"
#include "wire/text.hpp"

namespace pawl::cli {
namespace {

namespace fs = std::filesystem;
using certs::Credentials;
using std::chrono::hours;
using std::chrono::system_clock;

constexpr hours day{24};
constexpr hours ca_life = 3650 * day;

struct Wanted {
  std::string directory;
  std::string cluster;             // empty: not given
  std::vector<std::string> nodes;  // n1=host,ip
  std::vector<std::string> users;
  std::uint64_t days = 365;
};

struct Node {
  std::string name;
  std::vector<std::string> hosts;
};

// A certificate and its key, to be made.
struct Pair {
  fs::path certificate;
  fs::path key;
};

// An hour back, for clocks that are behind.
certs::Validity from_now_for(hours life) {
  const auto now = system_clock::now();
  return {now - hours{1}, now + life};
}

Node node_of(const std::string& text) {
  const std::size_t equals = text.find('=');
  Node node{text.substr(0, equals), {}};
  if (equals != text.npos) node.hosts = CLI::detail::split(text.substr(equals + 1), ',');
  if (wire::is_node(node.name) && !node.hosts.empty()) return node;
  throw Failure(exit_usage, "--node " + in_quotes(text) + ": it is NAME=HOST[,HOST...]");
}

std::string shown(const fs::path& path) { return printable(path.string()); }

class Set {
 public:
  explicit Set(const fs::path& directory)
      : directory_(fs::absolute(directory).lexically_normal()) {}

  [[nodiscard]] Pair pair(const std::string& name) const {
    return {directory_ / (name + ".pem"), directory_ / (name + ".key")};
  }
  [[nodiscard]] const std::vector<std::string>& made() const { return made_; }

  void make_directory() const {
    std::error_code error;
    fs::create_directories(directory_, error);
    if (error) throw Failure(exit_refused, shown(directory_) + ": " + error.message());
  }
  void write(const Pair& files, const Credentials& made) {
    write(files.key, made.key, S_IRUSR | S_IWUSR);
    write(files.certificate, made.certificate, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
  }

 private:
  void write(const fs::path& path, const std::string& text, mode_t mode) {
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    const ssize_t written = file < 0 ? -1 : ::write(file, text.data(), text.size());
    const int error = errno;
    if (file >= 0) close(file);
    if (written != static_cast<ssize_t>(text.size())) {
      throw Failure(exit_refused, shown(path) + ": " + std::strerror(error));
    }
    made_.push_back(path.string());
  }

  fs::path directory_;
  std::vector<std::string> made_;
};

template <class T>
T take(certs::Made<T> made) {
  if (made.has_error()) throw Failure(exit_usage, printable(made.error().why));
  return *std::move(made);
}

void refuse_if_there(const Pair& files) {
  for (const fs::path& path : {files.certificate, files.key}) {
    if (!fs::exists(path)) continue;
    throw Failure(exit_refused, shown(path) + " is there already: nothing was made");
  }
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool is_there(const Pair& ca) { return fs::exists(ca.certificate) || fs::exists(ca.key); }

// The one that is there, or a new one that is not written yet.
certs::Authority authority_in(const Pair& ca, const std::string& cluster) {
  if (!is_there(ca)) {
    return take(certs::Authority::create("CA of pawl cluster " + cluster, from_now_for(ca_life)));
  }
  auto loaded = certs::Authority::load({text_of(ca.certificate), text_of(ca.key)});
  if (loaded) return *std::move(loaded);
  throw Failure(exit_refused,
                shown(ca.certificate) + " and its key are no CA: " + printable(loaded.error().why));
}

std::string yaml_of(const Set& set, const std::string& node) {
  const Pair own = set.pair("node-" + node);
  return "\npawld.yaml of " + node + ":\n  tls:\n    certificate: " + shown(own.certificate) +
         "\n    key: " + shown(own.key) + "\n    ca: " + shown(set.pair("ca").certificate) +
         "\n    clients: only                    # or both: plain, too\n"
         "    client_certificates: optional    # they name the user\n"
         "    peers: on                        # in a cluster, on every node\n";
}

std::string command_of(const Set& set, const std::string& user) {
  const Pair own = set.pair("user-" + user);
  return "\nAs " + user + ":\n  pawl --ca " + shown(set.pair("ca").certificate) + " --cert " +
         shown(own.certificate) + " --key " + shown(own.key) + " status\n";
}

void tell(const Globals& globals, const Set& set, const std::vector<Node>& nodes,
          const Wanted& wanted) {
  if (globals.json()) {
    print(Json{{"cluster", wanted.cluster}, {"made", set.made()}}.dump() + "\n");
    return;
  }
  std::string text;
  for (const std::string& path : set.made()) text += "made " + printable(path) + "\n";
  for (const Node& node : nodes) text += yaml_of(set, node.name);
  for (const std::string& user : wanted.users) text += command_of(set, user);
  print(text +
        "\nca.key makes whom all of them trust: keep it where no server and no client is.\n");
}

std::vector<Node> nodes_of(const Wanted& wanted) {
  std::vector<Node> nodes;
  std::vector<std::string> names;
  for (const std::string& text : wanted.nodes) {
    nodes.push_back(node_of(text));
    names.push_back(nodes.back().name);
  }
  for (const std::string& twice : {named_twice(names), named_twice(wanted.users)}) {
    if (!twice.empty()) throw Failure(exit_usage, in_quotes(twice) + " is named twice");
  }
  return nodes;
}

int make(const Globals& globals, Wanted wanted) {
  Set set(wanted.directory);
  const Pair ca = set.pair("ca");
  std::vector<Node> nodes = nodes_of(wanted);
  const bool is_new = !is_there(ca);
  if (!is_new && !nodes.empty() && wanted.cluster.empty()) {
    throw Failure(exit_usage, "--node needs --cluster, the same as the nodes that are there");
  }
  if (wanted.cluster.empty()) wanted.cluster = "pawl";
  if (is_new && nodes.empty()) nodes.push_back({"n1", {"localhost", "127.0.0.1", "::1"}});

  // All of it before the first file is written.
  const certs::Authority authority = authority_in(ca, wanted.cluster);
  const certs::Validity validity = from_now_for(day * static_cast<int>(wanted.days));
  std::vector<std::pair<Pair, Credentials>> files;
  if (is_new) files.emplace_back(ca, authority.credentials());
  for (const Node& node : nodes) {
    files.emplace_back(
        set.pair("node-" + node.name),
        take(authority.issue_node({wanted.cluster, node.name, node.hosts}, validity)));
  }
  for (const std::string& user : wanted.users) {
    files.emplace_back(set.pair("user-" + user), take(authority.issue_client(user, validity)));
  }
  for (const auto& [pair, made] : files) refuse_if_there(pair);
  set.make_directory();
  for (const auto& [pair, made] : files) set.write(pair, made);
  tell(globals, set, nodes, wanted);
  return exit_ok;
}

}  // namespace

void add_certs(Program& program) {
  auto wanted = std::make_shared<Wanted>();
  CLI::App& command = program.add(
      "certs", "Make certificates for a trial: a CA, nodes, users; adds to the CA that is there",
      "  pawl certs ./certs               a CA, and n1 for this machine alone\n"
      "  pawl certs ./certs --cluster prod --node n1=db1,10.0.0.1 --node n2=db2 --user ci\n"
      "  pawl certs ./certs --cluster prod --user alice      later, by the same CA\n"
      "  pawl --ca ./certs/ca.pem status\n"
      "Prints what to write into pawld.yaml. Overwrites nothing. Where there is a CA already, use "
      "that.\n",
      [wanted](const Globals& globals) { return make(globals, *wanted); });
  command.add_option("DIR", wanted->directory, "where they are, and will be")
      ->required()
      ->type_name("");
  add_name(command, "--cluster", wanted->cluster, "cluster.id of the nodes [pawl]");
  command
      .add_option("--node", wanted->nodes, "a node, and the names and addresses it is called by")
      ->type_name("NAME=HOST[,HOST...]")
      ->allow_extra_args(false);
  add_names(command, "--user", wanted->users, "a user whom a certificate names");
  add_days(command, wanted->days, "how long the certificates are good, but for the CA's: 10 years");
}

}  // namespace pawl::cli
