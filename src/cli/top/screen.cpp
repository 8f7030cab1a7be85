// SPDX-License-Identifier: Apache-2.0
#include "cli/top/screen.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "cli/failure.hpp"

namespace pawl::cli::top {
namespace {

using boost::system::error_code;

// Alternate screen, no cursor, no line that goes on in the next.
constexpr std::string_view enter_text = "\x1b[?1049h\x1b[?25l\x1b[?7l";
constexpr std::string_view leave_text = "\x1b[?7h\x1b[?25h\x1b[?1049l";
constexpr int longest_farewell_ms = 200;

int open_terminal() {
  const int descriptor = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (descriptor < 0) throw Failure(exit_refused, "there is no terminal: pawl top | cat");
  return descriptor;
}

// Stopped for it in the background, it is tried again.
void set_modes(int descriptor, const termios& modes) {
  while (tcsetattr(descriptor, TCSADRAIN, &modes) != 0 && errno == EINTR) {
  }
}

}  // namespace

bool Screen::is_there() {
  const char* term = std::getenv("TERM");
  const bool can_draw = term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
  return can_draw && isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
}

Screen::Screen(boost::asio::io_context& context, Calls calls)
    : calls_(std::move(calls)),
      descriptor_(open_terminal()),
      terminal_(context, descriptor_),
      signals_(context) {
  for (const int signal :
       {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, SIGUSR1, SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT}) {
    signals_.add(signal);
  }
  enter();
  await_signal();
  read();
}

Screen::~Screen() {
  leave();
  error_code ignored;
  terminal_.close(ignored);
}

Size Screen::size() const {
  winsize size{};
  const bool is_known = ioctl(descriptor_, TIOCGWINSZ, &size) == 0;
  if (!is_known || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

void Screen::show(const Lines& lines) {
  next_ = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    // Cleared first: behind a full line the cursor stands on its last column.
    next_ += (i == 0 ? "\x1b[2K" : "\r\n\x1b[2K") + lines[i];
  }
  if (writing_.empty() && is_entered_) write();
}

bool Screen::is_ours() const { return tcgetpgrp(descriptor_) == getpgrp(); }

// In the background nothing is drawn: who brings us to the front continues us.
void Screen::enter() {
  if (!is_ours()) return;
  if (!is_entered_) tcgetattr(descriptor_, &before_);
  termios modes = before_;
  modes.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  modes.c_iflag &= ~static_cast<tcflag_t>(ICRNL | IXON);
  modes.c_cc[VMIN] = 1;
  modes.c_cc[VTIME] = 0;
  set_modes(descriptor_, modes);
  put_now(enter_text);
  is_entered_ = true;
}

void Screen::leave() {
  if (!std::exchange(is_entered_, false)) return;
  put_now(leave_text);
  if (is_ours()) set_modes(descriptor_, before_);
}

// Short, and worth a moment's wait: it must not be lost.
void Screen::put_now(std::string_view text) {
  pollfd terminal{descriptor_, POLLOUT, 0};
  if (poll(&terminal, 1, longest_farewell_ms) != 1) return;
  [[maybe_unused]] const ssize_t put = ::write(terminal.fd, text.data(), text.size());
}

void Screen::write() {
  writing_ = std::exchange(next_, {});
  boost::asio::async_write(terminal_, boost::asio::buffer(writing_),
                           [this](error_code error, std::size_t /*bytes*/) {
                             if (error) return;
                             writing_.clear();
                             if (!next_.empty() && is_entered_) write();
                           });
}

void Screen::read() {
  terminal_.async_read_some(boost::asio::buffer(input_),
                            [this](error_code error, std::size_t bytes) {
                              if (error == boost::asio::error::operation_aborted) return;
                              if (error) return calls_.ended(SIGHUP);
                              calls_.typed({input_.data(), bytes});
                              read();
                            });
}

void Screen::await_signal() {
  signals_.async_wait([this](error_code error, int signal) {
    if (error) return;
    on_signal(signal);
    await_signal();
  });
}

void Screen::on_signal(int signal) {
  switch (signal) {
    case SIGWINCH: return calls_.redraw();
    case SIGTSTP: return stop();
    case SIGCONT: break;
    default: return calls_.ended(signal);
  }
  enter();
  calls_.redraw();
}

// As if nobody had caught it: the kernel knows whether anybody could continue this process.
void Screen::stop() {
  leave();
  signals_.remove(SIGTSTP);
  raise(SIGTSTP);  // here it stops
  signals_.add(SIGTSTP);
  enter();
  calls_.redraw();
}

}  // namespace pawl::cli::top
