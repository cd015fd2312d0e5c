#include "forged.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace readiness::cors {
namespace {

constexpr std::size_t kMostTexts = 200;
constexpr std::size_t kLongest = 300;
constexpr int kDepth = 20;

/// A text, and which of its characters the pattern has not written out.
struct Text {
  std::string text;
  std::string wild;  ///< as long as `text`; 'w' or ' '
};
using Texts = std::vector<Text>;

class Generator {
 public:
  explicit Generator(std::string_view pattern) : rest_(pattern) {}

  Texts Go() {
    Texts texts = Alternatives(0);
    if (!rest_.empty()) sound_ = false;
    return texts;
  }
  bool sound() const { return sound_; }

 private:
  bool Take(std::string_view part) {
    if (!rest_.starts_with(part)) return false;
    rest_.remove_prefix(part.size());
    return true;
  }

  Texts Alternatives(int depth) {
    Texts all;
    do {
      for (Text& one : Sequence(depth)) {
        if (all.size() < kMostTexts) all.push_back(std::move(one));
      }
    } while (Take("|"));
    return all;
  }

  Texts Sequence(int depth) {
    Texts all{{}};
    while (!rest_.empty() && rest_[0] != '|' && rest_[0] != ')') {
      const Texts atom = Atom(depth);
      const auto [least, most] = Times();
      Texts next;
      for (const Text& before : all) {
        for (const Text& one : atom) {
          for (const int times : Chosen(least, most, one)) Append(before, one, times, next);
        }
      }
      all = std::move(next);
      if (all.empty()) return all;
    }
    return all;
  }

  static void Append(const Text& before, const Text& one, int times, Texts& next) {
    if (next.size() >= kMostTexts) return;
    Text text = before;
    for (int i = 0; i < times && text.text.size() < kLongest; ++i) {
      text.text += one.text;
      text.wild += one.wild;
    }
    next.push_back(std::move(text));
  }

  /// What is free is written eight times, so that it may be a name.
  static std::vector<int> Chosen(int least, int most, const Text& one) {
    const bool free = one.wild.find('w') != std::string::npos;
    const int often = std::clamp(free ? 8 : 1, least, most);
    if (least == 0) return {0, std::max(often, 1)};
    return {often};
  }

  std::pair<int, int> Times() {
    std::pair<int, int> times{1, 1};
    if (Take("*"))
      times = {0, 1000};
    else if (Take("+"))
      times = {1, 1000};
    else if (Take("?"))
      times = {0, 1};
    else if (rest_.starts_with('{'))
      times = Counted();
    else
      return times;
    if (!Take("?")) Take("+");  // lazy, possessive
    return times;
  }

