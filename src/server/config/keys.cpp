// SPDX-License-Identifier: Apache-2.0
#include "server/config/keys.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "base/overloaded.hpp"
#include "server/config/node_list.hpp"
#include "server/config/security.hpp"

namespace pawl::server {

namespace {

template <class Enum>
struct Word {
  std::string_view text;
  Enum value;
};
template <class Enum>
Word(const char*, Enum) -> Word<Enum>;  // clang 14 does not deduce aggregates by itself

constexpr auto words(const Choice<Durability>&) {
  return std::array{Word{"fsync", Durability::fsync}, Word{"relaxed", Durability::relaxed},
                    Word{"none", Durability::none}};
}

constexpr auto words(const Choice<Switch>&) {
  return std::array{Word{"on", Switch::on}, Word{"off", Switch::off}};
}

constexpr auto words(const Choice<MissingTtl>&) {
  return std::array{Word{"cap", MissingTtl::cap}, Word{"reject", MissingTtl::reject}};
}

constexpr auto words(const Choice<TlsClients>&) {
  return std::array{Word{"both", TlsClients::both}, Word{"only", TlsClients::only},
                    Word{"off", TlsClients::off}};
}

constexpr auto words(const Choice<ClientCertificates>&) {
  return std::array{Word{"ignored", ClientCertificates::ignored},
                    Word{"optional", ClientCertificates::optional},
                    Word{"required", ClientCertificates::required}};
}

constexpr auto words(const Choice<LogLevel>&) {
  return std::array{Word{"error", LogLevel::error}, Word{"warn", LogLevel::warn},
                    Word{"info", LogLevel::info}, Word{"debug", LogLevel::debug}};
}

constexpr auto words(const Choice<LogFormat>&) {
  return std::array{Word{"auto", LogFormat::automatic}, Word{"text", LogFormat::text},
                    Word{"json", LogFormat::json}, Word{"journal", LogFormat::journal}};
}

template <class Enum>
std::string word_list(const Choice<Enum>& choice) {
  std::string list;
  for (const auto& word : words(choice))
    list += (list.empty() ? "" : ", ") + std::string(word.text);
  return list;
}

Parsed<std::string> parse(const NodeName&, std::string_view text) { return parse_name(text); }

Parsed<std::string> parse(const NameOrNone&, std::string_view text) {
  return text.empty() ? Parsed<std::string>(boost::system::in_place_value) : parse_name(text);
}

Parsed<std::vector<ClusterPeer>> parse(const NodeList&, std::string_view text) {
  return parse_nodes(text);
}

Parsed<std::vector<RoleEntry>> parse(const RoleList&, std::string_view text) {
  return parse_roles(text);
}
Parsed<std::vector<UserEntry>> parse(const UserList&, std::string_view text) {
  return parse_users(text);
}
Parsed<std::vector<std::string>> parse(const WordList&, std::string_view text) {
  return parse_words(text);
}

Parsed<std::string> parse(const Directory&, std::string_view text) {
  if (text.empty()) return Wrong{"'' is not a directory"};
  if (printable(text) != text) return Wrong{quoted(text) + " has control characters"};
  return {boost::system::in_place_value, text};
}

Parsed<std::string> parse(const FileOrNone&, std::string_view text) {
  if (printable(text) != text) return Wrong{quoted(text) + " has control characters"};
  return {boost::system::in_place_value, text};
}

constexpr std::string_view no_port = "none";

Parsed<Address> parse(const HostAndPort&, std::string_view text) { return parse_address(text); }
Parsed<std::optional<Address>> parse(const HostAndPortOrNone&, std::string_view text) {
  if (text == no_port) return std::optional<Address>{};
  const Parsed<Address> address = parse_address(text);
  if (!address) return Wrong{address.error().why + ", nor none"};
  return std::optional<Address>{*address};
}

template <class Ranged, class Value>
Parsed<Value> within(const Ranged& kind, std::string_view text, Value value,
                     std::string (*format)(Value)) {
  if (value >= kind.least && value <= kind.most) return value;
  return Wrong{quoted(text) + " is out of range: " + format(kind.least) + " to " +
               format(kind.most)};
}

std::string format_count(std::uint64_t count) { return std::to_string(count); }

Parsed<Milliseconds> parse(const Duration& kind, std::string_view text) {
  const Parsed<Milliseconds> span = parse_duration(text);
  return span ? within(kind, text, *span, format_duration) : span;
}

Parsed<std::optional<Milliseconds>> parse(const DurationOrAuto& kind, std::string_view text) {
  using Value = std::optional<Milliseconds>;
  if (text == "auto") return Value();
  if (text == "0") return Value(Milliseconds{0});
  const Parsed<Milliseconds> span = parse_duration(text);
  if (!span) return Wrong{span.error().why + ", auto or 0"};
  if (*span > kind.most) {
    return Wrong{quoted(text) + " is out of range: 0 to " + format_duration(kind.most)};
  }
  return Value(*span);
}

template <class Unsigned>
Parsed<Unsigned> narrow(const Parsed<std::uint64_t>& value) {
  if (!value) return value.error();
  return static_cast<Unsigned>(*value);  // its range is narrower: see the table
}

template <class Unsigned>
Parsed<Unsigned> parse(const Count<Unsigned>& kind, std::string_view text) {
  const Parsed<std::uint64_t> count = parse_count(text);
  return narrow<Unsigned>(count ? within(kind, text, *count, format_count) : count);
}

template <class Unsigned>
Parsed<Unsigned> parse(const Size<Unsigned>& kind, std::string_view text) {
  const Parsed<std::uint64_t> size = parse_size(text);
  return narrow<Unsigned>(size ? within(kind, text, *size, format_size) : size);
}

// As YAML says it, too.
std::string_view in_own_words(const Choice<Switch>&, std::string_view text) {
  if (text == "true") return "on";
  return text == "false" ? "off" : text;
}

template <class Enum>
std::string_view in_own_words(const Choice<Enum>&, std::string_view text) {
  return text;
}

template <class Enum>
Parsed<Enum> parse(const Choice<Enum>& kind, std::string_view given) {
  const std::string_view text = in_own_words(kind, given);
  std::vector<std::string_view> candidates;
  for (const auto& word : words(kind)) {
    if (word.text == text) return word.value;
    candidates.push_back(word.text);
  }
  return Wrong{quoted(text) + " is not one of " + word_list(kind) + did_you_mean(text, candidates)};
}

std::string format(const NodeName&, const std::string& name) { return name; }
std::string format(const NameOrNone&, const std::string& name) { return name; }
std::string format(const NodeList&, const std::vector<ClusterPeer>& nodes) {
  return format_nodes(nodes);
}
std::string format(const RoleList&, const std::vector<RoleEntry>& roles) {
  return format_roles(roles);
}
std::string format(const UserList&, const std::vector<UserEntry>& users) {
  return format_users(users);
}
std::string format(const WordList&, const std::vector<std::string>& words) {
  return format_words(words);
}
std::string format(const Directory&, const std::string& path) { return path; }
std::string format(const FileOrNone&, const std::string& path) { return path; }
std::string format(const HostAndPort&, const Address& address) { return format_address(address); }
std::string format(const HostAndPortOrNone&, const std::optional<Address>& address) {
  return address ? format_address(*address) : std::string(no_port);
}
std::string format(const Duration&, Milliseconds span) { return format_duration(span); }
std::string format(const DurationOrAuto&, std::optional<Milliseconds> span) {
  if (!span) return "auto";
  return *span == Milliseconds{0} ? "0" : format_duration(*span);
}

template <class Unsigned>
std::string format(const Count<Unsigned>&, Unsigned count) {
  return format_count(count);
}

template <class Unsigned>
std::string format(const Size<Unsigned>&, Unsigned bytes) {
  return format_size(bytes);
}

template <class Enum>
std::string format(const Choice<Enum>& kind, Enum value) {
  for (const auto& word : words(kind)) {
    if (word.value == value) return std::string(word.text);
  }
  return {};
}

// Edits from one word to the other: a letter more, less or another, two neighbours swapped.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> before;
  std::vector<std::size_t> last(right.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t row = 1; row <= left.size(); ++row) {
    std::vector<std::size_t> next(right.size() + 1, row);
    for (std::size_t column = 1; column <= right.size(); ++column) {
      const bool same = left[row - 1] == right[column - 1];
      next[column] =
          std::min({last[column] + 1, next[column - 1] + 1, last[column - 1] + (same ? 0U : 1U)});
      const bool swapped = row > 1 && column > 1 && left[row - 1] == right[column - 2] &&
                           left[row - 2] == right[column - 1];
      if (swapped) next[column] = std::min(next[column], before[column - 2] + 1);
    }
    before = std::move(last);
    last = std::move(next);
  }
  return last.back();
}

}  // namespace

