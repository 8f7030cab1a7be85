// SPDX-License-Identifier: Apache-2.0
#include "pawl/lease.hpp"

#include <utility>

#include "client/client_impl.hpp"

namespace pawl {
namespace {

using View = client::SessionDriver::View;

}  // namespace

Lease::~Lease() { unlock(); }

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  unlock();
  record_ = std::move(other.record_);
  return *this;
}

Token Lease::token() const { return record_ ? record_->token : Token{}; }

const std::vector<std::string>& Lease::names() const {
  static const std::vector<std::string> none;
  return record_ ? record_->names : none;
}

LeaseState Lease::state() const {
  if (!record_) return LeaseState::released;
  const auto impl = record_->impl.lock();
  const View view = impl ? impl->look(record_->key) : View{};
  if (view.left <= Span{0}) return LeaseState::lost;
  return view.is_confirmed ? LeaseState::held : LeaseState::unsure;
}

std::chrono::nanoseconds Lease::valid_for() const {
  const auto impl = record_ ? record_->impl.lock() : nullptr;
  return impl ? impl->look(record_->key).left : Span{0};
}

std::stop_token Lease::lost() const {
  return record_ ? record_->lost.get_token() : std::stop_token();
}

void Lease::unlock() noexcept {
  if (record_) unlock(std::exchange(record_, nullptr), {});
}

void Lease::unlock(std::shared_ptr<Record> record, Unlocked handler) {
  const auto impl = record ? record->impl.lock() : nullptr;
  if (impl) return impl->unlock(std::move(record), std::move(handler));
  if (handler) Client::Impl::complete_lost(std::move(handler));
}

}  // namespace pawl
