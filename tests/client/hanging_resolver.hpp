// SPDX-License-Identifier: Apache-2.0
//
// Names as a test wants them looked up: to what it says, or not until it lets them. Shared with the
// threads that look up, which outlive whoever waited for them.
#pragma once

#include <boost/asio/error.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "client/lookup.hpp"

namespace pawl::client {

class HangingResolver {
 public:
  HangingResolver() = default;
  ~HangingResolver() { answer(boost::asio::error::host_not_found); }
  HangingResolver(const HangingResolver&) = delete;
  HangingResolver& operator=(const HangingResolver&) = delete;

  // From now on, those that hang included.
  void answer(Endpoints endpoints) { set(false, {}, std::move(endpoints)); }
  void answer(boost::system::error_code error) { set(false, error, {}); }
  void hang() { set(true, {}, {}); }

  [[nodiscard]] int asked() const {
    const std::lock_guard lock(state_->mutex);
    return state_->asked;
  }
  [[nodiscard]] int under_way() const {
    const std::lock_guard lock(state_->mutex);
    return state_->under_way;
  }

  [[nodiscard]] Resolve resolve() const {
    return [state = state_](const ServerAddress&, boost::system::error_code& error) {
      std::unique_lock lock(state->mutex);
      ++state->asked;
      ++state->under_way;
      state->answers.wait(lock, [&state] { return !state->hangs; });
      --state->under_way;
      error = state->error;
      return state->endpoints;
    };
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable answers;
    bool hangs = true;
    boost::system::error_code error;
    Endpoints endpoints;
    int asked = 0;
    int under_way = 0;
  };

  void set(bool hangs, boost::system::error_code error, Endpoints endpoints) {
    const std::lock_guard lock(state_->mutex);
    state_->hangs = hangs;
    state_->error = error;
    state_->endpoints = std::move(endpoints);
    state_->answers.notify_all();
  }

  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace pawl::client
