#include "search.h"

#include <algorithm>
#include <array>

#include "texts.h"
#include "values.h"

namespace readiness::secrets {
namespace {

/// Where a pair stands.
struct Spot {
  std::string file;
  Placeholders placeholders = Placeholders::kCount;
  bool throw_away = false;  ///< of a container that lives as long as a CI job
};

void CheckPair(const std::string& name, const std::string& given, const Spot& spot, int line, Seen& seen) {
  const std::string value = Fallback(given);
  if (!IsLiteral(value)) return;
  const bool quiet = spot.placeholders == Placeholders::kQuiet;
  if (NamesSecret(name)) {
    if (IsSwitch(value) || (quiet && IsPlaceholder(value)) || (spot.throw_away && !LooksLikeCredential(value))) return;
    seen.faults.push_back({spot.file, line, "a secret has a literal value", name});
    return;
  }
  const std::string password = PasswordOfUrl(value);
  if (!password.empty() && !(quiet && IsPlaceholder(password)))
    seen.faults.push_back({spot.file, line, "a URL carries a password", name});
}

bool IsOneOf(const std::string& word, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* one) { return word == one; });
}

void HandOver(const std::string& name, const std::string& value, Seen& seen) {
  // "${{ secrets.X }}" is for the workflow itself, not for a container.
  if (NamesSecret(name) && value.find("${{") == std::string::npos) seen.handed_over.insert(name);
}

void Walk(const YamlNode& node, const Spot& spot, Seen& seen);

void WalkMember(const std::string& key, const YamlNode& value, const Spot& spot, Seen& seen) {
  static constexpr std::array kNames{"name", "value", "key", "secretKey", "secretName"};
  if (value.IsScalar() && value.text.find('\n') != std::string::npos && !IsOneOf(key, {"run", "script"}))
    SearchSettings(value.text, spot.file, value.line, spot.placeholders, seen);
  if (value.IsScalar() && IsOneOf(key, {"run", "script", "command", "entrypoint", "args"})) {
    SearchShell(value.text, spot.file, value.line, spot.placeholders, seen);
  } else if (value.IsScalar() &&
             std::none_of(kNames.begin(), kNames.end(), [&](const char* one) { return key == one; })) {
    CheckPair(key, value.text, spot, value.line, seen);
    if (value.text.starts_with("${")) HandOver(key, value.text, seen);
  }
  Spot inner = spot;
  inner.throw_away = spot.throw_away || (spot.placeholders == Placeholders::kQuiet && key == "services");
  Walk(value, inner, seen);
}

void Walk(const YamlNode& node, const Spot& spot, Seen& seen) {
  const std::string name = node.TextAt({node.Find("name") != nullptr ? "name" : "key"});
  if (const YamlNode* value = node.Find("value"); value != nullptr && value->IsScalar())
    CheckPair(name, value->text, spot, value->line, seen);
  if (node.At({"valueFrom", "secretKeyRef"}) != nullptr) HandOver(name, "", seen);
  if (const std::string whole = node.TextAt({"secretRef", "name"}); !whole.empty()) seen.in_bulk.insert(whole);
  for (const auto& [key, value] : node.members) WalkMember(key, value, spot, seen);
  for (std::size_t i = 0; i + 1 < node.items.size(); ++i) {
    // args: [--db-password, value]
    const std::string& option = node.items[i].text;
    const std::string& value = node.items[i + 1].text;
    if (option.starts_with("-") && option.find('=') == std::string::npos && IsOptionValue(value))
      CheckPair(option.substr(option.find_first_not_of('-') == std::string::npos ? 0 : option.find_first_not_of('-')),
                value, spot, node.items[i + 1].line, seen);
  }
  for (const YamlNode& item : node.items) {
    if (const std::size_t equals = item.text.find('='); item.IsScalar() && equals != std::string::npos) {
      CheckPair(item.text.substr(0, equals), item.text.substr(equals + 1), spot, item.line, seen);
      HandOver(item.text.substr(0, equals), item.text, seen);
    } else if (item.IsScalar() && item.text.find_first_of(" \n") != std::string::npos) {
      SearchShell(item.text, spot.file, item.line, spot.placeholders, seen);  // command: [sh, -c, "..."]
    }
    Walk(item, spot, seen);
  }
}

