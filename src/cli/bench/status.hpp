// SPDX-License-Identifier: Apache-2.0
//
// Asks the server now and then how many locks it has, on a connection of its own.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "cli/bench/driver.hpp"

namespace pawl::cli::bench {

// Of a STATUS. Nothing: it says none.
[[nodiscard]] std::optional<std::uint64_t> locks_in(std::string_view json);

class StatusDriver : public Driver {
 public:
  using Told = std::function<void(std::uint64_t locks, Time now)>;

  StatusDriver(Span every, Tally& tally, Told told)
      : every_(every), tally_(tally), told_(std::move(told)) {}

  void on_open(Link& link) override { on_tick(link); }
  void on_tick(Link& link) override;
  void on_reply(Link& link, const Asked& asked, const Answer& answer) override;
  void on_end(Link& /*link*/) override {}
  [[nodiscard]] bool is_done() const override { return true; }
  [[nodiscard]] std::uint64_t held() const override { return 0; }

 private:
  Span every_;
  Tally& tally_;
  Told told_;
  Time due_{};
};

}  // namespace pawl::cli::bench
