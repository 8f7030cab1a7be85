// SPDX-License-Identifier: Apache-2.0
#include "tally.hpp"

#include <string_view>

namespace pawl::simulation {

namespace {

constexpr std::array<std::string_view, happening_count> names{
    "starts",    "blank_starts",    "damaged_starts", "votes_cut_short", "reigns_cut_short",
    "elections", "epochs",          "hand_overs",     "snapshots_sent",  "renewals",
    "expiries",  "ids_asked_again", "shared_grants",  "slot_grants",     "grants_of_several",
    "delays",    "max_holds",       "deadlocks"};

}  // namespace

void Tally::add(const Tally& other) {
  for (std::size_t i = 0; i < mishap_count; ++i) mishaps[i] += other.mishaps[i];
  for (std::size_t i = 0; i < happening_count; ++i) happenings[i] += other.happenings[i];
}

std::string to_text(Happening happening) {
  return std::string{names[static_cast<std::size_t>(happening)]};
}

std::string to_text(const Tally& tally) {
  std::string out;
  auto add = [&out](std::string_view name, std::uint64_t times) {
    if (!out.empty()) out += ' ';
    out += name;
    out += '=' + std::to_string(times);
  };
  for (std::size_t i = 0; i < mishap_count; ++i) {
    add(to_text(static_cast<Mishap>(i)), tally.mishaps[i]);
  }
  for (std::size_t i = 0; i < happening_count; ++i) add(names[i], tally.happenings[i]);
  return out;
}

}  // namespace pawl::simulation
