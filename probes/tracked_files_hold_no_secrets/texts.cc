#include "texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <functional>

#include "readiness/patterns.h"
#include "readiness/source_shell.h"
#include "values.h"

namespace readiness::secrets {
namespace {

constexpr std::size_t kLongLine = 20'000;  // beyond it is generated

struct Form {
  Pattern pattern;
  std::string what;
};

Result<std::vector<Form>> UsualForms() {
  static const std::pair<const char*, const char*> kForms[] = {
      {"\\b(AKIA|ASIA)[0-9A-Z]{16}\\b", "a cloud access key"},
      {"\\bgh[pousr]_[A-Za-z0-9]{36}", "a forge token"},
      {"\\bgithub_pat_[A-Za-z0-9_]{60,}", "a forge token"},
      {"\\bglpat-[A-Za-z0-9_-]{20}", "a forge token"},
      {"\\bsk-[A-Za-z0-9_-]{20,}", "an API key"},
      {"\\b[sr]k_live_[A-Za-z0-9]{20,}", "an API key"},
      {"\\bxox[abprs]-[A-Za-z0-9-]{10,}", "a chat token"},
      {"\\bAIza[0-9A-Za-z_-]{35}", "an API key"},
      {"\\bey[A-Za-z0-9_-]{10,}\\.ey[A-Za-z0-9_-]{10,}\\.[A-Za-z0-9_-]{10,}", "a signed token"}};
  std::vector<Form> forms;
  for (const auto& [text, what] : kForms) {
    READINESS_ASSIGN(Pattern pattern, Pattern::Compile(text));
    forms.push_back({std::move(pattern), what});
  }
  return forms;
}

/// A beginning in prose is no key: its body has to follow, in lines or in one text with "\n".
Result<Pattern> KeyWithBody() {
  return Pattern::Compile(
      "\\A-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY( BLOCK)?-----"
      "(\\\\[nr]|[\\s\"',+|>-]|(Proc-Type|DEK-Info|Version|Comment): ?[^\\n\\\\]*)*[A-Za-z0-9+/=]{24}");
}

void ForEachLine(const std::string& text, const std::function<void(const std::string& line, int number)>& take) {
  int number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    ++number;
    if (end - begin <= kLongLine) take(text.substr(begin, end - begin), number);
    begin = end + 1;
  }
}

void SearchUrls(const std::string& line, const std::string& file, int number, Placeholders placeholders, Seen& seen) {
  for (std::size_t at = line.find("://"); at != std::string::npos; at = line.find("://", at + 3)) {
    const std::string password = PasswordOfUrl(line.substr(at == 0 ? 0 : at - 1));
    if (password.empty() || (placeholders == Placeholders::kQuiet && IsPlaceholder(password))) continue;
    seen.faults.push_back({file, number, "a URL with a password is tracked", "in its usual form"});
  }
}

bool IsNamePart(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
}

/// The name that ends before `at`: NAME, "NAME", ["NAME"].
std::string NameBefore(const std::string& line, std::size_t at) {
  const auto back = [&](std::string_view what) {
    while (at > 0 && what.find(line[at - 1]) != std::string_view::npos) --at;
  };
  back(" \t:");
  back("]");
  back("\"'`");
  const std::size_t end = at;
  while (at > 0 && IsNamePart(line[at - 1])) --at;
  return line.substr(at, end - at);
}

struct Written {
  std::string text;
  bool quoted = false;
};

Written ValueBehind(const std::string& line, std::size_t at) {
  while (at < line.size() && (line[at] == ' ' || line[at] == '\t' || line[at] == '>' || line[at] == '=')) ++at;
  if (at == line.size()) return {};
  const char quote = line[at];
  if (quote == '"' || quote == '\'' || quote == '`') {
    const std::size_t end = line.find(quote, at + 1);
    return end == std::string::npos ? Written{} : Written{line.substr(at + 1, end - at - 1), true};
  }
  const std::size_t end = std::min(line.find_first_of(" \t\r\"'`;,)\\&|<>", at), line.size());
  return {line.substr(at, end - at), false};
}

bool IsVariableName(const std::string& name) {
  return std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isupper(c) != 0 || std::isdigit(c) != 0 || c == '_'; });
}

bool IsCredential(const std::string& value) {
  return IsLiteral(value) && !IsSwitch(value) && !IsPlaceholder(value) && !LooksLikePath(value) &&
         value.find('$') == std::string::npos && LooksLikeCredential(value);
}

/// NAME = "value" in whatever syntax; without quotes only NAME=value, as elsewhere it is an expression.
void SearchLine(std::string line, const std::string& file, int number, bool test, Seen& seen) {
  for (std::size_t at = line.find("\\\""); at != std::string::npos; at = line.find("\\\"", at)) line.erase(at, 1);
  for (std::size_t at = line.find_first_of("=:"); at != std::string::npos; at = line.find_first_of("=:", at + 1)) {
    const bool compares = at > 0 && std::string_view("=!<>").find(line[at - 1]) != std::string_view::npos;
    if (at == 0 || compares || line.compare(at, 2, "==") == 0) continue;
    const std::string name = NameBefore(line, at);
    if (name.empty() || !NamesSecret(name) || (test && !IsVariableName(name))) continue;
    const Written value = ValueBehind(line, at + 1);
    const bool tight = line[at] == '=' && at + 1 < line.size() && IsNamePart(line[at - 1]) && line[at + 1] != ' ';
    if (!value.quoted && !(tight && IsVariableName(name))) continue;
    if (!IsCredential(value.text)) continue;
    seen.faults.push_back({file, number, "a secret has a literal value", name});
    return;
  }
}

