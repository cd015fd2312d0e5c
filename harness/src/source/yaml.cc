// The adapter of yaml-cpp: builds nodes from its events, so that what an alias multiplies is counted while it grows.

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "base/text.h"
#include "readiness/source_yaml.h"

namespace readiness {
namespace {

using Type = YamlNode::Type;

/// Ends a parse from within an event; caught in ParseYaml.
struct Stop {
  Error error;
};

class Builder : public YAML::EventHandler {
 public:
  Builder(const std::string& path, const YamlLimits& limits) : path_(path), limits_(limits) {}

  std::vector<YamlNode> Take() { return std::move(documents_); }

  void OnDocumentStart(const YAML::Mark&) override { anchors_.clear(); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { Add(Make(mark, Type::kNull), anchor); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) Fail(mark, ErrorKind::kMalformed, "an alias refers to what contains it", "", "");
    Count(mark, found->second.second);
    Place_(YamlNode(found->second.first), found->second.second);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = Make(mark, Type::kScalar);
    node.text = value;
    node.plain = tag == "?";
    const bool null =
        node.plain && (value.empty() || value == "~" || value == "null" || value == "Null" || value == "NULL");
    if (null) node.type = Type::kNull;
    Add(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, Type::kSequence, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, Type::kMapping, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Level {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    std::size_t nodes = 1;
    bool has_key = false;
    std::string key;
    YamlNode key_node;
    std::set<std::string> keys;
    std::vector<YamlNode> merged;
  };

  [[noreturn]] void Fail(const YAML::Mark& mark, ErrorKind kind, const std::string& what, const std::string& expected,
                         const std::string& actual) const {
    throw Stop{{kind, what, Place{path_, mark.line + 1, mark.column + 1}, expected, actual, {}}};
  }
  [[noreturn]] void Fail(const YamlNode& at, ErrorKind kind, const std::string& what, const std::string& expected,
                         const std::string& actual) const {
    throw Stop{{kind, what, Place{path_, at.line, at.column}, expected, actual, {}}};
  }

  static YamlNode Make(const YAML::Mark& mark, Type type) {
    YamlNode node;
    node.type = type;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  void Count(const YAML::Mark& mark, std::size_t nodes) {
    nodes_ += nodes;
    if (nodes_ > limits_.nodes)
      Fail(mark, ErrorKind::kLimit, "YAML with too many nodes", fmt::format("at most {}", limits_.nodes), "more");
  }

  void Open(const YAML::Mark& mark, Type type, YAML::anchor_t anchor) {
    Count(mark, 1);
    if (static_cast<int>(levels_.size()) >= limits_.depth)
      Fail(mark, ErrorKind::kLimit, "YAML is nested too deeply", fmt::format("at most {} levels", limits_.depth),
           "more");
    Level level;
    level.node = Make(mark, type);
    level.anchor = anchor;
    levels_.push_back(std::move(level));
  }

  void Add(YamlNode node, YAML::anchor_t anchor) {
    Count({}, 1);
    if (anchor != 0) anchors_[anchor] = {node, 1};
    Place_(std::move(node), 1);
  }

  void Close() {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    // The mapping's own keys go before those it merges, whatever their order.
    for (YamlNode& merged : level.merged) {
      for (auto& [key, value] : merged.members) {
        if (level.keys.insert(key).second) level.node.members.emplace_back(key, std::move(value));
      }
    }
    if (level.anchor != 0) anchors_[level.anchor] = {level.node, level.nodes};
    Place_(std::move(level.node), level.nodes);
  }

  void Place_(YamlNode node, std::size_t nodes) {
    if (levels_.empty()) {
      documents_.push_back(std::move(node));
      return;
    }
    Level& level = levels_.back();
    level.nodes += nodes;
    if (level.node.type == Type::kSequence) {
      level.node.items.push_back(std::move(node));
    } else if (!level.has_key) {
      TakeKey(level, std::move(node));
    } else {
      TakeValue(level, std::move(node));
    }
  }

  void TakeKey(Level& level, YamlNode node) {
    if (node.type != Type::kScalar && node.type != Type::kNull)
      Fail(node, ErrorKind::kMalformed, "a key is no scalar", "a text", "a list or mapping");
    level.has_key = true;
    level.key = node.type == Type::kNull && node.text.empty() ? "null" : node.text;
    level.key_node = std::move(node);
  }

  void TakeValue(Level& level, YamlNode node) {
    level.has_key = false;
    if (level.key == "<<" && level.key_node.plain) {
      if (node.IsMapping()) {
        level.merged.push_back(std::move(node));
        return;
      }
      const auto is_mapping = [](const YamlNode& one) { return one.IsMapping(); };
      if (node.IsSequence() && std::all_of(node.items.begin(), node.items.end(), is_mapping)) {
        for (YamlNode& item : node.items) level.merged.push_back(std::move(item));
        return;
      }
      Fail(node, ErrorKind::kMalformed, "a merge key has a value that is no mapping", "a mapping", "something else");
    }
    if (!level.keys.insert(level.key).second) {
      Fail(level.key_node, ErrorKind::kMalformed, "a key stands twice in a mapping", "each key once",
           Printable(level.key, 200));
    }
    level.node.members.emplace_back(std::move(level.key), std::move(node));
  }

  const std::string& path_;
  const YamlLimits& limits_;
  std::vector<YamlNode> documents_;
  std::vector<Level> levels_;
  std::map<YAML::anchor_t, std::pair<YamlNode, std::size_t>> anchors_;
  std::size_t nodes_ = 0;
};

}  // namespace

const YamlNode* YamlNode::Find(std::string_view key) const {
  for (const auto& member : members) {
    if (member.first == key) return &member.second;
  }
  return nullptr;
}

const YamlNode* YamlNode::At(const std::vector<std::string_view>& keys) const {
  const YamlNode* node = this;
  for (const std::string_view key : keys) {
    if (node != nullptr) node = node->Find(key);
  }
  return node;
}

std::string YamlNode::TextAt(const std::vector<std::string_view>& keys) const {
  const YamlNode* node = At(keys);
  return node != nullptr && node->IsScalar() ? node->text : std::string();
}

Result<std::vector<YamlNode>> ParseYaml(std::string_view text, const std::string& path, const YamlLimits& limits) {
  if (text.size() > limits.bytes) {
    return Fail({ErrorKind::kLimit,
                 "YAML file is too large",
                 Place{path, 0, 0},
                 fmt::format("at most {} bytes", limits.bytes),
                 fmt::format("{} bytes", text.size()),
                 {}});
  }
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    const auto line = static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(nul), '\n'));
    return Fail({ErrorKind::kMalformed, "YAML file holds a NUL byte", Place{path, line + 1, 0}, "text", {}, {}});
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Builder builder(path, limits);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.Take();
  } catch (const Stop& stop) {
    return Fail(stop.error);
  } catch (const YAML::Exception& problem) {
    const Place place{path, std::max(problem.mark.line, 0) + 1, std::max(problem.mark.column, 0) + 1};
    return Fail({ErrorKind::kMalformed, "not YAML", place, {}, Printable(problem.msg, 300), {}});
  }
}

}  // namespace readiness
