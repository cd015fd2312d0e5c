#include "values.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace readiness::secrets {
namespace {

bool IsUpper(char c) {
  return std::isupper(static_cast<unsigned char>(c)) != 0;
}
bool IsLower(char c) {
  return std::islower(static_cast<unsigned char>(c)) != 0;
}
bool IsDigit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}
bool IsWord(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

/// "_db_password_" of "dbPassword", "DB-PASSWORD" and "db.password".
std::string Parts(std::string_view name) {
  std::string parts = "_";
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (i > 0 && IsUpper(name[i]) && IsLower(name[i - 1])) parts += '_';
    parts += IsWord(name[i]) ? static_cast<char>(std::tolower(static_cast<unsigned char>(name[i]))) : '_';
  }
  return parts + "_";
}

}  // namespace

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

std::string Unquoted(std::string text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.pop_back();
  text.erase(0, std::min(text.find_first_not_of(" \t"), text.size()));
  if (text.size() > 1 && (text[0] == '"' || text[0] == '\'') && text.back() == text[0])
    text = text.substr(1, text.size() - 2);
  return text;
}

bool NamesSecret(std::string_view given) {
  const std::string name = Parts(given);
  if (name.find("_access_key_id_") != std::string::npos) return true;
  for (const char* not_one :
       {"_file_",    "_path_",   "_name_",  "_url_",     "_uri_",   "_expire",  "_ttl_",      "_algorithm_",
        "_lifetime", "_header_", "_type_",  "_minutes_", "_days_",  "_limit_",  "_length_",   "_id_",
        "_ref_",     "_class_",  "_store_", "_field_",   "_label_", "_prefix_", "_endpoint_", "_provider_"}) {
    if (name.find(not_one) != std::string::npos) return false;
  }
  if (name.find("_stdin_") != std::string::npos || name.starts_with("_no_")) return false;
  // A pass is also what something goes through, so only at the end of a name.
  if (name.ends_with("_pass_") || name.ends_with("requirepass_")) return true;
  for (const char* word :
       {"password_", "passphrase_", "passwd_", "_pwd_", "secret_", "_token_", "api_key_", "apikey_", "_private_key_",
        "_secret_key_", "_access_key_", "_encryption_key_", "_signing_key_", "_jwt_key_", "_credential_", "_dsn_"}) {
    if (name.find(word) != std::string::npos) return true;
  }
  return false;
}

bool MentionsSecret(std::string_view text) {
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin;
    while (end < text.size() && (IsWord(text[end]) || text[end] == '_' || text[end] == '-')) ++end;
    if (end > begin && NamesSecret(text.substr(begin, end - begin))) return true;
    begin = end + 1;
  }
  return text.find("kind: Secret") != std::string_view::npos;
}

bool IsLiteral(const std::string& value) {
  if (value.empty()) return false;
  if (value.starts_with("${{") || value.starts_with("$(") || value.starts_with("{{") || value[0] == '`' ||
      value.starts_with("/run/secrets/"))
    return false;
  if (value.starts_with("${")) return !Fallback(value).empty();
  return value[0] != '$';
}

std::string Fallback(const std::string& value) {
  if (!value.starts_with("${") || value.starts_with("${{")) return value;
  const std::size_t dash = value.find('-');
  const std::size_t question = value.find('?');
  if (dash == std::string::npos || question < dash || !value.ends_with('}')) return {};
  return value.substr(dash + 1, value.size() - dash - 2);
}

bool IsSwitch(const std::string& value) {
  const std::string lower = Lower(value);
  return lower == "true" || lower == "false" || lower == "yes" || lower == "no" || lower == "none" || lower == "null" ||
         (!lower.empty() && lower.find_first_not_of("0123456789") == std::string::npos && lower.size() < 6);
}

bool HoldsStrongRun(const std::string& value) {
  for (std::size_t begin = 0; begin < value.size(); ++begin) {
    std::size_t end = begin, digits = 0;
    for (; end < value.size() && IsWord(value[end]); ++end) digits += IsDigit(value[end]) ? 1 : 0;
    if (end - begin >= 16 && digits >= 4 && end - begin - digits >= 4) return true;
    begin = end;
  }
  return false;
}

