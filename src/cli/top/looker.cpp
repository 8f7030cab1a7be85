// SPDX-License-Identifier: Apache-2.0
#include "cli/top/looker.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "cli/access.hpp"
#include "cli/asking.hpp"
#include "cli/text/printable.hpp"
#include "wire/text.hpp"
#include "wire/values.hpp"

namespace pawl::cli::top {
namespace {

constexpr std::chrono::milliseconds longest_ask{1'000};  // of one among several

std::optional<Json> json_in(const client::ReplyLine& reply) {
  if (reply.kind != client::ReplyLine::Kind::ok) return std::nullopt;
  Json json = Json::parse(reply.json, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return json;
}

std::vector<std::string> first_requests(const Question& question) {
  std::vector<std::string> requests{"STATUS"};
  if (!question.locks) return requests;
  client::RequestLine list("LIST");
  list.option("by", "waiters");
  if (!question.prefix.empty()) list.option("prefix", question.prefix);
  list.option("limit", question.limit);
  requests.push_back(list.text());
  return requests;
}

Failure failure_in(const client::ReplyLine& reply) {
  if (reply.kind == client::ReplyLine::Kind::error) return failure_of(reply);
  return {exit_refused, "the server's reply is no JSON object"};
}

bool is_silent(const std::vector<Seen>& all) {
  return std::all_of(all.begin(), all.end(),
                     [](const Seen& seen) { return seen.status.is_null(); });
}

std::string reasons_of(const std::vector<Seen>& all) {
  std::string reasons;
  for (const Seen& seen : all) {
    reasons += (reasons.empty() ? "" : "; ") + printable(seen.server) + ": " + seen.error;
  }
  return reasons;
}

std::string show(const std::string& name, std::uint64_t limit) {
  return client::RequestLine("SHOW").word(name).option("limit", limit).text();
}

}  // namespace

Looker::Looker(boost::asio::io_context& context, const Globals& globals)
    : context_(context), book_(context), access_(access_of(globals)), timeout_(globals.timeout_ms) {
  for (const auto& server : servers_of(globals)) {
    const bool is_new = std::find(servers_.begin(), servers_.end(), server) == servers_.end();
    if (is_new) servers_.push_back(server);
  }
}

// A server that is gone must not hold up what the others tell.
std::chrono::milliseconds Looker::patience() const {
  const bool is_alone = servers_.size() == 1 && !knows_all_;
  return is_alone ? timeout_ : std::min(timeout_, longest_ask);
}

void Looker::look(Question question, Done done) {
  question_ = std::move(question);
  done_ = std::move(done);
  told_ = {};
  knows_all_ = false;
  teller_ = nullptr;
  refusal_.reset();
  for (const auto& server : servers_) ask(server, {});
}

void Looker::ask(const client::ServerAddress& server, const std::string& node) {
  ++awaited_;
  auto& talker = talkers_[client::to_text(server)];
  if (!talker) talker = std::make_unique<Talker>(context_, book_, server, access_);
  talker->ask(
      first_requests(question_), patience(),
      [this, node, &asked = *talker](Answers answers) { take(asked, node, std::move(answers)); });
}

void Looker::take(Talker& talker, const std::string& node, Answers answers) {
  Seen seen{client::to_text(talker.server()), node, {}, std::move(answers.error)};
  const auto status = answers.replies.empty() ? std::nullopt : json_in(answers.replies.front());
  if (status) {
    if (!seen.error.empty()) {
      refusal_ = Failure(exit_unreachable, printable(seen.server) + ": " + seen.error);
    }
    seen.node = field::text(*status, "node");
    seen.status = *status;
    seen.error.clear();
  } else if (seen.error.empty()) {
    const Failure failure = failure_in(answers.replies.front());
    seen.error = failure.what();
    refusal_ = failure;
  }
  if (question_.locks && answers.replies.size() > 1) take_list(talker, answers.replies[1]);
  told_.seen.push_back(std::move(seen));
  if (--awaited_ == 0) answered();
}

void Looker::take_list(Talker& talker, const client::ReplyLine& reply) {
  if (const auto list = json_in(reply)) {
    teller_ = &talker;
    told_.locks.clear();
    for (const Json& lock : field::list(*list, "locks")) told_.locks.push_back(lock);
  } else if (!client::is_elsewhere(reply)) {
    refusal_ = failure_in(reply);
  }
}

void Looker::answered() {
  if (!std::exchange(knows_all_, true)) {
    for (const Seen& other : unheard_in(told_.seen)) {
      const auto address = client::parse_server_address(other.server);
      if (address) ask(*address, other.node);
    }
    if (awaited_ != 0) return;
  }
  if (teller_ == nullptr) return finish();
  told_.server = client::to_text(teller_->server());
  ask_details();
}

void Looker::ask_details() {
  std::vector<std::string> requests;
  const std::size_t from = std::min(question_.details_from, told_.locks.size());
  const std::size_t end = std::min(from + most_details, told_.locks.size());
  for (std::size_t i = from; i < end; ++i) {
    const std::string name = field::text(told_.locks[i], "name");
    if (wire::is_name(name)) requests.push_back(show(name, 1));
  }
  const bool has_queue = !question_.queue_of.empty();
  if (has_queue) requests.push_back(show(question_.queue_of, longest_queue));
  if (requests.empty()) return finish();
  teller_->ask(std::move(requests), patience(), [this, has_queue](Answers answers) {
    for (const client::ReplyLine& reply : answers.replies) {
      told_.shows.push_back(json_in(reply).value_or(Json::object()));
    }
    if (has_queue && answers.error.empty()) {
      told_.queue = std::move(told_.shows.back());
      told_.shows.pop_back();
    }
    finish();
  });
}

void Looker::tell_trouble() {
  if (refusal_) {
    told_.trouble = refusal_->what();
    told_.code = refusal_->code();
  } else if (is_silent(told_.seen)) {
    told_.trouble = "cannot reach " + reasons_of(told_.seen);
    told_.code = exit_unreachable;
  } else {
    told_.trouble = "no node is primary: nobody is served now";
    told_.code = exit_refused;
    told_.is_passing = true;
  }
}

void Looker::finish() {
  const bool is_told = question_.locks ? teller_ != nullptr : !is_silent(told_.seen);
  if (!is_told) tell_trouble();
  const Done done = std::exchange(done_, {});
  done(std::exchange(told_, {}));
}

}  // namespace pawl::cli::top
