// SPDX-License-Identifier: Apache-2.0
//
// What a Lease and its Client share of one hold.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "client/requests.hpp"
#include "pawl/client.hpp"
#include "pawl/lease.hpp"

namespace pawl {

struct Lease::Record {
  std::weak_ptr<Client::Impl> impl;
  client::HoldKey key = 0;
  std::vector<std::string> names;
  Token token;
  std::stop_source lost;
};

}  // namespace pawl
