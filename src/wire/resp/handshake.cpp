// SPDX-License-Identifier: Apache-2.0
#include "wire/resp/handshake.hpp"

#include <string>
#include <utility>

#include "wire/resp/letters.hpp"
#include "wire/values.hpp"

namespace pawl::wire::resp {
namespace {

constexpr std::uint64_t databases = 16;

void answer_client(Arguments command, Speaker& speaker, const Writer& writer) {
  const std::string what = command.size() > 1 ? upper(command[1]) : std::string();
  if (what == "ID") return writer.integer(static_cast<std::int64_t>(speaker.number));
  if (what == "GETNAME") return speaker.name.empty() ? writer.null() : writer.bulk(speaker.name);
  if (what == "SETNAME" && command.size() == 3) {
    speaker.name = command[2];
    return writer.simple("OK");
  }
  if (what == "SETINFO" || what == "NO-EVICT" || what == "NO-TOUCH") return writer.simple("OK");
  if (what == "INFO" || what == "LIST") {
    return writer.bulk("id=" + std::to_string(speaker.number) + " name=" + speaker.name +
                       " db=0 resp=" + std::to_string(static_cast<int>(speaker.version)) + "\n");
  }
  writer.error("ERR", "unknown subcommand '" + what + "' of CLIENT");
}

void answer_select(Arguments command, const Writer& writer) {
  const auto database = command.size() == 2 ? parse_integer(command[1]) : std::nullopt;
  if (!database || *database >= databases) return writer.error("ERR", "DB index is out of range");
  writer.simple("OK");
}

// The two that redis-benchmark prints.
void answer_config(std::string_view key, const Writer& writer) {
  if (key != "save" && key != "appendonly") return writer.map(0);
  writer.map(1);
  writer.bulk(key);
  writer.bulk(key == "save" ? "" : "no");
}

// MULTI is taken, so that a client which waits for its answer comes to its EXEC or DISCARD.
bool answer_transaction(std::string_view word, Speaker& speaker, const Writer& writer) {
  const bool ends = word == "EXEC" || word == "DISCARD";
  if (std::exchange(speaker.in_multi, speaker.in_multi && !ends)) {
    if (word == "RESET" || word == "QUIT") return false;
    if (word == "EXEC") {
      writer.error("EXECABORT", "Transaction discarded: MULTI is not served here");
    } else if (word == "DISCARD") {
      writer.simple("OK");
    } else {
      writer.error("ERR", "MULTI is not served here: nothing is done before EXEC or DISCARD");
    }
    return true;
  }
  if (ends) {
    writer.error("ERR", std::string(word) + " without MULTI");
  } else if (word == "MULTI") {
    speaker.in_multi = true;
    writer.simple("OK");
  }
  return ends || word == "MULTI";
}

}  // namespace

bool answer_handshake(std::string_view word, Arguments command, Speaker& speaker,
                      const Writer& writer) {
  if (answer_transaction(word, speaker, writer)) return true;
  if (word == "PING") {
    command.size() > 1 ? writer.bulk(command[1]) : writer.simple("PONG");
  } else if (word == "ECHO" && command.size() == 2) {
    writer.bulk(command[1]);
  } else if (word == "SELECT") {
    answer_select(command, writer);
  } else if (word == "CLIENT") {
    answer_client(command, speaker, writer);
  } else if (word == "COMMAND") {
    const bool is_count = command.size() > 1 && is_word(command[1], "COUNT");
    is_count ? writer.integer(0) : writer.array(0);
  } else if (word == "CONFIG" && command.size() == 3 && is_word(command[1], "GET")) {
    answer_config(command[2], writer);
  } else if (word == "RELAYED") {  // from a standby that passes a client on
    writer.simple("OK");
  } else if (word == "CLUSTER") {
    writer.error("ERR", "This instance has cluster support disabled");
  } else if (word == "RESET") {
    speaker.version = Version::two;
    speaker.name.clear();
    speaker.in_multi = false;
    writer.simple("RESET");
  } else {
    return false;
  }
  return true;
}

Refusal take_auth(Arguments command, Task& task) {
  if (command.size() != 2 && command.size() != 3) return wrong_number("auth");
  task = {.act = Act::authenticate, .yes = Say::ok};
  task.user = command.size() == 3 ? command[1] : std::string_view("default");
  task.secret = command.back();
  return {};
}

Refusal take_hello(Arguments command, Speaker& speaker, Task& task) {
  task = {.act = Act::ask_role, .yes = Say::hello};
  if (command.size() == 1) return {};
  const auto version = parse_integer(command[1]);
  if (version != 2U && version != 3U) return {"NOPROTO", "unsupported protocol version"};
  std::string_view name = speaker.name;
  for (Arguments rest = command.subspan(2); !rest.empty();) {
    if (is_word(rest.front(), "AUTH") && rest.size() >= 3) {
      task.act = Act::authenticate;
      task.user = rest[1];
      task.secret = rest[2];
      rest = rest.subspan(3);
    } else if (is_word(rest.front(), "SETNAME") && rest.size() >= 2) {
      name = rest[1];
      rest = rest.subspan(2);
    } else {
      return refuse("syntax error in HELLO");
    }
  }
  speaker.name = std::string(name);
  speaker.version = version == 3U ? Version::three : Version::two;
  return {};
}

}  // namespace pawl::wire::resp
