// SPDX-License-Identifier: Apache-2.0
//
// One line on a terminal that says how far a task of maintenance is, over itself; nothing within
// the first second, and gone at the end. Never blocks: what the terminal does not take is not
// shown.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/clock.hpp"

namespace pawl::server {

enum class Unit : std::uint8_t { pieces, bytes };

struct Stage {
  std::string what;         // "reading /var/lib/pawl"
  Unit unit = Unit::bytes;  // of what is counted
  std::uint64_t total = 0;  // 0: nobody knows
};

class Progress {
 public:
  using Clock = Moment (*)();

  Progress();  // on stderr, if that is a terminal
  Progress(int stream, bool is_shown, Clock clock);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void begin(Stage stage);
  void add(std::uint64_t count);

 private:
  void put(std::string_view text) const;

  int stream_;
  bool is_shown_;
  bool has_shown_ = false;
  Clock clock_;
  Moment started_;
  Moment due_;
  Stage stage_;
  std::uint64_t done_ = 0;  // of the stage
};

// "reading /var/lib/pawl: 34 of 120 MiB, 12 s"
[[nodiscard]] std::string progress_text(const Stage& stage, std::uint64_t done, Span elapsed);

}  // namespace pawl::server
