// SPDX-License-Identifier: Apache-2.0
#include "server/activation.hpp"

#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace pawl::server {
namespace {

constexpr std::array<std::string_view, 3> known{"client", "peer", "http"};

StartFailure mistake(std::string why) { return {EX_CONFIG, std::move(why)}; }

std::vector<std::string> split_names(std::string_view text) {
  std::vector<std::string> names;
  while (true) {
    const std::size_t colon = text.find(':');
    names.emplace_back(text.substr(0, colon));
    if (colon == std::string_view::npos) return names;
    text.remove_prefix(colon + 1);
  }
}

int option_of(int descriptor, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(descriptor, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

bool listens_for_tcp(int descriptor) {
  const int domain = option_of(descriptor, SO_DOMAIN);
  return (domain == AF_INET || domain == AF_INET6) &&
         option_of(descriptor, SO_TYPE) == SOCK_STREAM && option_of(descriptor, SO_ACCEPTCONN) == 1;
}

}  // namespace

Started<Activation> Activation::take(const Environment& environment, int first) {
  Activation activation;
  if (value_of(environment, "LISTEN_PID") != std::to_string(::getpid())) return activation;
  const std::string_view count = value_of(environment, "LISTEN_FDS");
  if (count == "0") return activation;
  const std::vector<std::string> names = split_names(value_of(environment, "LISTEN_FDNAMES"));
  if (count != std::to_string(names.size())) {
    return mistake(printable(count) + " sockets were handed over, " + std::to_string(names.size()) +
                   " are named (LISTEN_FDNAMES)");
  }
  for (const std::string& name : names) {
    const int descriptor = first + static_cast<int>(activation.given_.size());
    const std::string what = "the socket " + quoted(name) + " that was handed over ";
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return mistake(what + "has no such use: FileDescriptorName= is client, peer or http");
    }
    if (!listens_for_tcp(descriptor)) return mistake(what + "does not listen for TCP");
    for (const Given& other : activation.given_) {
      if (other.name == name) return mistake(what + "stands twice: one address for each");
    }
    activation.given_.push_back({name, descriptor});
  }
  return activation;
}

std::optional<int> Activation::claim(std::string_view name) {
  const auto found = std::find_if(given_.begin(), given_.end(),
                                  [name](const Given& given) { return given.name == name; });
  if (found == given_.end()) return std::nullopt;
  const int descriptor = found->descriptor;
  given_.erase(found);
  return descriptor;
}

std::optional<StartFailure> Activation::unclaimed() const {
  if (given_.empty()) return std::nullopt;
  return mistake("the socket " + quoted(given_.front().name) +
                 " that was handed over has no use in this configuration");
}

}  // namespace pawl::server
