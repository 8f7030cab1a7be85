// SPDX-License-Identifier: Apache-2.0
#include "support/fault_proxy.hpp"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <future>
#include <string>
#include <utility>

namespace pawl::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t most_underway = 1'048'576;  // like the buffers of a kernel

tcp::endpoint loopback(std::uint16_t port) { return {asio::ip::address_v4::loopback(), port}; }

// Closed without a word: the other side reads a reset.
void reset(tcp::socket& socket) {
  error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

}  // namespace

// One connection: two lanes, each with what is on its way.
class FaultProxy::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(FaultProxy& proxy, tcp::socket caller)
      : proxy_(proxy),
        caller_(std::move(caller)),
        target_(proxy.context_),
        lanes_{Lane{caller_, target_, proxy.faults_[0], proxy.context_},
               Lane{target_, caller_, proxy.faults_[1], proxy.context_}} {}

  void start() {
    target_.async_connect(loopback(proxy_.target_),
                          [self = shared_from_this()](const error_code& error) {
                            if (error) return self->end();
                            error_code ignored;
                            // Or a small message waits for the acknowledgement of the one before.
                            self->caller_.set_option(tcp::no_delay(true), ignored);
                            self->target_.set_option(tcp::no_delay(true), ignored);
                            self->go_on();
                          });
  }

  // After a fault has come or gone.
  void go_on() {
    if (ended_ || !target_.is_open()) return;
    for (Lane& lane : lanes_) {
      read(lane);
      write(lane);
    }
  }

  void end() {
    if (std::exchange(ended_, true)) return;
    reset(caller_);
    reset(target_);
    for (Lane& lane : lanes_) lane.due.cancel();
    proxy_.forget(this);
  }

 private:
  struct Piece {
    Clock::time_point due;
    std::string bytes;
  };
  struct Lane {
    Lane(tcp::socket& source, tcp::socket& sink, const Fault& of, asio::io_context& context)
        : from(source), to(sink), fault(of), due(context) {}

    tcp::socket& from;
    tcp::socket& to;
    const Fault& fault;
    asio::steady_timer due;
    std::deque<Piece> pieces;
    std::size_t underway = 0;
    std::array<char, 65'536> buffer{};
    bool reading = false;
    bool writing = false;
    bool at_end = false;
  };

  void read(Lane& lane) {
    if (ended_ || lane.at_end || lane.underway >= most_underway) return;
    if (std::exchange(lane.reading, true)) return;
    lane.from.async_read_some(
        asio::buffer(lane.buffer),
        [this, &lane, self = shared_from_this()](const error_code& error, std::size_t size) {
          lane.reading = false;
          if (ended_) return;
          if (error && error != asio::error::eof) return end();
          lane.at_end = error == asio::error::eof;
          lane.underway += size;
          lane.pieces.push_back({Clock::now() + lane.fault.delay, {lane.buffer.data(), size}});
          read(lane);
          write(lane);
        });
  }

  void write(Lane& lane) {
    if (ended_ || lane.fault.stalled || lane.writing || lane.pieces.empty()) return;
    if (Clock::now() < lane.pieces.front().due) {
      lane.due.expires_at(lane.pieces.front().due);
      lane.due.async_wait([this, &lane, self = shared_from_this()](const error_code& error) {
        if (!error) write(lane);
      });
      return;
    }
    if (lane.pieces.front().bytes.empty()) return pass_end(lane);
    lane.writing = true;
    asio::async_write(
        lane.to, asio::buffer(lane.pieces.front().bytes),
        [this, &lane, self = shared_from_this()](const error_code& error, std::size_t size) {
          lane.writing = false;
          if (ended_) return;
          if (error) return end();
          lane.underway -= size;
          lane.pieces.pop_front();
          read(lane);
          write(lane);
        });
  }

  void pass_end(Lane& lane) {
    error_code ignored;
    lane.to.shutdown(tcp::socket::shutdown_send, ignored);
    lane.pieces.pop_front();
    const auto is_done = [](const Lane& one) { return one.at_end && one.pieces.empty(); };
    if (std::all_of(lanes_.begin(), lanes_.end(), is_done)) end();
  }

  FaultProxy& proxy_;
  tcp::socket caller_;
  tcp::socket target_;
  std::array<Lane, 2> lanes_;
  bool ended_ = false;
};

FaultProxy::FaultProxy(std::uint16_t target, std::uint16_t port)
    : acceptor_(context_, loopback(port)),
      port_(acceptor_.local_endpoint().port()),
      target_(target) {
  accept();
  thread_ = std::thread([this] { context_.run(); });
}

FaultProxy::~FaultProxy() {
  run([this] {
    acceptor_.close();
    while (!sessions_.empty()) sessions_.back()->end();
  });
  thread_.join();
}

void FaultProxy::accept() {
  acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
    if (error) return;
    if (cut_) {
      reset(socket);
    } else {
      sessions_.push_back(std::make_shared<Session>(*this, std::move(socket)));
      sessions_.back()->start();
    }
    accept();
  });
}

void FaultProxy::forget(const Session* session) {
  std::erase_if(sessions_, [session](const auto& one) { return one.get() == session; });
}

void FaultProxy::run(std::function<void()> work) {
  std::promise<void> done;
  asio::post(context_, [&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

void FaultProxy::set_target(std::uint16_t target) {
  run([&] { target_ = target; });
}

void FaultProxy::stall(Way way) {
  run([&] { faults_[static_cast<std::size_t>(way)].stalled = true; });
}

void FaultProxy::stall_all() {
  stall(Way::there);
  stall(Way::back);
}

void FaultProxy::delay(Way way, std::chrono::milliseconds span) {
  run([&] { faults_[static_cast<std::size_t>(way)].delay = span; });
}

void FaultProxy::cut() {
  run([&] {
    cut_ = true;
    while (!sessions_.empty()) sessions_.back()->end();
  });
}

void FaultProxy::heal() {
  run([&] {
    cut_ = false;
    faults_ = {};
    for (const auto& session : sessions_) session->go_on();
  });
}

std::size_t FaultProxy::connections() {
  std::size_t count = 0;
  run([&] { count = sessions_.size(); });
  return count;
}

}  // namespace pawl::test
