// SPDX-License-Identifier: Apache-2.0
//
// Bytes of a Redis client go through the parser and an Interpreter, and whatever is asked of the
// node is answered by a node that says anything. What comes out is RESP, one answer a command, and
// nothing is asked that the line protocol could not ask. Whether a command is whole does not depend
// on how its bytes arrive.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ensure.hpp"
#include "replay_corpus.hpp"
#include "resp_value.hpp"
#include "wire/resp/interpreter.hpp"
#include "wire/text.hpp"

namespace pawl::wire::resp {
namespace {

void check_one_value(std::string_view out) {
  ensure(fuzz::take_resp_value(out));
  ensure(out.empty());
}

void check_name(std::string_view name) { ensure(is_text(name) && is_name(name)); }

void check_request(const Request& request) {
  if (const auto* lock = std::get_if<request::Lock>(&request)) {
    ensure(!lock->names.empty() && lock->names.size() <= 64);
    for (const std::string_view name : lock->names) check_name(name);
    ensure(is_text(lock->note) && lock->note.size() <= 1024);
  } else if (const auto* show = std::get_if<request::Show>(&request)) {
    check_name(show->name);
  } else if (const auto* unlock = std::get_if<request::Unlock>(&request)) {
    ensure(!unlock->names.empty() && unlock->token.value != 0);
    for (const std::string_view name : unlock->names) check_name(name);
  } else if (const auto* renew = std::get_if<request::Renew>(&request)) {
    check_name(renew->name);
    ensure(renew->token.value != 0);
  }
}

// A node that says anything that such a request may be answered.
class AnyNode {
 public:
  explicit AnyNode(std::string_view says) : says_(says) {}

  ReplyBody answer(const Request& request) {
    const unsigned choice = next();
    if (choice % 4 == 0) return reply::Error{.code = static_cast<ErrorCode>(choice % 19)};
    if (std::holds_alternative<request::Hello>(request)) {
      return reply::Hello{"n1", static_cast<Role>(choice % 4), Epoch{choice}};
    }
    if (std::holds_alternative<request::Show>(request)) return show(choice);
    if (std::holds_alternative<request::Lock>(request)) {
      return reply::Granted{Token{choice + 1U}, Milliseconds{choice}};
    }
    if (std::holds_alternative<request::Renew>(request)) return reply::Lasting{};
    return reply::Done{};
  }

 private:
  unsigned next() { return static_cast<unsigned char>(says_[at_++ % says_.size()]); }

  reply::Show show(unsigned choice) {
    reply::Show show;
    for (unsigned i = 0; i < choice % 3; ++i) {
      reply::Holder& holder = show.holders.emplace_back();
      holder.token = Token{next() + 1U};
      holder.expires_in = Milliseconds{next() * 100};
      const std::size_t size = next() % 8;
      holder.note = note_of(says_.substr(at_ % says_.size(), size));
    }
    return show;
  }

  std::string_view says_;
  std::size_t at_ = 0;
};

void check_beginnings(std::string_view command, std::size_t size) {
  std::vector<std::string_view> words;
  for (const std::size_t part : {std::size_t{0}, size / 3, size / 2, size - 1}) {
    const std::string beginning(command.substr(0, part));
    ensure(take_command(beginning, words).progress == Progress::partial);
  }
}

void check_command(Interpreter& interpreter, Speaker& speaker, Arguments words, AnyNode& node) {
  std::string out;
  const std::unique_ptr<Exchange> exchange = interpreter.interpret(words, speaker, out);
  if (exchange == nullptr) return check_one_value(out);
  ensure(out.empty());
  for (int steps = 0;; ++steps) {
    ensure(steps < 200 && exchange->request() != nullptr);
    check_request(*exchange->request());
    if (exchange->on(node.answer(*exchange->request()), out)) return check_one_value(out);
    ensure(out.empty());
  }
}

void check(const std::string& bytes) {
  Interpreter interpreter(Policy{.allow_unowned = bytes.size() % 2 == 0});
  Speaker speaker;
  AnyNode node(bytes);
  std::vector<std::string_view> words;
  for (std::string_view rest = bytes; !rest.empty();) {
    const Taken taken = take_command(rest, words);
    if (taken.progress != Progress::whole) return;
    ensure(taken.size > 0 && taken.size <= rest.size());
    if (!words.empty()) check_command(interpreter, speaker, words, node);
    check_beginnings(rest, taken.size);
    rest.remove_prefix(taken.size);
  }
}

}  // namespace
}  // namespace pawl::wire::resp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(data, data + size);
  if (!bytes.empty()) pawl::wire::resp::check(bytes);
  return 0;
}
