// SPDX-License-Identifier: Apache-2.0
//
// Who is at the other end. The caller says hello; whoever is called notes the caller's disk and
// answers with its own; the caller notes that one and says hello again. So each knows that the
// other has its disk on record before it counts the other as met: a node that starts on a new disk
// is known everywhere by that disk from its first promise on.
#include <algorithm>
#include <utility>

#include "server/clock.hpp"
#include "server/peers.hpp"

namespace pawl::server {

using boost::system::error_code;
using replication::Hello;
using replication::Member;

namespace {

bool is_stranger(const PeerLink& link) {
  return !link.dialled && link.stage != PeerLink::Stage::up;
}

std::string without_port(const std::string& address) {
  return address.substr(0, address.rfind(':'));
}

}  // namespace

void Peers::await_hello(PeerLink& link) {
  link.hello_timer.expires_after(options_.hello_within);
  link.hello_timer.async_wait([this, id = link.id](const error_code& cancelled) {
    if (!cancelled) end(id, PeerFlaw::silent);
  });
}

void Peers::make_room() {
  const auto strange = [](const auto& link) { return is_stranger(*link); };
  if (std::count_if(links_.begin(), links_.end(), strange) < most_strangers) return;
  end((*std::find_if(links_.begin(), links_.end(), strange))->id, PeerFlaw::silent);
}

void Peers::say_hello(PeerLink& link, std::uint64_t seed) {
  replication::write_frame(link.output, replication::FrameKind::hello,
                           replication::encode_hello(owner_.hello()), seed);
  list_output(link);
}

bool Peers::take_hello(PeerLinkId id, std::string_view& bytes) {
  PeerLink& link = *find(id);
  const auto read = read_hello(bytes, link.stage == Stage::confirm ? link.seed : 0);
  if (const auto* flaw = std::get_if<PeerFlaw>(&read)) end(id, *flaw);
  const auto* hello = std::get_if<ReadHello>(&read);
  if (hello == nullptr) return false;
  bytes.remove_prefix(hello->size);
  if (link.stage == Stage::confirm) {
    on_confirmed(link, hello->hello);
  } else {
    link.theirs = hello->hello;
    on_hello(link);
  }
  return true;
}

void Peers::on_hello(PeerLink& link) {
  const PeerLinkId id = link.id;
  const Hello& theirs = link.theirs;
  const auto called = link.dialled ? link.member : std::nullopt;
  const Hello ours = owner_.hello();
  const auto who = identify(ours, theirs, options_.names, called);
  if (const auto* flaw = std::get_if<PeerFlaw>(&who)) return refuse(link, ours, *flaw);
  const Member member = std::get<Member>(who);
  const DiskVerdict verdict = judge_disk(owner_.bound_disk(member), theirs);
  if (!is_certified(link, member)) return end(id, PeerFlaw::other_certificate);
  link.member = member;
  if (verdict == DiskVerdict::refused) return end(id, PeerFlaw::replaced_disk);
  link.seed = replication::link_seed(theirs);
  link.stage = Stage::binding;
  if (verdict == DiskVerdict::known) return on_bound(id);
  owner_.bind_disk(member, theirs.disk, [this, id] { on_bound(id); });
}

// A newcomer is told of the incarnation that it has to take up, and comes again.
void Peers::refuse(PeerLink& link, const Hello& ours, PeerFlaw flaw) {
  if (takes_up(link.theirs, ours)) {
    flaw = PeerFlaw::newcomer;
    if (!link.dialled) say_hello(link, 0);
    static_cast<void>(link.write());
  }
  if (takes_up(ours, link.theirs)) {
    flaw = PeerFlaw::void_here;
    if (!std::exchange(adopting_, true)) {
      owner_.adopt_incarnation(link.theirs.incarnation, [this] {
        adopting_ = false;
        introduce_anew();
      });
    }
  }
  // Both have to be told, for nobody knows which of the two is wrong.
  const bool is_to_be_told = flaw == PeerFlaw::other_members && !link.dialled;
  if (is_to_be_told) {
    say_hello(link, 0);
    static_cast<void>(link.write());
  }
  end(link.id, flaw);
}

void Peers::end_others(Member member, PeerLinkId but) {
  std::vector<PeerLinkId> others;
  for (const auto& link : links_) {
    if (link->member == member && link->id != but) others.push_back(link->id);
  }
  for (const PeerLinkId other : others) end(other, PeerFlaw::replaced);
}

// Their disk is on record here.
void Peers::on_bound(PeerLinkId id) {
  PeerLink* link = find(id);
  if (link == nullptr || link->stage != Stage::binding) return;
  const bool is_taking = link->taking;
  if (link->dialled) {
    say_hello(*link, link->seed);
    begin(*link);
  } else {
    say_hello(*link, 0);
    link->stage = Stage::confirm;
  }
  link = find(id);
  if (link == nullptr) return;
  write(*link);
  link = find(id);
  if (link != nullptr && !is_taking) take(*link, link->input);
}

// Our disk is on record there. What else has changed since the first hello is news of the same
// node.
void Peers::on_confirmed(PeerLink& link, const Hello& again) {
  const bool is_same = again.node == link.theirs.node && again.disk == link.theirs.disk &&
                       again.cluster == link.theirs.cluster &&
                       again.incarnation == link.theirs.incarnation;
  if (!is_same) return end(link.id, PeerFlaw::damaged);
  link.theirs = again;
  begin(link);
}

void Peers::begin(PeerLink& link) {
  const Member member = *link.member;
  end_others(member, link.id);
  link.stage = Stage::up;
  link.hello_timer.cancel();
  link.up_since = read_clock();
  current_[member.value] = link.id;
  const Hello& theirs = link.theirs;
  log_.info("peer connected", {{"peer", theirs.node},
                               {"address", link.address},
                               {"epoch", theirs.epoch.value},
                               {"blank", theirs.blank}});
  owner_.deliver(replication::Met{member, theirs.epoch, theirs.blank, theirs.incarnation});
}

std::string_view Peers::name_of(const PeerLink& link) const {
  if (link.member) return options_.names[link.member->value];
  return link.theirs.node.empty() ? std::string_view("unknown") : link.theirs.node;
}

void Peers::report(const PeerLink& link, PeerFlaw flaw) {
  const std::string_view name = name_of(link);
  std::string reason(explain(flaw));
  const std::string_view trouble = link.transport.trouble();
  if (!trouble.empty()) reason.append(": ").append(trouble);
  const LogFields fields{{"peer", name}, {"address", link.address}, {"reason", reason}};
  if (link.stage == Stage::up) return log_.warn("peer lost", fields);
  // Whoever looks only whether the port is open is nobody's trouble.
  const bool is_probe = flaw == PeerFlaw::hung_up && !link.dialled;
  if (!is_refusal(flaw) || is_probe) return log_.debug("peer not connected", fields);
  std::string what(explain(flaw));
  what += ' ';
  what += link.member ? std::string(name) : without_port(link.address);
  if (said_.may_say(std::move(what), read_clock())) log_.warn("peer refused", fields);
}

}  // namespace pawl::server
