// SPDX-License-Identifier: Apache-2.0
#include "server/http/own_hosts.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>
#include <utility>

namespace pawl::server::http {
namespace {

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& byte : out) {
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  }
  return out;
}

bool is_address(const std::string& host) {
  boost::system::error_code error;
  boost::asio::ip::make_address(host, error);
  return !error;
}

// "[::1]:7297" and "::1]" alike lose what is not the host; false: this is no host at all.
bool take_off_port(std::string_view& host) {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == host.npos) return false;
    const std::string_view behind = host.substr(end + 1);
    host = host.substr(1, end - 1);
    return behind.empty() || behind.front() == ':';
  }
  host = host.substr(0, host.find(':'));
  return true;
}

}  // namespace

OwnHosts::OwnHosts(std::vector<std::string> names) : names_(std::move(names)) {
  names_.emplace_back("localhost");
  for (std::string& name : names_) name = lower(name);
}

bool OwnHosts::include(std::string_view host) const {
  if (!take_off_port(host) || host.empty()) return false;
  const std::string name = lower(host);
  return is_address(name) || std::find(names_.begin(), names_.end(), name) != names_.end();
}

std::string own_host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

}  // namespace pawl::server::http
