// SPDX-License-Identifier: Apache-2.0
//
// What one look at the servers has shown, ready to be drawn: safe for a terminal, and plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/text/lines.hpp"
#include "cli/text/table.hpp"
#include "pawl/types.hpp"

namespace pawl::cli::top {

struct Told;

struct LockLine {
  std::string name;     // as the server has it: to ask for it
  std::string holder;   // client or address, and how many beside it
  std::string note;     // the holder's
  std::string held;     // for so long
  std::string expires;  // in so long
  std::int64_t waiters = 0;
  std::string oldest;  // so long the first waiter waits
};

struct Totals {
  std::optional<std::int64_t> locks;
  std::optional<std::int64_t> sessions;
  std::optional<std::int64_t> waiters;
  std::optional<std::int64_t> connections;
  std::optional<std::int64_t> records;            // committed, ever
  std::optional<std::int64_t> records_in_second;  // since the picture before
};

struct Picture {
  std::string server;        // who told
  std::vector<Cell> health;  // the primary, its epoch, the nodes: what is wrong first
  Totals totals;
  std::vector<LockLine> locks;  // the most awaited first
  Lines queue;                  // of the lock that was asked for
};

[[nodiscard]] Picture picture_of(const Told& told, Paint paint = {});
// The rates, by the picture `span` before.
void compare(Picture& now, const Picture& before, Milliseconds span);

[[nodiscard]] std::string totals_text(const Totals& totals);
// For no terminal: one block of lines.
[[nodiscard]] std::string block_text(const Picture& picture, Paint paint);

[[nodiscard]] Row headings();
[[nodiscard]] Row row_of(const LockLine& lock);

}  // namespace pawl::cli::top
