// SPDX-License-Identifier: Apache-2.0
#include "server/peers.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <chrono>
#include <random>
#include <utility>

#include "replication/message_codec.hpp"
#include "server/clock.hpp"

namespace pawl::server {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using replication::Member;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t read_size = std::size_t{256} << 10;
// One that does not last so long is not called again at once.
constexpr Span lasting = 1s;

std::string address_of(const Address& address) { return format_address(address); }

}  // namespace

Peers::Peers(asio::io_context& context, HandlerMemory& memory, const Log& log, PeersOptions options,
             PeersOwner owner, client::Resolve resolve)
    : context_(context),
      memory_(memory),
      log_(log),
      options_(std::move(options)),
      owner_(std::move(owner)),
      resolve_(std::move(resolve)),
      listener_(context, log, "listen.peer",
                [this](Socket socket, const tcp::endpoint& from) {
                  on_accepted(std::move(socket), format_endpoint(from));
                }),
      said_(options_.said_again),
      dialers_(options_.names.size()),
      current_(options_.names.size()),
      buffer_(read_size) {}

Started<std::string> Peers::start(const Address& address, std::optional<int> given) {
  Started<std::string> bound = listener_.open(address, given);
  if (!bound) return bound;
  for (std::uint8_t i = 0; i < options_.names.size(); ++i) {
    if (calls(options_.self, Member{i})) call(Member{i});
  }
  return bound;
}

void Peers::call(Member member) {
  const auto failed = [this, member](const std::string& reason) {
    const std::string& name = options_.names[member.value];
    if (!said_.may_say(reason + ' ' + name, read_clock())) return;
    log_.warn("peer not reachable", {{"peer", name},
                                     {"address", address_of(options_.addresses[member.value])},
                                     {"reason", reason}});
  };
  dialers_[member.value] = std::make_unique<PeerDialer>(
      context_, resolve_, options_.addresses[member.value], options_.dial, std::random_device{}(),
      [this, member](Socket socket) { on_reached(member, std::move(socket)); }, failed);
  dialers_[member.value]->dial();
}

void Peers::on_reached(Member member, Socket socket) {
  PeerLink& link = add(std::move(socket), address_of(options_.addresses[member.value]), true);
  link.member = member;
  say_hello(link, 0);
  link.transport.is_handshaking() ? shake_hands(link) : write(link);
}

void Peers::on_accepted(Socket socket, const std::string& from) {
  make_room();
  add(std::move(socket), from, false);
}

PeerLink& Peers::add(Socket socket, std::string from, bool dialled) {
  links_.push_back(
      std::make_unique<PeerLink>(++last_id_, std::move(socket), std::move(from), dialled));
  PeerLink& link = *links_.back();
  secure(link);
  await_hello(link);
  wait_readable(link);
  return link;
}

PeerLink* Peers::find(PeerLinkId id) {
  const auto found =
      std::find_if(links_.begin(), links_.end(), [id](const auto& link) { return link->id == id; });
  return found == links_.end() ? nullptr : found->get();
}

void Peers::wait_readable(PeerLink& link) {
  if (std::exchange(link.read_waiting, true)) return;
  link.transport.wait_readable(
      memory_, [this, id = link.id](const error_code& error) { on_readable(id, error); });
}

void Peers::on_readable(PeerLinkId id, const error_code& error) {
  if (error) return;
  PeerLink* link = find(id);
  if (link == nullptr) return;
  link->read_waiting = false;
  if (link->transport.is_handshaking()) return shake_hands(*link);
  if (link->stage != Stage::binding) read(*link);
}

void Peers::read(PeerLink& link) {
  std::string_view bytes;
  error_code error;
  if (link.read(buffer_, bytes, error)) return take(link, bytes);
  if (error) return end(link.id, link.stage == Stage::up ? PeerFlaw::ended : PeerFlaw::hung_up);
  wait_readable(link);
}

