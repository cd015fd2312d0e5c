#include "triggers.h"

#include <algorithm>
#include <optional>
#include <set>

namespace readiness::workflows {
namespace {

using Words = std::vector<std::string>;
constexpr std::size_t kMostPatterns = 50;

/// Does `text` match a filter's pattern: "*" stays within a folder, "**" does not?
bool Matches(const std::string& pattern, const std::string& text) {
  // What "?", "+" and "[...]" mean is not followed: it may match.
  if (pattern.find_first_of("?+[") != std::string::npos) return true;
  std::vector<bool> reached(text.size() + 1, false);
  reached[0] = true;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    std::vector<bool> next(text.size() + 1, false);
    if (pattern[i] == '*') {
      const bool any = i + 1 < pattern.size() && pattern[i + 1] == '*';
      bool open = false;
      for (std::size_t k = 0; k <= text.size(); ++k) {
        if (k > 0 && !any && text[k - 1] == '/') open = false;
        open = open || reached[k];
        next[k] = open;
      }
      i += any ? 1 : 0;
      // "**/x" is also "x".
      if (any && i + 1 < pattern.size() && pattern[i + 1] == '/' && reached[0]) {
        const std::string rest = pattern.substr(i + 2);
        if (rest.size() < pattern.size() && Matches(rest, text)) return true;
      }
    } else {
      for (std::size_t k = 0; k < text.size(); ++k) next[k + 1] = reached[k] && text[k] == pattern[i];
    }
    reached = std::move(next);
  }
  return reached[text.size()];
}

/// By the last pattern that matches; those with "!" take back.
bool Takes(const Words& patterns, const std::string& text) {
  bool takes = false;
  for (const std::string& pattern : patterns) {
    const bool back = pattern.starts_with('!');
    if (Matches(back ? pattern.substr(1) : pattern, text)) takes = !back;
  }
  return takes;
}

/// A filter of an event; nothing when it is not stated.
std::optional<Words> Filter(const YamlNode& event, const char* key) {
  const YamlNode* node = event.Find(key);
  if (node == nullptr) return std::nullopt;
  Words words;
  if (node->IsScalar()) words.push_back(node->text);
  for (const YamlNode& item : node->items) {
    if (words.size() < kMostPatterns) words.push_back(item.text);
  }
  return words;
}

bool AnyPath(const YamlNode& event, const Words& paths) {
  const std::optional<Words> only = Filter(event, "paths");
  const std::optional<Words> but = Filter(event, "paths-ignore");
  if (!only && !but) return true;
  return std::any_of(paths.begin(), paths.end(), [&](const std::string& path) {
    return (!only || Takes(*only, path)) && (!but || !Takes(*but, path));
  });
}

/// Branches or tags that start it, such as may well exist; "" stands for further ones.
Words Named(const YamlNode& event, const std::string& key, const Words& usual) {
  const std::optional<Words> only = Filter(event, key.c_str());
  const std::optional<Words> but = Filter(event, (key + "-ignore").c_str());
  Words names = usual;
  bool further = !only;
  for (const std::string& pattern : only.value_or(Words())) {
    if (pattern.starts_with('!')) continue;
    if (pattern.find_first_of("*?+[") == std::string::npos) {
      names.push_back(pattern);
    } else {
      further = true;
      std::string one = pattern;
      for (std::size_t star = one.find('*'); star != std::string::npos; star = one.find('*'))
        one.replace(star, one.compare(star, 2, "**") == 0 ? 2 : 1, "x");
      names.push_back(one);
    }
  }
  std::erase_if(names,
                [&](const std::string& name) { return (only && !Takes(*only, name)) || (but && Takes(*but, name)); });
  const bool nothing_left = but && Takes(*but, "some-other-name") && Takes(*but, "some/other/name");
  if (further && !nothing_left && !(only && only->empty())) names.emplace_back();
  return names;
}

World Begin(const std::string& event) {
  World world;
  world["github.event_name"] = TextValue(event);
  world["github.base_ref"] = TextValue("");
  world["github.event.pull_request.draft"] = Value{Value::Kind::kNull, 0, {}};
  return world;
}

void SetRef(World& world, const std::string& kind, const std::string& name) {
  world["github.ref_type"] = TextValue(kind);
  if (name.empty()) return;  // any other
  world["github.ref_name"] = TextValue(name);
  world["github.ref"] = TextValue((kind == "tag" ? "refs/tags/" : "refs/heads/") + name);
}

class Reader {
 public:
  explicit Reader(const Words& paths) : paths_(paths) {}

