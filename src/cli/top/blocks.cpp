// SPDX-License-Identifier: Apache-2.0
#include "cli/top/blocks.hpp"

#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "cli/output.hpp"

namespace pawl::cli::top {

using Clock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::milliseconds look_again{100};  // while there is no primary

}  // namespace

Blocks::Blocks(const Globals& globals, Question question)
    : timeout_(globals.timeout_ms), question_(std::move(question)), looker_(context_, globals) {}

Told Blocks::look() {
  std::optional<Told> told;
  looker_.look(question_, [&told](Told now) { told = std::move(now); });
  context_.restart();
  while (!told && context_.run_one() != 0) {
  }
  return *std::move(told);
}

// An election passes unnoticed, as it does for any other command.
Told Blocks::look_for_the_first() {
  const Time until = Clock::now() + timeout_;
  for (;;) {
    Told told = look();
    if (told.trouble.empty()) return told;
    if (!told.is_passing || Clock::now() >= until) throw Failure(told.code, told.trouble);
    sleep_until(Clock::now() + look_again);
  }
}

void Blocks::sleep_until(Time time) {
  bool is_over = false;
  boost::asio::steady_timer timer(context_, time);
  timer.async_wait([&is_over](boost::system::error_code) { is_over = true; });
  context_.restart();
  while (!is_over && context_.run_one() != 0) {
  }
}

int Blocks::run(Milliseconds interval, bool once, const Print& print) {
  Time begun = Clock::now();
  Told told = look_for_the_first();
  print(told, Milliseconds{0});
  Time printed = Clock::now();
  std::string said;
  while (!once) {
    begun = std::max(begun + interval, Clock::now() - interval);
    sleep_until(begun);
    told = look();
    if (told.trouble.empty()) {
      const Time now = Clock::now();
      print(told, std::chrono::duration_cast<Milliseconds>(now - printed));
      printed = now;
    } else if (told.trouble != said) {
      say(told.trouble + ": trying again");
    }
    said = told.trouble;
  }
  return exit_ok;
}

}  // namespace pawl::cli::top
