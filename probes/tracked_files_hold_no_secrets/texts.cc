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

constexpr std::size_t kLongLine = 20'000;
constexpr std::size_t kOverlap = 1'000;

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
      {"\\bnpm_[A-Za-z0-9]{36}", "a registry token"},
      {"\\bSG\\.[A-Za-z0-9_-]{20,}\\.[A-Za-z0-9_-]{20,}", "an API key"},
      {"\\bmachine\\s+\\S+\\s+login\\s+\\S+\\s+password\\s+[A-Za-z0-9]{6,}", "a login"},
      {"PuTTY-User-Key-File-[0-9]", "a private key"},
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
    // A long one is taken in parts that overlap.
    for (std::size_t part = begin; part == begin || part + kOverlap < end; part += kLongLine - kOverlap)
      take(text.substr(part, std::min(end - part, kLongLine)), number);
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
    const bool stated = tight || (line[at] == ':' && HoldsStrongRun(value.text));
    if (!value.quoted && !(stated && IsVariableName(name))) continue;
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

Readable AsReadable(std::string bytes) {
  const std::size_t looked_at = std::min<std::size_t>(bytes.size(), 8000);
  const auto first = bytes.begin(), last = bytes.begin() + static_cast<std::ptrdiff_t>(looked_at);
  const auto zeros = static_cast<std::size_t>(std::count(first, last, '\0'));
  const bool marked = bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff");
  if (zeros == 0 && !marked) {
    std::replace(bytes.begin(), bytes.end(), '\0', '\n');
    return {std::move(bytes), false};
  }
  const auto readable = [](char c) {
    return c == '\n' || c == '\t' || c == '\r' || std::isprint(static_cast<unsigned char>(c)) != 0;
  };
  const auto plain = static_cast<std::size_t>(std::count_if(first, last, readable));
  const bool wide = zeros * 10 >= looked_at * 3 && (zeros + plain) * 10 >= looked_at * 9;
  if (marked || wide) {
    std::erase(bytes, '\0');
    for (char& c : bytes) c = readable(c) ? c : ' ';
    return {std::move(bytes), false};
  }
  for (char& c : bytes) c = readable(c) ? c : '\n';
  return {std::move(bytes), plain * 100 < looked_at * 85};
}

