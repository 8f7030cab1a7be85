// SPDX-License-Identifier: Apache-2.0
#include "server/config/security.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <set>
#include <utility>

#include "server/config/checks.hpp"
#include "server/config/digest.hpp"
#include "server/config/text_file.hpp"

namespace pawl::server {
namespace {

using Words = std::vector<std::string>;

struct Verb {
  std::string_view word;
  Words RoleEntry::*prefixes;
  access::Rights rights;
};

const std::array verbs{Verb{"lock", &RoleEntry::lock, access::Right::lock},
                       Verb{"shared", &RoleEntry::shared, access::Right::shared},
                       Verb{"observe", &RoleEntry::observe, access::Right::observe},
                       Verb{"break", &RoleEntry::break_lock, access::Right::break_lock},
                       Verb{"admin", &RoleEntry::admin, access::every_right}};

// The entries of one list, each a map of known words. Complaints begin with which entry it is.
class EntryReader {
 public:
  EntryReader(std::string_view kind, std::vector<std::string_view> known)
      : kind_(kind), known_(std::move(known)) {}

  void begin(const YAML::Node& entry) {
    ++number_;
    name_.clear();
    std::set<std::string> given;
    if (!entry.IsMap()) return complain("it is written {name: …, …}");
    for (const auto& pair : entry) {
      const std::string word = pair.first.IsScalar() ? pair.first.Scalar() : "";
      if (word == "name") read_name(pair.second);
    }
    for (const auto& pair : entry) {
      const std::string word = pair.first.IsScalar() ? pair.first.Scalar() : "";
      if (std::find(known_.begin(), known_.end(), word) == known_.end()) {
        complain("unknown key " + quoted(word) + did_you_mean(word, known_));
      } else if (!given.insert(word).second) {
        complain("duplicate key " + quoted(word));
      }
    }
    if (!given.contains("name")) complain("name is missing");
  }

  // One word or a list of them.
  Words words(const YAML::Node& entry, const std::string& key) {
    if (!entry.IsMap() || !entry[key]) return {};
    const YAML::Node value = entry[key];
    if (value.IsScalar()) return {value.Scalar()};
    Words words;
    const bool is_list = value.IsSequence();
    for (const YAML::Node& one : value) {
      if (is_list && one.IsScalar()) words.push_back(one.Scalar());
    }
    if (!is_list || words.size() != value.size()) complain(key + " must be a list of words");
    return words;
  }

  [[nodiscard]] const std::string& name() const { return name_; }

  void complain(const std::string& what) {
    const std::string who = name_.empty() ? "" : " (" + name_ + ")";
    problems_ += (problems_.empty() ? "" : "; ") + std::string(kind_) + " " +
                 std::to_string(number_) + who + ": " + what;
  }
  [[nodiscard]] const std::string& problems() const { return problems_; }

 private:
  void read_name(const YAML::Node& value) {
    const Parsed<std::string> name = parse_name(value.IsScalar() ? value.Scalar() : "");
    if (!name) return complain("name: " + name.error().why);
    name_ = *name;
    if (!names_.insert(name_).second) complain("another one has that name");
  }

