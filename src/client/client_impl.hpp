// SPDX-License-Identifier: Apache-2.0
//
// Between the handlers of a program and the holds of a session: which handler awaits what, and
// which lease is told of its loss.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/lease_record.hpp"
#include "client/session_driver.hpp"
#include "pawl/client.hpp"

namespace pawl {

class Client::Impl : public std::enable_shared_from_this<Impl> {
 public:
  using Unlocked = boost::asio::any_completion_handler<void(boost::system::error_code)>;

  Impl(boost::asio::io_context& context, const ClientOptions& options);

  // From any thread; what they do is done by the io_context's.
  void run(Ran handler);
  void lock(std::vector<std::string> names, LockOptions options, Diagnostics* diagnostics,
            Locked handler);
  void unlock(std::shared_ptr<Lease::Record> record, Unlocked handler);
  void stop();
  [[nodiscard]] client::SessionDriver::View look(client::HoldKey key) const;

  void shut();
  static void complete_lost(Unlocked handler);

 private:
  // A LOCK that somebody waits for. It is known to its cancellation slot before it has a key.
  struct Waiter {
    Waiter(std::vector<std::string> all, Diagnostics* said, Locked awaiting)
        : names(std::move(all)), diagnostics(said), handler(std::move(awaiting)) {}

    std::vector<std::string> names;
    Diagnostics* diagnostics;  // the caller's, or none
    Locked handler;
    client::HoldKey key = 0;
    bool cancelled = false;
  };

  template <class Work>
  bool post(Work work);
  void begin(const std::shared_ptr<Waiter>& waiter, const LockOptions& options);
  void abandon();
  void cancel(const std::shared_ptr<Waiter>& waiter);
  void on_told(const client::Told& told);
  void on_told_waiter(Waiter& waiter, const client::Told& told);
  void on_over(const std::optional<client::Refusal>& refusal);
  template <class Handler, class... Args>
  void complete(Handler& handler, Args... args);

  boost::asio::io_context& context_;
  std::function<void()> renewed_;
  std::shared_ptr<client::SessionDriver> driver_;
  std::mutex mutex_;
  bool shut_ = false;  // under mutex_: the io_context may be gone

  // Handlers are constructed where they stay: Boost 1.81 never returns from their move assignment.
  std::optional<Ran> ran_;
  bool has_run_ = false;
  bool abandoned_ = false;
  std::map<client::HoldKey, std::shared_ptr<Waiter>> waiters_;
  std::map<client::HoldKey, std::shared_ptr<Lease::Record>> records_;  // of all that is not over
  std::map<client::HoldKey, Unlocked> unlocks_;
};

}  // namespace pawl
