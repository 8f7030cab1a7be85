// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/status.hpp"

namespace pawl::cli::bench {

std::optional<std::uint64_t> locks_in(std::string_view json) {
  const Json status = Json::parse(json, nullptr, false);
  if (!status.is_object()) return std::nullopt;
  const auto locks = status.find("locks");
  if (locks == status.end() || !locks->is_number_unsigned()) return std::nullopt;
  return locks->get<std::uint64_t>();
}

void StatusDriver::on_tick(Link& link) {
  if (!link.asked().empty() || link.now() < due_) return;
  due_ = link.now() + every_;
  link.ask("STATUS\n", What::status);
}

void StatusDriver::on_reply(Link& link, const Asked& /*asked*/, const Answer& answer) {
  const auto locks =
      answer.kind == Answer::Kind::told ? locks_in(answer.text) : std::optional<std::uint64_t>();
  if (!locks) return tally_.error(error_of(answer));
  told_(*locks, link.now());
}

}  // namespace pawl::cli::bench
