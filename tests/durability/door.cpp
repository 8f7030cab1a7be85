// SPDX-License-Identifier: Apache-2.0
#include "durability/door.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>

#include "cli/certs/authority.hpp"
#include "system/process.hpp"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;

// sha256 of crash-test-secret
constexpr std::string_view digest =
    "b7fc8e3f7d76462b12b7e87fbbb804ba88d73a2b0dcee89b3901b99159d3a05f";

void write(const std::string& path, std::string_view text) {
  std::ofstream file(path, std::ios::trunc);
  if (!(file << text).flush()) throw std::runtime_error("cannot write " + path);
}

template <class T>
T take(certs::Made<T> made) {
  if (made.has_error()) throw std::runtime_error(made.error().why);
  return *std::move(made);
}

}  // namespace

std::string ca_of_guard(const std::string& directory) { return directory + "/ca.pem"; }

void make_guard(const std::string& directory, const std::string& cluster,
                const std::vector<std::string>& nodes) {
  const auto now = std::chrono::system_clock::now();
  const certs::Validity days{now - 1h, now + 72h};
  const auto authority = take(certs::Authority::create("CA of a crash test", days));
  write(ca_of_guard(directory), authority.credentials().certificate);
  for (const std::string& node : nodes) {
    const auto own = take(authority.issue_node({cluster, node, {"127.0.0.1"}}, days));
    write(directory + '/' + node + ".pem", own.certificate);
    write(directory + '/' + node + ".key", own.key);
  }
}

std::vector<std::string> settings_of_guard(const std::string& directory, const std::string& node) {
  return {"tls.certificate=" + directory + '/' + node + ".pem",
          "tls.key=" + directory + '/' + node + ".key",
          "tls.ca=" + ca_of_guard(directory),
          "tls.clients=only",
          "security.roles=[{name: all, admin: [\"\"]}]",
          "security.users=[{name: ci, roles: [all], secret_sha256: " + std::string(digest) + "}]"};
}

OwnedContext trust_in(const std::string& ca) {
  ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to servers that are killed
  OwnedContext context(SSL_CTX_new(TLS_client_method()));
  if (SSL_CTX_load_verify_file(context.get(), ca.c_str()) != 1) {
    throw std::runtime_error("no CA in " + ca);
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

Connection::Connection(const Door& door)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval most{deadline / 1s, 0};
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    ::setsockopt(socket_, SOL_SOCKET, option, &most, sizeof most);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(door.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  try {
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect to port " + std::to_string(door.port));
    }
    if (!door.ca.empty()) secure(door.ca);
  } catch (...) {
    ::close(socket_);
    throw;
  }
}

Connection::~Connection() { ::close(socket_); }

void Connection::secure(const std::string& ca) {
  context_ = trust_in(ca);
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_fd(ssl_.get(), socket_);
  if (SSL_connect(ssl_.get()) != 1) throw std::runtime_error("no TLS");
  send(greeting);
  const std::string reply = read_line();
  if (reply != greeted) throw std::runtime_error("AUTH was answered " + reply);
}

void Connection::send(std::string_view line) {
  const std::string bytes = std::string(line) + "\n";
  if (ssl_) {
    std::size_t written = 0;
    if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written) == 1) return;
  } else if (::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
             static_cast<ssize_t>(bytes.size())) {
    return;
  }
  throw std::runtime_error("cannot send");
}

std::size_t Connection::read(char* bytes, std::size_t most) {
  if (ssl_) {
    std::size_t count = 0;
    return SSL_read_ex(ssl_.get(), bytes, most, &count) == 1 ? count : 0;
  }
  const ssize_t count = ::recv(socket_, bytes, most, 0);
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::string Connection::read_line() {
  std::size_t end = 0;
  while ((end = input_.find('\n')) == std::string::npos) {
    char bytes[4096];
    const std::size_t count = read(bytes, sizeof bytes);
    if (count == 0) throw std::runtime_error("the server closed, or is silent");
    input_.append(bytes, count);
  }
  std::string line = input_.substr(0, end);
  input_.erase(0, end + 1);
  return line;
}

}  // namespace pawl::testing
