#include <algorithm>
#include <array>
#include <utility>

#include "source/shell_tree.h"

namespace readiness {
namespace {

using Kind = ShellNode::Kind;
using Failure = ShellCommand::Failure;
constexpr int kNested = 4;

bool IsOneOf(const std::string& word, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* one) { return word == one; });
}

std::string ProgramOf(const ShellCommand& command) {
  if (command.words.empty()) return {};
  return command.words[0].substr(command.words[0].rfind('/') == std::string::npos ? 0
                                                                                  : command.words[0].rfind('/') + 1);
}

/// How something ends, whatever happened before.
enum class Ending { kSucceeds, kFails, kKeeps, kMay };

bool IsExit(const ShellNode& node) {
  return node.kind == Kind::kSimple && IsOneOf(ProgramOf(node.command), {"exit", "return"});
}

/// The only simple command in it, or null.
const ShellNode* Alone(const ShellNode& node) {
  if (node.kind == Kind::kSimple) return &node;
  const bool wraps = node.kind == Kind::kAndOr || node.kind == Kind::kPipeline;
  return wraps && node.parts.size() == 1 && !node.negated ? Alone(node.parts.front()) : nullptr;
}

bool HoldsExit(const ShellNode& node) {
  return IsExit(node) || std::any_of(node.parts.begin(), node.parts.end(), HoldsExit);
}

Ending EndingOfSimple(const ShellCommand& command) {
  const std::string program = ProgramOf(command);
  if (program.empty() || IsOneOf(program, {"true", ":", "echo", "printf"})) return Ending::kSucceeds;
  if (program == "false") return Ending::kFails;
  if (program != "exit" && program != "return") return Ending::kMay;
  const std::string status = command.words.size() > 1 ? command.words[1] : "$?";
  if (status == "$?") return Ending::kKeeps;
  if (status.find_first_not_of("0123456789") != std::string::npos) return Ending::kMay;
  return status.find_first_not_of('0') == std::string::npos ? Ending::kSucceeds : Ending::kFails;
}

Ending EndingOf(const ShellNode& node) {
  if (node.kind == Kind::kSimple) return EndingOfSimple(node.command);
  if (node.parts.empty()) return Ending::kSucceeds;
  if (node.kind == Kind::kList) {
    for (const ShellNode& item : node.parts) {
      const ShellNode* alone = Alone(item);
      if (alone != nullptr && IsExit(*alone)) return EndingOf(*alone);
    }
    return EndingOf(node.parts.back());
  }
  if (node.kind == Kind::kPipeline) {
    const Ending ending = EndingOf(node.parts.back());
    if (!node.negated) return ending;
    return ending == Ending::kSucceeds ? Ending::kFails : ending == Ending::kFails ? Ending::kSucceeds : Ending::kMay;
  }
  if (node.kind == Kind::kAndOr) {
    for (std::size_t i = 0; i + 1 < node.parts.size(); ++i) {
      if (node.operators[i] != "&&" || EndingOf(node.parts[i]) != Ending::kSucceeds) return Ending::kMay;
    }
    return EndingOf(node.parts.back());
  }
  return node.kind == Kind::kSubshell || node.kind == Kind::kGroup ? EndingOf(node.parts.front()) : Ending::kMay;
}

/// What becomes of the script, at some place in it.
struct Outlook {
  Failure status = Failure::kFailsScript;  ///< when what stands there ends with an error
  Failure abort = Failure::kFailsScript;   ///< when the shell is left there with an error
  bool errexit = true;                     ///< does errexit count there?
};

class Reader {
 public:
  Reader(ShellModes modes, int nested) : modes_(modes), nested_(nested) {}

  std::vector<ShellCommand> Go(std::string_view script) {
    List(ParseShell(script), {});
    return std::move(commands_);
  }

 private:
  void List(const ShellNode& list, const Outlook& outlook) {
    for (std::size_t k = 0; k < list.parts.size(); ++k) {
      const Failure in_the_middle = After(list, k, outlook);
      const bool ends = modes_.errexit && outlook.errexit;
      AndOr(list.parts[k], ends ? outlook.abort : in_the_middle, in_the_middle, outlook);
    }
  }