  std::pair<int, int> Counted() {
    const std::size_t end = rest_.find('}');
    if (end == std::string_view::npos || end > 12) {
      sound_ = false;
      rest_ = {};
      return {1, 1};
    }
    const std::string counts(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    const std::size_t comma = counts.find(',');
    const int least = std::min(std::atoi(counts.c_str()), 100);
    if (comma == std::string::npos) return {least, least};
    const int most = comma + 1 < counts.size() ? std::min(std::atoi(counts.c_str() + comma + 1), 1000) : 1000;
    return {least, std::max(least, most)};
  }

  Texts Atom(int depth) {
    const char c = rest_[0];
    if (c == '(') return Group(depth);
    rest_.remove_prefix(1);
    if (c == '^' || c == '$') return {{}};
    if (c == '.') return {{"a", "w"}};
    if (c == '[') return Class();
    if (c != '\\') return {{std::string(1, c), " "}};
    if (rest_.empty()) {
      sound_ = false;
      return {{}};
    }
    const char escaped = rest_[0];
    rest_.remove_prefix(1);
    if (escaped == 'w' || escaped == 'S' || escaped == 'D') return {{"a", "w"}};
    if (escaped == 'd') return {{"1", "w"}};
    if (escaped == 'A' || escaped == 'Z' || escaped == 'z' || escaped == 'b') return {{}};
    if (std::isalnum(static_cast<unsigned char>(escaped)) != 0) sound_ = false;
    return {{std::string(1, escaped), " "}};
  }

  Texts Group(int depth) {
    rest_.remove_prefix(1);
    if (Take("?")) {
      // (?:...), (?i:...), (?P<name>...); what looks ahead or behind is not followed.
      if (Take("P<")) rest_.remove_prefix(std::min(rest_.find('>'), rest_.size() - 1) + 1);
      while (!rest_.empty() && std::string_view("imsx-").find(rest_[0]) != std::string_view::npos)
        rest_.remove_prefix(1);
      if (Take(")")) return {{}};
      if (rest_.starts_with('=') || rest_.starts_with('!') || rest_.starts_with('<') || rest_.empty()) sound_ = false;
      Take(":");
    }
    if (depth > kDepth) sound_ = false;
    Texts inner = depth > kDepth ? Texts{} : Alternatives(depth + 1);
    if (!Take(")")) {
      sound_ = false;
      rest_ = {};
    }
    return inner;
  }

  /// A letter when it takes one, or else what it takes first.
  Texts Class() {
    const bool negated = Take("^");
    std::string taken;
    bool letters = negated, first = true;
    while (!rest_.empty() && (first || rest_[0] != ']')) {
      first = false;
      char c = rest_[0];
      rest_.remove_prefix(1);
      if (c == '\\' && !rest_.empty()) {
        c = rest_[0];
        rest_.remove_prefix(1);
        letters = letters || c == 'w' || c == 'S' || c == 'D';
        taken += c == 'd' ? '1' : c;
        continue;
      }
      letters = letters || std::isalpha(static_cast<unsigned char>(c)) != 0;
      taken += c;
    }
    if (!Take("]") || taken.empty()) sound_ = false;
    if (letters) return {{"a", "w"}};
    return {{taken.empty() ? "a" : taken.substr(0, 1), "w"}};
  }

  std::string_view rest_;
  bool sound_ = true;
};

/// Names below which everybody gets one.
constexpr std::array<std::string_view, 24> kShared{
    "vercel.app",     "netlify.app",   "herokuapp.com",   "github.io",    "gitlab.io",         "pages.dev",
    "workers.dev",    "web.app",       "firebaseapp.com", "onrender.com", "azurewebsites.net", "azurestaticapps.net",
    "cloudfront.net", "amazonaws.com", "ngrok.io",        "ngrok.app",    "ngrok-free.app",    "fly.dev",
    "railway.app",    "surge.sh",      "glitch.me",       "repl.co",      "run.app",           "trycloudflare.com"};

/// Where what is registered begins in a host: "example.org", "example.co.uk", "me.vercel.app".
std::size_t RegisteredFrom(const std::string& host) {
  std::size_t dot = host.rfind('.');
  if (dot == std::string::npos || dot == 0) return 0;
  std::size_t begin = host.rfind('.', dot - 1);
  if (begin == std::string::npos) return 0;
  const std::string suffix = host.substr(begin + 1);
  const bool shared = std::find(kShared.begin(), kShared.end(), suffix) != kShared.end();
  const bool two_parts = host.size() - dot - 1 == 2 && dot - begin - 1 <= 3;
  if (!shared && !two_parts) return begin + 1;
  if (begin == 0) return 0;
  begin = host.rfind('.', begin - 1);
  return begin == std::string::npos ? 0 : begin + 1;
}

bool IsUnlisted(const Text& origin) {
  const std::size_t scheme = origin.text.find("://");
  if (scheme == std::string::npos) return false;
  const std::size_t begin = scheme + 3;
  const std::size_t end = std::min(origin.text.find_first_of(":/", begin), origin.text.size());
  const std::string host = origin.text.substr(begin, end - begin);
  if (host.empty()) return false;
  // An address is nobody's name.
  if (host.find_first_not_of("0123456789.") == std::string::npos) return false;
  const std::size_t from = RegisteredFrom(host);
  return origin.wild.substr(begin + from, host.size() - from).find('w') != std::string::npos;
}

}  // namespace

Forged Forge(const std::string& pattern) {
  Forged forged;
  if (pattern.size() > 2000) return {{}, false};
  Generator generator(pattern);
  const Texts texts = generator.Go();
  forged.complete = generator.sound();
  for (const Text& text : texts) {
    if (IsUnlisted(text)) forged.origins.push_back(text.text);
  }
  return forged;
}

}  // namespace readiness::cors
