// SPDX-License-Identifier: Apache-2.0
//
// What clients say to a server, drawn from bytes: requests that are mostly right, about a few
// names, sessions and ids, so that they meet; some are wrong, some no requests.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "draws.hpp"

namespace pawl::fuzz {

class Asking {
 public:
  // `newest`: the token that was granted last, as far as is known.
  Asking(Draws& draws, std::uint64_t newest) : draws_(draws), newest_(newest) {}

  // With its LF.
  std::string line() {
    std::string text;
    if (draws_.one_in(3)) text = "#t" + std::to_string(draws_.below(4)) + " ";
    return text + words() + (draws_.one_in(8) ? "\r\n" : "\n");
  }
  // A command as Redis clients send it.
  std::string command() {
    switch (draws_.below(14)) {
      case 0: return array({"SET", name(), owner(), "NX", "PX", span()});
      case 1: return array({"SET", name(), owner(), "XX", "EX", "9"});
      case 2: return array({"GET", name()});
      case 3: return array({"DEL", name(), "b"});
      case 4: return array({"PTTL", name()});
      case 5: return array({"PEXPIRE", name(), span()});
      case 6: return array({"EVALSHA", release_script, "1", name(), owner()});
      case 7: return array({"EVALSHA", extend_script, "1", name(), owner(), span(), "0"});
      case 8: return array({"FENCE", name(), owner()});
      case 9: return array({"HELLO", draws_.one_in(2) ? "3" : "2"});
      case 10: return array({"LOCK", name(), "WAIT", span(), "ID", id()});
      case 11: return array({"UNLOCK", name(), "TOKEN", token()});
      case 12: return draws_.one_in(8) ? array({"QUIT"}) : array({"OPEN", "ID", session()});
      default: return draws_.one_in(8) ? std::string(draws_.text(40)) : array({"PING"});
    }
  }

  static std::string array(std::initializer_list<std::string_view> words) {
    std::string text = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string_view word : words) {
      text += "$" + std::to_string(word.size()) + "\r\n" + std::string(word) + "\r\n";
    }
    return text;
  }

 private:
  static constexpr std::string_view release_script = "c3f8721cbb97f72bc19e972846bd7aaf91901658";
  static constexpr std::string_view extend_script = "a4e8783852e6b949f9ef3a97212805108459a890";

  std::string words() {
    switch (draws_.below(24)) {
      default: return lock();
      case 1:
      case 2:
      case 3: return "UNLOCK " + names() + " token=" + token();
      case 4: return "RENEW " + name() + " token=" + token() + maybe(" ttl=", span());
      case 5: return "VERIFY " + name() + " token=" + token();
      case 6: return "CANCEL " + name() + " id=" + id();
      case 7:
      case 8: return open();
      case 9: return "RESUME " + session();
      case 10: return "KEEPALIVE" + maybe(" ", session());
      case 11: return "CLOSE";
      case 12: return "WATCH" + maybe(" ", name());
      case 13: return "UNWATCH" + maybe(" ", name());
      case 14: return "BREAK " + name() + " token=" + token() + " reason=\"so \\\"be\\\" it\"";
      case 15: return "SLOTS " + name() + " " + std::to_string(draws_.below(4));
      case 16: return draws_.one_in(4) ? "EVENTS off" : "EVENTS on";
      case 17: return look();
      case 18: return draws_.one_in(4) ? rare() : std::string(draws_.text(40));
    }
  }
  std::string lock() {
    constexpr std::string_view modes[] = {
        "", "", "", " mode=shared", " mode=slot slots=2", " mode=slot slots=3", " mode=exclusive"};
    std::string text = "LOCK " + names() + maybe(" wait=", span()) + maybe(" ttl=", span());
    text += draws_.pick(modes);
    text += maybe(" id=", id());
    if (draws_.one_in(4)) text += " delay=" + span();
    if (draws_.one_in(4)) text += " max_hold=" + span();
    if (draws_.one_in(6)) text += " note=\"of two\\nlines\"";
    return text;
  }
  std::string open() {
    std::string text = "OPEN" + maybe(" id=", session()) + maybe(" ttl=", span());
    if (draws_.one_in(3)) text += " on_disconnect=release";
    if (draws_.one_in(3)) text += " deadlock=off";
    return text + maybe(" name=", "\"of whom\"");
  }
  std::string look() {
    switch (draws_.below(6)) {
      case 0: return "SHOW " + name() + maybe(" after=", "1");
      case 1: return "LIST" + maybe(" by=", "waiters") + maybe(" prefix=", "j");
      case 2: return "SESSIONS" + maybe(" after=s", "1");
      case 3: return "STATUS";
      case 4: return "HELLO";
      default: return "PING";
    }
  }
  std::string rare() {
    constexpr std::string_view all[] = {
        "QUIT",     "PROMOTE n2",     "HANDOVER", "HELP",
        "AUTH a b", "GET / HTTP/1.1", "\xFF",     std::string_view("\0", 1)};
    return std::string(draws_.pick(all));
  }

  std::string maybe(std::string_view before, std::string_view word) {
    return draws_.one_in(2) ? std::string(before).append(word) : std::string();
  }
  std::string name() {
    constexpr std::string_view all[] = {"a", "b", "jobs/c"};
    return std::string(draws_.pick(all));
  }
  std::string names() {
    constexpr std::string_view all[] = {"a", "b",   "jobs/c",   "a",
                                        "b", "a b", "b jobs/c", "jobs/c a b"};
    return std::string(draws_.pick(all));
  }
  std::string span() {
    constexpr std::string_view all[] = {"0", "1s", "50", "700ms", "5s", "10s", "forever", "2s"};
    return std::string(draws_.pick(all));
  }
  std::string id() { return "i" + std::to_string(draws_.below(3)); }
  std::string owner() { return "o" + std::to_string(draws_.below(2)); }
  std::string session() { return "session-" + std::to_string(draws_.below(3)); }
  std::string token() {
    const std::uint64_t back = draws_.below(6);
    return std::to_string(back < newest_ ? newest_ - back : newest_ + back);
  }
  Draws& draws_;
  std::uint64_t newest_;
};

}  // namespace pawl::fuzz