  Triggers Go(const YamlNode* on) {
    if (on == nullptr) return {};
    if (on->IsScalar()) Event(on->text, *on);
    for (const YamlNode& item : on->items) Event(item.text, YamlNode());
    for (const auto& [name, event] : on->members) Event(name, event);
    return std::move(triggers_);
  }

 private:
  void Event(const std::string& name, const YamlNode& event) {
    static const std::set<std::string> kOthers{"branch_protection_rule",
                                               "check_run",
                                               "check_suite",
                                               "create",
                                               "delete",
                                               "deployment",
                                               "deployment_status",
                                               "discussion",
                                               "discussion_comment",
                                               "fork",
                                               "gollum",
                                               "issue_comment",
                                               "issues",
                                               "label",
                                               "merge_group",
                                               "milestone",
                                               "page_build",
                                               "public",
                                               "registry_package",
                                               "repository_dispatch",
                                               "status",
                                               "watch",
                                               "workflow_dispatch",
                                               "pull_request_review",
                                               "pull_request_review_comment"};
    if (name == "push") return Push(event);
    if (name == "pull_request" || name == "pull_request_target") return PullRequest(name, event);
    if (name == "workflow_call" || name == "workflow_run") {
      triggers_.unknown.push_back(name + ": depends on another workflow");
    } else if (name == "schedule") {
      const bool stated = std::any_of(event.items.begin(), event.items.end(),
                                      [](const YamlNode& item) { return !item.TextAt({"cron"}).empty(); });
      if (stated) AddBranches(name, {"main", "master"});
    } else if (name == "release") {
      World world = Begin(name);
      SetRef(world, "tag", "v1.0.0");
      triggers_.worlds.push_back(std::move(world));
    } else if (kOthers.contains(name)) {
      AddBranches(name, {"main", "master"});
    } else {
      triggers_.unknown.push_back(name + ": no known event");
    }
  }

  void AddBranches(const std::string& event, const Words& names) {
    for (const std::string& name : names) {
      World world = Begin(event);
      SetRef(world, "branch", name);
      triggers_.worlds.push_back(std::move(world));
    }
  }

  void Push(const YamlNode& event) {
    if (!AnyPath(event, paths_)) return;
    const bool of_branches = event.Find("branches") != nullptr || event.Find("branches-ignore") != nullptr;
    const bool of_tags = event.Find("tags") != nullptr || event.Find("tags-ignore") != nullptr;
    if (of_branches || !of_tags) AddBranches("push", Named(event, "branches", {"main", "master", "develop"}));
    if (!of_tags && of_branches) return;
    for (const std::string& name : Named(event, "tags", {"v1.0.0"})) {
      World world = Begin("push");
      SetRef(world, "tag", name);
      triggers_.worlds.push_back(std::move(world));
    }
  }

  void PullRequest(const std::string& name, const YamlNode& event) {
    if (!AnyPath(event, paths_)) return;
    if (const std::optional<Words> types = Filter(event, "types")) {
      const bool usual = std::any_of(types->begin(), types->end(), [](const std::string& type) {
        return type == "opened" || type == "synchronize" || type == "reopened" || type == "ready_for_review";
      });
      if (!usual && !types->empty()) triggers_.unknown.push_back(name + ": of unusual types");
      if (!usual) return;
    }
    for (const std::string& base : Named(event, "branches", {"main", "master", "develop"})) {
      World world = Begin(name);
      world["github.event.pull_request.draft"] = BooleanValue(false);
      if (!base.empty()) world["github.base_ref"] = world["github.event.pull_request.base.ref"] = TextValue(base);
      if (base.empty()) world.erase("github.base_ref");
      world["github.ref"] = TextValue("refs/pull/1/merge");
      world["github.ref_name"] = TextValue("1/merge");
      world["github.ref_type"] = TextValue("branch");
      triggers_.worlds.push_back(std::move(world));
    }
  }

  const Words& paths_;
  Triggers triggers_;
};

}  // namespace

Triggers ReadTriggers(const YamlNode& workflow, const std::vector<std::string>& paths) {
  Triggers triggers = Reader(paths).Go(workflow.Find("on"));
  constexpr std::size_t kMostWorlds = 64;
  if (triggers.worlds.size() > kMostWorlds) {
    triggers.worlds.resize(kMostWorlds);
    triggers.unknown.push_back("more events than are looked at");
  }
  return triggers;
}

}  // namespace readiness::workflows
