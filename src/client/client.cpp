// SPDX-License-Identifier: Apache-2.0
#include "pawl/client.hpp"

#include "client/client_impl.hpp"

namespace pawl {

Client::Client(boost::asio::io_context& context, ClientOptions options)
    : impl_(std::make_shared<Impl>(context, options)) {}

Client::~Client() { impl_->shut(); }

void Client::run(const std::shared_ptr<Impl>& impl, Ran handler) { impl->run(std::move(handler)); }

void Client::lock(const std::shared_ptr<Impl>& impl, std::vector<std::string> names,
                  LockOptions options, Diagnostics* diagnostics, Locked handler) {
  impl->lock(std::move(names), std::move(options), diagnostics, std::move(handler));
}

void Client::stop() { impl_->stop(); }

}  // namespace pawl
