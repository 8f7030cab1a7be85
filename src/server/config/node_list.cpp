// SPDX-License-Identifier: Apache-2.0
#include "server/config/node_list.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <set>

#include "server/config/keys.hpp"

namespace pawl::server {

namespace {

constexpr std::string_view form = "{id: n1, peer: host:7296, client: host:7295}";

// One entry as it was written; a word that was wrong counts as given.
struct Entry {
  std::string id;
  std::optional<Address> peer;
  std::optional<Address> client;
  bool witness = false;
  std::set<std::string> given;
};

class Reader {
 public:
  ReadNodes read(const YAML::Node& list) {
    for (const YAML::Node& node : list) {
      ++number_;
      if (node.IsMap()) {
        read_entry(node);
      } else {
        complain(node.Mark(), label(Entry{}), "a node is written " + std::string(form));
      }
    }
    check_number(list.Mark());
    std::sort(result_.nodes.begin(), result_.nodes.end(),
              [](const ClusterPeer& left, const ClusterPeer& right) { return left.id < right.id; });
    return std::move(result_);
  }

 private:
  void complain(const YAML::Mark& mark, const std::string& whose, const std::string& what) {
    result_.faults.push_back({mark, whose + what});
  }

  // "node 2 (n7): "
  [[nodiscard]] std::string label(const Entry& entry) const {
    return "node " + std::to_string(number_) + (entry.id.empty() ? "" : " (" + entry.id + ")") +
           ": ";
  }

  void read_entry(const YAML::Node& map) {
    Entry entry;
    // The id first: it names the entry in every other complaint.
    for (const auto& pair : map) {
      if (pair.first.IsScalar() && pair.first.Scalar() == "id") read_id(pair.second, entry);
    }
    for (const auto& pair : map) read_word(pair.first, pair.second, entry);
    check_entry(map.Mark(), entry);
    if (entry.witness) ++witnesses_;
    if (entry.peer) result_.nodes.push_back({entry.id, *entry.peer, entry.client});
  }

  void read_id(const YAML::Node& value, Entry& entry) {
    const Parsed<std::string> name = parse_name(value.IsScalar() ? value.Scalar() : "");
    if (!name) return complain(value.Mark(), label(entry), "id: " + name.error().why);
    if (!entry.id.empty()) return;  // told as a duplicate key
    entry.id = *name;
    const auto [first, fresh] = ids_.emplace(*name, number_);
    if (!fresh) {
      complain(value.Mark(), label(entry),
               "node " + std::to_string(first->second) + " has that id too");
    }
  }

  void read_word(const YAML::Node& key, const YAML::Node& value, Entry& entry) {
    const std::string word = key.IsScalar() ? key.Scalar() : "";
    const std::vector<std::string_view> known{"id", "peer", "client", "witness"};
    if (std::find(known.begin(), known.end(), word) == known.end()) {
      complain(key.Mark(), label(entry), "unknown key " + quoted(word) + did_you_mean(word, known));
    } else if (!entry.given.insert(word).second) {
      complain(key.Mark(), label(entry), "duplicate key " + quoted(word));
    } else if (word == "peer") {
      entry.peer = read_address(word, value, entry);
    } else if (word == "client") {
      entry.client = read_address(word, value, entry);
    } else if (word == "witness") {
      const std::string text = value.IsScalar() ? value.Scalar() : "";
      entry.witness = text == "true";
      if (text != "true" && text != "false") {
        complain(value.Mark(), label(entry), "witness: " + quoted(text) + " is not true or false");
      }
    }
  }

  std::optional<Address> read_address(const std::string& word, const YAML::Node& value,
                                      const Entry& entry) {
    const std::string text = value.IsScalar() ? value.Scalar() : "";
    const auto refuse = [&](const std::string& why) {
      complain(value.Mark(), label(entry), word + ": " + why);
      return std::nullopt;
    };
    const Parsed<Address> address = parse_address(text);
    if (!address) return refuse(address.error().why);
    if (address->port == 0) return refuse(quoted(text) + ": the others must know the port");
    if (address->host == "0.0.0.0" || address->host == "::") {
      return refuse(quoted(text) + " is nowhere others could connect to");
    }
    const auto [first, fresh] = addresses_.emplace(format_address(*address), label(entry) + word);
    if (!fresh) return refuse(quoted(text) + " is taken by " + first->second);
    return *address;
  }

  void check_entry(const YAML::Mark& mark, const Entry& entry) {
    for (const char* word : {"id", "peer"}) {
      if (!entry.given.contains(word)) {
        complain(mark, label(entry), std::string(word) + " is missing");
      }
    }
    const bool has_client = entry.given.contains("client");
    if (entry.witness && has_client) {
      complain(mark, label(entry), "a witness serves no clients: leave out client");
    } else if (!entry.witness && !has_client) {
      complain(mark, label(entry), "client is missing (only a witness has none)");
    }
  }

  void check_number(const YAML::Mark& mark) {
    if (number_ == 0) return;
    const std::string count = std::to_string(number_);
    if (number_ == 1) {
      complain(mark, "", "one node is no cluster: leave out cluster.nodes, or name 2, 3 or 5");
    } else if (number_ == 4) {
      complain(mark, "", "4 nodes survive no more failures than 3: name 2, 3 or 5");
    } else if (number_ > 5) {
      complain(mark, "", count + " nodes are too many: name 2, 3 or 5");
    }
    if (witnesses_ == number_) {
      complain(mark, "", "every node is a witness: nobody would serve clients");
    } else if (witnesses_ > 1) {
      complain(mark, "", std::to_string(witnesses_) + " witnesses: one at the most");
    } else if (witnesses_ == 1 && number_ != 3) {
      complain(mark, "",
               "a witness stands beside two other nodes, not " + std::to_string(number_ - 1));
    }
  }

  ReadNodes result_;
  std::size_t number_ = 0;  // entries so far
  std::size_t witnesses_ = 0;
  std::map<std::string, std::size_t> ids_;
  std::map<std::string, std::string> addresses_;  // who has it
};

}  // namespace

ReadNodes read_nodes(const YAML::Node& list) { return Reader().read(list); }

Parsed<std::vector<ClusterPeer>> parse_nodes(std::string_view text) {
  const std::string wrong = quoted(text) + " is not a list such as [" + std::string(form) + ", …]";
  try {
    const YAML::Node list = YAML::Load(std::string(text));
    if (!list.IsSequence()) return Wrong{wrong};
    ReadNodes read = read_nodes(list);
    if (read.faults.empty()) return std::move(read.nodes);
    std::string all;
    for (const NodeFault& fault : read.faults) all += (all.empty() ? "" : "; ") + fault.why;
    return Wrong{all};
  } catch (const YAML::Exception& error) {
    return Wrong{wrong + ": " + error.msg};
  }
}

std::string format_nodes(const std::vector<ClusterPeer>& nodes) {
  std::string text;
  for (const ClusterPeer& node : nodes) {
    text += (text.empty() ? "{id: " : ", {id: ") + yaml_scalar(node.id) +
            ", peer: " + yaml_scalar(format_address(node.peer)) +
            (node.client ? ", client: " + yaml_scalar(format_address(*node.client))
                         : ", witness: true") +
            '}';
  }
  return '[' + text + ']';
}

}  // namespace pawl::server