bool HoldsForm(const std::string& text) {
  static const Result<std::vector<Form>> kForms = UsualForms();
  return kForms &&
         std::any_of(kForms->begin(), kForms->end(), [&](const Form& form) { return form.pattern.IsFoundIn(text); });
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

namespace {

bool IsSecretValue(const std::string& value) {
  return IsOptionValue(value) && IsLiteral(value) && !IsSwitch(value) && !IsPlaceholder(value);
}

std::string NameOf(const std::string& path) {
  return path.substr(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1);
}

/// The text between `open` and `close` behind `at`.
std::string Between(const std::string& line, std::size_t at, char open, char close) {
  const std::size_t begin = line.find(open, at);
  const std::size_t end = begin == std::string::npos ? begin : line.find(close, begin + 1);
  return end == std::string::npos ? std::string() : line.substr(begin + 1, end - begin - 1);
}

/// Is there one in a line of a file that is there to hold them?
bool HoldsLogin(const std::string& file, const std::string& line) {
  const std::string name = NameOf(file);
  const std::size_t equals = line.find('=');
  if (name == ".npmrc" || name == ".yarnrc") {
    const bool token = line.find("_authToken") != std::string::npos || line.find("_auth=") != std::string::npos ||
                       line.find("_password") != std::string::npos;
    return token && equals != std::string::npos && IsSecretValue(Unquoted(line.substr(equals + 1)));
  }
  if (name == ".htpasswd" || name == "htpasswd")
    return line.find(":$") != std::string::npos || line.find(":{") != std::string::npos;
  if (name == ".pgpass") return std::count(line.begin(), line.end(), ':') >= 4 && line[0] != '#';
  return false;
}

/// CREATE USER x PASSWORD 'y', IDENTIFIED BY 'y'.
bool HoldsSqlPassword(const std::string& line) {
  const std::string lower = Lower(line);
  for (const char* words : {"password", "identified by"}) {
    const std::size_t at = lower.find(words);
    const std::size_t quote =
        at == std::string::npos ? at : line.find_first_not_of(" \t", at + std::string(words).size());
    if (quote == std::string::npos || line[quote] != '\'') continue;
    if (IsSecretValue(Between(line, quote, '\'', '\''))) return true;
  }
  return false;
}

/// <password>x</password>, key="Password" value="x".
bool HoldsXmlPassword(const std::string& line) {
  for (std::size_t at = line.find('<'); at != std::string::npos; at = line.find('<', at + 1)) {
    const std::string tag = Between(line, at, '<', '>');
    if (NamesSecret(tag) && tag.find_first_of(" /") == std::string::npos &&
        IsSecretValue(Between(line, line.find('>', at), '>', '<')))
      return true;
  }
  for (const char* attribute : {"key=\"", "name=\""}) {
    const std::size_t at = line.find(attribute);
    const std::size_t value = line.find("value=\"");
    if (at != std::string::npos && value != std::string::npos && NamesSecret(Between(line, at, '"', '"')) &&
        IsSecretValue(Between(line, value, '"', '"')))
      return true;
  }
  return false;
}

/// {"auths": {"registry": {"auth": "..."}}}
bool HoldsRegistryLogin(const std::string& line) {
  const std::size_t at = line.find("\"auth\"");
  return at != std::string::npos && Between(line, line.find(':', at), '"', '"').size() >= 8;
}

}  // namespace

void SearchPairs(const std::string& text, const std::string& file, bool test, Seen& seen) {
  const bool settings =
      EndsInOneOf(file, {".ini", ".cfg", ".conf", ".cnf", ".toml", ".properties", ".pypirc", ".tfvars"});
  const bool sql = EndsInOneOf(file, {".sql"});
  const bool xml = EndsInOneOf(file, {".xml", ".config"});
  const bool registry = text.find("\"auths\"") != std::string::npos;
  ForEachLine(text, [&](const std::string& line, int number) {
    SearchLine(line, file, number, test, seen);
    if (settings) SearchSetting(line, file, number, seen);
    if (HoldsLogin(file, line) || (sql && HoldsSqlPassword(line)) || (xml && HoldsXmlPassword(line)) ||
        (registry && HoldsRegistryLogin(line)))
      seen.faults.push_back({file, number, "a login with its password is tracked", "in its usual form"});
  });
  if (IsShellScript(text, file)) SearchShell(text, file, 1, Placeholders::kQuiet, seen);
}

namespace {

/// The password that a command is given without a name: curl -u me:x, sshpass -p x, mysql -px.
bool GivesPassword(const std::vector<std::string>& words) {
  const std::string program = words.empty() ? std::string() : NameOf(words[0]);
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string next = i + 1 < words.size() ? words[i + 1] : std::string();
    const bool user = (program == "curl" || program == "http") && (words[i] == "-u" || words[i] == "--user");
    if (user && next.find(':') != std::string::npos && IsSecretValue(next.substr(next.find(':') + 1))) return true;
    if (program == "sshpass" && words[i] == "-p" && IsSecretValue(next)) return true;
    const bool client = program == "mysql" || program == "mysqldump" || program == "mysqladmin";
    if (client && words[i].starts_with("-p") && IsSecretValue(words[i].substr(2))) return true;
    const std::size_t basic = Lower(words[i]).find("authorization: basic ");
    if (basic != std::string::npos &&
        IsSecretValue(words[i].substr(basic + 21, words[i].find('=', basic) - basic - 21)))
      return true;
  }
  return false;
}

}  // namespace

void SearchShell(const std::string& script, const std::string& file, int line, Placeholders placeholders, Seen& seen) {
  const ShellReading reading = ReadShellScript(script);
  if (!reading.complete) seen.unread.insert(file);
  for (const ShellCommand& command : reading.commands) {
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
    for (std::size_t i = 0; i < command.words.size(); ++i) {
      const std::string& word = command.words[i];
      const std::size_t equals = word.find('=');
      if (equals != std::string::npos &&
          std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals), IsNamePart))
        check(word.substr(0, equals), word.substr(equals + 1));
      if (equals == std::string::npos && word.starts_with("-") && i + 1 < command.words.size() &&
          IsOptionValue(command.words[i + 1]))
        check(word, command.words[i + 1]);
    }
    if (GivesPassword(command.words))
      seen.faults.push_back({file, line + command.line - 1, "a command is given a password", command.words.front()});
  }
}

}  // namespace readiness::secrets
