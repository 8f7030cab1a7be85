// SPDX-License-Identifier: Apache-2.0
#include "server/http/service.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <limits>
#include <string>
#include <utility>

#include "node/authorise.hpp"
#include "node/view.hpp"
#include "server/http/health.hpp"
#include "server/http/metrics.hpp"
#include "server/http/page.hpp"
#include "server/http/status.hpp"
#include "wire/json.hpp"
#include "wire/json_writer.hpp"
#include "wire/text.hpp"

namespace pawl::server::http {
namespace {

constexpr std::uint32_t usual_limit = 100;
constexpr std::uint32_t most_locks = 1'000;  // gathered in slices
constexpr std::uint32_t most_of_lock = 100;  // at once: notes and names make them long
// What took longer to write is given to all who ask in the next second.
constexpr auto long_writing = std::chrono::microseconds(500);
constexpr Span kept_for = std::chrono::seconds(1);

Answer refusal(std::string_view what_to_do) {
  Answer answer{.status = 400, .type = json, .body = {}};
  wire::JsonWriter out{answer.body};
  out.open('{');
  out.key("error").text(what_to_do);
  out.close('}');
  answer.body += '\n';
  return answer;
}

Answer not_found() {
  return {
      .status = 404,
      .body =
          "nothing here: / /livez /readyz /primary /metrics /status.json /locks.json /lock.json\n"};
}

std::string_view type_of(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  return "image/svg+xml";
}

const PageFile* find_page(std::string_view path) {
  const std::string_view name = path == "/" ? "index.html" : path.substr(1);
  const auto files = page_files();
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const PageFile& file) { return file.name == name; });
  return found == files.end() ? nullptr : &*found;
}

// What it would be to ask the same over the line protocol.
Request as_request(const Target& target) {
  const std::string& path = target.path();
  if (path == "/status.json") return request::List{};
  if (path == "/locks.json") return request::List{.prefix = target.text("prefix")};
  if (path == "/lock.json") return request::Show{.name = target.text("name")};
  return request::Status{};
}

// A list that takes more than one slice goes on behind what else is to do.
struct Listing {
  boost::asio::io_context& context;
  const node::Node& node;
  node::Scan<std::string> scan;
  Reply reply;
};

void go_on(std::shared_ptr<Listing> listing) {
  const node::View view{listing->node};
  if (!view.run(listing->scan)) {
    boost::asio::io_context& context = listing->context;
    return boost::asio::post(
        context, [listing = std::move(listing)]() mutable { go_on(std::move(listing)); });
  }
  Answer answer{.type = json, .body = {}};
  wire::append_json(answer.body, view.result(listing->scan));
  answer.body += '\n';
  listing->reply(std::move(answer));
}

}  // namespace

Service::Service(boost::asio::io_context& context, const node::Node& node,
                 std::function<Facts()> facts, OwnHosts hosts, Guard guard)
    : context_(context),
      node_(node),
      facts_(std::move(facts)),
      hosts_(std::move(hosts)),
      guard_(std::move(guard)),
      contention_(context, node) {}

void Service::answer(const Asked& asked, Reply reply) {
  if (!asked.host.empty() && !hosts_.include(asked.host)) {
    return reply({.status = 421,
                  .body = "ask for this machine by address, as localhost, by its own name, or by "
                          "the name in listen.http\n"});
  }
  const std::optional<Target> target = Target::parse(asked.target);
  if (!target) return reply(refusal("write a path, and what is not plain in it as %XX of UTF-8"));
  if (std::optional<Answer> refused = refuse(asked, *target)) return reply(*std::move(refused));
  answer_path(*target, reply);
}