  std::string_view kind_;
  std::vector<std::string_view> known_;
  std::size_t number_ = 0;
  std::string name_;
  std::set<std::string> names_;
  std::string problems_;
};

// `read(entry)` makes one of the list's entries.
template <class Entry, class Read>
Parsed<std::vector<Entry>> parse_list(std::string_view text, EntryReader& reader, Read read) {
  const std::string wrong = quoted(text) + " is not a list such as [{name: …}, …]";
  try {
    const YAML::Node list = YAML::Load(std::string(text));
    if (!list.IsSequence()) return Wrong{wrong};
    std::vector<Entry> entries;
    for (const YAML::Node& entry : list) {
      reader.begin(entry);
      entries.push_back(read(entry));
    }
    if (!reader.problems().empty()) return Wrong{reader.problems()};
    return entries;
  } catch (const YAML::Exception& error) {
    return Wrong{wrong + ": " + error.msg};
  }
}

UserEntry read_user(const YAML::Node& entry, EntryReader& reader) {
  UserEntry user{.name = reader.name(), .roles = reader.words(entry, "roles")};
  for (const std::string& text : reader.words(entry, "secret_sha256")) {
    const Parsed<access::Digest> digest = parse_digest(text);
    if (digest) {
      user.secrets.push_back(*digest);
    } else {
      reader.complain("secret_sha256: " + digest.error().why);
    }
  }
  const Words files = reader.words(entry, "secret_file");
  if (files.size() > 1) reader.complain("secret_file is one file");
  if (!files.empty()) user.secret_file = files.front();
  return user;
}

std::string format_digests(const std::vector<access::Digest>& digests) {
  Words words;
  for (const access::Digest& digest : digests) words.push_back(format_digest(digest));
  return format_words(words);
}

std::vector<access::Rule> rules_of(const Words& names, const std::vector<RoleEntry>& roles) {
  std::vector<access::Rule> rules;
  for (const std::string& name : names) {
    const auto role = std::find_if(roles.begin(), roles.end(),
                                   [&](const RoleEntry& one) { return one.name == name; });
    if (role == roles.end()) continue;  // complained of
    for (const Verb& verb : verbs) {
      for (const std::string& prefix : (*role).*verb.prefixes) {
        rules.push_back({prefix, verb.rights});
      }
    }
  }
  return rules;
}

void check_roles(Effective& effective, std::string_view key, const std::string& whose,
                 const Words& names) {
  Words known;
  for (const RoleEntry& role : effective.config.security.roles) known.push_back(role.name);
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    effective.complain(effective.origin_of(key_named(key)), std::string(key) + ": " + whose +
                                                                "no role is named " + quoted(name) +
                                                                did_you_mean(name, candidates));
  }
}

void add_secret_of_file(Effective& effective, const UserEntry& entry, access::User& user) {
  constexpr std::size_t longest = 255;
  const auto complain = [&](const std::string& why) {
    effective.complain(effective.origin_of(key_named("security.users")),
                       "security.users: " + entry.name + ": " + why);
  };
  const Parsed<std::string> text = read_text_file(entry.secret_file);
  if (!text) return complain(text.error().why);
  std::string_view secret = *text;
  while (secret.ends_with('\n') || secret.ends_with('\r')) secret.remove_suffix(1);
  const bool has_blanks = std::any_of(secret.begin(), secret.end(), [](char byte) {
    return static_cast<unsigned char>(byte) <= ' ' || byte == '\x7F';
  });
  if (secret.empty() || secret.size() > longest || has_blanks) {
    return complain(printable(entry.secret_file) + ": a secret is 1-255 bytes without blanks");
  }
  user.secrets.push_back(digest_of(secret));
}

void make_access(Effective& effective) {
  const Security& security = effective.config.security;
  access::Access access{.anonymous = rules_of(security.anonymous, security.roles)};
  check_roles(effective, "security.anonymous", "", security.anonymous);
  for (const UserEntry& entry : security.users) {
    check_roles(effective, "security.users", entry.name + ": ", entry.roles);
    access::User user{entry.name, entry.secrets, rules_of(entry.roles, security.roles)};
    if (!entry.secret_file.empty()) add_secret_of_file(effective, entry, user);
    access.users.push_back(std::move(user));
  }
  effective.config.core.access = std::move(access);
}

// Whoever writes them believes in them.
void check_use(Effective& effective) {
  const Security& security = effective.config.security;
  if (!security.users.empty()) return;
  for (const std::string_view name : {"security.roles", "security.anonymous"}) {
    const Key& key = key_named(name);
    if (effective.origin_of(key) == "default" || format_value(key, effective.config) == "[]") {
      continue;
    }
    effective.complain(
        effective.origin_of(key),
        std::string(name) + " changes nothing without security.users: everybody may do everything");
  }
}

}  // namespace

