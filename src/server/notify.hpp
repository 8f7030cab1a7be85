// SPDX-License-Identifier: Apache-2.0
//
// Tells a service manager how pawld is: datagrams to $NOTIFY_SOCKET, as sd_notify(3) documents
// them. Its law: nobody listening is no error, and telling holds up the io thread for 50 ms at
// most.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>
#include <string_view>

#include "base/moment.hpp"
#include "server/config/environment.hpp"
#include "server/log.hpp"

namespace pawl::server {

class Notify {
 public:
  // Of NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID; without the first nothing is ever told.
  Notify(const Environment& environment, const Log& log);
  Notify(const Notify&) = delete;
  Notify& operator=(const Notify&) = delete;
  ~Notify();

  // Called for each piece that is read: a start that takes long is not a failed one.
  void recovering(Moment now);
  void ready(std::string_view status);  // serves
  void reloading();
  void reloaded();
  void stopping();  // from here on only the watchdog is told

  // The loop has let time pass; a loop that is stuck says nothing, and is restarted.
  void ticked(Moment now);
  [[nodiscard]] Moment next() const { return next_alive_; }  // when ticked() is due

 private:
  void open(std::string_view name);
  void tell(std::string_view text) const;

  const Log& log_;
  int socket_ = -1;
  sockaddr_un address_{};
  socklen_t address_size_ = 0;
  Span alive_every_{0};
  Moment next_alive_ = never;
  Moment next_extension_ = Moment::min();
  bool stopping_ = false;
};

}  // namespace pawl::server
