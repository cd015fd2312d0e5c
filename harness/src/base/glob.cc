#include <algorithm>

#include "readiness/source_glob.h"

namespace readiness {
namespace {

/// One element of a glob.
struct Element {
  enum class Kind { kCharacter, kAnyCharacter, kSet, kStar, kDeepStar, kDeepFolder } kind = Kind::kCharacter;
  char character = 0;
  std::string_view set;  ///< what stands between the brackets
};

std::vector<Element> Parse(std::string_view glob) {
  using Kind = Element::Kind;
  std::vector<Element> elements;
  for (std::size_t i = 0; i < glob.size(); ++i) {
    const bool at_folder = i == 0 || glob[i - 1] == '/';
    if (glob.substr(i).starts_with("**")) {
      while (i + 1 < glob.size() && glob[i + 1] == '*') ++i;
      if (at_folder && i + 1 < glob.size() && glob[i + 1] == '/') {
        ++i;
        elements.push_back({Kind::kDeepFolder, 0, {}});
      } else {
        elements.push_back({Kind::kDeepStar, 0, {}});
      }
    } else if (glob[i] == '*') {
      elements.push_back({Kind::kStar, 0, {}});
    } else if (glob[i] == '?') {
      elements.push_back({Kind::kAnyCharacter, 0, {}});
    } else if (const std::size_t end = glob.find(']', i + 2); glob[i] == '[' && end != std::string_view::npos) {
      elements.push_back({Kind::kSet, 0, glob.substr(i + 1, end - i - 1)});
      i = end;
    } else {
      elements.push_back({Kind::kCharacter, glob[i], {}});
    }
  }
  return elements;
}

bool InSet(std::string_view set, char c) {
  const bool negated = set.size() > 1 && (set[0] == '!' || set[0] == '^');
  if (negated) set.remove_prefix(1);
  bool found = false;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (i + 2 < set.size() && set[i + 1] == '-') {
      found = found || (set[i] <= c && c <= set[i + 2]);
      i += 2;
    } else {
      found = found || set[i] == c;
    }
  }
  return found != negated && c != '/';
}

bool Takes(const Element& element, char c) {
  switch (element.kind) {
    case Element::Kind::kCharacter:
      return element.character == c;
    case Element::Kind::kSet:
      return InSet(element.set, c);
    case Element::Kind::kAnyCharacter:
    case Element::Kind::kStar:
      return c != '/';
    case Element::Kind::kDeepStar:
    case Element::Kind::kDeepFolder:
      return true;
  }
  return false;
}

}  // namespace

bool MatchesGlob(std::string_view glob, std::string_view path) {
  using Kind = Element::Kind;
  const std::vector<Element> elements = Parse(glob);
  // reached[i]: the elements before i have consumed the path so far.
  std::vector<char> reached(elements.size() + 1, 0);
  const auto repeats = [](const Element& one) { return one.kind == Kind::kStar || one.kind == Kind::kDeepStar; };
  const auto skip_empty = [&](std::vector<char>& states) {
    for (std::size_t i = 0; i < elements.size(); ++i) {
      if (states[i] != 0 && (repeats(elements[i]) || (elements[i].kind == Kind::kDeepFolder && states[i] == 1)))
        states[i + 1] = 1;
    }
  };
  reached[0] = 1;
  skip_empty(reached);
  for (const char c : path) {
    std::vector<char> next(elements.size() + 1, 0);
    for (std::size_t i = 0; i < elements.size(); ++i) {
      if (reached[i] == 0 || !Takes(elements[i], c)) continue;
      if (elements[i].kind == Kind::kDeepFolder) {
        // 2: within a folder's name, 1: at its end, where the next element may begin.
        next[i] = c == '/' ? 1 : std::max<char>(next[i], 2);
      } else if (repeats(elements[i])) {
        next[i] = 1;
      } else {
        next[i + 1] = 1;
      }
    }
    skip_empty(next);
    reached = std::move(next);
  }
  return reached.back() != 0;
}

bool MatchesAnyGlob(const std::vector<std::string>& globs, std::string_view path) {
  return std::any_of(globs.begin(), globs.end(), [&](const auto& glob) { return MatchesGlob(glob, path); });
}

}  // namespace readiness