Parsed<Words> parse_words(std::string_view text) {
  const Wrong wrong{quoted(text) + " is not a list of words such as [a, b]"};
  try {
    const YAML::Node list = YAML::Load(std::string(text));
    if (!list.IsSequence()) return wrong;
    Words words;
    for (const YAML::Node& one : list) {
      if (!one.IsScalar()) return wrong;
      words.push_back(one.Scalar());
    }
    return words;
  } catch (const YAML::Exception& error) {
    return Wrong{wrong.why + ": " + error.msg};
  }
}

std::string format_words(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + yaml_scalar(word);
  return '[' + text + ']';
}

Parsed<std::vector<RoleEntry>> parse_roles(std::string_view text) {
  EntryReader reader("role", {"name", "lock", "shared", "observe", "break", "admin"});
  return parse_list<RoleEntry>(text, reader, [&](const YAML::Node& entry) {
    RoleEntry role{.name = reader.name()};
    for (const Verb& verb : verbs) {
      role.*verb.prefixes = reader.words(entry, std::string(verb.word));
    }
    return role;
  });
}

std::string format_roles(const std::vector<RoleEntry>& roles) {
  std::string text;
  for (const RoleEntry& role : roles) {
    text += (text.empty() ? "{name: " : ", {name: ") + yaml_scalar(role.name);
    for (const Verb& verb : verbs) {
      const Words& prefixes = role.*verb.prefixes;
      if (prefixes.empty()) continue;
      text += ", " + std::string(verb.word) + ": " + format_words(prefixes);
    }
    text += '}';
  }
  return '[' + text + ']';
}

Parsed<std::vector<UserEntry>> parse_users(std::string_view text) {
  EntryReader reader("user", {"name", "secret_sha256", "secret_file", "roles"});
  return parse_list<UserEntry>(text, reader,
                               [&](const YAML::Node& entry) { return read_user(entry, reader); });
}

std::string format_users(const std::vector<UserEntry>& users) {
  std::string text;
  for (const UserEntry& user : users) {
    text += (text.empty() ? "{name: " : ", {name: ") + yaml_scalar(user.name);
    if (!user.secrets.empty()) text += ", secret_sha256: " + format_digests(user.secrets);
    if (!user.secret_file.empty()) text += ", secret_file: " + yaml_scalar(user.secret_file);
    if (!user.roles.empty()) text += ", roles: " + format_words(user.roles);
    text += '}';
  }
  return '[' + text + ']';
}

void settle_security(Effective& effective) {
  const bool sound = effective.is_sound(key_named("security.users")) &&
                     effective.is_sound(key_named("security.roles")) &&
                     effective.is_sound(key_named("security.anonymous"));
  if (!sound) return;
  make_access(effective);
  check_use(effective);
  check_ports(effective);
}

void check_ports(Effective& effective) {
  const Config& config = effective.config;
  if (config.security.insecure == Switch::on) return;
  const auto check = [&](std::string_view name, const Address& address, std::string_view why) {
    const Key& key = key_named(name);
    if (!effective.is_sound(key) || !is_open_to_others(address)) return;
    effective.complain(effective.origin_of(key), shown(effective, key) + ' ' + std::string(why));
  };
  if (config.security.users.empty()) {
    check("listen.client", config.listen.client, open_to_all);
    if (config.listen.http) check("listen.http", *config.listen.http, open_to_all);
  }
  if (!config.cluster_peers.empty() && config.tls.peers == Switch::off) {
    check("listen.peer", config.listen.peer, open_to_false_peers);
  }
}

bool is_open_to_others(const Address& address) {
  if (address.host == "localhost") return false;
  boost::system::error_code error;
  const auto ip = boost::asio::ip::make_address(address.host, error);
  return error || !ip.is_loopback();
}

}  // namespace pawl::server