  /// When item `k` has failed and the shell goes on.
  static Failure After(const ShellNode& list, std::size_t k, const Outlook& outlook) {
    if (k + 1 == list.parts.size()) return outlook.status;
    for (std::size_t j = k + 1; j < list.parts.size(); ++j) {
      const ShellNode* alone = Alone(list.parts[j]);
      if (alone == nullptr || !IsExit(*alone)) {
        if (HoldsExit(list.parts[j])) return Failure::kDecidedElsewhere;
        continue;
      }
      const Ending ending = EndingOf(*alone);
      if (ending == Ending::kFails || (ending == Ending::kKeeps && j == k + 1)) return outlook.abort;
      return ending == Ending::kMay ? Failure::kDecidedElsewhere : Failure::kIgnored;
    }
    const ShellNode& last = list.parts.back();
    if (EndingOf(last) == Ending::kFails) return outlook.status;
    const ShellNode* alone = Alone(last);
    const bool tests = alone != nullptr && IsOneOf(ProgramOf(alone->command), {"test", "[", "[["});
    return tests ? Failure::kDecidedElsewhere : Failure::kIgnored;
  }

  /// `last`: when its last command fails; `earlier`: when another one does, which errexit does not count.
  void AndOr(const ShellNode& node, Failure last, Failure earlier, const Outlook& outlook) {
    for (std::size_t i = 0; i < node.parts.size(); ++i) {
      const bool is_last = i + 1 == node.parts.size();
      const Failure status =
          node.background ? Failure::kIgnored : (is_last ? last : Chain(node, i, last, earlier, outlook));
      Any(node.parts[i], {status, node.background ? Failure::kIgnored : outlook.abort, is_last && outlook.errexit});
    }
  }

  /// When part `i` fails, and it is not the last one.
  static Failure Chain(const ShellNode& node, std::size_t i, Failure last, Failure earlier, const Outlook& outlook) {
    std::size_t failed = i;
    for (std::size_t j = i + 1; j < node.parts.size(); ++j) {
      if (node.operators[j - 1] == "&&") continue;
      const ShellNode& next = node.parts[j];
      const Ending ending = EndingOf(next);
      if (ending == Ending::kSucceeds) return Failure::kIgnored;
      if (ending == Ending::kMay) return Failure::kDecidedElsewhere;
      if (HoldsExit(next)) return outlook.abort;
      failed = j;
    }
    return failed + 1 == node.parts.size() ? last : earlier;
  }

  void Any(const ShellNode& node, const Outlook& outlook) {
    switch (node.kind) {
      case Kind::kSimple:
        return Simple(node.command, outlook);
      case Kind::kList:
        return List(node, outlook);
      case Kind::kAndOr:
        return AndOr(node, outlook.status, outlook.status, outlook);
      case Kind::kPipeline:
        return Pipeline(node, outlook);
      case Kind::kSubshell:
        return Subshell(node, outlook);
      case Kind::kIf:
        return If(node, outlook);
      case Kind::kLoop:
        List(node.parts[0], {Failure::kDecidedElsewhere, outlook.abort, false});
        return List(node.parts[1], outlook);
      case Kind::kGroup:
      case Kind::kChoice:
        for (const ShellNode& list : node.parts) List(list, outlook);
    }
  }

  void Subshell(const ShellNode& node, const Outlook& outlook) {
    const ShellModes outside = modes_;
    subshells_.push_back(++subshell_);
    List(node.parts.front(), {outlook.status, outlook.status, outlook.errexit});
    subshells_.pop_back();
    modes_ = outside;
  }

