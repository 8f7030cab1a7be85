// SPDX-License-Identifier: Apache-2.0
//
// SIGHUP: reads the configuration anew and puts into effect what may change while running. A bad
// one changes nothing.
#pragma once

#include "server/config/options.hpp"
#include "server/log.hpp"
#include "server/server.hpp"

namespace pawl::server {

class Reloading {
 public:
  Reloading(Options options, Environment environment, Config running);

  void reload(Log& log, Server& server);

 private:
  Options options_;
  Environment environment_;
  Config running_;
};

}  // namespace pawl::server
