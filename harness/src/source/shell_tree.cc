#include "source/shell_tree.h"

#include <algorithm>
#include <cctype>

#include "source/shell_tokens.h"

namespace readiness {
namespace {

using Kind = ShellNode::Kind;
constexpr int kDepth = 60;
constexpr std::size_t kMaxScript = 256 * 1024;
constexpr std::size_t kMaxTokens = 20'000;

bool IsName(std::string_view text) {
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) == 0 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

class Parser {
 public:
  explicit Parser(std::vector<ShellToken> tokens) : tokens_(std::move(tokens)) {}

  ShellTree Go() {
    ShellTree tree;
    tree.list.kind = Kind::kList;
    // What ends a list without having begun one is skipped.
    while (!AtEnd()) {
      ShellNode list = List();
      for (ShellNode& item : list.parts) tree.list.parts.push_back(std::move(item));
      if (!AtEnd()) ++at_;
    }
    if (too_deep_) tree.not_read = "its commands are nested too deeply";
    return tree;
  }

 private:
  static ShellNode Node(Kind kind) {
    ShellNode node;
    node.kind = kind;
    return node;
  }
  const ShellToken& Token() const { return tokens_[at_]; }
  bool AtEnd() const { return Token().kind == ShellToken::Kind::kEnd; }
  bool IsOperator(std::string_view text) const {
    return Token().kind == ShellToken::Kind::kOperator && Token().text == text;
  }
  bool IsKeyword(std::string_view text) const {
    return Token().kind == ShellToken::Kind::kWord && !Token().quoted && Token().text == text;
  }
  bool Take(std::string_view text) {
    if (!IsOperator(text) && !IsKeyword(text)) return false;
    ++at_;
    return true;
  }
  bool EndsList() const {
    if (AtEnd() || IsOperator(")") || IsOperator(";;")) return true;
    for (const char* word : {"then", "elif", "else", "fi", "do", "done", "esac", "}"}) {
      if (IsKeyword(word)) return true;
    }
    return false;
  }
  void SkipLines() {
    while (IsOperator("\n") || IsOperator(";")) ++at_;
  }

  ShellNode List() {
    ShellNode list = Node(Kind::kList);
    ++depth_;
    for (SkipLines(); !EndsList(); SkipLines()) {
      const std::size_t before = at_;
      ShellNode item = AndOr();
      item.background = Take("&");
      list.parts.push_back(std::move(item));
      if (at_ == before) ++at_;
    }
    --depth_;
    return list;
  }

  ShellNode AndOr() {
    ShellNode chain = Node(Kind::kAndOr);
    chain.parts.push_back(Pipeline());
    while (IsOperator("&&") || IsOperator("||")) {
      chain.operators.push_back(Token().text);
      ++at_;
      while (IsOperator("\n")) ++at_;
      chain.parts.push_back(Pipeline());
    }
    return chain;
  }

  ShellNode Pipeline() {
    ShellNode pipeline = Node(Kind::kPipeline);
    while (Take("!")) pipeline.negated = !pipeline.negated;
    pipeline.parts.push_back(Command());
    while (IsOperator("|") || IsOperator("|&")) {
      ++at_;
      while (IsOperator("\n")) ++at_;
      pipeline.parts.push_back(Command());
    }
    return pipeline;
  }

  ShellNode Command() {
    if (depth_ < kDepth) {
      if (Take("(")) return Enclosed(Kind::kSubshell, ")");
      if (Take("{")) return Enclosed(Kind::kGroup, "}");
      if (Take("if")) return If();
      if (IsKeyword("while") || IsKeyword("until")) return Loop();
      if (Take("for")) return For();
      if (Take("case")) return Case();
      if (Take("function")) return Function();
    } else if (IsOperator("(") || IsKeyword("{") || IsKeyword("if")) {
      too_deep_ = true;
    }
    return Simple();
  }

  ShellNode Enclosed(Kind kind, std::string_view end) {
    ShellNode node = Node(kind);
    node.parts.push_back(List());
    Take(end);
    return node;
  }

  ShellNode If() {
    ShellNode node = Node(Kind::kIf);
    do {
      node.parts.push_back(List());
      Take("then");
      node.parts.push_back(List());
    } while (Take("elif"));
    if (Take("else")) node.parts.push_back(List());
    Take("fi");
    return node;
  }

  ShellNode Loop() {
    ShellNode node = Node(Kind::kLoop);
    node.until = IsKeyword("until");
    ++at_;
    node.parts.push_back(List());
    Take("do");
    node.parts.push_back(List());
    Take("done");
    return node;
  }

  ShellNode For() {
    ShellNode node = Node(Kind::kLoop);
    for (; !AtEnd() && !IsKeyword("do"); ++at_) {
      if (node.over_words && Token().kind == ShellToken::Kind::kWord) node.words.push_back(Token().text);
      node.over_words = node.over_words || IsKeyword("in");
    }
    Take("do");
    node.parts.push_back(Node(Kind::kList));
    node.parts.push_back(List());
    Take("done");
    return node;
  }

  ShellNode Case() {
    ShellNode node = Node(Kind::kChoice);
    for (; !AtEnd() && !IsKeyword("in"); ++at_) node.words.push_back(Token().text);
    Take("in");
    for (SkipLines(); !AtEnd() && !IsKeyword("esac"); SkipLines()) {
      std::vector<std::string>& patterns = node.patterns.emplace_back();
      for (; !AtEnd() && !IsOperator(")"); ++at_) {
        if (Token().kind == ShellToken::Kind::kWord) patterns.push_back(Token().text);
      }
      Take(")");
      node.parts.push_back(List());
      if (!Take(";;") && !IsKeyword("esac") && !AtEnd()) ++at_;
    }
    Take("esac");
    return node;
  }

  ShellNode Simple() {
    ShellNode node;
    node.command.line = Token().line;
    while (Token().kind == ShellToken::Kind::kWord) {
      const ShellToken& word = Token();
      const std::size_t equals = word.text.find('=');
      const bool assigns = node.command.words.empty() && equals != std::string::npos &&
                           IsName(std::string_view(word.text).substr(0, equals));
      if (assigns)
        node.command.assignments.emplace_back(word.text.substr(0, equals), word.text.substr(equals + 1));
      else
        node.command.words.push_back(word.text);
      ++at_;
    }
    // name() { ... }
    if (node.command.words.size() == 1 && IsOperator("(") && tokens_[at_ + 1].text == ")")
      return Body(node.command.words.front());
    return node;
  }

  /// function name { ... }
  ShellNode Function() {
    std::string name = Token().kind == ShellToken::Kind::kWord ? Token().text : std::string();
    if (!AtEnd()) ++at_;
    return Body(std::move(name));
  }

  ShellNode Body(std::string name) {
    ShellNode node = Node(Kind::kFunction);
    node.words.push_back(std::move(name));
    if (IsOperator("(") && tokens_[at_ + 1].text == ")") at_ += 2;
    while (IsOperator("\n")) ++at_;
    // What follows at once is its body, another definition too.
    ++depth_;
    if (depth_ < kDepth) node.parts.push_back(Command());
    --depth_;
    return node;
  }

  const std::vector<ShellToken> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool too_deep_ = false;
};

}  // namespace

ShellTree ParseShell(std::string_view script) {
  if (script.size() > kMaxScript) return {{}, "it is too long"};
  std::vector<ShellToken> tokens = ShellTokens(script);
  if (tokens.size() > kMaxTokens) return {{}, "it has too many words"};
  return Parser(std::move(tokens)).Go();
}

}  // namespace readiness