bool IsWorkflow(const YamlNode& document) {
  const YamlNode* jobs = document.Find("jobs");
  return jobs != nullptr && jobs->IsMapping() && document.Find("kind") == nullptr;
}

void SearchSecret(const YamlNode& document, const std::string& file, Seen& seen) {
  const std::string name = document.TextAt({"metadata", "name"});
  seen.keys[name];
  for (const char* part : {"data", "stringData"}) {
    const YamlNode* data = document.Find(part);
    if (data == nullptr) continue;
    for (const auto& [key, value] : data->members) {
      seen.keys[name].insert(key);
      if (value.IsScalar() && IsLiteral(value.text))
        seen.faults.push_back({file, value.line, "a Secret with its value is tracked", key});
    }
  }
}

/// The keys of the Secret that a controller makes.
void NoteKeys(const YamlNode& document, Seen& seen) {
  std::string name = document.TextAt({"spec", "target", "name"});
  if (name.empty()) name = document.TextAt({"metadata", "name"});
  seen.keys[name];
  if (document.At({"spec", "dataFrom"}) != nullptr) seen.open.insert(name);
  if (const YamlNode* data = document.At({"spec", "data"})) {
    for (const YamlNode& one : data->items) seen.keys[name].insert(one.TextAt({"secretKey"}));
  }
  if (const YamlNode* data = document.At({"spec", "encryptedData"})) {
    for (const auto& [key, value] : data->members) seen.keys[name].insert(key);
  }
}

}  // namespace

void SearchManifest(const YamlNode& document, const std::string& file, Seen& seen) {
  const std::string kind = document.TextAt({"kind"});
  if (kind == "List" && document.Find("items") != nullptr) {
    for (const YamlNode& item : document.Find("items")->items) SearchManifest(item, file, seen);
    return;
  }
  if (kind == "Secret") return SearchSecret(document, file, seen);
  if (kind == "ExternalSecret" || kind == "SealedSecret") NoteKeys(document, seen);
  // What is encrypted has the names of secrets, too.
  if (kind == "SealedSecret") return;
  Walk(document, {file, IsWorkflow(document) ? Placeholders::kQuiet : Placeholders::kCount, false}, seen);
}

void SearchDockerfile(const Dockerfile& dockerfile, Seen& seen) {
  const Spot spot{dockerfile.path, Placeholders::kCount, false};
  for (const DockerStage& stage : dockerfile.stages) {
    for (const DockerInstruction& one : stage.instructions) {
      if (one.name == "RUN" || one.name == "CMD" || one.name == "ENTRYPOINT")
        SearchShell(one.arguments, dockerfile.path, one.line, Placeholders::kCount, seen);
      if (one.name != "ENV" && one.name != "ARG") continue;
      if (one.name == "ENV" && one.words.size() > 1 && one.words[0].find('=') == std::string::npos) {
        CheckPair(one.words[0], one.words[1], spot, one.line, seen);
        continue;
      }
      for (const std::string& word : one.words) {
        const std::size_t equals = word.find('=');
        if (equals != std::string::npos)
          CheckPair(word.substr(0, equals), word.substr(equals + 1), spot, one.line, seen);
      }
    }
  }
}

void SearchSettings(const std::string& text, const std::string& file, int line, Placeholders placeholders, Seen& seen) {
  Seen inner;
  SearchVariables(text, file, placeholders == Placeholders::kQuiet, inner);
  for (Fault& fault : inner.faults) {
    fault.line += line - 1;
    seen.faults.push_back(std::move(fault));
  }
}

void SearchVariables(const std::string& text, const std::string& file, bool example, Seen& seen) {
  const Spot spot{file, example ? Placeholders::kQuiet : Placeholders::kCount, false};
  int line = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string entry = Unquoted(text.substr(begin, end - begin));
    begin = end + 1;
    ++line;
    if (entry.starts_with("export ")) entry = Unquoted(entry.substr(7));
    const std::size_t equals = entry.find('=');
    if (entry.starts_with('#') || equals == std::string::npos) continue;
    std::string value = entry.substr(equals + 1);
    if (const std::size_t comment = value.find(" #"); comment != std::string::npos) value.resize(comment);
    CheckPair(Unquoted(entry.substr(0, equals)), Unquoted(value), spot, line, seen);
  }
}

}  // namespace readiness::secrets
