// SPDX-License-Identifier: Apache-2.0
//
// Users, from the configuration to the answer: a real pawld, which a stranger learns nothing from.
#include "server/authenticator.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "daemon.hpp"
#include "line_client.hpp"
#include "server/config/digest.hpp"

namespace pawl::test {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using namespace std::chrono_literals;

std::string user(const std::string& name, const std::string& secret, const std::string& role) {
  return "    - {name: " + name +
         ", secret_sha256: " + server::format_digest(server::digest_of(secret)) + ", roles: [" +
         role + "]}\n";
}

const std::string workers = "    - {name: workers, lock: [jobs/]}\n";
const std::string operators = "    - {name: operators, admin: [\"\"]}\n";

std::string configuration(const std::string& users, const std::string& role = workers) {
  return "listen:\n  client: 127.0.0.1:0\n  http: none\nlog:\n  format: text\nsecurity:\n  "
         "roles:\n" +
         role + operators + "  users:\n" + users;
}

class File {
 public:
  explicit File(const std::string& text) { write(text); }
  void write(const std::string& text) const { std::ofstream(path()) << text; }
  [[nodiscard]] std::string path() const { return directory_.path("pawld.yaml"); }

 private:
  testing::TemporaryDirectory directory_;
};

struct Guarded {
  File file{configuration(user("ci", "s3cret", "workers") + user("ops", "0perator", "operators"))};
  Daemon daemon{{"-c", file.path()}};
  std::uint16_t port = daemon.port();
};

LineClient entered(std::uint16_t port, const std::string& name, const std::string& secret) {
  LineClient client(port);
  REQUIRE(client.ask("AUTH " + name + " " + secret) == "OK user=" + name);
  return client;
}

std::string command(const std::vector<std::string>& words) {
  std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    bytes += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return bytes;
}

std::string answer(LineClient& client, const std::vector<std::string>& words) {
  client.send(command(words));
  std::string line = client.line().value_or("(closed)\r");
  line.pop_back();
  return line;
}

}  // namespace

TEST_CASE("a user says who it is and does what it may; whoever tries more is told of in the log") {
  Guarded guarded;
  LineClient ci = entered(guarded.port, "ci", "s3cret");
  CHECK_THAT(ci.ask("LOCK jobs/a"), StartsWith("OK token=1"));
  CHECK_THAT(ci.ask("LOCK payroll"), StartsWith("ERR FORBIDDEN"));
  CHECK_THAT(guarded.daemon.logged("denied").value_or(""),
             Contains("op=lock") && Contains("user=ci") && Contains("name=payroll"));
  LineClient ops = entered(guarded.port, "ops", "0perator");
  CHECK(ops.ask("BREAK jobs/a token=1 reason=\"on call\"") == "OK");
  CHECK_THAT(guarded.daemon.logged("operator").value_or(""),
             Contains("op=break") && Contains("user=ops") && Contains("about=jobs/a") &&
                 Contains("token=1") && Contains("on call") && Contains("outcome=OK"));
  CHECK_THAT(ci.ask("LOCK jobs/b jobs/c"), StartsWith("OK token=2"));
  CHECK_THAT(ops.ask("RENEW jobs/c token=2 ttl=10s"), StartsWith("OK"));
  CHECK_THAT(guarded.daemon.logged("operator").value_or(""),
             Contains("op=renew") && Contains("about=jobs/c") && Contains("outcome=OK"));
  CHECK_THAT(ci.ask("RENEW jobs/c token=2"), StartsWith("OK"));  // its own: no line
  CHECK(ops.ask("UNLOCK jobs/b jobs/c token=2") == "OK");
  CHECK_THAT(guarded.daemon.logged("operator").value_or(""),
             Contains("op=unlock") && Contains("about=\"jobs/b jobs/c\""));
}