/// "key = value" of a file of settings.
void SearchSetting(const std::string& line, const std::string& file, int number, Seen& seen) {
  const std::string entry = Unquoted(line);
  if (entry.empty() || entry[0] == '#' || entry[0] == ';' || entry[0] == '[') return;
  const std::size_t separator = entry.find_first_of("=:");
  if (separator == std::string::npos) return;
  std::string value = entry.substr(separator + 1);
  if (const std::size_t comment = value.find(" #"); comment != std::string::npos) value.resize(comment);
  value = Unquoted(value);
  const std::string name = Unquoted(entry.substr(0, separator));
  if (!NamesSecret(name) || !IsLiteral(value) || IsSwitch(value) || IsPlaceholder(value) || LooksLikePath(value))
    return;
  if (value.find_first_of(" %${[(") != std::string::npos) return;
  seen.faults.push_back({file, number, "a secret has a literal value", name});
}

bool EndsInOneOf(const std::string& file, std::initializer_list<const char*> ends) {
  return std::any_of(ends.begin(), ends.end(), [&](const char* end) { return file.ends_with(end); });
}

bool IsShellScript(const std::string& text, const std::string& file) {
  if (EndsInOneOf(file, {".sh", ".bash", ".zsh"})) return true;
  const std::string first = text.substr(0, std::min<std::size_t>(text.find('\n'), 200));
  return first.starts_with("#!") && EndsInOneOf(Unquoted(first), {"sh", "sh -e", "sh -eu", "sh -ex", "sh -x"});
}

}  // namespace

bool IsText(const std::string& bytes) {
  return bytes.find('\0') >= std::min<std::size_t>(bytes.size(), 8000);
}

Result<void> SearchForms(const std::string& text, const std::string& file, Placeholders placeholders, Seen& seen) {
  static const Result<std::vector<Form>> kForms = UsualForms();
  static const Result<Pattern> kKey = KeyWithBody();
  if (!kForms) return Fail(kForms.error());
  if (!kKey) return Fail(kKey.error());
  for (std::size_t at = text.find("-----BEGIN "); at != std::string::npos; at = text.find("-----BEGIN ", at + 1)) {
    if (!kKey->IsFoundIn(std::string_view(text).substr(at, 2000))) continue;
    const auto number = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
    seen.faults.push_back({file, static_cast<int>(number), "a private key is tracked", "in its usual form"});
  }
  std::vector<const Form*> there;
  for (const Form& form : *kForms) {
    if (form.pattern.IsFoundIn(text)) there.push_back(&form);
  }
  const bool urls = text.find("://") != std::string::npos;
  if (there.empty() && !urls) return {};
  ForEachLine(text, [&](const std::string& line, int number) {
    for (const Form* form : there) {
      // Vendors' documentation has keys that say so.
      if (form->pattern.IsFoundIn(line) && line.find("EXAMPLE") == std::string::npos)
        seen.faults.push_back({file, number, form->what + " is tracked", "in its usual form"});
    }
    if (urls) SearchUrls(line, file, number, placeholders, seen);
  });
  return {};
}

void SearchPairs(const std::string& text, const std::string& file, bool test, Seen& seen) {
  const bool settings = EndsInOneOf(file, {".ini", ".cfg", ".conf", ".cnf", ".toml", ".properties"});
  ForEachLine(text, [&](const std::string& line, int number) {
    SearchLine(line, file, number, test, seen);
    if (settings) SearchSetting(line, file, number, seen);
  });
  if (IsShellScript(text, file)) SearchShell(text, file, 1, Placeholders::kQuiet, seen);
}

void SearchShell(const std::string& script, const std::string& file, int line, Placeholders placeholders, Seen& seen) {
  for (const ShellCommand& command : ReadShell(script)) {
    const auto check = [&](std::string name, const std::string& given) {
      name.erase(0, std::min(name.find_first_not_of('-'), name.size()));
      const std::string value = Fallback(given);
      const bool refers = value.find_first_of("$`") != std::string::npos || LooksLikePath(value);
      if (!NamesSecret(name) || !IsLiteral(value) || IsSwitch(value) || refers) return;
      if (value.find_first_of(" \t\n") != std::string::npos) return;
      if (placeholders == Placeholders::kQuiet && IsPlaceholder(value)) return;
      seen.faults.push_back({file, line + command.line - 1, "a secret has a literal value", name});
    };
    for (const auto& [name, value] : command.assignments) check(name, value);
    for (const std::string& word : command.words) {
      const std::size_t equals = word.find('=');
      if (equals != std::string::npos &&
          std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals), IsNamePart))
        check(word.substr(0, equals), word.substr(equals + 1));
    }
  }
}

}  // namespace readiness::secrets
