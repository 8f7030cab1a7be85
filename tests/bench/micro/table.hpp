// SPDX-License-Identifier: Apache-2.0
//
// A lock table and the records that the benchmarks of it need, with every answer verified.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "locks/lock_table.hpp"
#include "names.hpp"

namespace pawl::bench {

class Table {
 public:
  // Leased from here on, or in a new session.
  void open_session() {
    const std::string secret = "secret " + std::to_string(++sessions_);
    apply(locks::record::OpenSession{.secret = secret, .ttl_ms = 30'000}, locks::Verdict::opened);
    session_ = table_.session(effects_.answer.session).id;
  }
  [[nodiscard]] SessionId session() const { return session_; }
  void use(SessionId session) { session_ = session; }

  Token grant(Names names) {
    apply(lock_of(names), locks::Verdict::granted);
    return table_.acquisition(effects_.answer.acquisition).token();
  }
  void enqueue(Names names) {
    locks::record::Lock record = lock_of(names);
    record.wait = true;
    apply(record, locks::Verdict::queued);
  }
  void unlock(Names names, Token token) {
    apply(locks::record::Unlock{.session = session_, .names = names, .token = token},
          locks::Verdict::done);
  }

  // So many locks that nobody touches any more.
  void hold(std::int64_t count) {
    NumberedNames names;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::string_view name = names.at(static_cast<std::uint64_t>(i));
      grant({&name, 1});
    }
  }

  [[nodiscard]] const locks::LockTable& table() const { return table_; }
  [[nodiscard]] const locks::Effects& effects() const { return effects_; }

 private:
  [[nodiscard]] locks::record::Lock lock_of(Names names) const {
    return {.session = session_, .names = names, .ttl_ms = 30'000, .address = "127.0.0.1:40112"};
  }
  void apply(const locks::Record& record, locks::Verdict expected) {
    table_.apply(Epoch{1}, record, effects_);
    if (effects_.answer.verdict != expected) std::abort();
  }

  locks::LockTable table_{4711};
  locks::Effects effects_;
  SessionId session_;
  std::uint64_t sessions_ = 0;
};

}  // namespace pawl::bench
