#include "definition/syntax.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace readiness {
namespace {

constexpr std::size_t kLongestName = 100;
constexpr int kMostSqlParameters = 100;

bool IsLower(char c) {
  return c >= 'a' && c <= 'z';
}
bool IsUpper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsLetter(char c) {
  return IsLower(c) || IsUpper(c);
}
bool IsOneOf(char c, std::string_view characters) {
  return characters.find(c) != std::string_view::npos;
}

template <class First, class Rest>
bool Matches(std::string_view text, First first, Rest rest) {
  return !text.empty() && text.size() <= kLongestName && first(text[0]) &&
         std::all_of(text.begin() + 1, text.end(), rest);
}

// Walks over a SQL statement and hands out the $n that PostgreSQL would see as parameters.
class SqlScanner {
 public:
  explicit SqlScanner(std::string_view sql) : sql_(sql) {}

  SqlParameters Scan() {
    while (at_ < sql_.size() && problem_.empty()) Next();
    if (!problem_.empty()) return {0, problem_};
    int expected = 1;
    for (const int number : seen_) {
      if (number != expected) return {0, fmt::format("uses ${} but not ${}", number, expected)};
      ++expected;
    }
    return {expected - 1, {}};
  }

 private:
  bool StartsWith(std::string_view text) const { return sql_.substr(at_).starts_with(text); }
  bool AfterWordCharacter() const {
    return at_ > 0 && (IsLetter(sql_[at_ - 1]) || IsDigit(sql_[at_ - 1]) || IsOneOf(sql_[at_ - 1], "_$"));
  }

  void Next() {
    const char c = sql_[at_];
    if (c == '\'') {
      const bool escapes = at_ > 0 && IsOneOf(sql_[at_ - 1], "eE") && (at_ == 1 || !IsLetter(sql_[at_ - 2]));
      SkipQuoted('\'', escapes);
    } else if (c == '"') {
      SkipQuoted('"', false);
    } else if (StartsWith("--")) {
      at_ = std::min(sql_.find('\n', at_), sql_.size());
    } else if (StartsWith("/*")) {
      SkipComment();
    } else if (c == '$' && !AfterWordCharacter()) {
      Dollar();
    } else {
      ++at_;
    }
  }

  void SkipQuoted(char quote, bool escapes) {
    for (++at_; at_ < sql_.size(); ++at_) {
      if (escapes && sql_[at_] == '\\') {
        ++at_;
      } else if (sql_[at_] == quote) {
        ++at_;
        if (at_ == sql_.size() || sql_[at_] != quote) return;
      }
    }
    problem_ = fmt::format("has a {} without its partner", quote);
  }

  void SkipComment() {
    int depth = 0;
    while (at_ < sql_.size()) {
      if (StartsWith("/*")) {
        ++depth;
        at_ += 2;
      } else if (StartsWith("*/")) {
        at_ += 2;
        if (--depth == 0) return;
      } else {
        ++at_;
      }
    }
    problem_ = "has a comment without end";
  }

  void Dollar() {
    std::size_t end = at_ + 1;
    while (end < sql_.size() && IsDigit(sql_[end])) ++end;
    if (end > at_ + 1) {
      const std::string_view digits = sql_.substr(at_ + 1, end - at_ - 1);
      int number = 0;
      for (const char digit : digits) number = std::min(number * 10 + (digit - '0'), kMostSqlParameters + 1);
      if (number == 0 || number > kMostSqlParameters) {
        problem_ = fmt::format("uses a parameter outside of $1 to ${}", kMostSqlParameters);
      }
      seen_.insert(number);
      at_ = end;
      return;
    }
    while (end < sql_.size() && (IsLetter(sql_[end]) || IsDigit(sql_[end]) || sql_[end] == '_')) ++end;
    if (end == sql_.size() || sql_[end] != '$') {
      ++at_;
      return;
    }
    const std::string_view tag = sql_.substr(at_, end - at_ + 1);
    const std::size_t closing = sql_.find(tag, end + 1);
    if (closing == std::string_view::npos) {
      problem_ = "has a dollar-quoted literal without end";
      return;
    }
    at_ = closing + tag.size();
  }

  std::string_view sql_;
  std::size_t at_ = 0;
  std::set<int> seen_;
  std::string problem_;
};

}  // namespace

Placeholders ParsePlaceholders(std::string_view text) {
  Placeholders found;
  for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at)) {
    std::size_t end = at + 2;
    while (end < text.size() && (IsLetter(text[end]) || IsDigit(text[end]) || IsOneOf(text[end], "_.-"))) ++end;
    if (end == text.size()) {
      found.problem = "has a placeholder without closing brace";
      return found;
    }
    if (text[end] != '}') {
      found.problem = "has a placeholder with a character that no name has";
      return found;
    }
    if (end == at + 2) {
      found.problem = "has a placeholder without name";
      return found;
    }
    found.names.emplace_back(text.substr(at + 2, end - at - 2));
    at = end + 1;
  }
  return found;
}

std::string JsonPointerProblem(std::string_view text) {
  if (text.empty()) return {};
  if (text[0] != '/') return "does not begin with /";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '~' && (i + 1 == text.size() || !IsOneOf(text[i + 1], "01"))) return "has a ~ that is not ~0 or ~1";
  }
  if (text.find("${") != std::string_view::npos) return "has a placeholder, which is not filled in here";
  return {};
}

std::string CaptureProblem(std::string_view text) {
  constexpr std::string_view kQuery = "query:";
  constexpr std::string_view kOf = " of ";
  if (!text.starts_with(kQuery)) return JsonPointerProblem(text);
  const std::size_t of = text.find(kOf);
  if (of == std::string_view::npos) return "lacks \" of <JSON pointer>\" after the query parameter";
  if (of == kQuery.size()) return "lacks the name of the query parameter";
  return JsonPointerProblem(text.substr(of + kOf.size()));
}

SqlParameters ParseSqlParameters(std::string_view statement) {
  return SqlScanner(statement).Scan();
}

bool IsName(std::string_view text) {
  return Matches(text, IsLetter, [](char c) { return IsLetter(c) || IsDigit(c) || IsOneOf(c, "_-"); });
}

bool IsSnakeCase(std::string_view text) {
  return Matches(text, IsLower, [](char c) { return IsLower(c) || IsDigit(c) || c == '_'; });
}

bool IsItemId(std::string_view text) {
  return Matches(
      text, [](char c) { return IsLetter(c) || IsDigit(c); },
      [](char c) { return IsLetter(c) || IsDigit(c) || IsOneOf(c, "._-"); });
}

bool IsIdentifier(std::string_view text) {
  return Matches(
      text, [](char c) { return IsLetter(c) || c == '_'; },
      [](char c) { return IsLetter(c) || IsDigit(c) || c == '_'; });
}

bool IsHeaderName(std::string_view text) {
  const auto is_token = [](char c) { return IsLetter(c) || IsDigit(c) || IsOneOf(c, "!#$%&'*+-.^_`|~"); };
  return Matches(text, is_token, is_token);
}

bool IsHostName(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  // Colons only in IPv6 addresses, which have at least two; one colon is a port.
  const auto colons = std::count(text.begin(), text.end(), ':');
  if (colons == 1) return false;
  return std::all_of(
             text.begin(), text.end(),
             [&](char c) { return IsLetter(c) || IsDigit(c) || IsOneOf(c, ".-_") || (colons > 1 && c == ':'); }) &&
         text.front() != '-' && text.front() != '.' && text.back() != '-';
}

bool IsSha256(std::string_view text) {
  return text.size() == 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); });
}

}  // namespace readiness