// The same step as for requests over the line protocol, of what each path amounts to. Whether this
// node is well is told to all: what looks after processes has no secrets.
std::optional<Answer> Service::refuse(const Asked& asked, const Target& target) const {
  const std::string& path = target.path();
  const bool is_health = path == "/livez" || path == "/readyz" || path == "/primary";
  if (is_health && !target.has("verbose")) return std::nullopt;
  const std::optional<Credentials> visitor = parse_basic(asked.authorization);
  const std::vector<access::Rule>* const rules = guard_.rules_of(visitor);
  const bool is_known = rules != nullptr && visitor.has_value();
  const Request request = as_request(target);
  if (rules != nullptr && node::is_allowed(*rules, request)) return std::nullopt;
  guard_.turned_away({request, visitor ? std::string_view(visitor->user) : "", asked.address,
                      is_known ? ErrorCode::forbidden : ErrorCode::unauthenticated});
  if (is_known) return Answer{.status = 403, .body = "this user may not see that\n"};
  return Answer{.status = 401, .body = "say who asks: a user and its secret, as for AUTH\n"};
}

void Service::answer_path(const Target& target, Reply& reply) {
  const std::string& path = target.path();
  const auto health = [&](Question question) {
    reply(answer_health(question, target.has("verbose"), node_, facts_()));
  };
  if (path == "/livez") return health(Question::livez);
  if (path == "/readyz") return health(Question::readyz);
  if (path == "/primary") return health(Question::primary);
  if (path == "/status.json") return tell_status(reply);
  if (path == "/metrics") return tell_metrics(reply);
  if (path == "/locks.json") return list_locks(target, reply);
  if (path == "/lock.json") return reply(show_lock(target));
  const PageFile* file = find_page(path);
  if (file == nullptr) return reply(not_found());
  reply({.type = type_of(file->name), .body = std::string(file->text), .is_page = true});
}

void Service::list_locks(const Target& target, Reply& reply) {
  if (!target.stranger({"prefix", "after", "limit"}).empty()) {
    return reply(refusal("ask for prefix=, after= and limit=, each once at most"));
  }
  const auto limit = target.number("limit", usual_limit, 1, most_locks);
  if (!limit) return reply(refusal("limit must be 1 to 1000"));
  auto listing = std::make_shared<Listing>(
      Listing{context_,
              node_,
              {{}, std::string(target.text("after")), std::string(target.text("prefix")), *limit},
              std::move(reply)});
  go_on(std::move(listing));
}

Answer Service::show_lock(const Target& target) const {
  if (!target.stranger({"name", "after", "limit"}).empty()) {
    return refusal("ask for name=, after= and limit=, each once at most");
  }
  const std::string_view name = target.text("name");
  if (!wire::is_name(name)) return refusal("name= must be a lock's: 1-255 bytes of UTF-8");
  const auto after = target.number("after", 0, 0, std::numeric_limits<std::uint32_t>::max());
  if (!after) return refusal("after must be a position in the queue: a whole number");
  const auto limit = target.number("limit", usual_limit, 1, most_of_lock);
  if (!limit) return refusal("limit must be 1 to 100; after= goes on");
  Answer answer{.type = json, .body = {}};
  const node::View view{node_};
  wire::append_json(answer.body, view.show({.name = name, .after = *after, .limit = *limit}));
  answer.body += '\n';
  return answer;
}

template <class Write>
const std::string& Service::Kept::text(Moment now, Write write) {
  if (now < until_) return text_;
  text_.clear();
  const auto began = std::chrono::steady_clock::now();
  write(text_);
  const bool was_long = std::chrono::steady_clock::now() - began > long_writing;
  until_ = was_long ? now + kept_for : now;
  return text_;
}

void Service::tell_status(Reply& reply) {
  contention_.find(facts_().now, [this, reply = std::move(reply)](const Contention::Found& found) {
    const Facts facts = facts_();
    reply({.type = json, .body = status_.text(facts.now, [&](std::string& out) {
             append_status(out, node_, facts, found);
             out += '\n';
           })});
  });
}

void Service::tell_metrics(Reply& reply) {
  contention_.find(facts_().now, [this, reply = std::move(reply)](const Contention::Found& found) {
    const Facts facts = facts_();
    if (facts.now >= look_at_process_at_) {
      process_ = read_process(facts.connections);
      look_at_process_at_ = facts.now + kept_for;
    }
    reply({.type = metrics_type, .body = metrics_.text(facts.now, [&](std::string& out) {
             append_metrics(out, node_, facts, process_, found);
           })});
  });
}

}  // namespace pawl::server::http
