// SPDX-License-Identifier: Apache-2.0
#include "client/wanted.hpp"

#include <algorithm>

#include "client/pace.hpp"
#include "wire/text.hpp"
#include "wire/values.hpp"

namespace pawl::client {

std::optional<Refusal> refusal_of_form(const Wanted& wanted) {
  const auto bad = [](const char* message) { return Refusal{"BAD_REQUEST", message}; };
  const bool are_names = std::all_of(
      wanted.names.begin(), wanted.names.end(),
      [](const std::string& name) { return wire::is_text(name) && wire::is_name(name); });
  if (wanted.names.empty() || !are_names) {
    return bad("not a lock name: 1 to 255 bytes of UTF-8 without blanks, quotes, = and ,");
  }
  if (!wire::is_id(wanted.id)) return bad("not an id: 1 to 64 of A-Z a-z 0-9 . _ : -");
  if (!wire::is_text(wanted.note) || wanted.note.size() > wire::longest_note) {
    return bad("not a note: up to 1024 bytes of UTF-8");
  }
  return std::nullopt;
}

Moment wait_end_of(const Wanted& wanted, Moment now) {
  return wanted.wait ? now + std::min(*wanted.wait, wire::longest_duration) : never;
}

Moment ask_until_of(const Wanted& wanted, Moment now) {
  if (!wanted.wait) return never;
  return std::max<Moment>(wait_end_of(wanted, now) + answer_patience, now + wanted.patience);
}

void add_wait(RequestLine& line, const Wanted& wanted, Moment wait_end, Moment now) {
  if (wanted.wait) {
    // Rounded up: a wait that is not over is not asked for with wait=0.
    line.option("wait", std::chrono::ceil<Milliseconds>(std::max(wait_end - now, Span{0})));
  } else {
    line.option("wait", std::string_view("forever"));
  }
}

void add_shape(RequestLine& line, const Wanted& wanted) {
  line.option("id", wanted.id).mode(wanted.mode, wanted.slots);
  if (wanted.delay.count() > 0) line.option("delay", wanted.delay);
  if (wanted.max_hold.count() > 0) line.option("max_hold", wanted.max_hold);
  if (!wanted.note.empty()) line.option("note", wanted.note);
}

}  // namespace pawl::client
