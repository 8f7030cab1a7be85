// SPDX-License-Identifier: Apache-2.0
//
// What becomes of locks, as it happens: WATCH on one connection, and on the next one when that is
// lost. What happened in between was told to nobody, so a person is told that.
#include <algorithm>
#include <memory>

#include "cli/arguments.hpp"
#include "cli/asking.hpp"
#include "cli/commands/families.hpp"
#include "cli/output.hpp"
#include "cli/text/describe.hpp"
#include "cli/text/printable.hpp"

namespace pawl::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto longest_silence = 5'000ms;  // then the server is asked for a sign of life
constexpr auto pause_when_nobody_serves = 500ms;

class Watcher {
 public:
  Watcher(const Globals& globals, std::string prefix)
      : asker_(asker_of(globals)), json_(globals.json()), prefix_(std::move(prefix)) {}

  // Ends by a signal, or by what is thrown.
  [[noreturn]] void run() {
    for (;;) {
      begin();
      const std::string why = follow();
      say("lost the watch at " + client::to_text(asker_.server()) + " (" + printable(why) +
          "): watching again, events in between may be missing");
    }
  }

 private:
  void begin() {
    client::RequestLine request("WATCH");
    if (!prefix_.empty()) request.word(prefix_);
    while (!began(request)) asker_.loop().pause(pause_when_nobody_serves);
    say("watching " + (prefix_.empty() ? "all locks" : prefix_ + "...") + " at " +
        client::to_text(asker_.server()));
    has_watched_ = true;
  }

  // False: nobody serves now, which is no reason to give up once somebody has.
  bool began(const client::RequestLine& request) {
    try {
      const client::ReplyLine reply = asker_.ask(request);
      if (reply.kind == client::ReplyLine::Kind::ok) return true;
      if (!has_watched_ || !asker_.is_passing(reply)) throw failure_of(reply);
    } catch (const client::Unreachable&) {
      if (!has_watched_) throw;
    }
    return false;
  }

  // Until no more events come; why.
  std::string follow() {
    client::Connection& connection = asker_.connect();
    bool is_asked = false;
    try {
      for (;;) {
        const auto line = connection.read_line(std::min(asker_.timeout(), longest_silence));
        if (!line && is_asked) throw client::Silent();
        is_asked = !line;
        if (!line) {
          connection.send("PING");
          continue;
        }
        const client::ReplyLine said = client::reply_in(*line);
        if (said.kind == client::ReplyLine::Kind::event) print_event(said, *line);
        if (said.kind != client::ReplyLine::Kind::error) continue;
        asker_.begin();
        asker_.try_elsewhere(said);
        return said.word + ", " + client::refusal_of(said).message;
      }
    } catch (const client::NoAnswer& error) {
      asker_.begin();
      asker_.try_elsewhere(error, true);
      return error.what();
    }
  }

  void print_event(const client::ReplyLine& event, const std::string& line) const {
    if (!json_) return print(printable(line) + "\n");
    Json object{{"event", event.word}};
    object["name"] = event.field("name").value_or("");
    object["token"] = event.number("token").value_or(0);
    if (const auto reason = event.field("reason")) object["reason"] = *reason;
    print(object.dump() + "\n");
  }

  client::Asker asker_;
  bool json_;
  std::string prefix_;
  bool has_watched_ = false;
};

}  // namespace

void add_watch(Program& program) {
  auto prefix = std::make_shared<std::string>();
  CLI::App& watch =
      program.add("watch", "Print what becomes of locks, as it happens",
                  "  pawl watch                       every lock\n"
                  "  pawl watch jobs/                 EVENT GRANTED name=jobs/nightly token=42\n"
                  "  pawl watch -o json leader/web | while read -r event; do ...; done\n"
                  "GRANTED RELEASED EXPIRED BROKEN, a line each. Runs until it is ended by a "
                  "signal; follows the\n"
                  "primary over all servers. Whenever a connection was lost stderr says so: what "
                  "happened until\n"
                  "it watches again is missing, pawl show tells how things stand.\n",
                  [prefix](const Globals& globals) -> int { Watcher(globals, *prefix).run(); });
  add_prefix(watch, *prefix);
}

}  // namespace pawl::cli
