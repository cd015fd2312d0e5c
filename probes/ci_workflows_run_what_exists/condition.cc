#include "condition.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

namespace readiness::workflows {
namespace {

constexpr std::size_t kLongest = 4'000;
constexpr int kDepth = 40;

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

Value Unknown() {
  return {};
}

Holds TruthOf(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kUnknown:
      return Holds::kMay;
    case Value::Kind::kNull:
      return Holds::kNo;
    case Value::Kind::kText:
      return value.text.empty() ? Holds::kNo : Holds::kYes;
    default:
      return value.number != 0 && !std::isnan(value.number) ? Holds::kYes : Holds::kNo;
  }
}

double NumberOf(const Value& value) {
  if (value.kind == Value::Kind::kNull) return 0;
  if (value.kind != Value::Kind::kText) return value.number;
  if (value.text.empty()) return 0;
  char* end = nullptr;
  const double number = std::strtod(value.text.c_str(), &end);
  return *end == '\0' ? number : std::numeric_limits<double>::quiet_NaN();
}

class Parser {
 public:
  Parser(std::string_view text, const World& world) : text_(text), world_(world) {}

  Value Go() {
    Value value = Or();
    Skip();
    return sound_ && at_ == text_.size() ? value : Unknown();
  }

 private:
  void Skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  bool Take(std::string_view part) {
    Skip();
    if (!text_.substr(at_).starts_with(part)) return false;
    at_ += part.size();
    return true;
  }

  Value Or() {
    Value left = And();
    while (Take("||")) {
      Value right = And();
      const Holds truth = TruthOf(left);
      if (truth == Holds::kNo) left = std::move(right);
      if (truth == Holds::kMay) left = TruthOf(right) == Holds::kYes ? BooleanValue(true) : Unknown();
    }
    return left;
  }

  Value And() {
    Value left = Compared();
    while (Take("&&")) {
      Value right = Compared();
      const Holds truth = TruthOf(left);
      if (truth == Holds::kYes) left = std::move(right);
      if (truth == Holds::kMay) left = TruthOf(right) == Holds::kNo ? BooleanValue(false) : Unknown();
    }
    return left;
  }

  Value Compared() {
    Value left = Negated();
    for (;;) {
      Skip();
      const std::size_t before = at_;
      if (Take("==")) {
        left = Equal(left, Negated(), false);
      } else if (Take("!=")) {
        left = Equal(left, Negated(), true);
      } else if (Take("<=") || Take(">=") || Take("<") || Take(">")) {
        const std::string_view joint = text_.substr(before, at_ - before);
        const Value right = Negated();
        if (left.kind == Value::Kind::kUnknown || right.kind == Value::Kind::kUnknown) {
          left = Unknown();
          continue;
        }
        const double a = NumberOf(left), b = NumberOf(right);
        left = BooleanValue(joint == "<" ? a < b : joint == ">" ? a > b : joint == "<=" ? a <= b : a >= b);
      } else {
        return left;
      }
    }
  }

  static Value Equal(const Value& a, const Value& b, bool negated) {
    if (a.kind == Value::Kind::kUnknown || b.kind == Value::Kind::kUnknown) return Unknown();
    const bool texts = a.kind == Value::Kind::kText && b.kind == Value::Kind::kText;
    const bool equal = texts ? Lower(a.text) == Lower(b.text) : NumberOf(a) == NumberOf(b);
    return BooleanValue(equal != negated);
  }

  Value Negated() {
    Skip();
    if (++depth_ > kDepth) {
      sound_ = false;
      return Unknown();
    }
    Value value;
    if (at_ < text_.size() && text_[at_] == '!' && !text_.substr(at_).starts_with("!=")) {
      ++at_;
      const Holds truth = TruthOf(Negated());
      value = truth == Holds::kMay ? Unknown() : BooleanValue(truth == Holds::kNo);
    } else {
      value = Primary();
    }
    --depth_;
    return value;
  }

  Value Primary() {
    if (Take("(")) {
      Value value = Or();
      sound_ = Take(")") && sound_;
      return value;
    }
    if (Take("'")) return Quoted();
    const std::size_t begin = at_;
    const auto in_word = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-' || c == '*';
    };
    while (at_ < text_.size() && in_word(text_[at_])) ++at_;
    const std::string word = Lower(text_.substr(begin, at_ - begin));
    if (word.empty()) {
      sound_ = false;
      return Unknown();
    }
    if (Take("(")) return Call(word);
    if (Take("[")) {
      while (at_ < text_.size() && text_[at_] != ']') ++at_;
      sound_ = Take("]") && sound_;
      while (at_ < text_.size() && in_word(text_[at_])) ++at_;
      return Unknown();
    }
    if (word == "true" || word == "false") return BooleanValue(word == "true");
    if (word == "null") return {Value::Kind::kNull, 0, {}};
    if (std::isdigit(static_cast<unsigned char>(word[0])) != 0 || word[0] == '-') {
      char* end = nullptr;
      const double number = std::strtod(word.c_str(), &end);
      if (*end == '\0') return {Value::Kind::kNumber, number, {}};
    }
    const auto found = world_.find(word);
    return found != world_.end() ? found->second : Unknown();
  }

  Value Quoted() {
    std::string text;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\'') {
        ++at_;
        if (at_ >= text_.size() || text_[at_] != '\'') return TextValue(std::move(text));
      }
      text += text_[at_];
    }
    sound_ = false;
    return Unknown();
  }

  Value Call(const std::string& name) {
    std::vector<Value> given;
    while (sound_ && !Take(")")) {
      given.push_back(Or());
      if (!Take(",")) {
        sound_ = Take(")") && sound_;
        break;
      }
    }
    if (name == "always" || name == "success") return BooleanValue(true);
    if (name == "failure" || name == "cancelled") return BooleanValue(false);
    const bool texts = given.size() == 2 && given[0].kind == Value::Kind::kText && given[1].kind == Value::Kind::kText;
    if (!texts) return Unknown();
    const std::string in = Lower(given[0].text), what = Lower(given[1].text);
    if (name == "startswith") return BooleanValue(in.starts_with(what));
    if (name == "endswith") return BooleanValue(in.ends_with(what));
    if (name == "contains") return BooleanValue(in.find(what) != std::string::npos);
    return Unknown();
  }

  const std::string_view text_;
  const World& world_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool sound_ = true;
};

std::string_view Bare(std::string_view text) {
  const auto trim = [&] {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  };
  trim();
  if (text.starts_with("${{") && text.ends_with("}}") && text.find("${{", 3) == std::string_view::npos) {
    text = text.substr(3, text.size() - 5);
    trim();
  }
  return text;
}

}  // namespace

Value TextValue(std::string text) {
  return {Value::Kind::kText, 0, std::move(text)};
}

Value BooleanValue(bool value) {
  return {Value::Kind::kBoolean, value ? 1.0 : 0.0, {}};
}

Holds Evaluate(std::string_view condition, const World& world) {
  const std::string_view bare = Bare(condition);
  if (bare.empty()) return Holds::kYes;
  if (bare.size() > kLongest) return Holds::kMay;
  return TruthOf(Parser(bare, world).Go());
}

bool AsksStatus(std::string_view condition) {
  const std::string text = Lower(condition);
  return text.find("always()") != std::string::npos || text.find("cancelled()") != std::string::npos ||
         text.find("failure()") != std::string::npos;
}

}  // namespace readiness::workflows
