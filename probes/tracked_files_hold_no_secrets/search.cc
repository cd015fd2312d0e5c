#include "search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "readiness/patterns.h"

namespace readiness::secrets {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

std::string Trimmed(std::string text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.pop_back();
  text.erase(0, std::min(text.find_first_not_of(" \t"), text.size()));
  if (text.size() > 1 && (text[0] == '"' || text[0] == '\'') && text.back() == text[0])
    text = text.substr(1, text.size() - 2);
  return text;
}

/// Does a URL carry a password of its own: scheme://user:password@host?
bool HasPassword(const std::string& value) {
  const std::size_t scheme = value.find("://");
  if (scheme == std::string::npos) return false;
  const std::string authority = value.substr(scheme + 3, value.find_first_of("/?#", scheme + 3) - scheme - 3);
  const std::size_t at = authority.rfind('@');
  const std::size_t colon = authority.find(':');
  if (at == std::string::npos || colon == std::string::npos || colon > at) return false;
  const std::string password = authority.substr(colon + 1, at - colon - 1);
  return !password.empty() && password[0] != '$' && password[0] != '{' && password[0] != '<' && password[0] != '%';
}

/// A value that stands there, not a reference to one: "${NAME}", "${NAME:?why}", "${{ secrets.NAME }}", "$(NAME)".
bool IsLiteral(const std::string& value) {
  if (value.empty()) return false;
  if (value.starts_with("${{") || value.starts_with("$(") || value.starts_with("{{") ||
      value.starts_with("/run/secrets/"))
    return false;
  if (value.starts_with("${")) {
    const std::size_t dash = value.find('-');
    return dash != std::string::npos && value.find('?') == std::string::npos && dash + 2 < value.size();
  }
  return value[0] != '$';
}

bool IsSwitch(const std::string& value) {
  const std::string lower = Lower(value);
  return lower == "true" || lower == "false" || lower == "yes" || lower == "no" || lower == "none" ||
         (!lower.empty() && lower.find_first_not_of("0123456789") == std::string::npos && lower.size() < 6);
}

void CheckPair(const std::string& name, const std::string& value, const std::string& file, int line, Seen& seen) {
  if (NamesSecret(name) && IsLiteral(value) && !IsSwitch(value))
    seen.faults.push_back({file, line, "a secret has a literal value", name});
  else if (IsLiteral(value) && HasPassword(value))
    seen.faults.push_back({file, line, "a URL carries a password", name});
}

void Walk(const YamlNode& node, const std::string& file, Seen& seen) {
  const std::string name = node.TextAt({"name"});
  if (const YamlNode* value = node.Find("value"); value != nullptr && value->IsScalar())
    CheckPair(name, value->text, file, value->line, seen);
  const bool referred = node.At({"valueFrom", "secretKeyRef"}) != nullptr;
  if (referred && NamesSecret(name)) seen.handed_over.insert(name);
  if (const std::string whole = node.TextAt({"secretRef", "name"}); !whole.empty()) seen.in_bulk.insert(whole);
  for (const auto& [key, value] : node.members) {
    if (value.IsScalar() && key != "name" && key != "value" && key != "key" && key != "secretKey" &&
        key != "secretName") {
      CheckPair(key, value.text, file, value.line, seen);
      // "${{ secrets.X }}" is for the workflow itself, not for a container.
      if (NamesSecret(key) && value.text.starts_with("${") && !value.text.starts_with("${{"))
        seen.handed_over.insert(key);
    }
    Walk(value, file, seen);
  }
  for (const YamlNode& item : node.items) {
    if (const std::size_t equals = item.text.find('='); item.IsScalar() && equals != std::string::npos) {
      CheckPair(item.text.substr(0, equals), item.text.substr(equals + 1), file, item.line, seen);
      if (NamesSecret(item.text.substr(0, equals)) && item.text.find("${{") == std::string::npos)
        seen.handed_over.insert(item.text.substr(0, equals));
    }
    Walk(item, file, seen);
  }
}

std::string Text(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// A literal text that could be a credential: not empty, not the name of a variable or a header.
bool IsCredentialLiteral(const PythonExpression& value, const std::string& name) {
  const std::string text = Text(value, "value");
  if (Text(value, "kind") != "literal" || text.empty() || IsSwitch(text)) return false;
  if (Lower(text) == Lower(name)) return false;
  const std::string lower = Lower(text);
  // What names or locates a secret, or says what is wrong with one.
  return lower.find(' ') == std::string::npos && lower != "bearer" && lower != "token" && lower != "password" &&
         lower != "access" && lower != "refresh" && !lower.starts_with("/") && !lower.starts_with("http") &&
         !lower.starts_with("x-");
}

bool ReadsEnvironment(const std::string& function) {
  for (const char* end : {"getenv", "environ.get", "environ.setdefault", "decouple.config"}) {
    if (function == end || function.ends_with(std::string(".") + end)) return true;
  }
  return false;
}

/// Environment reads anywhere in an expression.
void WalkExpression(const PythonExpression& node, const std::string& file, int line, Seen& seen) {
  if (node.is_array()) {
    for (const Json& item : node) WalkExpression(item, file, line, seen);
    return;
  }
  if (!node.is_object()) return;
  const std::string kind = Text(node, "kind");
  const Json of = kind == "item" ? node.at("of") : Json();
  if (kind == "item" && (Text(of, "name").ends_with("environ"))) {
    const std::string name = Text(node.at("key"), "value");
    if (NamesSecret(name)) {
      seen.read.insert(name);
      seen.demanded.insert(name);
    }
  }
  for (const auto& [key, value] : node.items()) WalkExpression(value, file, line, seen);
}

void CheckEnvironmentRead(const PythonCall& call, const std::string& file, Seen& seen) {
  if (!ReadsEnvironment(call.function) || call.arguments.empty()) return;
  const std::string name = Text(call.arguments.front(), "value");
  if (!NamesSecret(name)) return;
  seen.read.insert(name);
  const PythonExpression* fallback = call.arguments.size() > 1 ? &call.arguments[1] : nullptr;
  for (const auto& [key, value] : call.keywords) {
    if (key == "default") fallback = &value;
  }
  if (fallback == nullptr) seen.demanded.insert(name);
  if (fallback != nullptr && Text(*fallback, "kind") == "literal" && !Text(*fallback, "value").empty())
    seen.faults.push_back({file, call.line, "a secret has a built-in default", name});
}

}  // namespace

bool NamesSecret(std::string_view given) {
  std::string name = "_" + Lower(given) + "_";
  std::replace(name.begin(), name.end(), '-', '_');
  std::replace(name.begin(), name.end(), '.', '_');
  for (const char* not_one : {"_file_", "_path_", "_name_", "_url_", "_expire", "_ttl_", "_algorithm_", "_lifetime",
                              "_header_", "_type_", "_minutes_", "_days_", "_limit_", "_length_", "_id_"}) {
    if (name.find(not_one) != std::string::npos && name.find("_access_key_id_") == std::string::npos) return false;
  }
  for (const char* word : {"_password_", "_passwd_", "_pwd_", "_secret_", "_token_", "_api_key_", "_apikey_",
                           "_private_key_", "_secret_key_", "_access_key_", "_encryption_key_", "_signing_key_",
                           "_jwt_key_", "_credential_", "_dsn_", "_access_key_id_"}) {
    if (name.find(word) != std::string::npos) return true;
  }
  return false;
}

void SearchManifest(const YamlNode& document, const std::string& file, Seen& seen) {
  if (document.TextAt({"kind"}) == "Secret") {
    for (const char* part : {"data", "stringData"}) {
      const YamlNode* data = document.Find(part);
      if (data == nullptr) continue;
      for (const auto& [name, value] : data->members) {
        seen.handed_over.insert(name);
        if (value.IsScalar() && IsLiteral(value.text))
          seen.faults.push_back({file, value.line, "a Secret with its value is tracked", name});
      }
    }
    return;
  }
  if (document.TextAt({"kind"}) == "ExternalSecret") {
    if (const YamlNode* data = document.At({"spec", "data"})) {
      for (const YamlNode& one : data->items) {
        if (NamesSecret(one.TextAt({"secretKey"}))) seen.handed_over.insert(one.TextAt({"secretKey"}));
      }
    }
  }
  Walk(document, file, seen);
}

void SearchVariables(const std::string& text, const std::string& file, bool example, Seen& seen) {
  int line = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string entry = Trimmed(text.substr(begin, end - begin));
    begin = end + 1;
    ++line;
    if (entry.starts_with("export ")) entry.erase(0, 7);
    const std::size_t equals = entry.find('=');
    if (entry.starts_with('#') || equals == std::string::npos) continue;
    std::string value = entry.substr(equals + 1);
    if (const std::size_t comment = value.find(" #"); comment != std::string::npos) value.resize(comment);
    value = Trimmed(value);
    if (example && value.starts_with('<') && value.ends_with('>')) continue;
    CheckPair(Trimmed(entry.substr(0, equals)), value, file, line, seen);
  }
}

