// SPDX-License-Identifier: Apache-2.0
#include "cli/run/supervisor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "cli/access.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "cli/run/process_group.hpp"
#include "cli/run/run_messages.hpp"

namespace pawl::cli {
namespace {

using namespace std::chrono_literals;
using boost::asio::posix::stream_descriptor;
using boost::system::error_code;

constexpr Span silence = 2s;       // of a wait, before it says who is waited for
constexpr Span first_look = 20ms;  // whether somebody of the group is left; then less often
constexpr Span longest_look = 250ms;

ClientOptions client_options(const RunOptions& options, std::function<void()> renewed) {
  ClientOptions wanted;
  wanted.servers = options.servers;
  wanted.ttl = options.policy.ttl;
  wanted.timeout = options.timeout;
  wanted.user = options.access.user;
  wanted.secret = options.access.secret;
  wanted.tls = options.access.tls;
  wanted.renewed = std::move(renewed);
  return wanted;
}

LockOptions lock_options(const RunOptions& options) {
  LockOptions wanted;
  wanted.wait = options.wait;
  wanted.shared = options.mode == Mode::shared;
  wanted.slots = options.slots;
  wanted.delay = options.delay;
  wanted.max_hold = options.max_hold;
  wanted.note = options.note;
  return wanted;
}

}  // namespace

Supervisor::Supervisor(const RunOptions& options, const Signals& signals, Guard& guard,
                       const std::vector<int>& descriptors)
    : options_(options),
      signals_(signals),
      guard_(guard),
      descriptors_(descriptors),
      signal_stream_(context_, fcntl(signals.descriptor(), F_DUPFD_CLOEXEC, 3)),
      timer_(context_, [this] { review(); }),
      patience_(context_, silence),
      client_(context_, client_options(options, [this] { on_renewed(); })),
      supervision_(options.policy) {
  ask();
  wait_for_signals();
  patience_.async_wait([this](error_code error) {
    if (!error) say_who_holds_it();
  });
}

int Supervisor::run() {
  review();
  context_.run();
  guard_.dismiss();
  return code_;
}

void Supervisor::ask() {
  client_.async_run([this](error_code error) { on_client_ended(error); });
  client_.async_lock(options_.locks, lock_options(options_), diagnostics_,
                     [this](error_code error, Lease lease) {
                       if (phase_ != Phase::waiting) return;
                       error ? on_refused(error) : on_granted(std::move(lease));
                     });
}

void Supervisor::on_granted(Lease lease) {
  phase_ = Phase::granted;
  lease_ = std::move(lease);
  on_lost_.emplace(lease_.lost(), [this] { boost::asio::post(context_, [this] { review(); }); });
  on_renewed();
}

// A session that was opened for it is closed; where no server answers it ends by itself.
void Supervisor::on_refused(error_code error) {
  if (error == ClientError::lost) {
    was_lost_ = true;
    say(lost_before_start_text(options_));
    return give_back(Phase::returning, exit_not_held);
  }
  if (!options_.quiet || !is_not_granted(error)) say(refusal_text(options_, error, diagnostics_));
  const int code = exit_code_of(error, options_.conflict_exit_code);
  return error == ClientError::unreachable ? finish(code) : give_back(Phase::returning, code);
}

// Everything that can happen ends here, and nothing is remembered of what it was.
void Supervisor::review() {
  switch (phase_) {
    case Phase::granted: review_granted(); break;
    case Phase::running: review_running(); break;
    case Phase::waiting:
    case Phase::leaving:
    case Phase::returning:
    case Phase::over: return;
  }
  set_timer();
}

void Supervisor::on_renewed() {
  if (phase_ != Phase::granted && phase_ != Phase::running) return;
  look_at_clock();
  if (child_) look_at_command();
  const Span left = lease_.valid_for();
  if (left > Span{0}) held_until_ = now_ + left;
  if (child_) tell_guard();
  review();
}

void Supervisor::look_at_clock() { now_ = clock_.advance(client::read_clocks()); }

// Its signal may come behind what brought us here. The guard knows of no renewal that came while we
// were stopped: what it has killed is lost, whatever the server says by now.
void Supervisor::look_at_command() {
  child_->look_for_end();
  const bool by_guard = child_->ended_by() == SIGKILL && now_ >= guard_acts_at_;
  guard_struck_ = guard_struck_ || (by_guard && !supervision_.has_killed());
}

void Supervisor::tell_guard() {
  const Span left = held_until_ - now_ - lead_of(options_.policy.ttl) / 2;
  const bool is_bound = options_.policy.on_lost != OnLost::ignore;
  guard_acts_at_ = is_bound ? now_ + left : never;
  guard_.watch(child_->group(), is_bound ? std::optional(left) : std::nullopt);
}

void Supervisor::review_granted() {
  look_at_clock();
  if (lease_.state() == LeaseState::lost) return on_refused(ClientError::lost);
  const Span needed = std::max(Span(options_.policy.grace), lead_of(options_.policy.ttl));
  if (held_until_ - now_ > needed) start();  // else it is renewed first
}

void Supervisor::start() {
  patience_.cancel();
  try {
    fork_command();
  } catch (const std::runtime_error& error) {
    say(error.what());
    return give_back(Phase::returning, exit_cannot_execute);
  }
  phase_ = Phase::running;
  tell_guard();  // before the command runs
  review_running();
  if (on_terminal_) terminal_.lend(child_->group());
  child_->let_go();
}

void Supervisor::fork_command() {
  const Token token = lease_.token();
  Command command{options_.command,
                  {"PAWL_LOCK=" + joined(options_.locks, " "),
                   "PAWL_TOKEN=" + std::to_string(token.value), "PAWL_SERVER=" + options_.servers},
                  {secret_variable}};
  command.environment.insert(command.environment.end(), options_.access_variables.begin(),
                             options_.access_variables.end());
  on_terminal_ = terminal_.is_lent_at_once() && terminal_.is_ours();
  child_ = std::make_unique<Child>(command, signals_, descriptors_, on_terminal_);
}

Situation Supervisor::situation() const {
  Situation now;
  now.lost = now_ >= held_until_ || lease_.state() == LeaseState::lost;
  now.held_until = held_until_;
  now.ended = child_->has_ended();
  now.killed = child_->ended_by() == SIGKILL;
  now.others_left = others_left_;
  return now;
}

void Supervisor::review_running() {
  look_at_clock();
  look_at_command();
  if (child_->has_ended() && (!look_at_ || now_ >= *look_at_)) look_for_others();
  Orders orders;
  supervision_.review(now_, situation(), orders);
  obey(orders);
  if (child_->has_ended() && !others_left_) end_command();
}

void Supervisor::look_for_others() {
  const auto look = [this] {
    return has_members(child_->group()).value_or(!supervision_.has_killed());
  };
  others_left_ = look() || look();
  if (!others_left_ && !std::exchange(swept_, true)) {
    // Nobody was seen, which proves nothing of one that forks and ends all the time; this does.
    signal_command(SIGKILL);
    others_left_ = look();
  }
  look_pause_ = look_at_ ? std::min(2 * look_pause_, longest_look) : first_look;
  look_at_ = now_ + look_pause_;
}

void Supervisor::signal_command(int signal) {
  if (signal_group(child_->group(), signal) || std::exchange(said_not_ours_, true)) return;
  say("the command is another user's: pawl may not signal it");
}

void Supervisor::obey(const Orders& orders) {
  for (const int signal : orders.signals) signal_command(signal);
  for (const Notice notice : orders.notices) {
    if (notice == Notice::ignored) client_.stop();  // there is nothing to be kept any more
    const std::string text = notice_text(options_, notice);
    if (!text.empty()) say(text);
  }
}

void Supervisor::end_command() {
  const bool was_killed = child_->ended_by() != 0;
  // Ctrl-C reached the command alone; who shares pawl's place on the terminal expects it too.
  const int by = child_->ended_by();
  const bool pass_on = terminal_.is_lent() && (by == SIGINT || by == SIGQUIT);
  terminal_.take_back(was_killed);
  if (pass_on) ::kill(0, by);
  if (child_->exec_error() != 0) say(exec_error_text(options_, child_->exec_error()));
  was_lost_ = supervision_.lost() || guard_struck_;
  asked_to_end_ |= by == SIGINT || by == SIGQUIT;
  const int code = was_lost_ ? exit_not_held : child_->exit_code();
  if (was_lost_) say(end_text(options_, child_->exit_code()));
  give_back(Phase::returning, code);
}

void Supervisor::give_back(Phase phase, int code) {
  phase_ = phase;
  code_ = code;
  if (client_is_over_) return finish(code);
  client_.stop();
}

void Supervisor::on_client_ended(error_code error) {
  client_is_over_ = true;
  if (phase_ != Phase::leaving && phase_ != Phase::returning) return;
  if (error && child_ && !was_lost_) say(gave_up_text(options_));
  finish(code_);
}

void Supervisor::finish(int code) {
  phase_ = Phase::over;
  code_ = code;
  context_.stop();
}

void Supervisor::set_timer() {
  if (phase_ != Phase::running) return timer_.disarm();
  Moment next = supervision_.next_deadline(situation());
  if (child_->has_ended() && others_left_) next = std::min(next, *look_at_);
  if (next == never) return timer_.disarm();
  timer_.arm(std::max(next - now_, Span::zero()));
}

void Supervisor::say_who_holds_it() {
  if (phase_ != Phase::waiting || options_.quiet) return;
  holders_.emplace(context_, options_.addresses, options_.access, options_.locks,
                   [this](const std::string& text) {
                     if (phase_ == Phase::waiting)
                       say("waiting for " + names_text(options_.locks) + ": " + text);
                   });
}

void Supervisor::wait_for_signals() {
  signal_stream_.async_wait(stream_descriptor::wait_read, [this](error_code error) {
    if (error) return;
    while (phase_ != Phase::over) {
      const auto info = signals_.next();
      if (!info) break;
      on_signal(static_cast<int>(info->ssi_signo));
    }
    wait_for_signals();
    review();
  });
}

void Supervisor::on_signal(int signal) {
  if (signal == SIGCHLD) return on_child_signal();
  switch (phase_) {
    case Phase::waiting:
    case Phase::granted:
      if (stops_by_default(signal)) static_cast<void>(signals_.stop_here(signal));
      if (ends_by_default(signal)) give_back(Phase::leaving, 128 + signal);
      return;
    case Phase::running:
      if (signal == SIGCONT) return resume(terminal_.is_lent_at_once());
      asked_to_end_ |= signal == SIGTERM || signal == SIGINT || signal == SIGQUIT;
      return signal_command(signal);
    case Phase::leaving:
    case Phase::returning:
      // A second one does not wait for the server; what is left ends with its lease.
      asked_to_end_ |= ends_by_default(signal);
      if (ends_by_default(signal)) finish(code_);
      return;
    case Phase::over: return;
  }
}

void Supervisor::on_child_signal() {
  if (!child_) return;
  while (const auto change = child_->poll()) {
    if (change->stopped_by != 0) on_stopped(change->stopped_by);
  }
}

// A job stops as a whole: the terminal is taken back, and pawl stops with its command.
void Supervisor::on_stopped(int by) {
  if (!terminal_.exists()) return;  // nobody could continue us; the lock is kept meanwhile
  const bool wants_terminal = by == SIGTTIN || by == SIGTTOU;
  if (wants_terminal && terminal_.is_ours()) return resume(true);
  const bool lend = wants_terminal || terminal_.is_lent() || terminal_.is_lent_at_once();
  terminal_.take_back(false);
  const bool was_stopped = signals_.stop_here(by == SIGSTOP ? SIGTSTP : by);
  if (was_stopped || by != SIGSTOP) resume(lend);
}

// The lease is judged before the command moves again: what was lost meanwhile is killed stopped.
void Supervisor::resume(bool lend) {
  review_running();
  if (phase_ != Phase::running || supervision_.lost()) return;
  if (lend) terminal_.lend(child_->group());
  signal_command(SIGCONT);
}

}  // namespace pawl::cli
