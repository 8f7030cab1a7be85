// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <string>
#include <system_error>

#include "cli/failure.hpp"

namespace pawl::cli {
namespace {

// Only for as long as it takes: a program that is started later finds the signal as it was.
class WithoutSigpipe {
 public:
  WithoutSigpipe() {
    struct sigaction ignoring {};
    ignoring.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignoring, &before_);
  }
  ~WithoutSigpipe() { sigaction(SIGPIPE, &before_, nullptr); }
  WithoutSigpipe(const WithoutSigpipe&) = delete;
  WithoutSigpipe& operator=(const WithoutSigpipe&) = delete;

 private:
  struct sigaction before_ {};
};

// 0, or what went wrong.
int write_all(int descriptor, std::string_view text) {
  const WithoutSigpipe guard;
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

void keep_streams_closed() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free descriptor is this one.
    const int flags = stream == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    [[maybe_unused]] const int opened = open("/dev/null", flags | O_CLOEXEC);
  }
}

void print(std::string_view text) {
  if (const int error = write_all(STDOUT_FILENO, text); error != 0) {
    throw Failure(exit_refused,
                  "cannot write to stdout: " + std::generic_category().message(error));
  }
}

void say(std::string_view text, Paint paint) noexcept {
  std::string line = paint(Style::trouble, "pawl:") + " ";
  line.append(text.substr(0, PIPE_BUF - line.size() - 1)) += '\n';
  pollfd stderr_now{STDERR_FILENO, POLLOUT, 0};
  if (poll(&stderr_now, 1, 0) == 1) write_all(STDERR_FILENO, line);
}

Paint paint_of_stdout(const Globals& globals) { return paint_on(STDOUT_FILENO, globals.color); }

}  // namespace pawl::cli