  void Pipeline(const ShellNode& node, Outlook outlook) {
    if (node.negated) outlook = {Failure::kIgnored, outlook.abort, false};
    const bool pipe = node.parts.size() > 1;
    const std::string reader =
        node.parts.back().kind == Kind::kSimple ? ProgramOf(node.parts.back().command) : std::string("a group");
    for (std::size_t i = 0; i < node.parts.size(); ++i) {
      Outlook own = outlook;
      if (pipe) own.abort = own.status;
      if (i + 1 < node.parts.size() && !modes_.pipefail) own = {Failure::kIgnored, Failure::kIgnored, false};
      const std::size_t first = commands_.size();
      Any(node.parts[i], own);
      for (std::size_t k = first; i + 1 < node.parts.size() && !modes_.pipefail && k < commands_.size(); ++k)
        commands_[k].piped_into = reader;
    }
  }

  void If(const ShellNode& node, const Outlook& outlook) {
    const auto when = [&](const ShellNode& list) {
      const Ending ending = EndingOf(list);
      if (ending == Ending::kFails) return HoldsExit(list) ? outlook.abort : outlook.status;
      return ending == Ending::kSucceeds ? Failure::kIgnored : Failure::kDecidedElsewhere;
    };
    const std::size_t pairs = node.parts.size() / 2;
    for (std::size_t i = 0; i < pairs; ++i) {
      const ShellNode& condition = node.parts[2 * i];
      const bool has_else = node.parts.size() % 2 == 1;
      Failure otherwise = Failure::kDecidedElsewhere;
      if (i + 1 == pairs) otherwise = has_else ? when(node.parts.back()) : Failure::kIgnored;
      const bool single = condition.parts.size() == 1 && condition.parts[0].parts.size() == 1;
      if (single && condition.parts[0].parts[0].negated) {
        ShellNode plain = condition.parts[0].parts[0];
        plain.negated = false;
        Any(plain, {when(node.parts[2 * i + 1]), outlook.abort, false});
      } else {
        List(condition, {otherwise, outlook.abort, false});
      }
      List(node.parts[2 * i + 1], outlook);
    }
    if (node.parts.size() % 2 == 1) List(node.parts.back(), outlook);
  }

  void Simple(const ShellCommand& command, const Outlook& outlook) {
    if (command.words.empty() && command.assignments.empty()) return;
    commands_.push_back(command);
    commands_.back().failure = outlook.status;
    commands_.back().subshells = subshells_;
    const std::string program = ProgramOf(command);
    if (program == "set") return Set(command.words);
    if (nested_ >= kNested || !IsOneOf(program, {"sh", "bash", "ash", "dash", "zsh"})) return;
    for (std::size_t i = 1; i + 1 < command.words.size(); ++i) {
      const std::string& word = command.words[i];
      if (word.size() < 2 || word[0] != '-' || word[1] == '-') return;
      if (word.back() != 'c') continue;
      Inner(command.words[i + 1], word.find('e') != std::string::npos, command.line, outlook.status);
      return;
    }
  }

  void Inner(const std::string& script, bool errexit, int line, Failure outer) {
    for (ShellCommand& inner : Reader({errexit, false}, nested_ + 1).Go(script)) {
      if (inner.failure == Failure::kFailsScript) inner.failure = outer;
      inner.line += line - 1;
      inner.subshells = subshells_;
      inner.subshells.push_back(++subshell_);
      commands_.push_back(std::move(inner));
    }
  }

  void Set(const std::vector<std::string>& words) {
    for (std::size_t i = 1; i < words.size(); ++i) {
      const std::string& word = words[i];
      if (word.size() < 2 || (word[0] != '-' && word[0] != '+')) continue;
      const bool on = word[0] == '-';
      if (word.find('e') != std::string::npos) modes_.errexit = on;
      if (word.back() != 'o' || i + 1 == words.size()) continue;
      if (words[i + 1] == "pipefail") modes_.pipefail = on;
      if (words[i + 1] == "errexit") modes_.errexit = on;
    }
  }

  ShellModes modes_;
  const int nested_;
  std::vector<ShellCommand> commands_;
  std::vector<int> subshells_;
  int subshell_ = 0;
};

}  // namespace

std::vector<ShellCommand> ReadShell(std::string_view script, ShellModes modes) {
  return Reader(modes, 0).Go(script);
}

}  // namespace readiness
