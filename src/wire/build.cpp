// SPDX-License-Identifier: Apache-2.0
#include "wire/build.hpp"

#include <algorithm>
#include <bitset>
#include <initializer_list>
#include <limits>

#include "base/hash.hpp"
#include "wire/text.hpp"
#include "wire/values.hpp"

namespace pawl::wire {
namespace {

enum class Least : std::uint8_t { zero, above_zero };

constexpr std::uint32_t most_slots = std::numeric_limits<std::uint16_t>::max();
constexpr std::uint32_t most_awaited = 20;  // LIST by=waiters, where limit= is not given
constexpr std::string_view name_form =
    R"(a lock name is 1-255 bytes of UTF-8 without blanks, control characters, " = ,)";
constexpr std::string_view id_form = "1-64 of A-Z a-z 0-9 . _ : -";
constexpr std::string_view node_form = "1-63 of A-Z a-z 0-9 . _ -";

template <class Target>
struct Choice {
  std::string_view word;
  Target means;
};

// Each step leaves its target alone when the option is not given, and is false once it has refused.
class Builder {
 public:
  Builder(Positional positional, const OptionValues& options, std::string& message)
      : words_(positional.words),
        words_are_plain_(positional.are_plain),
        options_(options),
        message_(message) {}

  [[nodiscard]] request::Malformed refusal() const {
    return {.code = ErrorCode::bad_request, .message = message_};
  }

  [[nodiscard]] bool has(Option option) const { return options_.has(option); }

  bool refuse(std::initializer_list<std::string_view> parts) {
    message_.clear();
    for (const std::string_view part : parts) message_ += part;
    return false;
  }

  bool names(Names& out) {
    out = words_;
    for (const std::string_view word : words_) {
      if (!names_a_lock(word)) return refuse({name_form});
    }
    return words_.size() == 1 || !a_name_stands_twice() ||
           refuse({"a name stands twice: each lock once"});
  }

  bool name(std::string_view& out) {
    out = words_.front();
    return names_a_lock(out) || refuse({name_form});
  }

  bool secrets() {
    return std::all_of(words_.begin(), words_.end(), is_id) ||
           refuse({"a session's secret is ", id_form});
  }

  template <class Target>
  bool duration(Option option, Least least, Target& out) {
    if (!options_.has(option)) return true;
    const auto parsed = parse_duration(options_[option]);
    if (!parsed || (least == Least::above_zero && *parsed == Milliseconds{0})) {
      return refuse({option_name(option), " must be ", least == Least::zero ? "0" : "1ms",
                     " to 1000000h, written ", "250ms 30s 5m 2h or in bare milliseconds"});
    }
    out = *parsed;
    return true;
  }

  void ttl(std::optional<Milliseconds>& out) {
    if (!options_.has(Option::ttl)) return;
    out = parse_duration(options_[Option::ttl]).value_or(ttl_of_no_length);
  }

  bool wait(Milliseconds& out) {
    if (options_.has(Option::wait) && options_[Option::wait] == "forever") {
      out = wait_forever;
      return true;
    }
    return duration(Option::wait, Least::zero, out);
  }

  bool number(Option option, std::uint32_t least, std::uint32_t most, std::uint32_t& out) {
    return !options_.has(option) ||
           integer(option_name(option), options_[option], least, most, out);
  }

  // SLOTS has the number as a word, LOCK as an option.
  bool slots(std::string_view text, std::uint32_t& out) {
    return integer("slots", text, 1, most_slots, out);
  }

