// SPDX-License-Identifier: Apache-2.0
//
// What there is to see: one lock, all locks, all sessions. Longer lists are read page
// by page, and lists of all kinds printed as they come.
#include <algorithm>
#include <memory>

#include "cli/arguments.hpp"
#include "cli/asking.hpp"
#include "cli/commands/families.hpp"
#include "cli/output.hpp"
#include "cli/text/describe.hpp"

namespace pawl::cli {
namespace {

constexpr std::uint64_t longest_page = 1'000;

struct Look {
  std::string name;  // or prefix
  std::uint64_t limit = 0;
};

struct Page {
  std::string text;  // as the server wrote it
  Json json;
};

Page ask_json(client::Asker& asker, const client::RequestLine& request) {
  Page page{ask(asker, request).json, {}};
  page.json = Json::parse(page.text, nullptr, false);
  if (!page.json.is_object()) throw Failure(exit_refused, "the server's reply is no JSON object");
  return page;
}

std::uint64_t page_size(std::uint64_t limit, std::uint64_t had) {
  return limit == 0 ? longest_page : std::min(longest_page, limit - had);
}

// The first page, with the waiters of those behind it: text is its own where there are none.
Page ask_show(client::Asker& asker, const Look& look) {
  Page first;
  std::uint64_t had = 0;
  while (look.limit == 0 || had < look.limit) {
    client::RequestLine request("SHOW");
    request.word(look.name).option("limit", page_size(look.limit, had));
    if (had > 0) request.option("after", had);
    Page page = ask_json(asker, request);
    const Json waiters = page.json.value("waiters", Json::array());
    const std::uint64_t total = page.json.value("waiters_total", std::uint64_t{0});
    if (had == 0) {
      first = std::move(page);
    } else {
      for (const Json& waiter : waiters) first.json["waiters"].push_back(waiter);
      first.text = first.json.dump();
    }
    had += waiters.size();
    if (waiters.empty() || had >= total) break;
  }
  return first;
}

int show(const Globals& globals, const Look& look) {
  client::Asker asker = asker_of(globals);
  const Page page = ask_show(asker, look);
  print(globals.json() ? page.text + "\n" : show_text(page.json, paint_of_stdout(globals)));
  return exit_ok;
}

int why(const Globals& globals, const Look& look) {
  client::Asker asker = asker_of(globals);
  const Page page = ask_show(asker, look);
  print(globals.json() ? page.text + "\n" : why_text(page.json, paint_of_stdout(globals)));
  return exit_ok;
}

struct Listing {
  std::string_view verb;
  const char* key;  // of the list in the reply
  Row headings;
  Row (*row)(const Json&);
};

// {"locks":[…,…],"next":…}, one object over all pages. What is printed needs no memory of what was.
int list(const Globals& globals, const Listing& listing, const Look& look) {
  client::Asker asker = asker_of(globals);
  Table table(listing.headings);
  const Paint paint = paint_of_stdout(globals);
  std::uint64_t had = 0;
  Json next = nullptr;
  std::string lines = "{\"" + std::string(listing.key) + "\":[";
  do {
    client::RequestLine request(listing.verb);
    if (!look.name.empty()) request.option("prefix", look.name);
    if (next.is_string()) request.option("after", next.get<std::string>());
    request.option("limit", page_size(look.limit, had));
    const Json page = ask_json(asker, request).json;
    for (const Json& line : page.value(listing.key, Json::array())) {
      if (globals.json()) lines += (had == 0 ? "" : ",") + line.dump();
      if (!globals.json()) table.add(listing.row(line));
      ++had;
    }
    next = page.value("next", Json(nullptr));
    print(globals.json() ? lines : table.take_lines(paint));
    lines.clear();
  } while (next.is_string() && (look.limit == 0 || had < look.limit));
  if (globals.json()) print("],\"next\":" + next.dump() + "}\n");
  if (!globals.json() && next.is_string()) say("there are more: --limit 0 lists all");
  return exit_ok;
}

int ls(const Globals& globals, const Look& look) {
  return list(globals, {"LIST", "locks", lock_headings(), lock_row}, look);
}

int sessions(const Globals& globals, const Look& look) {
  return list(globals, {"SESSIONS", "sessions", session_headings(), session_row}, look);
}

}  // namespace

void add_look_commands(Program& program) {
  auto add = [&program](const char* name, const char* summary, const char* examples, auto run) {
    auto look = std::make_shared<Look>();
    CLI::App& command = program.add(name, summary, examples, [look, run](const Globals& globals) {
      return run(globals, *look);
    });
    return std::pair<CLI::App&, Look&>{command, *look};
  };
  auto [whying, asked] =
      add("why", "Why is it held? Who holds and who waits, in words",
          "  pawl why jobs/nightly\n"
          "    jobs/nightly is held by 10.0.0.7:40112 since 3m12s, token 42; renewed\n"
          "    1.2s ago, lapses in 28.8s unless renewed.\n"
          "    1 waits:\n"
          "      1. 10.0.0.9:51034 for 40s\n",
          why);
  add_lock(whying, asked.name);
  asked.limit = 100;
  add_limit(whying, asked.limit, "waiters");
  auto [showing, shown] = add("show", "Show one lock: its holders and its queue",
                              "  pawl show jobs/nightly\n"
                              "  pawl show jobs/nightly -o json | jq '.holders[0].token'\n",
                              show);
  add_lock(showing, shown.name);
  shown.limit = 100;
  add_limit(showing, shown.limit, "waiters");
  auto [listing, listed] = add("ls", "List the locks that are held or awaited",
                               "  pawl ls                          all\n"
                               "  pawl ls jobs/ --limit 50         the first 50 that begin so\n",
                               ls);
  add_prefix(listing, listed.name);
  add_limit(listing, listed.limit, "locks");
  auto [sessioning, session] = add("sessions", "List the sessions that are alive",
                                   "  pawl sessions\n"
                                   "  pawl sessions -o json | jq '.sessions[].handle'\n",
                                   sessions);
  add_limit(sessioning, session.limit, "sessions");
}

}  // namespace pawl::cli
