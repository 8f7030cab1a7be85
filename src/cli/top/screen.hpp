// SPDX-License-Identifier: Apache-2.0
//
// The whole of the terminal, for as long as this lives: its alternate screen, without echo or
// cursor. However this ends, and while the process is stopped, the terminal is as it was. Draws on
// a descriptor of its own, so that a terminal that takes nothing holds up nothing else: a picture
// that is not taken yet is replaced by the next.
#pragma once

#include <termios.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "cli/top/view.hpp"

namespace pawl::cli::top {

class Screen {
 public:
  struct Calls {
    std::function<void(std::string_view)> typed;  // bytes of keys
    std::function<void()> redraw;                 // the size or the whole screen has changed
    std::function<void(int)> ended;               // by this signal
  };

  // Is there a terminal to look at and to type at, of a kind that can be drawn on?
  [[nodiscard]] static bool is_there();

  Screen(boost::asio::io_context& context, Calls calls);  // throws Failure: it cannot be had
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  [[nodiscard]] Size size() const;
  void show(const Lines& lines);

 private:
  void enter();
  void leave();
  void write();
  void read();
  void await_signal();
  void on_signal(int signal);
  void stop();
  void put_now(std::string_view text);
  [[nodiscard]] bool is_ours() const;

  Calls calls_;
  int descriptor_;
  boost::asio::posix::stream_descriptor terminal_;
  boost::asio::signal_set signals_;
  termios before_{};
  bool is_entered_ = false;
  std::string writing_;  // being written
  std::string next_;
  std::array<char, 256> input_{};
};

}  // namespace pawl::cli::top