  bool limit(std::uint32_t& out) { return number(Option::limit, 1, 1'000, out); }

  bool token(Token& out) {
    const auto parsed = parse_integer(options_[Option::token]);
    if (!parsed || *parsed == 0 || Token{*parsed} > last_token) {
      return refuse({"token must be an integer from 1 to 9007199254740991, as LOCK gave it"});
    }
    out = Token{*parsed};
    return true;
  }

  bool id(std::string_view& out) {
    if (!options_.has(Option::id)) return true;
    out = options_[Option::id];
    return is_id(out) || refuse({"id must be ", id_form});
  }

  // Whether there is such a user, and what it may do, is not for the form to say.
  bool credentials() {
    constexpr std::size_t most = 255;
    const bool fit = std::all_of(words_.begin(), words_.end(), [](std::string_view word) {
      return !word.empty() && word.size() <= most;
    });
    return fit || refuse({"a user and a secret are 1-255 bytes each"});
  }

  // A node's name, where one stands.
  bool node(std::string_view& out) {
    if (words_.empty()) return true;
    out = words_.front();
    return is_node(out) || refuse({"a node's name is ", node_form});
  }

  bool text(Option option, std::size_t most, std::string_view& out) {
    if (!options_.has(option)) return true;
    out = options_[option];
    return out.size() <= most ||
           refuse({option_name(option), " must be at most ", std::to_string(most), " bytes"});
  }

  // A lock name or the beginning of one.
  bool part_of_name(Option option, std::string_view& out) {
    return !options_.has(option) || part_of_name(option_name(option), options_[option], out);
  }

  // WATCH has the prefix as a word, LIST as an option.
  bool prefix(std::string_view& out) {
    return words_.empty() || part_of_name("prefix", words_.front(), out);
  }

  template <class Target>
  bool choice(Option option, const Choice<Target>& first, const Choice<Target>& second,
              Target& out) {
    if (!options_.has(option)) return true;
    const std::string_view given = options_[option];
    if (given != first.word && given != second.word) {
      return refuse({option_name(option), " must be ", first.word, " or ", second.word});
    }
    out = given == first.word ? first.means : second.means;
    return true;
  }

  bool mode(Mode& mode, std::uint32_t& slots) {
    if (options_.has(Option::mode)) {
      const std::string_view given = options_[Option::mode];
      if (given == "shared") {
        mode = Mode::shared;
      } else if (given == "slot") {
        mode = Mode::slot;
      } else if (given != "exclusive") {
        return refuse({"mode must be exclusive, shared or slot"});
      }
    }
    if ((mode == Mode::slot) != options_.has(Option::slots)) {
      return refuse({"mode=slot and slots=N go together"});
    }
    return !options_.has(Option::slots) || this->slots(options_[Option::slots], slots);
  }

  bool handle(SessionId& out) {
    if (!options_.has(Option::after)) return true;
    const auto parsed = parse_handle(options_[Option::after]);
    if (!parsed) return refuse({"after must be a session's handle, such as s17"});
    out = *parsed;
    return true;
  }

  [[nodiscard]] Names words() const { return words_; }

 private:
  [[nodiscard]] bool names_a_lock(std::string_view word) const {
    return words_are_plain_ ? word.size() <= longest_name : is_name(word);
  }

  // One is compared with those before it only where a sketch of them says that it may be there.
  [[nodiscard]] bool a_name_stands_twice() const {
    std::bitset<1024> sketch;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      const std::size_t place = hash_text(words_[i], 0) % sketch.size();
      const auto earlier = words_.first(i);
      const bool may_be_there = sketch.test(place);
      if (may_be_there && std::find(earlier.begin(), earlier.end(), words_[i]) != earlier.end()) {
        return true;
      }
      sketch.set(place);
    }
    return false;
  }

  bool part_of_name(std::string_view what, std::string_view text, std::string_view& out) {
    out = text;
    return (out.size() <= longest_name && has_name_characters(out)) ||
           refuse({what, " takes (part of) a lock name; ", name_form});
  }

  bool integer(std::string_view what, std::string_view text, std::uint32_t least,
               std::uint32_t most, std::uint32_t& out) {
    const auto parsed = parse_integer(text);
    if (!parsed || *parsed < least || *parsed > most) {
      return refuse(
          {what, " must be an integer from ", std::to_string(least), " to ", std::to_string(most)});
    }
    out = static_cast<std::uint32_t>(*parsed);
    return true;
  }

  Names words_;
  bool words_are_plain_;
  const OptionValues& options_;
  std::string& message_;
};

// What each verb's request is filled with.
bool fill(Builder& from, request::Events& events) {
  const std::string_view word = from.words().front();
  events.on = word == "on";
  return events.on || word == "off" || from.refuse({"EVENTS takes on or off"});
}

bool fill(Builder& from, request::Open& open) {
  from.ttl(open.ttl);
  return from.choice(Option::on_disconnect, {"keep", OnDisconnect::keep},
                     {"release", OnDisconnect::release}, open.on_disconnect) &&
         from.text(Option::name, longest_name, open.name) && from.id(open.id) &&
         from.choice(Option::deadlock, {"on", true}, {"off", false}, open.deadlock);
}

bool fill(Builder& from, request::Resume& resume) {
  resume.secret = from.words().front();
  return from.secrets();
}

bool fill(Builder& from, request::KeepAlive& keep_alive) {
  keep_alive.secrets = from.words();
  return from.secrets();
}

bool fill(Builder& from, request::Lock& lock) {
  from.ttl(lock.ttl);
  return from.names(lock.names) && from.wait(lock.wait) && from.id(lock.id) &&
         from.mode(lock.mode, lock.slots) &&
         from.duration(Option::delay, Least::zero, lock.delay) &&
         from.duration(Option::max_hold, Least::above_zero, lock.max_hold) &&
         from.text(Option::note, longest_note, lock.note);
}

bool fill(Builder& from, request::Unlock& unlock) {
  return from.names(unlock.names) && from.token(unlock.token);
}

bool fill(Builder& from, request::Renew& renew) {
  from.ttl(renew.ttl);
  return from.name(renew.name) && from.token(renew.token);
}

bool fill(Builder& from, request::Verify& verify) {
  return from.name(verify.name) && from.token(verify.token);
}

bool fill(Builder& from, request::Cancel& cancel) {
  return from.name(cancel.name) && from.id(cancel.id);
}

bool fill(Builder& from, request::Show& show) {
  constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
  return from.name(show.name) && from.number(Option::after, 0, most, show.after) &&
         from.limit(show.limit);
}

bool fill(Builder& from, request::List& list) {
  using Order = request::ListOrder;
  if (!from.choice(Option::by, {"name", Order::name}, {"waiters", Order::waiters}, list.by)) {
    return false;
  }
  if (list.by == Order::waiters) {
    if (from.has(Option::after)) return from.refuse({"by=waiters has one page: no after="});
    list.limit = most_awaited;
  }
  return from.part_of_name(Option::prefix, list.prefix) &&
         from.part_of_name(Option::after, list.after) && from.limit(list.limit);
}

bool fill(Builder& from, request::Sessions& sessions) {
  return from.handle(sessions.after) && from.limit(sessions.limit);
}

bool fill(Builder& from, request::Watch& watch) { return from.prefix(watch.prefix); }

bool fill(Builder& from, request::Unwatch& unwatch) { return from.prefix(unwatch.prefix); }

bool fill(Builder& from, request::Break& broken) {
  return from.name(broken.name) && from.token(broken.token) &&
         from.text(Option::reason, longest_note, broken.reason);
}

bool fill(Builder& from, request::Slots& slots) {
  return from.name(slots.name) && from.slots(from.words().back(), slots.slots);
}

bool fill(Builder& from, request::Promote& promote) { return from.node(promote.lost); }

bool fill(Builder& from, request::Handover& handover) { return from.node(handover.to); }

bool fill(Builder& from, request::Auth& auth) {
  auth.user = from.words().front();
  auth.secret = from.words().back();
  return from.credentials();
}

template <class What>
void build(Builder& from, Request& out) {
  if (!fill(from, out.emplace<What>())) out = from.refusal();
}

}  // namespace

void build_request(const VerbRule& rule, Positional words, const OptionValues& options,
                   std::string& message, Request& out) {
  Builder from(words, options, message);
  switch (rule.verb) {
    case Verb::hello: out = request::Hello{}; return;
    case Verb::help: out = request::Help{}; return;
    case Verb::ping: out = request::Ping{}; return;
    case Verb::auth: return build<request::Auth>(from, out);
    case Verb::events: return build<request::Events>(from, out);
    case Verb::open: return build<request::Open>(from, out);
    case Verb::resume: return build<request::Resume>(from, out);
    case Verb::keepalive: return build<request::KeepAlive>(from, out);
    case Verb::close: out = request::Close{}; return;
    case Verb::lock: return build<request::Lock>(from, out);
    case Verb::unlock: return build<request::Unlock>(from, out);
    case Verb::renew: return build<request::Renew>(from, out);
    case Verb::verify: return build<request::Verify>(from, out);
    case Verb::cancel: return build<request::Cancel>(from, out);
    case Verb::show: return build<request::Show>(from, out);
    case Verb::list: return build<request::List>(from, out);
    case Verb::sessions: return build<request::Sessions>(from, out);
    case Verb::status: out = request::Status{}; return;
    case Verb::watch: return build<request::Watch>(from, out);
    case Verb::unwatch: return build<request::Unwatch>(from, out);
    case Verb::break_lock: return build<request::Break>(from, out);
    case Verb::slots: return build<request::Slots>(from, out);
    case Verb::promote: return build<request::Promote>(from, out);
    case Verb::handover: return build<request::Handover>(from, out);
    case Verb::quit: out = request::Quit{}; return;
  }
}

}  // namespace pawl::wire
