// SPDX-License-Identifier: Apache-2.0
#include "client/client_impl.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <stdexcept>
#include <utility>

#include "wire/text.hpp"

namespace pawl {

namespace asio = boost::asio;
using boost::system::error_code;
using client::HoldState;

namespace {

constexpr std::size_t longest_name = 255;

error_code aborted() { return asio::error::operation_aborted; }

std::optional<ErrorCode> known_code(std::string_view code) {
  for (auto known = ErrorCode::bad_request; known <= ErrorCode::internal;
       known = static_cast<ErrorCode>(static_cast<int>(known) + 1)) {
    if (to_string(known) == code) return known;
  }
  return std::nullopt;
}

error_code error_of(const std::optional<client::Refusal>& refusal) {
  const std::string code = refusal ? refusal->code : "CLOSED";
  if (code == "CLOSED") return aborted();
  if (code == "UNREACHABLE") return ClientError::unreachable;
  return known_code(code).value_or(ErrorCode::internal);
}

// A code that is not known here is said, too.
std::string text_of(const std::optional<client::Refusal>& refusal) {
  if (!refusal) return {};
  const bool is_known = refusal->code == "UNREACHABLE" || known_code(refusal->code);
  if (is_known || refusal->message.empty()) return is_known ? refusal->message : refusal->code;
  return refusal->code + ": " + refusal->message;
}

client::DriverOptions driver_options(const ClientOptions& options) {
  auto servers = client::parse_server_addresses(options.servers);
  if (!servers) throw std::invalid_argument("pawl: no server addresses: " + options.servers);
  if (!wire::is_text(options.name) || options.name.size() > longest_name) {
    throw std::invalid_argument("pawl: no name of a session: up to 255 bytes of UTF-8");
  }
  client::DriverOptions driver;
  driver.servers = std::move(*servers);
  driver.wanted.secret = boost::uuids::to_string(boost::uuids::random_generator()());
  driver.wanted.ttl = options.ttl;
  driver.wanted.name = options.name;
  driver.wanted.deadlock = options.deadlock;
  driver.wanted.patience = options.timeout;
  driver.access = {options.user, options.secret, options.tls};
  driver.wanted.names_user = !options.user.empty();
  if (const std::string problem = client::problem_in(driver.access); !problem.empty()) {
    throw std::invalid_argument("pawl: " + problem);
  }
  return driver;
}

client::Wanted wanted_of(std::vector<std::string> names, const LockOptions& options) {
  client::Wanted wanted;
  wanted.names = std::move(names);
  wanted.wait = options.wait;
  if (options.shared) wanted.mode = Mode::shared;
  if (options.slots > 0) wanted.mode = Mode::slot;
  wanted.slots = options.slots;
  wanted.delay = options.delay;
  wanted.max_hold = options.max_hold;
  wanted.note = options.note;
  return wanted;
}

template <class Handler, class Executor, class... Args>
void deliver(Handler handler, const Executor& otherwise, Args... args) {
  const auto executor = asio::get_associated_executor(handler, otherwise);
  asio::dispatch(executor, [done = std::move(handler), ... args = std::move(args)]() mutable {
    std::move(done)(std::move(args)...);
  });
}

}  // namespace

Client::Impl::Impl(asio::io_context& context, const ClientOptions& options)
    : context_(context), renewed_(options.renewed) {
  driver_ = std::make_shared<client::SessionDriver>(
      context, driver_options(options),
      client::SessionDriver::Calls{
          [this](const client::Told& told) { on_told(told); },
          [this] {
            const auto self = shared_from_this();
            if (renewed_) renewed_();
          },
          [this](const std::optional<client::Refusal>& refusal) { on_over(refusal); }});
}

// False when there is no io_context to do it any more. In its thread it is done at once.
template <class Work>
bool Client::Impl::post(Work work) {
  {
    const std::lock_guard lock(mutex_);
    if (shut_) return false;
    if (!context_.get_executor().running_in_this_thread()) {
      asio::post(context_,
                 [self = shared_from_this(), work = std::move(work)]() mutable { work(*self); });
      return true;
    }
  }
  work(*this);
  return true;
}

void Client::Impl::run(Ran handler) {
  auto ran = std::make_shared<Ran>(std::move(handler));
  auto slot = asio::get_associated_cancellation_slot(*ran);
  if (slot.is_connected()) {
    slot.assign([weak = weak_from_this()](asio::cancellation_type /*type*/) {
      const auto self = weak.lock();
      if (self) self->post([](Impl& impl) { impl.abandon(); });
    });
  }
  post([ran](Impl& impl) {
    if (impl.shut_) return impl.complete(*ran, aborted());
    if (std::exchange(impl.has_run_, true)) {
      return impl.complete(*ran, error_code(asio::error::already_started));
    }
    impl.ran_.emplace(std::move(*ran));
    impl.driver_->start();
  });
}

void Client::Impl::abandon() {
  abandoned_ = true;
  driver_->abandon();
}

void Client::Impl::lock(std::vector<std::string> names, LockOptions options,
                        Diagnostics* diagnostics, Locked handler) {
  if (diagnostics != nullptr) diagnostics->text.clear();
  auto waiter = std::make_shared<Waiter>(std::move(names), diagnostics, std::move(handler));
  auto slot = asio::get_associated_cancellation_slot(waiter->handler);
  if (slot.is_connected()) {
    const std::weak_ptr<Waiter> known = waiter;  // it owns the handler, and that the slot
    slot.assign([weak = weak_from_this(), known](asio::cancellation_type /*type*/) {
      const auto self = weak.lock();
      const auto cancelled = known.lock();
      if (self && cancelled) self->post([cancelled](Impl& impl) { impl.cancel(cancelled); });
    });
  }
  post([waiter, options = std::move(options)](Impl& impl) { impl.begin(waiter, options); });
}

void Client::Impl::begin(const std::shared_ptr<Waiter>& waiter, const LockOptions& options) {
  if (waiter->cancelled || shut_) return complete(waiter->handler, aborted(), Lease());
  if (options.shared && options.slots > 0) {
    return complete(waiter->handler, error_code(ErrorCode::bad_request), Lease());
  }
  waiter->key = driver_->lock(wanted_of(waiter->names, options));
  waiters_.emplace(waiter->key, waiter);
}

void Client::Impl::cancel(const std::shared_ptr<Waiter>& waiter) {
  waiter->cancelled = true;
  if (waiters_.contains(waiter->key)) driver_->release(waiter->key);
}

void Client::Impl::unlock(std::shared_ptr<Lease::Record> record, Unlocked handler) {
  auto unlocked = std::make_shared<Unlocked>(std::move(handler));
  const bool posted = post([record = std::move(record), unlocked](Impl& impl) {
    if (!impl.records_.contains(record->key)) {
      return impl.complete(*unlocked, error_code(ClientError::lost));
    }
    if (*unlocked) impl.unlocks_.emplace(record->key, std::move(*unlocked));
    impl.driver_->release(record->key);
  });
  if (!posted && *unlocked) complete_lost(std::move(*unlocked));
}

// Where there is no io_context of a client any more: by the handler's own executor.
void Client::Impl::complete_lost(Unlocked handler) {
  asio::post(asio::system_executor(), [done = std::move(handler)]() mutable {
    deliver(std::move(done), asio::system_executor(), error_code(ClientError::lost));
  });
}

void Client::Impl::stop() {
  post([](Impl& impl) { impl.driver_->close(); });
}

client::SessionDriver::View Client::Impl::look(client::HoldKey key) const {
  return driver_->look(key);
}

void Client::Impl::on_told(const client::Told& told) {
  const auto self = shared_from_this();  // whoever is told may end the client
  if (const auto found = waiters_.find(told.key); found != waiters_.end()) {
    const auto waiter = found->second;
    waiters_.erase(found);
    on_told_waiter(*waiter, told);
  }
  const auto found = records_.find(told.key);
  if (found == records_.end()) return;
  const auto record = found->second;
  if (told.is_over) records_.erase(found);
  if (told.state == HoldState::lost) record->lost.request_stop();
  if (!told.is_over) return;
  auto unlock = unlocks_.extract(told.key);
  if (unlock.empty()) return;
  const bool was_held = told.state == HoldState::released;
  complete(unlock.mapped(), was_held ? error_code() : error_code(ClientError::lost));
}

void Client::Impl::on_told_waiter(Waiter& waiter, const client::Told& told) {
  switch (told.state) {
    case HoldState::asking: break;
    case HoldState::released: return complete(waiter.handler, aborted(), Lease());
    case HoldState::refused:
      if (waiter.diagnostics != nullptr) waiter.diagnostics->text = text_of(told.refusal);
      return complete(waiter.handler, error_of(told.refusal), Lease());
    case HoldState::lost: return complete(waiter.handler, error_code(ClientError::lost), Lease());
    case HoldState::held: break;
  }
  // Granted, and given back by a cancellation before anybody was told.
  if (waiter.cancelled) return complete(waiter.handler, aborted(), Lease());
  auto record = std::make_shared<Lease::Record>();
  record->impl = weak_from_this();
  record->key = told.key;
  record->names = waiter.names;
  record->token = told.token;
  records_.emplace(told.key, record);
  complete(waiter.handler, error_code(), Lease(std::move(record)));
}

void Client::Impl::on_over(const std::optional<client::Refusal>& refusal) {
  if (!ran_) return;
  error_code error;
  if (abandoned_ || refusal) error = error_of(refusal);
  complete(*ran_, error);
}

// By the handler's own executor, never from within a call of ours; no cancellation reaches it any
// more.
template <class Handler, class... Args>
void Client::Impl::complete(Handler& handler, Args... args) {
  if (!handler) return;
  auto slot = asio::get_associated_cancellation_slot(handler);
  if (slot.is_connected()) slot.clear();
  asio::post(context_, [this_executor = context_.get_executor(), done = std::move(handler),
                        ... args = std::move(args)]() mutable {
    deliver(std::move(done), this_executor, std::move(args)...);
  });
}

void Client::Impl::shut() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(shut_, true)) return;
  }
  driver_->abandon();
  driver_->shut();
  for (auto& [key, waiter] : waiters_) complete(waiter->handler, aborted(), Lease());
  for (auto& [key, unlock] : unlocks_) complete(unlock, aborted());
  if (ran_) complete(*ran_, aborted());
  waiters_.clear();
  for (const auto& [key, record] : std::exchange(records_, {})) record->lost.request_stop();
}

}  // namespace pawl
