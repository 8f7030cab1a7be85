// SPDX-License-Identifier: Apache-2.0
//
// Why pawld does not start, for a person, and the exit code that says it to a service manager
// (the numbers of sysexits.h).
#pragma once

#include <boost/system/result.hpp>
#include <string>

namespace pawl::server {

struct StartFailure {
  int exit_code = 1;
  std::string why;
};

template <class T>
using Started = boost::system::result<T, StartFailure>;

}  // namespace pawl::server
