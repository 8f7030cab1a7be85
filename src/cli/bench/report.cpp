// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/report.hpp"

#include <cmath>
#include <cstdio>

#include "cli/text/duration.hpp"
#include "cli/text/printable.hpp"
#include "cli/text/table.hpp"

namespace pawl::cli::bench {
namespace {

struct Percentile {
  const char* key;
  const char* heading;
  double share;
};

constexpr Percentile percentiles[] = {
    {"p50_us", "p50", 0.5},
    {"p90_us", "p90", 0.9},
    {"p99_us", "p99", 0.99},
    {"p999_us", "p99.9", 0.999},
};

std::uint64_t whole(double value) { return static_cast<std::uint64_t>(std::llround(value)); }

Span span_of(const Measure& measure, Span elapsed) {
  return measure.span.count() > 0 ? measure.span : elapsed;
}

Json microseconds(std::uint64_t ns) { return static_cast<double>(ns) / 1'000; }

Json json_of(const Measure& measure, Span elapsed) {
  const Histogram& latency = measure.latency;
  Json json{{"count", latency.count()}};
  json["rate"] = whole(rate_of(latency.count(), span_of(measure, elapsed)));
  for (const Percentile& one : percentiles) {
    json[one.key] = microseconds(latency.percentile(one.share));
  }
  json["max_us"] = microseconds(latency.max());
  return json;
}

Row row_of(const Measure& measure, Span elapsed) {
  const Histogram& latency = measure.latency;
  const double rate = rate_of(latency.count(), span_of(measure, elapsed));
  Row row{measure.name, grouped(latency.count()), grouped(whole(rate))};
  for (const Percentile& one : percentiles) {
    row.push_back(latency.count() == 0 ? "-" : latency_text(latency.percentile(one.share)));
  }
  row.push_back(latency.count() == 0 ? "-" : latency_text(latency.max()));
  return row;
}

std::string table_of(const Tally& tally, Span elapsed) {
  Row headings{"", "count", "per second"};
  for (const Percentile& one : percentiles) headings.emplace_back(one.heading);
  headings.emplace_back("max");
  Table table(std::move(headings));
  for (const Measure& measure : tally.measures()) table.add(row_of(measure, elapsed));
  return table.take_lines();
}

std::string errors_of(const Tally& tally) {
  if (tally.errors().empty()) return "errors: none\n";
  std::string text;
  for (const auto& [code, count] : tally.errors()) {
    text += (text.empty() ? "errors: " : ", ") + printable(code) + " " + grouped(count);
  }
  return text + "\n";
}

std::string count_of(std::uint64_t count, const std::string& noun) {
  return grouped(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace

std::string report_text(const Outcome& outcome, const Tally& tally) {
  const Plan& plan = outcome.plan;
  std::string text = std::string(word_of(plan.kind)) + " at " + printable(outcome.servers) + ": " +
                     count_of(plan.connections, "connection") + ", depth " + grouped(plan.depth);
  if (plan.locks > 0) text += ", " + count_of(plan.locks, "lock");
  const auto elapsed = std::chrono::duration_cast<Milliseconds>(outcome.elapsed);
  text += ", ttl " + duration_text(plan.ttl) + ", " + duration_text(elapsed) + "\n";
  text += table_of(tally, outcome.elapsed);
  for (const Fact& fact : outcome.facts) {
    if (!fact.text.empty()) text += fact.text + "\n";
  }
  return text + errors_of(tally);
}

Json report_json(const Outcome& outcome, const Tally& tally) {
  const Plan& plan = outcome.plan;
  Json json{{"workload", std::string(word_of(plan.kind))}, {"servers", outcome.servers}};
  json["connections"] = plan.connections;
  json["depth"] = plan.depth;
  json["locks"] = plan.locks;
  json["ttl_ms"] = plan.ttl.count();
  json["elapsed_ms"] = std::chrono::duration_cast<Milliseconds>(outcome.elapsed).count();
  json["operations"] = tally.operations();
  json["rate"] = whole(rate_of(tally.operations(), outcome.elapsed));
  for (const Measure& measure : tally.measures()) {
    json["measures"][measure.name] = json_of(measure, outcome.elapsed);
  }
  for (const Fact& fact : outcome.facts) json[fact.key] = fact.value;
  json["errors"] = Json::object();
  for (const auto& [code, count] : tally.errors()) json["errors"][code] = count;
  json["left_held"] = outcome.held;
  return json;
}

std::string latency_text(std::uint64_t ns) {
  const double us = static_cast<double>(ns) / 1'000;
  const double value = us < 999.5 ? us : us < 999'500 ? us / 1'000 : us / 1'000'000;
  const char* unit = us < 999.5 ? "us" : us < 999'500 ? "ms" : "s";
  const int digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  char text[32];
  std::snprintf(text, sizeof text, "%.*f%s", digits, value, unit);
  return text;
}

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

double rate_of(std::uint64_t count, Span span) {
  const double seconds = std::chrono::duration<double>(span).count();
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

}  // namespace pawl::cli::bench
