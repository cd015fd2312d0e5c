#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "search.h"
#include "texts.h"
#include "values.h"

namespace readiness::secrets {
namespace {

std::string Text(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool IsLiteralText(const PythonExpression& value) {
  return Text(value, "kind") == "literal" && !Text(value, "value").empty();
}

/// A literal text that could be a credential: not empty, not the name of a variable or a header.
bool IsCredentialLiteral(const PythonExpression& value, const std::string& name) {
  const std::string text = Text(value, "value");
  if (!IsLiteralText(value) || IsSwitch(text)) return false;
  const std::string lower = Lower(text);
  if (lower == Lower(name)) return false;
  // What names or locates a secret, or says what is wrong with one.
  return lower.find(' ') == std::string::npos && lower != "bearer" && lower != "token" && lower != "password" &&
         lower != "access" && lower != "refresh" && !lower.starts_with("/") && !lower.starts_with("http") &&
         !lower.starts_with("x-");
}

bool EndsInOneOf(const std::string& function, std::initializer_list<const char*> ends) {
  return std::any_of(ends.begin(), ends.end(),
                     [&](const char* end) { return function == end || function.ends_with(std::string(".") + end); });
}

bool ReadsEnvironment(const std::string& function) {
  return EndsInOneOf(function, {"getenv", "environ.get", "environ.setdefault", "decouple.config"});
}

/// The variable that an expression reads from the environment, if it has a secret's name.
std::string SecretRead(const PythonExpression& node) {
  if (!node.is_object()) return {};
  const std::string kind = Text(node, "kind");
  std::string name;
  if (kind == "call" && ReadsEnvironment(Text(node, "function")) && !node.at("arguments").empty())
    name = Text(node.at("arguments").front(), "value");
  if (kind == "item" && Text(node.at("of"), "name").ends_with("environ")) name = Text(node.at("key"), "value");
  return NamesSecret(name) ? name : std::string();
}

/// Is a secret read somewhere in it?
bool ReadsSecret(const PythonExpression& node) {
  if (node.is_object() && !SecretRead(node).empty()) return true;
  return (node.is_object() || node.is_array()) &&
         std::any_of(node.begin(), node.end(), [](const Json& inner) { return ReadsSecret(inner); });
}

/// Makes a value that nobody knows beforehand.
bool IsMadeUp(const std::string& function) {
  return function.starts_with("secrets.") || function.starts_with("uuid.") || function == "os.urandom" ||
         EndsInOneOf(function, {"token_hex", "token_urlsafe", "token_bytes", "generate_key", "uuid4"});
}

/// Reads a Python file's expressions.
class Searcher {
 public:
  Searcher(const PythonFile& file, Seen& seen) : file_(file), seen_(seen) {}

  void Go() {
    for (const PythonAssignment& one : file_.assignments) SearchAssignment(one);
    SearchAlternatives();
    for (const PythonCall& call : file_.calls) SearchCall(call);
  }

 private:
  void Add(int line, const char* what, const std::string& name) {
    seen_.faults.push_back({file_.path, line, what, name});
  }

  void Check(const std::string& name, const PythonExpression& value, int line) {
    if (NamesSecret(name) && IsCredentialLiteral(value, name)) Add(line, "a secret is written into the code", name);
  }

  /// "name" of "self.name", NAME of os.environ["NAME"].
  static std::string NameOfTarget(const std::string& target) {
    const std::size_t bracket = target.find("[\"");
    if (bracket != std::string::npos && target.ends_with("\"]"))
      return target.substr(bracket + 2, target.size() - bracket - 4);
    return target.substr(target.rfind('.') == std::string::npos ? 0 : target.rfind('.') + 1);
  }

  void SearchAssignment(const PythonAssignment& one) {
    Check(NameOfTarget(one.target), one.value, one.line);
    Walk(one.value, one.line);
    // A settings class: SECRET: str = Field(default="x").
    const std::string function = Text(one.value, "function");
    if (Text(one.value, "kind") != "call" || !EndsInOneOf(function, {"Field", "field", "attrib", "ib"})) return;
    const Json& keywords = one.value.at("keywords");
    if (const auto found = keywords.find("default"); found != keywords.end()) Check(one.target, *found, one.line);
    const Json& arguments = one.value.at("arguments");
    if (!arguments.empty()) Check(one.target, arguments.front(), one.line);
  }

  /// Where a secret is read, whatever else becomes of it: "if not s: s = 'x'", "except KeyError: return 'x'".
  void SearchAlternatives() {
    std::map<std::string, std::set<std::string>> holders;  // by scope
    std::set<std::string> returning;
    for (const PythonAssignment& one : file_.assignments) {
      if (one.target != "return" && ReadsSecret(one.value)) holders[one.scope].insert(one.target);
    }
    const auto holds = [&](const PythonAssignment& one) {
      const auto found = holders.find(one.scope);
      return found != holders.end() &&
             found->second.contains(one.target == "return" ? Text(one.value, "name") : one.target);
    };
    for (const PythonAssignment& one : file_.assignments) {
      if (one.target == "return" && !one.scope.empty() && (ReadsSecret(one.value) || holds(one)))
        returning.insert(one.scope);
    }
    for (const PythonAssignment& one : file_.assignments) {
      const bool concerned = one.target == "return" ? returning.contains(one.scope) : holds(one);
      if (concerned && IsCredentialLiteral(one.value, one.target))
        Add(one.line, "a secret has a built-in default", one.target == "return" ? one.scope : one.target);
    }
  }

  /// What stands in when the environment does not give `name`.
  void CheckFallback(const PythonExpression& value, const std::string& name, int line) {
    const std::string kind = Text(value, "kind");
    if (IsLiteralText(value)) return Add(line, "a secret has a built-in default", name);
    if (kind == "literal" || ReadsSecret(value) || IsMadeUp(Text(value, "function"))) return;
    if (kind == "name") {
      bool found = false;
      for (const PythonAssignment& one : file_.assignments) {
        if (one.target != Text(value, "name")) continue;
        found = true;
        if (IsLiteralText(one.value)) Add(line, "a secret has a built-in default", name);
      }
      if (found) return;
    }
    seen_.undecided.push_back(file_.path + ":" + std::to_string(line) + ": the default of " + name);
  }

  void SearchCall(const PythonCall& call) {
    CheckEnvironmentRead(call);
    CheckKey(call);
    for (const auto& [name, value] : call.keywords) {
      Check(name, value, call.line);
      Walk(value, call.line);
    }
    for (const PythonExpression& argument : call.arguments) Walk(argument, call.line);
  }

  void CheckEnvironmentRead(const PythonCall& call) {
    if (!ReadsEnvironment(call.function) || call.arguments.empty()) return;
    const std::string name = Text(call.arguments.front(), "value");
    if (!NamesSecret(name)) return;
    seen_.read.insert(name);
    const PythonExpression* fallback = call.arguments.size() > 1 ? &call.arguments[1] : nullptr;
    for (const auto& [key, value] : call.keywords) {
      if (key == "default") fallback = &value;
    }
    if (fallback == nullptr) seen_.demanded.insert(name);
    if (fallback != nullptr) CheckFallback(*fallback, name, call.line);
  }

  /// What signs or encrypts with a key takes it as this argument.
  void CheckKey(const PythonCall& call) {
    struct Position {
      std::initializer_list<const char*> functions;
      std::size_t argument;
    };
    static const Position kPositions[] = {
        {{"jwt.decode", "jwt.encode", "jws.sign", "jws.verify", "jwt.decode_complete"}, 1},
        {{"hmac.new", "fernet.Fernet", "Fernet", "itsdangerous.Signer", "TimestampSigner", "URLSafeSerializer",
          "URLSafeTimedSerializer"},
         0}};
    for (const Position& one : kPositions) {
      if (!EndsInOneOf(call.function, one.functions)) continue;
      if (call.arguments.size() > one.argument) CheckKeyValue(call.arguments[one.argument], call);
      for (const auto& [name, value] : call.keywords) {
        if (name == "key") CheckKeyValue(value, call);
      }
    }
  }

  void CheckKeyValue(const PythonExpression& value, const PythonCall& call) {
    if (IsLiteralText(value)) return Add(call.line, "a key is written into the code", "key of " + call.function);
    if (Text(value, "kind") != "name") return;
    for (const PythonAssignment& one : file_.assignments) {
      if (one.target == Text(value, "name") && IsLiteralText(one.value))
        Add(one.line, "a key is written into the code", one.target);
    }
  }

  /// Everywhere in an expression: reads of the environment, alternatives to them, and entries of dictionaries.
  void Walk(const PythonExpression& node, int line) {
    if (node.is_array()) {
      for (const Json& item : node) Walk(item, line);
      return;
    }
    if (!node.is_object()) return;
    const std::string kind = Text(node, "kind");
    // Also what is put together of parts.
    if (kind == "literal" && HoldsForm(Text(node, "value"))) Add(line, "a credential is written into the code", "text");
    if (kind == "item") {
      const std::string key = Text(node.at("key"), "value");
      if (Text(node.at("of"), "kind") == "dict" && NamesSecret(key)) {
        for (const Json& pair : node.at("of").at("items")) {
          if (Text(pair.at(0), "value") == key) Check(key, pair.at(1), line);
        }
      }
      if (const std::string name = SecretRead(node); !name.empty()) {
        seen_.read.insert(name);
        seen_.demanded.insert(name);
      }
    }
    if (kind == "choice") CheckChoice(node.at("items"), line);
    if (kind == "dict") {
      for (const Json& pair : node.at("items")) {
        const std::string name = Text(pair.at(0), "value");
        const std::string value = Text(pair.at(1), "value");
        if (NamesSecret(name) && LooksLikeCredential(value) && !IsPlaceholder(value)) Check(name, pair.at(1), line);
      }
    }
    for (const auto& [key, value] : node.items()) Walk(value, line);
  }

  /// os.environ.get("SECRET") or "literal".
  void CheckChoice(const Json& items, int line) {
    std::string name;
    for (const Json& item : items) {
      if (name.empty()) name = SecretRead(item);
    }
    if (name.empty()) return;
    for (const Json& item : items) CheckFallback(item, name, line);
  }

  const PythonFile& file_;
  Seen& seen_;
};

}  // namespace

void SearchPython(const PythonFile& file, Seen& seen) {
  Searcher(file, seen).Go();
}

}  // namespace readiness::secrets
