#include "source/shell_tokens.h"

#include <algorithm>

namespace readiness {
namespace {

constexpr std::string_view kMeta = " \t\r\n;&|()<>";

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<ShellToken> Go() {
    while (at_ < text_.size()) Next();
    tokens_.push_back({ShellToken::Kind::kEnd, {}, false, line_});
    return std::move(tokens_);
  }

 private:
  bool Has(std::string_view part) const { return text_.substr(at_).starts_with(part); }

  void Next() {
    const char c = text_[at_];
    if (Has("\\\n")) {
      at_ += 2;
      ++line_;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      ++at_;
    } else if (c == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (c == '\n') {
      Operator("\n");
      ++line_;
      SkipHeredocs();
    } else if (Has("&>")) {
      ++at_;
      Redirect();
    } else if (c == '<' || c == '>') {
      Redirect();
    } else if (kMeta.find(c) != std::string_view::npos) {
      for (const char* one : {"&&", "||", ";;", "|&", "&", "|", ";", "(", ")"}) {
        if (Has(one)) return Operator(one);
      }
    } else {
      TakeWord();
    }
  }

  void Operator(std::string_view text) {
    at_ += text.size();
    tokens_.push_back({ShellToken::Kind::kOperator, std::string(text), false, line_});
  }

  void TakeWord() {
    ShellToken word{ShellToken::Kind::kWord, {}, false, line_};
    Word(word);
    const bool descriptor = !word.quoted && at_ < text_.size() && (text_[at_] == '<' || text_[at_] == '>') &&
                            word.text.find_first_not_of("0123456789") == std::string::npos;
    if (!descriptor) tokens_.push_back(std::move(word));
  }

  /// An operator of redirection and the word behind it.
  void Redirect() {
    const bool heredoc = (Has("<<") && !Has("<<<"));
    const bool tabs = Has("<<-");
    // "<(command)" is a word.
    if (Has("<(") || Has(">(")) {
      ShellToken word{ShellToken::Kind::kWord, {}, true, line_};
      ++at_;
      Balanced('(', ')', word.text);
      tokens_.push_back(std::move(word));
      return;
    }
    while (at_ < text_.size() && std::string_view("<>&|-").find(text_[at_]) != std::string_view::npos) ++at_;
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
    ShellToken target;
    Word(target);
    if (heredoc) heredocs_.push_back({target.text, tabs});
  }

  void SkipHeredocs() {
    for (const auto& [end, tabs] : heredocs_) {
      while (at_ < text_.size()) {
        const std::size_t stop = std::min(text_.find('\n', at_), text_.size());
        std::string_view line = text_.substr(at_, stop - at_);
        at_ = std::min(stop + 1, text_.size());
        ++line_;
        if (tabs) line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line == end) break;
      }
    }
    heredocs_.clear();
  }

  void Word(ShellToken& word) {
    while (at_ < text_.size() && kMeta.find(text_[at_]) == std::string_view::npos) {
      const char c = text_[at_];
      if (c == '\'') {
        word.quoted = true;
        const std::size_t end = std::min(text_.find('\'', at_ + 1), text_.size());
        Append(word.text, text_.substr(at_ + 1, end - at_ - 1));
        at_ = std::min(end + 1, text_.size());
      } else if (c == '"') {
        word.quoted = true;
        DoubleQuoted(word.text);
      } else if (Has("\\\n")) {
        at_ += 2;
        ++line_;
      } else if (c == '\\' && at_ + 1 < text_.size()) {
        word.quoted = true;
        word.text += text_[at_ + 1];
        at_ += 2;
      } else if (!Expansion(word.text)) {
        word.text += c;
        ++at_;
      }
    }
  }

  void DoubleQuoted(std::string& word) {
    for (++at_; at_ < text_.size() && text_[at_] != '"';) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        const char next = text_[at_ + 1];
        if (next == '\n') {
          ++line_;
        } else {
          if (std::string_view("\"\\`$").find(next) == std::string_view::npos) word += '\\';
          word += next;
        }
        at_ += 2;
      } else if (!Expansion(word)) {
        Append(word, text_.substr(at_, 1));
        ++at_;
      }
    }
    at_ = std::min(at_ + 1, text_.size());
  }

  /// Takes "$(...)", "${...}" and "`...`" as they are.
  bool Expansion(std::string& word) {
    if (Has("$(") || Has("${")) {
      word += '$';
      const char open = text_[++at_];
      Balanced(open, open == '(' ? ')' : '}', word);
      return true;
    }
    if (text_[at_] != '`') return false;
    const std::size_t end = std::min(text_.find('`', at_ + 1), text_.size() - 1);
    Append(word, text_.substr(at_, end - at_ + 1));
    at_ = end + 1;
    return true;
  }

  void Balanced(char open, char close, std::string& word) {
    int depth = 0;
    char quote = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      Append(word, text_.substr(at_, 1));
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == open) {
        ++depth;
      } else if (c == close && --depth == 0) {
        ++at_;
        return;
      }
    }
  }

  void Append(std::string& word, std::string_view part) {
    line_ += static_cast<int>(std::count(part.begin(), part.end(), '\n'));
    word += part;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  std::vector<std::pair<std::string, bool>> heredocs_;  // their end, and whether tabs before it are dropped
  std::vector<ShellToken> tokens_;
};

}  // namespace

std::vector<ShellToken> ShellTokens(std::string_view script) {
  return Lexer(script).Go();
}

}  // namespace readiness