const Key* find_key(std::string_view name) {
  const auto found = std::find_if(keys().begin(), keys().end(),
                                  [name](const Key& key) { return key.name == name; });
  return found == keys().end() ? nullptr : &*found;
}

std::string_view section_of(const Key& key) {
  const std::size_t dot = key.name.find('.');
  return dot == std::string_view::npos ? std::string_view{} : key.name.substr(0, dot);
}

std::string_view word_of(const Key& key) { return key.name.substr(key.name.find('.') + 1); }

std::string variable_of(const Key& key) {
  std::string name = "PAWL_";
  for (const char byte : key.name) {
    const bool letter = byte >= 'a' && byte <= 'z';
    name += byte == '.' ? '_' : letter ? static_cast<char>(byte - 'a' + 'A') : byte;
  }
  return name;
}

std::string unit_of(const Key& key) {
  const auto range = [](std::string_view unit, const std::string& least, const std::string& most) {
    return std::string(unit) + ", " + least + " to " + most;
  };
  return std::visit(
      Overloaded{
          [](const NodeName&) -> std::string { return "1 to 63 of A-Z a-z 0-9 . _ -"; },
          [](const NameOrNone&) -> std::string { return "empty, or 1 to 63 of A-Z a-z 0-9 . _ -"; },
          [](const NodeList&) -> std::string { return "list of {id, peer, client, witness}"; },
          [](const RoleList&) -> std::string {
            return "list of {name, lock, shared, observe, break, admin}";
          },
          [](const UserList&) -> std::string {
            return "list of {name, secret_sha256, secret_file, roles}";
          },
          [](const WordList&) -> std::string { return "list of names of roles"; },
          [](const Directory&) -> std::string { return "directory"; },
          [](const FileOrNone&) -> std::string { return "file, or empty"; },
          [](const HostAndPort&) -> std::string { return "host:port"; },
          [](const HostAndPortOrNone&) -> std::string { return "host:port, or none"; },
          [&](const Duration& kind) {
            return range("duration", format_duration(kind.least), format_duration(kind.most));
          },
          [](const DurationOrAuto& kind) {
            return "auto, 0 or a duration up to " + format_duration(kind.most);
          },
          [&]<class Unsigned>(const Count<Unsigned>& kind) {
            return range("count", format_count(kind.least), format_count(kind.most));
          },
          [&]<class Unsigned>(const Size<Unsigned>& kind) {
            return range("size", format_size(kind.least), format_size(kind.most));
          },
          []<class Enum>(const Choice<Enum>& kind) { return "one of " + word_list(kind); },
      },
      key.kind);
}