// Every whole frame in `bytes`. Each may end the connection, and the rest with it.
void Peers::take(PeerLink& link, std::string_view bytes) {
  const PeerLinkId id = link.id;
  link.taking = true;
  while (true) {
    const Stage stage = find(id)->stage;
    if (stage == Stage::binding) break;
    const bool goes_on = stage == Stage::up ? take_message(id, bytes) : take_hello(id, bytes);
    if (find(id) == nullptr) return;
    if (!goes_on) break;
  }
  link.taking = false;
  link.keep(bytes);
  if (link.stage != Stage::binding) wait_readable(link);
}

bool Peers::take_message(PeerLinkId id, std::string_view& bytes) {
  const PeerLink& link = *find(id);
  if (link.overrun) return false;
  const auto read = replication::read_frame(bytes, link.seed);
  if (std::holds_alternative<replication::FrameIncomplete>(read)) return false;
  const auto* frame = std::get_if<replication::Frame>(&read);
  std::optional<replication::Message> message;
  if (frame != nullptr && frame->kind == replication::FrameKind::message) {
    message = replication::decode_message(frame->body);
  }
  if (!message) {
    end(id, PeerFlaw::damaged);
    return false;
  }
  bytes.remove_prefix(frame->size);
  owner_.deliver(replication::Received{*link.member, &*message});
  return true;
}

void Peers::send(Member to, const replication::Message& message) {
  PeerLink* link = find(current_[to.value]);
  if (link == nullptr || link->overrun) return;
  body_.clear();
  replication::encode_message(body_, message);
  replication::write_frame(link->output, replication::FrameKind::message, body_, link->seed);
  link->overrun = link->unsent() > options_.most_unsent;
  list_output(*link);
}

void Peers::list_output(const PeerLink& link) {
  if (std::find(to_flush_.begin(), to_flush_.end(), link.id) == to_flush_.end()) {
    to_flush_.push_back(link.id);
  }
}

// A connection found broken is one that others may have something to say about.
void Peers::flush() {
  while (!to_flush_.empty()) {
    const PeerLinkId id = to_flush_.back();
    to_flush_.pop_back();
    if (PeerLink* link = find(id)) write(*link);
  }
}

void Peers::write(PeerLink& link) {
  if (!link.write()) return end(link.id, PeerFlaw::ended);
  if (link.overrun) return end(link.id, PeerFlaw::unread);
  if (link.unsent() == 0 || link.transport.is_handshaking()) return;
  if (std::exchange(link.write_waiting, true)) return;
  link.transport.wait_writable(memory_, [this, id = link.id](const error_code& error) {
    PeerLink* ready = find(id);
    if (error || ready == nullptr) return;
    ready->write_waiting = false;
    write(*ready);
  });
}

void Peers::end(PeerLinkId id, PeerFlaw flaw) {
  const auto found =
      std::find_if(links_.begin(), links_.end(), [id](const auto& link) { return link->id == id; });
  if (found == links_.end()) return;
  const std::unique_ptr<PeerLink> link = std::move(*found);
  links_.erase(found);
  link->hello_timer.cancel();
  link->transport.close();
  report(*link, flaw);
  const bool was_up = link->stage == Stage::up;
  if (was_up) current_[link->member->value] = 0;
  if (link->dialled) {
    PeerDialer& dialer = *dialers_[link->member->value];
    const bool lasted = was_up && read_clock() - link->up_since >= lasting;
    if (lasted) dialer.settle();
    lasted ? dialer.dial() : dialer.dial_later();
  }
  if (was_up) owner_.deliver(replication::PeerLost{*link->member});
}

void Peers::introduce_anew() {
  std::vector<PeerLinkId> ids;
  for (const auto& link : links_) ids.push_back(link->id);
  for (const PeerLinkId id : ids) end(id, PeerFlaw::void_here);
}

void Peers::close() {
  listener_.close();
  for (const auto& dialer : dialers_) {
    if (dialer) dialer->stop();
  }
  for (const auto& link : links_) link->transport.close();
  links_.clear();
  to_flush_.clear();
  std::fill(current_.begin(), current_.end(), 0);
}

}  // namespace pawl::server