void SearchPython(const PythonFile& file, Seen& seen) {
  const auto check = [&](const std::string& name, const PythonExpression& value, int line) {
    if (NamesSecret(name) && IsCredentialLiteral(value, name))
      seen.faults.push_back({file.path, line, "a secret is written into the code", name});
  };
  for (const PythonAssignment& one : file.assignments) {
    const std::size_t dot = one.target.rfind('.');
    check(dot == std::string::npos ? one.target : one.target.substr(dot + 1), one.value, one.line);
    WalkExpression(one.value, file.path, one.line, seen);
    if (Text(one.value, "kind") == "call") {
      // A settings class: SECRET: str = Field(default="x").
      for (const auto& [key, value] : one.value.at("keywords").items()) {
        if (key == "default" && Text(one.value, "function").ends_with("Field")) check(one.target, value, one.line);
      }
    }
  }
  for (const PythonCall& call : file.calls) {
    CheckEnvironmentRead(call, file.path, seen);
    for (const auto& [name, value] : call.keywords) {
      check(name, value, call.line);
      WalkExpression(value, file.path, call.line, seen);
    }
    for (const PythonExpression& argument : call.arguments) WalkExpression(argument, file.path, call.line, seen);
  }
}

namespace {

struct Form {
  Pattern pattern;
  std::string what;
};

Result<std::vector<Form>> UsualForms() {
  static const std::pair<const char*, const char*> kForms[] = {
      {"-----BEGIN ([A-Z]+ )?PRIVATE KEY-----", "a private key"},
      {"\\bAKIA[0-9A-Z]{16}\\b", "a cloud access key"},
      {"\\bgh[pousr]_[A-Za-z0-9]{36}", "a forge token"},
      {"\\bglpat-[A-Za-z0-9_-]{20}", "a forge token"},
      {"\\bsk-[A-Za-z0-9_-]{20,}", "an API key"},
      {"\\bxox[abprs]-[A-Za-z0-9-]{10,}", "a chat token"},
      {"\\bAIza[0-9A-Za-z_-]{35}", "an API key"},
      {"\\bey[A-Za-z0-9_-]{10,}\\.ey[A-Za-z0-9_-]{10,}\\.[A-Za-z0-9_-]{10,}", "a signed token"},
      {"[a-z][a-z0-9+]*://[^\\s:/@$<{'\"]+:[^\\s:/@$<{%'\"]+@[^\\s/]+", "a URL with a password"}};
  std::vector<Form> forms;
  for (const auto& [text, what] : kForms) {
    READINESS_ASSIGN(Pattern pattern, Pattern::Compile(text));
    forms.push_back({std::move(pattern), what});
  }
  return forms;
}

}  // namespace

Result<void> SearchText(const std::string& text, const std::string& file, Seen& seen) {
  static const Result<std::vector<Form>> kForms = UsualForms();
  if (!kForms) return Fail(kForms.error());
  int line = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view one = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    ++line;
    if (one.size() < 16) continue;
    for (const Form& form : *kForms) {
      if (form.pattern.IsFoundIn(one))
        seen.faults.push_back({file, line, fmt::format("{} is tracked", form.what), "in its usual form"});
    }
  }
  return {};
}

}  // namespace readiness::secrets
