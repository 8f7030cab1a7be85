// SPDX-License-Identifier: Apache-2.0
//
// Whether a user's secret is right. An unknown user costs what a wrong secret does: nobody learns
// by the time it takes who there is.
#pragma once

#include <string_view>
#include <vector>

#include "base/access.hpp"

namespace pawl::server {

class Authenticator {
 public:
  explicit Authenticator(const access::Access& access);

  [[nodiscard]] bool is_right(std::string_view user, std::string_view secret) const;

 private:
  struct Known {
    access::Digest user;
    access::Digest secret;
  };
  std::vector<Known> known_;
};

}  // namespace pawl::server
