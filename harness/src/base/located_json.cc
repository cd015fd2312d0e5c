#include "base/located_json.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "base/text.h"

namespace readiness {
namespace {

// Where the parser has read to; shared by the copies of the iterator that nlohmann makes.
struct Cursor {
  std::size_t offset = 0;
};

// Input iterator over the text that tells how far it was read.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, const char* begin, Cursor* cursor) : at_(at), begin_(begin), cursor_(cursor) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    if (cursor_ != nullptr) cursor_->offset = static_cast<std::size_t>(at_ - begin_);
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator copy = *this;
    ++*this;
    return copy;
  }
  friend bool operator==(const CountingIterator& a, const CountingIterator& b) { return a.at_ == b.at_; }
  friend bool operator!=(const CountingIterator& a, const CountingIterator& b) { return !(a == b); }

 private:
  const char* at_;
  const char* begin_;
  Cursor* cursor_;
};

struct LineColumn {
  int line = 1;
  int column = 1;
};

// Turns offsets, asked for in ascending order, into lines and columns (in characters).
class LineCounter {
 public:
  explicit LineCounter(std::string_view text) : text_(text) {}
  LineColumn At(std::size_t offset) {
    if (offset < offset_) return Restart(offset);
    for (; offset_ < offset && offset_ < text_.size(); ++offset_) {
      const auto byte = static_cast<unsigned char>(text_[offset_]);
      if (byte == '\n') {
        ++position_.line;
        position_.column = 1;
      } else if ((byte & 0xC0) != 0x80) {
        ++position_.column;
      }
    }
    return position_;
  }

 private:
  LineColumn Restart(std::size_t offset) {
    offset_ = 0;
    position_ = {};
    return At(offset);
  }
  std::string_view text_;
  std::size_t offset_ = 0;
  LineColumn position_;
};

// Builds the tree from SAX events and stops at the first thing that is not strict.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  Builder(std::string_view text, const std::string& file, const JsonLimits& limits, const Cursor& cursor)
      : text_(text), file_(file), limits_(limits), cursor_(cursor), lines_(text) {}

  bool null() override { return Scalar(LocatedJson::Type::kNull, nullptr); }
  bool boolean(bool value) override { return Scalar(LocatedJson::Type::kBoolean, value); }
  bool number_integer(number_integer_t value) override { return Scalar(LocatedJson::Type::kNumber, value); }
  bool number_unsigned(number_unsigned_t value) override { return Scalar(LocatedJson::Type::kNumber, value); }
  bool number_float(number_float_t value, const string_t& written) override {
    if (!std::isfinite(value)) return Stop(ErrorKind::kMalformed, "number is out of range", Printable(written, 40));
    return Scalar(LocatedJson::Type::kNumber, value);
  }
  bool string(string_t& value) override { return Scalar(LocatedJson::Type::kString, std::move(value)); }
  bool binary(binary_t&) override { return Stop(ErrorKind::kMalformed, "binary value in JSON", ""); }

  bool start_object(std::size_t) override { return Open(LocatedJson::Type::kObject); }
  bool start_array(std::size_t) override { return Open(LocatedJson::Type::kArray); }
  bool end_object() override {
    keys_.pop_back();
    return Close();
  }
  bool end_array() override { return Close(); }

  bool key(string_t& name) override {
    const LineColumn at = lines_.At(StartOfToken());
    if (!keys_.back().insert(name).second) {
      error_ = Error{ErrorKind::kMalformed,
                     fmt::format("key \"{}\" is given twice", Printable(name, 80)),
                     Place{file_, at.line, at.column},
                     "each key once",
                     {},
                     "remove one of the two"};
      return false;
    }
    LocatedJson::Member member;
    member.key = std::move(name);
    member.line = at.line;
    member.column = at.column;
    open_.back()->members.push_back(std::move(member));
    return true;
  }

  bool parse_error(std::size_t, const std::string& last_token, const nlohmann::detail::exception& problem) override {
    constexpr int kNumberOverflow = 406;
    if (problem.id == kNumberOverflow) {
      return Stop(ErrorKind::kMalformed, "number is out of range", Printable(last_token, 40));
    }
    // nlohmann's message starts with its own id and position, which Place says better.
    std::string what = problem.what();
    if (const auto at = what.find("syntax error "); at != std::string::npos) what = what.substr(at);
    const LineColumn at = lines_.At(cursor_.offset == 0 ? 0 : cursor_.offset - 1);
    error_ =
        Error{ErrorKind::kMalformed, "not valid JSON", Place{file_, at.line, at.column}, {}, Printable(what, 300), {}};
    return false;
  }

  const std::optional<Error>& error() const { return error_; }
  LocatedJson TakeRoot() { return std::move(root_); }

 private:
  bool Stop(ErrorKind kind, std::string what, std::string actual) {
    const LineColumn at = lines_.At(StartOfToken());
    error_ = Error{kind, std::move(what), Place{file_, at.line, at.column}, {}, std::move(actual), {}};
    return false;
  }

  // The parser has read the whole token and, after a number, one character more: walk back to where the token began.
  std::size_t StartOfToken() const {
    std::size_t end = std::min(cursor_.offset, text_.size());
    const auto at = [&](std::size_t i) { return text_[i]; };
    const auto is_literal = [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' || c == '.' || c == 'E';
    };
    if (end == 0) return 0;
    std::size_t last = end - 1;
    if (at(last) == '{' || at(last) == '[') return last;
    if (at(last) == '"') return StartOfString(last);
    while (last > 0 && !is_literal(at(last))) --last;
    while (last > 0 && is_literal(at(last - 1))) --last;
    return last;
  }
  std::size_t StartOfString(std::size_t closing_quote) const {
    std::size_t i = closing_quote;
    while (i > 0) {
      --i;
      if (text_[i] != '"') continue;
      std::size_t backslashes = 0;
      while (backslashes < i && text_[i - 1 - backslashes] == '\\') ++backslashes;
      if (backslashes % 2 == 0) return i;
    }
    return 0;
  }

  LocatedJson* Attach(LocatedJson node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return &root_;
    }
    LocatedJson& parent = *open_.back();
    if (parent.type == LocatedJson::Type::kObject) {
      parent.members.back().value = std::move(node);
      return &parent.members.back().value;
    }
    parent.elements.push_back(std::move(node));
    return &parent.elements.back();
  }

  bool Count() {
    if (++values_ > limits_.values)
      return Stop(ErrorKind::kLimit, "too many values", fmt::format("over {}", limits_.values));
    return true;
  }

  bool Scalar(LocatedJson::Type type, Json value) {
    if (!Count()) return false;
    const LineColumn at = lines_.At(StartOfToken());
    LocatedJson node;
    node.type = type;
    node.scalar = std::move(value);
    node.line = at.line;
    node.column = at.column;
    Attach(std::move(node));
    return true;
  }

  bool Open(LocatedJson::Type type) {
    if (!Count()) return false;
    if (open_.size() >= static_cast<std::size_t>(limits_.depth)) {
      return Stop(ErrorKind::kLimit, "nested too deeply", fmt::format("over {} levels", limits_.depth));
    }
    const LineColumn at = lines_.At(StartOfToken());
    LocatedJson node;
    node.type = type;
    node.line = at.line;
    node.column = at.column;
    open_.push_back(Attach(std::move(node)));
    if (type == LocatedJson::Type::kObject) keys_.emplace_back();
    return true;
  }

  bool Close() {
    open_.pop_back();
    return true;
  }

  std::string_view text_;
  const std::string& file_;
  const JsonLimits& limits_;
  const Cursor& cursor_;
  LineCounter lines_;
  LocatedJson root_;
  // Pointers stay valid: a container is only appended to while none of its children is open.
  std::vector<LocatedJson*> open_;
  std::vector<std::unordered_set<std::string>> keys_;
  std::size_t values_ = 0;
  std::optional<Error> error_;
};

}  // namespace

