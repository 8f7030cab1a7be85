// SPDX-License-Identifier: Apache-2.0
#include "cli/top/talker.hpp"

#include <utility>

namespace pawl::cli::top {

using boost::system::error_code;

Talker::Talker(boost::asio::io_context& context, client::AddressBook& book,
               client::ServerAddress server, client::Access access)
    : context_(context),
      book_(book),
      server_(std::move(server)),
      access_(std::move(access)),
      patience_(context) {}

Talker::~Talker() {
  if (link_) link_->close();
}

void Talker::ask(std::vector<std::string> requests, std::chrono::milliseconds patience, Done done) {
  requests_ = std::move(requests);
  wanted_ = requests_.size();
  answers_ = {};
  done_ = std::move(done);
  patience_.expires_after(patience);
  patience_.async_wait([this, asked = ++asked_](error_code ended) {
    if (!ended && done_ && asked == asked_) lose("no reply in time");
  });
  if (is_up_) {
    send();
  } else if (!link_) {
    connect();
  }
}

void Talker::connect() {
  link_ = std::make_shared<client::Link>(
      context_, access_,
      client::Link::Calls{[this] {
                            is_up_ = true;
                            send();
                          },
                          [this](std::string_view line) { take(line); },
                          [this](const client::Link::End& end) { on_down(end); }});
  link_->open(book_, server_, 0);
}

void Talker::send() {
  for (const std::string& request : requests_) link_->send(request);
  requests_.clear();
}

void Talker::take(std::string_view line) {
  if (!done_) return;  // the last words before it closes
  auto reply = client::parse_reply_line(line);
  if (!reply) return lose("what answers there is no pawld");
  answers_.replies.push_back(*std::move(reply));
  if (answers_.replies.size() == wanted_) finish();
}

void Talker::on_down(const client::Link::End& end) {
  if (!end.denial || !done_) return lose(end.why);
  answers_.replies.assign(wanted_, *end.denial);
  link_.reset();
  is_up_ = false;
  finish();
}

// A connection that owes replies is of no more use: they would be taken for others.
void Talker::lose(std::string why) {
  if (link_) link_->close();
  link_.reset();
  is_up_ = false;
  if (!done_) return;
  answers_.error = std::move(why);
  finish();
}

void Talker::finish() {
  patience_.cancel();
  const Done done = std::exchange(done_, {});
  done(std::exchange(answers_, {}));
}

}  // namespace pawl::cli::top
