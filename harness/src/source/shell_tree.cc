#include "source/shell_tree.h"

#include <algorithm>
#include <cctype>

#include "source/shell_tokens.h"

namespace readiness {
namespace {

using Kind = ShellNode::Kind;
constexpr int kDepth = 60;

bool IsName(std::string_view text) {
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) == 0 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

class Parser {
 public:
  explicit Parser(std::string_view script) : tokens_(ShellTokens(script)) {}

  ShellNode Go() {
    ShellNode all{Kind::kList, {}, {}, false, false, {}};
    // What ends a list without having begun one is skipped.
    while (!AtEnd()) {
      ShellNode list = List();
      for (ShellNode& item : list.parts) all.parts.push_back(std::move(item));
      if (!AtEnd()) ++at_;
    }
    return all;
  }

 private:
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
    ShellNode list{Kind::kList, {}, {}, false, false, {}};
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
    ShellNode chain{Kind::kAndOr, {}, {}, false, false, {}};
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
    ShellNode pipeline{Kind::kPipeline, {}, {}, false, false, {}};
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
      if (Take("while") || Take("until")) return Loop();
      if (Take("for")) return For();
      if (Take("case")) return Case();
      Take("function");
    }
    return Simple();
  }

  ShellNode Enclosed(Kind kind, std::string_view end) {
    ShellNode node{kind, {}, {}, false, false, {}};
    node.parts.push_back(List());
    Take(end);
    return node;
  }

  ShellNode If() {
    ShellNode node{Kind::kIf, {}, {}, false, false, {}};
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
    ShellNode node{Kind::kLoop, {}, {}, false, false, {}};
    node.parts.push_back(List());
    Take("do");
    node.parts.push_back(List());
    Take("done");
    return node;
  }

  ShellNode For() {
    while (!AtEnd() && !IsKeyword("do")) ++at_;
    Take("do");
    ShellNode node{Kind::kLoop, {}, {}, false, false, {}};
    node.parts.push_back({Kind::kList, {}, {}, false, false, {}});
    node.parts.push_back(List());
    Take("done");
    return node;
  }

  ShellNode Case() {
    ShellNode node{Kind::kChoice, {}, {}, false, false, {}};
    while (!AtEnd() && !IsKeyword("in")) ++at_;
    Take("in");
    for (SkipLines(); !AtEnd() && !IsKeyword("esac"); SkipLines()) {
      while (!AtEnd() && !IsOperator(")")) ++at_;  // the patterns
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
    if (node.command.words.size() == 1 && IsOperator("(") && tokens_[at_ + 1].text == ")") {
      at_ += 2;
      while (IsOperator("\n")) ++at_;
      if (depth_ < kDepth) return Command();
    }
    return node;
  }

  const std::vector<ShellToken> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

ShellNode ParseShell(std::string_view script) {
  return Parser(script).Go();
}

}  // namespace readiness
