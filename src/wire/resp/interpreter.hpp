// SPDX-License-Identifier: Apache-2.0
//
// What a Redis client says becomes an answer or an Exchange with the node. Knows every command that
// is understood; what it does not know is refused by name. No state but that of the scripts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "wire/resp/command.hpp"
#include "wire/resp/exchange.hpp"
#include "wire/resp/refusal.hpp"
#include "wire/resp/script.hpp"
#include "wire/resp/speaker.hpp"
#include "wire/resp/task.hpp"
#include "wire/resp/write.hpp"

namespace pawl::wire::resp {

class Interpreter {
 public:
  explicit Interpreter(const Policy& policy) : policy_(policy) {}
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  // Null: it is answered in `out`. The exchange must not outlive this.
  [[nodiscard]] std::unique_ptr<Exchange> interpret(Arguments command, Speaker& speaker,
                                                    std::string& out);

  // The beginning of a script that was refused, for people, once; empty: none was.
  [[nodiscard]] std::string take_unknown_script() { return std::exchange(unknown_script_, {}); }

 private:
  [[nodiscard]] Refusal task_of(std::string_view word, Arguments command, Task& task);
  [[nodiscard]] Refusal set(Arguments command, Task& task);
  [[nodiscard]] Refusal expire(Arguments command, std::int64_t unit_ms, Task& task);
  [[nodiscard]] Refusal run_script(std::string_view word, Arguments command, Task& task);
  [[nodiscard]] Refusal task_of(const Script& script, Arguments keys, Arguments arguments,
                                Task& task);
  [[nodiscard]] Refusal take_missing_ttl(Task& task);
  [[nodiscard]] Refusal unknown_script(std::string_view text, std::string_view digest);
  void answer_script(Arguments command, const Writer& writer);

  const Policy policy_;
  Counts counts_;
  Scripts scripts_;
  std::string unknown_script_;
};

}  // namespace pawl::wire::resp