TEST_CASE("three wrong secrets end a connection; the log names the user, never the secret") {
  Guarded guarded;
  LineClient client(guarded.port);
  for (int i = 0; i < 3; ++i) {
    CHECK_THAT(client.ask("AUTH ci wr0ng-secret"), StartsWith("ERR UNAUTHENTICATED"));
  }
  CHECK(client.line() == std::nullopt);
  const std::string line = guarded.daemon.logged("denied").value_or("");
  CHECK_THAT(line, Contains("op=auth") && Contains("name=ci"));
  CHECK_THAT(line, !Contains("wr0ng-secret"));
}

TEST_CASE("failures do not fill the log: how many it leaves out stands in the next line") {
  Guarded guarded;
  LineClient stranger(guarded.port);
  LineClient ops = entered(guarded.port, "ops", "0perator");
  for (int i = 0; i < 100; ++i) {
    CHECK_THAT(stranger.ask("BREAK a token=1 reason=x"), StartsWith("ERR UNAUTHENTICATED"));
    CHECK_THAT(ops.ask("BREAK a token=1 reason=x"), StartsWith("ERR NOT_HELD"));
  }
  CHECK_THAT(stranger.ask("LOCK a"), StartsWith("ERR UNAUTHENTICATED"));
  guarded.daemon.signal(SIGTERM);
  std::string lines;
  while (const auto line = guarded.daemon.logged("op=")) lines += *line + '\n';
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 21);
  CHECK_THAT(lines, Contains("denied op=break") && Contains("operator op=break user=ops"));
  CHECK_THAT(lines, Contains("outcome=NOT_HELD") && Contains("untold=180"));
}

TEST_CASE("a Redis client says who it is as it would to Redis") {
  Guarded guarded;
  LineClient client(guarded.port);
  CHECK(answer(client, {"PING"}) == "+PONG");
  CHECK_THAT(answer(client, {"SET", "jobs/a", "me", "NX", "PX", "9000"}), StartsWith("-NOAUTH "));
  CHECK_THAT(answer(client, {"AUTH", "s3cret"}), StartsWith("-WRONGPASS "));
  CHECK(answer(client, {"AUTH", "ci", "s3cret"}) == "+OK");
  CHECK(answer(client, {"SET", "jobs/a", "me", "NX", "PX", "9000"}) == "+OK");
  CHECK_THAT(answer(client, {"SET", "payroll", "me", "NX", "PX", "9000"}), StartsWith("-NOPERM "));
  CHECK(answer(client, {"DELEX", "jobs/a", "IFEQ", "me"}) == ":1");
}

