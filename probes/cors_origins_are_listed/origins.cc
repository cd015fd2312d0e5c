#include "origins.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace readiness::cors {
namespace {

constexpr int kDepth = 24;

std::string Text(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string Upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string LastPart(const std::string& dotted) {
  return dotted.substr(dotted.rfind('.') == std::string::npos ? 0 : dotted.rfind('.') + 1);
}

bool EndsWithAny(const std::string& text, std::initializer_list<const char*> ends) {
  return std::any_of(ends.begin(), ends.end(),
                     [&](const char* end) { return text == end || text.ends_with(std::string(".") + end); });
}

bool ReadsEnvironment(const std::string& function) {
  return EndsWithAny(function,
                     {"getenv", "environ.get", "environ.setdefault", "env", "env.list", "env.str", "env.bool"}) ||
         function == "decouple.config" || function == "config" || function == "starlette.config.Config" ||
         function == "environ.pop";
}

/// Functions that give back what they are given, in another form.
bool PassesOn(const std::string& function) {
  return EndsWithAny(function,
                     {"split",  "strip",     "rstrip", "lstrip",       "lower",      "list",    "tuple",  "set",
                      "sorted", "frozenset", "str",    "loads",        "join",       "replace", "filter", "map",
                      "copy",   "Csv",       "cast",   "parse_obj_as", "splitlines", "extend",  "append"});
}

bool IsField(const std::string& function) {
  return EndsWithAny(function, {"Field", "field", "Factory", "attrib"});
}

}  // namespace

struct Resolver::Walk {
  Resolved resolved;
  const PythonFile* file = nullptr;
  int line = 0;
  std::set<std::string> visited;
};

Resolved Resolver::Resolve(const PythonExpression& expression, const PythonFile& file, int line) const {
  Walk walk;
  walk.file = &file;
  walk.line = line;
  Follow(expression, walk, 0);
  return std::move(walk.resolved);
}

void Resolver::Follow(const PythonExpression& expression, Walk& walk, int depth) const {
  const auto unknown = [&] {
    walk.resolved.unknown.push_back(
        fmt::format("{}:{}: {}", walk.file->path, walk.line, expression.dump().substr(0, 120)));
  };
  if (depth > kDepth || !expression.is_object()) return unknown();
  const std::string kind = Text(expression, "kind");
  const auto follow_all = [&](const char* key) {
    for (const Json& item : expression.at(key)) Follow(item, walk, depth + 1);
  };
  if (kind == "literal") {
    const Json& value = expression.at("value");
    // A text may be a list with separators, or written as JSON.
    if (value.is_string()) walk.resolved.values.insert({value.get<std::string>(), walk.file->path, walk.line});
  } else if (kind == "list" || kind == "choice" || kind == "sum") {
    follow_all("items");
  } else if (kind == "dict") {
    for (const Json& pair : expression.at("items")) Follow(pair.at(1), walk, depth + 1);
  } else if (kind == "each") {
    Follow(expression.at("of"), walk, depth + 1);
  } else if (kind == "name") {
    FollowName(Text(expression, "name"), walk, depth + 1);
  } else if (kind == "attribute") {
    FollowAttribute(expression, walk, depth + 1);
  } else if (kind == "item") {
    const Json& of = expression.at("of");
    if (Text(of, "name").ends_with("environ") || (Text(of, "kind") == "attribute" && Text(of, "name") == "environ")) {
      walk.resolved.variables.insert(Text(expression.at("key"), "value"));
    } else {
      Follow(of, walk, depth + 1);
    }
  } else if (kind == "call") {
    FollowCall(expression, walk, depth + 1);
  } else if (kind == "text") {
    // A text with parts that may be anything: all of them must be known.
    follow_all("items");
  } else {
    unknown();
  }
}

bool Resolver::FollowAssignments(const std::string& target, const std::string& scope_end, const PythonFile& file,
                                 Walk& walk, int depth) const {
  bool found = false;
  const PythonFile* const previous = walk.file;
  const int line = walk.line;
  for (const PythonAssignment& one : file.assignments) {
    if (one.target != target || (!scope_end.empty() && LastPart(one.scope) != scope_end)) continue;
    found = true;
    const std::string key = fmt::format("{}:{}:{}", file.path, one.line, target);
    if (!walk.visited.insert(key).second) continue;
    walk.file = &file;
    walk.line = one.line;
    Follow(one.value, walk, depth);
  }
  // What is added to a list later.
  for (const PythonCall& call : file.calls) {
    const bool adds = call.function == target + ".append" || call.function == target + ".extend" ||
                      call.function == target + ".insert" || call.function == target + ".add" ||
                      call.function == target + ".update";
    if (!adds || target == "return") continue;
    found = true;
    if (!walk.visited.insert(fmt::format("{}:{}:{}", file.path, call.line, call.function)).second) continue;
    walk.file = &file;
    walk.line = call.line;
    if (!call.arguments.empty()) Follow(call.arguments.back(), walk, depth);
  }
  walk.file = previous;
  walk.line = line;
  return found;
}

const PythonFile* Resolver::FileOfModule(const std::string& module) const {
  std::string path = module;
  std::replace(path.begin(), path.end(), '.', '/');
  for (const char* end : {".py", "/__init__.py"}) {
    for (const PythonFile& file : files_) {
      if (file.path == path + end || file.path.ends_with("/" + path + end)) return &file;
    }
  }
  return nullptr;
}

void Resolver::FollowName(const std::string& name, Walk& walk, int depth) const {
  if (FollowAssignments(name, "", *walk.file, walk, depth)) return;
  const std::size_t dot = name.rfind('.');
  if (dot != std::string::npos) {
    const PythonFile* file = FileOfModule(name.substr(0, dot));
    if (file != nullptr && FollowAssignments(name.substr(dot + 1), "", *file, walk, depth)) return;
  }
  // A function that is handed on: default_factory=make_origins.
  if (FollowAssignments("return", LastPart(name), *walk.file, walk, depth)) return;
  walk.resolved.unknown.push_back(fmt::format("{}:{}: the name {}", walk.file->path, walk.line, name));
}

// settings.cors_origins: whatever class or object of the tree has an attribute of this name.
void Resolver::FollowAttribute(const PythonExpression& expression, Walk& walk, int depth) const {
  const std::string name = Text(expression, "name");
  bool found = false;
  for (const PythonFile& file : files_) {
    for (const PythonAssignment& one : file.assignments) {
      const bool field = one.target == name && !one.scope.empty();
      const bool set = one.target.ends_with("." + name);
      const bool property = one.target == "return" && LastPart(one.scope) == name;
      if (!field && !set && !property) continue;
      const std::string key = fmt::format("{}:{}:{}", file.path, one.line, one.target);
      found = true;
      if (!walk.visited.insert(key).second) continue;
      const PythonFile* const previous = walk.file;
      const int line = walk.line;
      walk.file = &file;
      walk.line = one.line;
      Follow(one.value, walk, depth);
      walk.file = previous;
      walk.line = line;
      // A settings class of pydantic takes its fields from the environment.
      if (field) walk.resolved.variables.insert(Upper(name));
    }
  }
  if (found) return;
  const PythonExpression& of = expression.at("of");
  if (Text(of, "kind") == "name") {
    const PythonFile* file = FileOfModule(Text(of, "name"));
    if (file != nullptr && FollowAssignments(name, "", *file, walk, depth)) return;
  }
  walk.resolved.variables.insert(Upper(name));
  walk.resolved.unknown.push_back(fmt::format("{}:{}: the attribute {}", walk.file->path, walk.line, name));
}

void Resolver::FollowCall(const PythonExpression& expression, Walk& walk, int depth) const {
  const std::string function = Text(expression, "function");
  const Json& arguments = expression.at("arguments");
  const Json& keywords = expression.at("keywords");
  if (ReadsEnvironment(function)) {
    const std::string variable = arguments.empty() ? std::string() : Text(arguments.at(0), "value");
    walk.resolved.variables.insert(variable);
    for (std::size_t i = 1; i < arguments.size(); ++i) Follow(arguments.at(i), walk, depth);
    for (const auto& [name, value] : keywords.items()) {
      if (name == "default") Follow(value, walk, depth);
    }
    return;
  }
  if (IsField(function)) {
    for (const Json& argument : arguments) Follow(argument, walk, depth);
    for (const auto& [name, value] : keywords.items()) {
      if (name == "default" || name == "default_factory") Follow(value, walk, depth);
      if (name == "alias" || name == "env" || name == "validation_alias")
        walk.resolved.variables.insert(Text(value, "value"));
    }
    return;
  }
  const auto on = expression.find("on");
  if (PassesOn(function)) {
    const bool splits = EndsWithAny(function, {"split", "strip", "rstrip", "lstrip", "replace", "lower", "splitlines"});
    if (on != expression.end() && on->is_object() && !EndsWithAny(function, {"loads"})) {
      Follow(*on, walk, depth);
      if (splits) return;  // the arguments are separators
    }
    for (const Json& argument : arguments) {
      if (EndsWithAny(function, {"map", "filter"}) && &argument == &arguments.at(0)) continue;
      Follow(argument, walk, depth);
    }
    return;
  }
  if (Text(expression, "function").empty() && arguments.empty()) return;
  // A function of the tree: what it returns.
  bool found = false;
  const std::string name = LastPart(function);
  for (const PythonFile& file : files_) found = FollowAssignments("return", name, file, walk, depth) || found;
  if (!found)
    walk.resolved.unknown.push_back(fmt::format("{}:{}: the call of {}", walk.file->path, walk.line, function));
}

namespace {

bool NamesCors(const PythonExpression& expression) {
  return Text(expression, "kind") == "name" && LastPart(Text(expression, "name")) == "CORSMiddleware";
}

void TakeKeywords(const PythonCall& call, Use& use) {
  for (const auto& [name, value] : call.keywords) {
    if (name == "allow_origins" || name == "origins" || name == "allow_origin") use.origins.push_back(value);
    if (name == "allow_origin_regex") use.patterns.push_back(value);
    if (name == "**") use.unpacked = true;
    const bool credentials = name == "allow_credentials" || name == "supports_credentials";
    if (credentials && !(Text(value, "kind") == "literal" && value.at("value") == false)) use.credentials = true;
    if (name == "resources" && Text(value, "kind") == "dict") use.origins.push_back(value);
  }
}

}  // namespace

std::vector<Use> FindUses(const std::vector<PythonFile>& files) {
  std::vector<Use> uses;
  for (const PythonFile& file : files) {
    for (const PythonCall& call : file.calls) {
      const std::string last = LastPart(call.function);
      const bool adds = (last == "add_middleware" || last == "Middleware") && !call.arguments.empty() &&
                        NamesCors(call.arguments.front());
      const bool wraps = last == "CORSMiddleware";
      const bool flask =
          call.function.ends_with("flask_cors.CORS") || call.function.ends_with("flask_cors.cross_origin");
      if (!adds && !wraps && !flask) continue;
      Use use;
      use.file = &file;
      use.line = call.line;
      use.open_by_default = flask;
      TakeKeywords(call, use);
      uses.push_back(std::move(use));
    }
    // Django: a list of its settings.
    for (const PythonAssignment& one : file.assignments) {
      const bool open = one.target == "CORS_ALLOW_ALL_ORIGINS" || one.target == "CORS_ORIGIN_ALLOW_ALL";
      if (!one.scope.empty() || !open || Text(one.value, "kind") != "literal" || one.value.at("value") != true)
        continue;
      Use use;
      use.file = &file;
      use.line = one.line;
      use.open_by_default = true;
      uses.push_back(std::move(use));
    }
  }
  return uses;
}

std::vector<Header> FindHeaders(const std::vector<PythonFile>& files) {
  std::vector<Header> headers;
  constexpr const char* kName = "access-control-allow-origin";
  for (const PythonFile& file : files) {
    for (const PythonAssignment& one : file.assignments) {
      if (Lower(one.target).find(std::string("[\"") + kName) != std::string::npos)
        headers.push_back({&file, one.line, one.value});
    }
    const auto in_dict = [&](const PythonExpression& value, int line) {
      if (Text(value, "kind") != "dict") return;
      for (const Json& pair : value.at("items")) {
        if (Lower(Text(pair.at(0), "value")) == kName) headers.push_back({&file, line, pair.at(1)});
      }
    };
    for (const PythonAssignment& one : file.assignments) in_dict(one.value, one.line);
    for (const PythonCall& call : file.calls) {
      for (const auto& [name, value] : call.keywords) in_dict(value, call.line);
      for (const PythonExpression& value : call.arguments) in_dict(value, call.line);
      if (call.arguments.size() >= 2 && Lower(Text(call.arguments[0], "value")) == kName)
        headers.push_back({&file, call.line, call.arguments[1]});
    }
  }
  return headers;
}

}  // namespace readiness::cors
