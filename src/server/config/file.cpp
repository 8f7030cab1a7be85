// SPDX-License-Identifier: Apache-2.0
#include "server/config/file.hpp"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <vector>

#include "server/config/node_list.hpp"

namespace pawl::server {

namespace {

bool is_section(std::string_view name) {
  return std::any_of(keys().begin(), keys().end(),
                     [name](const Key& key) { return section_of(key) == name; });
}

std::string full_name(std::string_view section, std::string_view word) {
  return section.empty() ? std::string(word) : std::string(section) + '.' + std::string(word);
}

// First among the neighbours by their short names, then everywhere by their full ones.
std::string suggestion(std::string_view section, std::string_view word) {
  std::vector<std::string_view> neighbours;
  std::vector<std::string_view> others;
  for (const Key& key : keys()) {
    const bool near = section_of(key) == section;
    if (near) neighbours.push_back(word_of(key));
    if (section.empty() && !near) neighbours.push_back(section_of(key));
    if (word_of(key) == word) others.push_back(key.name);
  }
  const std::string close = did_you_mean(word, neighbours);
  if (!close.empty() || others.empty()) return close;
  return " (did you mean '" + std::string(others.front()) + "'?)";
}

class Walk {
 public:
  Walk(const std::string& name, Effective& effective) : name_(name), effective_(effective) {}

  void complain(const YAML::Mark& mark, std::string_view what) {
    effective_.complain(place(mark), what);
  }

  void walk(const YAML::Node& map, std::string_view section) {
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) {
        complain(entry.first.Mark(), "a key must be a word");
        continue;
      }
      const std::string name = full_name(section, entry.first.Scalar());
      const auto [first, fresh] = lines_.emplace(name, entry.first.Mark().line + 1);
      if (!fresh) {
        complain(entry.first.Mark(), "duplicate key " + quoted(name) + " (first on line " +
                                         std::to_string(first->second) + ")");
      }
      // A second section is walked too, for what else is wrong in it; a second value is not taken.
      if (section.empty() && is_section(name)) {
        walk_section(entry.second, name);
      } else if (fresh) {
        take(entry.first, entry.second, section, name);
      }
    }
  }

 private:
  [[nodiscard]] std::string place(const YAML::Mark& mark) const {
    if (mark.is_null()) return name_;
    return name_ + ':' + std::to_string(mark.line + 1) + ':' + std::to_string(mark.column + 1);
  }

  void walk_section(const YAML::Node& node, const std::string& name) {
    if (node.IsMap()) {
      walk(node, name);
    } else if (!node.IsNull()) {
      complain(node.Mark(), quoted(name) + " is a section: its keys go indented beneath it");
    }
  }

  void take(const YAML::Node& key_node, const YAML::Node& value, std::string_view section,
            const std::string& name) {
    const Key* key = find_key(name);
    if (key == nullptr || section_of(*key) != section) {
      complain(key_node.Mark(), "unknown key " + quoted(name) + advice(section, key_node, key));
    } else if (value.IsSequence() && std::holds_alternative<NodeList>(key->kind)) {
      take_nodes(*key, value);
    } else if (value.IsSequence() && is_list(*key)) {
      effective_.take(*key, YAML::Dump(value), place(value.Mark()), name + ": ");
    } else if (value.IsScalar()) {
      effective_.take(*key, value.Scalar(), place(value.Mark()), name + ": ");
    } else if (value.IsNull()) {
      complain(key_node.Mark(), name + ": a value is missing");
    } else {
      complain(value.Mark(),
               name + ": one value expected, not a " + (value.IsSequence() ? "list" : "section"));
    }
  }

  void take_nodes(const Key& key, const YAML::Node& value) {
    const ReadNodes read = read_nodes(value);
    for (const NodeFault& fault : read.faults) {
      effective_.refuse(key, place(fault.mark), std::string(key.name) + ": " + fault.why);
    }
    if (read.faults.empty()) effective_.take(key, format_nodes(read.nodes), place(value.Mark()));
  }

  static std::string advice(std::string_view section, const YAML::Node& key_node, const Key* key) {
    if (key == nullptr) return suggestion(section, key_node.Scalar());
    return " (write " + quoted(word_of(*key)) + " indented beneath " + quoted(section_of(*key)) +
           ")";
  }

  const std::string& name_;
  Effective& effective_;
  std::map<std::string, int> lines_;  // where each key was first seen
};

// Where documents begin, of two at most: yaml-cpp takes what stands in the way of a first one for
// documents without end.
class Beginnings final : public YAML::EventHandler {
 public:
  static std::vector<YAML::Mark> of(const std::string& text) {
    Beginnings found;
    std::istringstream in(text);
    YAML::Parser parser(in);
    while (found.marks_.size() < 2 && parser.HandleNextDocument(found)) continue;
    return found.marks_;
  }

  void OnDocumentStart(const YAML::Mark& mark) override { marks_.push_back(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  std::vector<YAML::Mark> marks_;
};

}  // namespace

void read_file(const std::string& name, const std::string& text, Effective& effective) {
  Walk walk(name, effective);
  try {
    const std::vector<YAML::Mark> begins = Beginnings::of(text);
    if (begins.empty()) return;
    const YAML::Node root = YAML::Load(text);
    if (begins.size() > 1 && begins[1].pos == begins[0].pos) {
      return walk.complain(begins[0], "key: value lines are expected, this begins none");
    }
    if (begins.size() > 1) {
      walk.complain(begins[1], "one document is expected, this is a second");
    }
    if (root.IsMap()) {
      walk.walk(root, {});
    } else if (!root.IsNull()) {
      walk.complain(root.Mark(), "key: value lines are expected, not a " +
                                     std::string(root.IsSequence() ? "list" : "single word"));
    }
  } catch (const YAML::DeepRecursion& error) {
    walk.complain(error.mark, "nested too deeply");
  } catch (const YAML::Exception& error) {
    walk.complain(error.mark, error.msg);
  }
}

}  // namespace pawl::server