TEST_CASE("a stranger has a shorter line, and leaves with what is said of it") {
  Guarded guarded;
  LineClient client(guarded.port);
  client.send("LOCK jobs/" + std::string(1'100, 'a') + "\n");
  CHECK_THAT(client.line().value_or(""), StartsWith("ERR TOO_LONG"));
  CHECK(client.line() == std::nullopt);

  LineClient ci = entered(guarded.port, "ci", "s3cret");
  CHECK_THAT(ci.ask("LOCK jobs/b note=\"" + std::string(1'020, 'a') + '"'), StartsWith("OK"));
}

TEST_CASE("what a stranger asks and does not read is little") {
  Guarded guarded;
  LineClient client(guarded.port, 4'096);
  std::string many;
  for (int i = 0; i < 2'000; ++i) many += "HELP\n";
  const auto end = std::chrono::steady_clock::now() + 5s;
  std::size_t taken = 0;
  while (std::chrono::steady_clock::now() < end && taken < 40'000'000) {
    const long sent = client.send_some(many);
    if (sent <= 0) break;
    taken += static_cast<std::size_t>(sent);
  }
  // Reading stops long before the megabyte that others may leave unread.
  CHECK(taken < 40'000'000);
  CHECK(LineClient(guarded.port).ask("PING") == "OK pong");
}

TEST_CASE("SIGHUP takes new users, ends whom it changed and keeps what they hold") {
  Guarded guarded;
  LineClient ci = entered(guarded.port, "ci", "s3cret");
  LineClient ops = entered(guarded.port, "ops", "0perator");
  CHECK_THAT(ci.ask("LOCK jobs/a"), StartsWith("OK token=1"));
  guarded.file.write(
      configuration(user("ci", "n3w", "workers") + user("ops", "0perator", "operators")));
  guarded.daemon.signal(SIGHUP);
  CHECK_THAT(ci.line().value_or(""), StartsWith("ERR UNAUTHENTICATED"));
  CHECK(ci.line() == std::nullopt);
  CHECK_THAT(ops.ask("VERIFY jobs/a token=1"), StartsWith("OK"));
  LineClient late(guarded.port);
  CHECK_THAT(late.ask("AUTH ci s3cret"), StartsWith("ERR UNAUTHENTICATED"));
  CHECK(late.ask("AUTH ci n3w") == "OK user=ci");
  CHECK(late.ask("UNLOCK jobs/a token=1") == "OK");
}

TEST_CASE("a configuration with a wrong user is not taken by SIGHUP") {
  Guarded guarded;
  guarded.file.write(configuration(user("ci", "s3cret", "nobody")));
  guarded.daemon.signal(SIGHUP);
  CHECK_THAT(guarded.daemon.logged("not reloaded").value_or(""), Contains("no role is named"));
  entered(guarded.port, "ci", "s3cret");
}

TEST_CASE("SIGHUP leaves no port that others reach to everybody") {
  std::string text = configuration(user("ci", "s3cret", "workers"));
  text.replace(text.find("127.0.0.1"), 9, "0.0.0.0");
  const File file(text);
  Daemon daemon({"-c", file.path()});
  const std::uint16_t port = daemon.port();
  file.write("listen:\n  client: 127.0.0.1:0\n  http: none\n");
  daemon.signal(SIGHUP);
  CHECK_THAT(daemon.logged("not reloaded").value_or(""),
             Contains("as it is until a restart: listen.client (0.0.0.0:0) can be reached"));
  CHECK_THAT(LineClient(port).ask("LOCK payroll"), StartsWith("ERR UNAUTHENTICATED"));
}

TEST_CASE("open to others without users: pawld does not start, and says what to write") {
  Daemon refused({"--set", "listen.client=0.0.0.0:0"});
  CHECK(refused.logged("security.insecure: true"));
  CHECK(refused.exit_code() == 78);
  Daemon wanted({"--set", "listen.client=0.0.0.0:0", "--set", "security.insecure=true"});
  CHECK(wanted.logged("everybody who reaches this port may do everything"));
}

// Medians of many, of the check itself: over a network there is only more noise.
TEST_CASE("an unknown user takes as long as a wrong secret") {
  access::Access access;
  for (int i = 0; i < 100; ++i) {
    access.users.push_back(
        {"user" + std::to_string(i), {server::digest_of(std::to_string(i))}, {}});
  }
  const server::Authenticator authenticator(access);
  CHECK(authenticator.is_right("user7", "7"));
  CHECK_FALSE(authenticator.is_right("user7", "8"));
  CHECK_FALSE(authenticator.is_right("user8", "7"));

  struct Sort {
    std::string user;
    std::string secret;
    std::vector<double> times{};
  };
  Sort sorts[] = {{"user0", "wrong"}, {"user99", "wrong"}, {"user", "wrong"}, {"nobody", "wrong"}};
  for (int round = 0; round < 4'001; ++round) {
    for (Sort& sort : sorts) {
      const auto began = std::chrono::steady_clock::now();
      const bool right = authenticator.is_right(sort.user, sort.secret);
      const std::chrono::duration<double, std::micro> took =
          std::chrono::steady_clock::now() - began;
      REQUIRE_FALSE(right);
      sort.times.push_back(took.count());
    }
  }
  std::vector<double> medians;
  for (Sort& sort : sorts) {
    std::nth_element(sort.times.begin(), sort.times.begin() + 2'000, sort.times.end());
    medians.push_back(sort.times[2'000]);
  }
  const auto [least, most] = std::minmax_element(medians.begin(), medians.end());
  INFO(*least << " to " << *most << " us");
  CHECK(*most < *least * 1.1);
}

}  // namespace pawl::test
