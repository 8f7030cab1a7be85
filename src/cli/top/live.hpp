// SPDX-License-Identifier: Apache-2.0
//
// Looks at the servers again and again, and shows what they tell on the whole of a terminal, until
// a key or a signal ends it. Keys are heeded and the age of the picture goes on while a server is
// awaited.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "cli/globals.hpp"
#include "cli/top/board.hpp"
#include "cli/top/looker.hpp"
#include "cli/top/screen.hpp"

namespace pawl::cli::top {

// What is looked at, and how it is shown.
struct View {
  std::function<Question(Size)> question;
  std::function<void(Told)> take;
  std::function<Lines(Size)> draw;
  std::function<Deed(const Key&)> on_key;
  std::function<bool()> is_paused;
};

class Live {
 public:
  Live(const Globals& globals, Milliseconds interval, View view);

  // 0, or 128 and the signal that ended it.
  [[nodiscard]] int run();

 private:
  void look();
  void on_told(Told told);
  void on_typed(std::string_view bytes);
  void heed(const Key& key);
  void draw();
  void await_look();
  void await_second();
  void end(int code);

  Milliseconds interval_;
  View view_;
  boost::asio::io_context context_{1};
  Looker looker_;
  boost::asio::steady_timer next_look_;
  boost::asio::steady_timer second_;
  boost::asio::steady_timer rest_of_key_;
  KeyReader keys_;
  bool is_looking_ = false;
  bool is_look_due_ = false;  // again, as soon as the one under way is over
  int code_ = 0;
  Screen screen_;
};

}  // namespace pawl::cli::top