Json LocatedJson::ToJson() const {
  switch (type) {
    case Type::kArray: {
      Json out = Json::array();
      for (const LocatedJson& element : elements) out.push_back(element.ToJson());
      return out;
    }
    case Type::kObject: {
      Json out = Json::object();
      for (const Member& member : members) out[member.key] = member.value.ToJson();
      return out;
    }
    default:
      return scalar;
  }
}

Result<LocatedJson> ParseLocatedJson(std::string_view text, const std::string& file, const JsonLimits& limits) {
  if (text.size() > limits.bytes) {
    return Fail({ErrorKind::kLimit,
                 "JSON text is too large",
                 Place{file, 0, 0},
                 fmt::format("at most {} bytes", limits.bytes),
                 fmt::format("{} bytes", text.size()),
                 {}});
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    return Fail({ErrorKind::kMalformed, "not valid JSON", Place{file, 1, 1}, "JSON without byte order mark",
                 "a byte order mark", "save the file as UTF-8 without byte order mark"});
  }
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    // The parser takes a NUL for the end of the text and would not look at what follows.
    const LineColumn at = LineCounter(text).At(nul);
    return Fail({ErrorKind::kMalformed, "not valid JSON", Place{file, at.line, at.column}, {}, "a NUL byte", {}});
  }
  Cursor cursor;
  Builder builder(text, file, limits, cursor);
  const char* begin = text.data();
  const CountingIterator first(begin, begin, &cursor);
  const CountingIterator last(begin + text.size(), begin, nullptr);
  // The parser itself throws nothing when the handler returns false.
  const bool parsed = Json::sax_parse(first, last, &builder);
  if (builder.error()) return Fail(*builder.error());
  if (!parsed) return Fail({ErrorKind::kMalformed, "not valid JSON", Place{file, 0, 0}, {}, {}, {}});
  return builder.TakeRoot();
}

Result<Json> ParseStrictJson(std::string_view text, const std::string& file, const JsonLimits& limits) {
  READINESS_ASSIGN(const LocatedJson located, ParseLocatedJson(text, file, limits));
  return located.ToJson();
}

}  // namespace readiness
