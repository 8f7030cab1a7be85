// SPDX-License-Identifier: Apache-2.0
#include "client/asking/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <utility>

#include "client/tls.hpp"

namespace pawl::client {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::steady_clock;

namespace {

constexpr std::chrono::milliseconds last_words{100};

}  // namespace

Connection::Connection(Loop& loop, const ServerAddress& address, const Access& access,
                       std::chrono::milliseconds patience, Resolve resolve)
    : loop_(loop), host_(address.host), tls_(access.tls), stream_(loop.context()) {
  const auto until = steady_clock::now() + patience;
  done_ = false;
  auto found = [this](error_code error, const Endpoints& endpoints) {
    lookup_.reset();
    error ? end_step(why_lost(error)) : connect(endpoints);
  };
  lookup_.emplace(loop_.context(), address, std::move(found), std::move(resolve));
  if (!loop_.run_until(done_, patience)) {
    close();
    throw Silent(error_code(asio::error::timed_out).message());
  }
  if (timed_out_) throw Silent(problem_);
  if (!problem_.empty()) throw NoAnswer(problem_);
  if (access.user.empty()) return;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now());
  try {
    authenticate(access, std::max(left, std::chrono::milliseconds{1}));
  } catch (...) {
    close();  // no destructor will
    throw;
  }
}

Connection::~Connection() { close(); }

void Connection::connect(const Endpoints& endpoints) {
  asio::async_connect(stream_.socket(), endpoints,
                      [this](error_code refused, const auto& /*endpoint*/) {
                        timed_out_ = refused == asio::error::timed_out;
                        if (refused) return end_step(why_lost(refused));
                        tls_ ? secure() : end_step({});
                      });
}

void Connection::secure() {
  stream_.secure(*tls_, host_, [this](const std::string& problem) { end_step(problem); });
}

void Connection::end_step(std::string problem) {
  problem_ = std::move(problem);
  done_ = true;
}

void Connection::authenticate(const Access& access, std::chrono::milliseconds patience) {
  send(auth_line(access));
  const auto line = read_line(patience);
  if (!line) throw Silent();
  ReplyLine reply = reply_in(*line);
  if (reply.kind == ReplyLine::Kind::ok) return;
  if (is_denied(reply)) throw Denied(std::move(reply));
  throw NoAnswer(why_not_accepted(reply));
}

// Nothing that was started outlives this: its handler holds `this`.
void Connection::close() {
  error_code ignored;
  if (lookup_) done_ = true;  // nothing else is under way
  lookup_.reset();
  stream_.socket().close(ignored);
  loop_.context().restart();
  while (!done_ && loop_.context().run_one() != 0) stream_.socket().close(ignored);
}

void Connection::send(std::string_view line) {
  const std::string output = std::string(line) + '\n';
  error_code error;
  stream_.write_now(asio::buffer(output), error);
  if (!error) return;
  // Who has closed may have said why: that is there to be read at once.
  if (done_) read_some();
  loop_.run_until(done_, last_words);
  if (!turned_away_) problem_ = why_lost(error);
  fail();
}

std::optional<std::string> Connection::read_line(Patience patience) {
  const auto start = steady_clock::now();
  for (;;) {
    if (auto line = take_line()) return line;
    if (done_) read_some();
    Patience left = patience;
    if (left) {
      const auto waited = steady_clock::now() - start;
      left = std::max(*patience - std::chrono::floor<std::chrono::milliseconds>(waited),
                      std::chrono::milliseconds{0});
    }
    if (!loop_.run_until(done_, left)) return std::nullopt;
    if (!problem_.empty()) fail();
  }
}

void Connection::fail() {
  if (turned_away_) throw TurnedAway(problem_);
  throw NoAnswer(problem_);
}

void Connection::read_some() {
  done_ = false;
  stream_.read_some(asio::buffer(chunk_), [this](error_code error, std::size_t bytes) {
    input_.append(chunk_.data(), bytes);
    turned_away_ = is_turned_away(error);
    if (!error) return end_step({});
    end_step(is_end(error) ? "the server closed before it replied" : why_lost(error));
  });
}

std::optional<std::string> Connection::take_line() {
  const std::size_t end = input_.find('\n', searched_);
  searched_ = end == input_.npos ? input_.size() : 0;
  if (end == input_.npos) return std::nullopt;
  std::string line = input_.substr(0, end);
  input_.erase(0, end + 1);
  return line;
}

ReplyLine reply_in(std::string_view line) {
  auto reply = parse_reply_line(line);
  if (!reply) throw NoPawld();
  return *std::move(reply);
}

}  // namespace pawl::client
