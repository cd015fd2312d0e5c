#include "origins.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace readiness::cors {
namespace {

constexpr int kDepth = 24;
constexpr std::size_t kMostSteps = 200'000;

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
  std::size_t steps = 0;
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
  if (depth > kDepth || ++walk.steps > kMostSteps || !expression.is_object()) return unknown();
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
    // [o.replace("a", "b") for o in ...]: what is put in.
    const Json& element = expression.at("element");
    if (Text(element, "kind") == "call" && EndsWithAny(Text(element, "function"), {"replace"}) &&
        element.at("arguments").size() > 1)
      Follow(element.at("arguments").at(1), walk, depth + 1);
    if (Text(element, "kind") == "literal" || Text(element, "kind") == "choice") Follow(element, walk, depth + 1);
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

void Resolver::FollowFrom(const PythonExpression& expression, const PythonFile& file, int line, Walk& walk,
                          int depth) const {
  const PythonFile* const outer_file = walk.file;
  const int outer_line = walk.line;
  walk.file = &file;
  walk.line = line;
  Follow(expression, walk, depth);
  walk.file = outer_file;
  walk.line = outer_line;
}

/// Whatever else writes to a variable or an attribute of this name: x[0] = v, x.append(v), setattr(x, "name", v),
/// Settings(name=v), {"name": v}.
void Resolver::FollowWrites(const std::string& name, bool attribute, Walk& walk, int depth) const {
  const auto is_it = [&](const std::string& target) {
    return target == name || (attribute && target.ends_with("." + name));
  };
  for (const PythonFile& file : files_) {
    if (!attribute && &file != walk.file) continue;
    const auto follow = [&](const PythonExpression& value, int line, const char* how) {
      if (++walk.steps > kMostSteps) return;
      if (walk.visited.insert(fmt::format("{}:{}:{}:{}", file.path, line, how, name)).second)
        FollowFrom(value, file, line, walk, depth);
    };
    for (const PythonAssignment& one : file.assignments) {
      const std::size_t bracket = one.target.find('[');
      if (bracket != std::string::npos && is_it(one.target.substr(0, bracket))) follow(one.value, one.line, "item");
    }
    for (const PythonCall& call : file.calls) {
      const std::string last = LastPart(call.function);
      const std::size_t dot = call.function.rfind('.');
      const bool mutates =
          EndsWithAny(last, {"append", "extend", "insert", "add", "update", "__setitem__", "__iadd__"});
      if (mutates && dot != std::string::npos && !call.arguments.empty() && is_it(call.function.substr(0, dot)))
        follow(call.arguments.back(), call.line, "call");
      if (!attribute) continue;
      const bool sets = (last == "setattr" || last == "__setattr__") && call.arguments.size() == 3;
      if (sets && Text(call.arguments[1], "value") == name) follow(call.arguments[2], call.line, "setattr");
      for (const auto& [keyword, value] : call.keywords) {
        if (keyword == name) follow(value, call.line, "keyword");
      }
    }
  }
}

Resolved Resolver::WrittenTo(const std::string& variable) const {
  Walk walk;
  const std::string item = fmt::format("environ[\"{}\"]", variable);
  for (const PythonFile& file : files_) {
    for (const PythonAssignment& one : file.assignments) {
      if (one.target.ends_with(item)) FollowFrom(one.value, file, one.line, walk, 0);
    }
    for (const PythonCall& call : file.calls) {
      const bool sets = EndsWithAny(call.function, {"environ.setdefault", "putenv", "environ.__setitem__"});
      if (sets && call.arguments.size() > 1 && Text(call.arguments[0], "value") == variable)
        FollowFrom(call.arguments[1], file, call.line, walk, 0);
      if (!EndsWithAny(call.function, {"environ.update"})) continue;
      for (const auto& [name, value] : call.keywords) {
        if (name == variable) FollowFrom(value, file, call.line, walk, 0);
      }
      for (const PythonExpression& given : call.arguments) {
        for (const Json& pair : given.value("items", Json::array())) {
          if (pair.is_array() && Text(pair.at(0), "value") == variable)
            FollowFrom(pair.at(1), file, call.line, walk, 0);
        }
      }
    }
  }
  return std::move(walk.resolved);
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
  if (found && target != "return") {
    walk.file = &file;
    FollowWrites(target, false, walk, depth);
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
  if (found) return FollowWrites(name, true, walk, depth);
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
    if (EndsWithAny(function, {"replace"}) && arguments.size() > 1) Follow(arguments.at(1), walk, depth);
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
  const std::string kind = Text(expression, "kind");
  return (kind == "name" || kind == "attribute") && LastPart(Text(expression, "name")) == "CORSMiddleware";
}

/// The middleware as the first argument, or by name.
bool IsGivenCors(const PythonCall& call) {
  if (!call.arguments.empty() && NamesCors(call.arguments.front())) return true;
  return std::any_of(call.keywords.begin(), call.keywords.end(), [](const auto& word) {
    return (word.first == "middleware_class" || word.first == "cls") && NamesCors(word.second);
  });
}

/// References to a middleware beside the uses that were understood.
void NoteOtherReferences(const PythonFile& file, std::size_t understood, std::vector<std::string>& unknown) {
  std::size_t references = 0;
  int line = 0;
  for (const auto& [name, lines] : file.uses) {
    const std::string last = LastPart(name);
    if (last != "CORSMiddleware" && !name.ends_with("flask_cors.CORS") && !name.ends_with("flask_cors.cross_origin"))
      continue;
    references += lines.size();
    line = std::max(line, lines.empty() ? 0 : lines.back());
  }
  for (const PythonCall& call : file.calls) {
    for (const PythonExpression& argument : call.arguments) {
      if (LastPart(Text(argument, "value")) == "CORSMiddleware") {
        ++references;
        line = call.line;
      }
    }
  }
  if (references > understood)
    unknown.push_back(
        fmt::format("{}:{}: the middleware is referred to in another way than by its use", file.path, line));
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

Uses FindUses(const std::vector<PythonFile>& files) {
  Uses all;
  std::vector<Use>& uses = all.found;
  for (const PythonFile& file : files) {
    const std::size_t before = uses.size();
    for (const PythonCall& call : file.calls) {
      const std::string last = LastPart(call.function);
      const bool adds = (last == "add_middleware" || last == "Middleware") && IsGivenCors(call);
      const bool wraps = last == "CORSMiddleware";
      const bool flask =
          call.function.ends_with("flask_cors.CORS") || call.function.ends_with("flask_cors.cross_origin");
      if (!adds && !wraps && !flask) continue;
      Use use;
      use.file = &file;
      use.line = call.line;
      use.open_by_default = flask;
      TakeKeywords(call, use);
      // CORSMiddleware(app, origins), Middleware(CORSMiddleware, origins)
      if (!flask && call.arguments.size() > 1) use.origins.push_back(call.arguments[1]);
      uses.push_back(std::move(use));
    }
    NoteOtherReferences(file, uses.size() - before, all.unknown);
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
  return all;
}

namespace {

constexpr const char* kHeader = "access-control-allow-origin";

/// Finds its name in the expressions of a file, with what it is given.
class HeaderSearch {
 public:
  HeaderSearch(const PythonFile& file, Headers& headers) : file_(file), headers_(headers) {}

  void Go() {
    for (const PythonAssignment& one : file_.assignments) {
      if (Lower(one.target).find(std::string("[\"") + kHeader) != std::string::npos)
        headers_.found.push_back({&file_, one.line, one.value});
      Walk(one.value, one.line, 0);
    }
    for (const PythonCall& call : file_.calls) {
      const bool pair = call.arguments.size() >= 2 && IsName(call.arguments[0]);
      if (pair) headers_.found.push_back({&file_, call.line, call.arguments[1]});
      for (std::size_t i = pair ? 1 : 0; i < call.arguments.size(); ++i) Walk(call.arguments[i], call.line, 0);
      for (const auto& [name, value] : call.keywords) Walk(value, call.line, 0);
    }
  }

 private:
  static bool IsName(const PythonExpression& value) { return Lower(Text(value, "value")) == kHeader; }

  void Walk(const PythonExpression& value, int line, int depth) {
    if (depth > kDepth) return;
    if (value.is_array()) {
      for (const Json& item : value) Walk(item, line, depth + 1);
      return;
    }
    if (!value.is_object()) return;
    const std::string kind = Text(value, "kind");
    // What is called is a call of its own.
    if (kind == "call" || kind == "item") return;
    if (kind == "dict") {
      for (const Json& pair : value.at("items")) {
        if (IsName(pair.at(0))) {
          headers_.found.push_back({&file_, line, pair.at(1)});
        } else {
          Walk(pair.at(0), line, depth + 1);
        }
        Walk(pair.at(1), line, depth + 1);
      }
      return;
    }
    if (kind == "list" && value.at("items").size() == 2 && IsName(value.at("items").at(0))) {
      headers_.found.push_back({&file_, line, value.at("items").at(1)});
      return Walk(value.at("items").at(1), line, depth + 1);
    }
    if (kind == "literal" && IsName(value))
      headers_.unknown.push_back(fmt::format("{}:{}: what is done with the name {}", file_.path, line, kHeader));
    for (const auto& [key, inner] : value.items()) Walk(inner, line, depth + 1);
  }

  const PythonFile& file_;
  Headers& headers_;
};

}  // namespace

Headers FindHeaders(const std::vector<PythonFile>& files) {
  Headers headers;
  for (const PythonFile& file : files) HeaderSearch(file, headers).Go();
  return headers;
}

}  // namespace readiness::cors