bool is_list(const Key& key) {
  return std::holds_alternative<NodeList>(key.kind) || std::holds_alternative<RoleList>(key.kind) ||
         std::holds_alternative<UserList>(key.kind) || std::holds_alternative<WordList>(key.kind);
}

std::string format_value(const Key& key, const Config& config) {
  return std::visit([&config](const auto& kind) { return format(kind, kind.place.of(config)); },
                    key.kind);
}

std::optional<Wrong> parse_value(const Key& key, std::string_view text, Config& config) {
  return std::visit(
      [text, &config](const auto& kind) -> std::optional<Wrong> {
        auto value = parse(kind, text);
        if (!value) return value.error();
        kind.place.in(config) = *std::move(value);
        return std::nullopt;
      },
      key.kind);
}

std::string_view nearest(std::string_view text, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  // Nobody mistypes 64 letters; the bound keeps a hostile key from costing a quadratic search.
  if (text.size() > 64) return best;
  std::size_t least = std::max<std::size_t>(1, text.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t edits = distance(text, candidate);
    if (edits < least) {
      least = edits;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view text, const std::vector<std::string_view>& candidates) {
  const std::string_view meant = nearest(text, candidates);
  return meant.empty() ? "" : " (did you mean '" + std::string(meant) + "'?)";
}

bool operator==(const Config& left, const Config& right) {
  return std::all_of(keys().begin(), keys().end(), [&](const Key& key) {
    return format_value(key, left) == format_value(key, right);
  });
}

}  // namespace pawl::server
