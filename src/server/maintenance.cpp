// SPDX-License-Identifier: Apache-2.0
#include "server/maintenance.hpp"

#include <algorithm>
#include <filesystem>

#include "base/overloaded.hpp"

namespace pawl::server {
namespace {

std::string count(std::size_t number, const char* what) {
  return std::to_string(number) + ' ' + what + (number == 1 ? "" : "s");
}

}  // namespace

std::optional<Exit> maintain(const Task& task, const Config& config) {
  using Ended = std::optional<Exit>;
  Progress progress;
  return std::visit(
      Overloaded{[](const Serve&) -> Ended { return std::nullopt; },
                 [&](const Repair& given) -> Ended { return repair(config, given, progress); },
                 [&](const BackUp& given) -> Ended { return back_up(config, given, progress); },
                 [&](const Restore& given) -> Ended { return restore(config, given, progress); },
                 [&](const CheckDisk&) -> Ended { return check_disk(config); }},
      task);
}

Exit failed(const StartFailure& failure) {
  return {failure.exit_code, "pawld: " + failure.why + '\n'};
}

Started<storage::DataDirectory> open_stopped(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    return StartFailure{exit_no_input, path + ": there is no such directory"};
  }
  auto directory = storage::DataDirectory::open(path);
  if (directory) return std::move(*directory);
  StartFailure failure = start_failure(directory.error());
  if (directory.error().kind == storage::FailureKind::held) failure.why += ": stop it first";
  return failure;
}

Started<StoredState> read_stopped(const storage::DataDirectory& directory,
                                  const journal::Meta& meta, Progress& progress) {
  progress.begin({"reading " + directory.files().path_of(""), Unit::pieces, 0});
  return read_state(directory.files(), meta, Records::all, [&progress] { progress.add(1); });
}

std::string contents(const locks::LockTable& table) {
  return count(table.lock_count(), "lock") + ", " + count(table.session_count(), "session");
}

Milliseconds longest_ttl(const locks::LockTable& table) {
  std::uint64_t longest = 0;
  for (Slot slot = 0; slot < table.acquisitions_end(); ++slot) {
    const locks::Acquisition& acquisition = table.acquisition(slot);
    const bool leased =
        acquisition.stage == locks::Stage::holding && acquisition.session == no_slot;
    if (leased) longest = std::max<std::uint64_t>(longest, acquisition.ttl_ms);
  }
  for (Slot slot = 0; slot < table.sessions_end(); ++slot) {
    const locks::Session& session = table.session(slot);
    if (session.id.value != 0) longest = std::max<std::uint64_t>(longest, session.ttl_ms);
  }
  return Milliseconds{static_cast<Milliseconds::rep>(longest)};
}

Started<Token> far_above(Token token) {
  constexpr std::uint64_t leap = std::uint64_t{1} << 40;
  if (token.value < last_token.value - 2 * leap) return Token{token.value + leap};
  return StartFailure{65, "the tokens are used up: there is no room for another leap of 2^40"};
}

}  // namespace pawl::server