bool IsPlaceholder(const std::string& value) {
  if (HoldsStrongRun(value)) return false;
  const std::string lower = Lower(Unquoted(value));
  if (lower.empty() || lower.find_first_not_of(lower[0]) == std::string::npos) return true;
  for (const char* part : {"change", "your",     "example", "placeholder", "replace", "todo",  "fixme",      "dummy",
                           "sample", "redacted", "insert",  "xxxx",        "****",    "...",   "<",          "set-me",
                           "set_me", "setme",    "-here",   "_here",       "fill-",   "fill_", "not-a-real", "fake"}) {
    if (lower.find(part) != std::string::npos) return true;
  }
  static constexpr std::array kWords{
      "password", "passwd",     "pass",    "pw",      "pwd",      "secret",      "secrets", "token",     "key",
      "api",      "apikey",     "jwt",     "db",      "database", "user",        "name",    "admin",     "root",
      "postgres", "postgresql", "mysql",   "mariadb", "redis",    "rabbitmq",    "guest",   "minio",     "minioadmin",
      "test",     "tests",      "testing", "unit",    "dev",      "development", "local",   "localhost", "ci",
      "only",     "for",        "in",      "my",      "the",      "a",           "default", "foo",       "bar",
      "baz",      "abc",        "string",  "value",   "some",     "any",         "bearer",  "access",    "refresh",
      "mock",     "demo",       "123",     "1234",    "12345",    "123456"};
  for (std::size_t begin = 0; begin < lower.size();) {
    std::size_t end = begin;
    while (end < lower.size() && IsWord(lower[end])) ++end;
    const std::string word = lower.substr(begin, end - begin);
    const bool known =
        word.empty() || std::any_of(kWords.begin(), kWords.end(), [&](const char* one) { return word == one; });
    if (!known) return false;
    begin = end + 1;
  }
  return true;
}

bool LooksLikePath(const std::string& value) {
  if (value.find("://") != std::string::npos) return true;
  if (value.starts_with('/') || value.starts_with("./") || value.starts_with("../") || value.starts_with('~'))
    return value.find('=') == std::string::npos;
  for (const char* end : {".json", ".txt", ".pem", ".key", ".yaml", ".yml", ".env", ".py", ".md", ".crt"}) {
    if (value.ends_with(end)) return true;
  }
  return false;
}

bool LooksLikeCredential(const std::string& value) {
  if (value.size() < 8 || value.size() > 4000) return false;
  std::size_t upper = 0, lower = 0, digits = 0;
  for (const char c : value) {
    if (std::isspace(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80) return false;
    upper += IsUpper(c) ? 1 : 0;
    lower += IsLower(c) ? 1 : 0;
    digits += IsDigit(c) ? 1 : 0;
  }
  if (value.find_first_of("(){}[]<>") != std::string::npos) return false;
  const bool mixed = digits >= 2 && upper + lower >= 2;
  const bool all_cases = upper > 0 && lower > 0 && digits > 0;
  const bool is_long = value.size() >= 20 && upper >= 3 && lower >= 3;
  return mixed || all_cases || is_long;
}

bool IsOptionValue(const std::string& value) {
  return !value.empty() && value[0] != '-' && value.find_first_of("$`= \t\n(){}") == std::string::npos &&
         !LooksLikePath(value);
}

std::string PasswordOfUrl(const std::string& value) {
  const std::size_t scheme = value.find("://");
  if (scheme == std::string::npos || scheme == 0 || !IsWord(value[scheme - 1])) return {};
  const std::size_t end = std::min(value.find_first_of("/?# \t\r\n\"'`<>,", scheme + 3), value.size());
  const std::string authority = value.substr(scheme + 3, end - scheme - 3);
  const std::size_t at = authority.rfind('@');
  const std::size_t colon = authority.find(':');
  if (at == std::string::npos || colon == std::string::npos || colon > at) return {};
  const std::string password = authority.substr(colon + 1, at - colon - 1);
  if (password.empty() || std::string_view("${<%*[").find(password[0]) != std::string_view::npos) return {};
  return password;
}

}  // namespace readiness::secrets
