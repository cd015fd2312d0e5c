#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "source/shell_tree.h"

namespace readiness {
namespace {

using Kind = ShellNode::Kind;
using Failure = ShellCommand::Failure;
using Reach = ShellCommand::Reach;
constexpr int kNested = 4;
constexpr int kCalls = 8;                     // of functions by functions
constexpr std::size_t kMaxCommands = 40'000;  // with those of functions at each call

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
  if (node.kind == Kind::kFunction) return false;
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

/// Of "left && right" or "left || right".
Ending Joined(Ending left, const std::string& joint, Ending right) {
  const Ending decides = joint == "&&" ? Ending::kFails : Ending::kSucceeds;
  const Ending passes = joint == "&&" ? Ending::kSucceeds : Ending::kFails;
  if (left == decides) return left;
  if (left == passes) return right;
  return right == decides ? right : Ending::kMay;
}

/// Does an exit stand in it that need not be an error?
bool ExitsQuietly(const ShellNode& node) {
  if (node.kind == Kind::kSimple)
    return ProgramOf(node.command) == "exit" && EndingOfSimple(node.command) != Ending::kFails;
  return std::any_of(node.parts.begin(), node.parts.end(), ExitsQuietly);
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
    Ending ending = EndingOf(node.parts[0]);
    for (std::size_t i = 1; i < node.parts.size(); ++i)
      ending = Joined(ending, node.operators[i - 1], EndingOf(node.parts[i]));
    return node.background ? Ending::kSucceeds : ending;
  }
  if (node.kind == Kind::kFunction) return Ending::kSucceeds;
  return node.kind == Kind::kSubshell || node.kind == Kind::kGroup ? EndingOf(node.parts.front()) : Ending::kMay;
}

/// May the shell be left by a command without an error, so that nothing behind it is run?
struct Leaving {
  bool surely = false;  ///< in whatever way
  bool exits = false;   ///< perhaps, without an error
  bool breaks = false;  ///< a loop, perhaps
};

Leaving LeavingOf(const ShellNode& node);

Leaving LeavingOfSimple(const ShellCommand& command) {
  const std::string program = ProgramOf(command);
  if (program == "break" || program == "continue") return {true, false, true};
  if (program == "exec") return command.words.size() > 1 ? Leaving{true, true, false} : Leaving{};
  if (program != "exit" && program != "return") return {};
  return {true, EndingOfSimple(command) != Ending::kFails, false};
}

/// Of "a || exit", "a && return 0".
Leaving LeavingOfChain(const ShellNode& node) {
  Leaving all = LeavingOf(node.parts[0]);
  Ending left = EndingOf(node.parts[0]);
  for (std::size_t i = 1; i < node.parts.size(); ++i) {
    const std::string& joint = node.operators[i - 1];
    Leaving one = LeavingOf(node.parts[i]);
    const ShellNode* alone = Alone(node.parts[i]);
    // "a || exit" keeps the error.
    if (joint == "||" && alone != nullptr && IsExit(*alone) && EndingOf(*alone) == Ending::kKeeps) one.exits = false;
    const bool taken = left == (joint == "&&" ? Ending::kSucceeds : Ending::kFails);
    const bool skipped = left == (joint == "&&" ? Ending::kFails : Ending::kSucceeds);
    left = Joined(left, joint, EndingOf(node.parts[i]));
    if (skipped) continue;
    all.surely = all.surely || (taken && one.surely);
    all.exits = all.exits || one.exits;
    all.breaks = all.breaks || one.breaks;
  }
  return node.background ? Leaving{} : all;
}

Leaving LeavingOf(const ShellNode& node) {
  Leaving all;
  switch (node.kind) {
    case Kind::kSimple:
      return LeavingOfSimple(node.command);
    case Kind::kSubshell:
    case Kind::kFunction:
      return {};
    case Kind::kPipeline:
      return node.parts.size() == 1 ? LeavingOf(node.parts.front()) : Leaving{};
    case Kind::kAndOr:
      return LeavingOfChain(node);
    default:
      break;
  }
  bool each = !node.parts.empty();
  for (std::size_t i = 0; i < node.parts.size(); ++i) {
    const Leaving one = LeavingOf(node.parts[i]);
    all.exits = all.exits || one.exits;
    all.breaks = all.breaks || one.breaks;
    if (node.kind == Kind::kList && one.surely) {
      all.surely = true;
      return all;
    }
    const bool condition = node.kind == Kind::kIf && i % 2 == 0 && i + 1 < node.parts.size();
    each = each && (condition || one.surely);
  }
  if (node.kind == Kind::kGroup) all.surely = each;
  if (node.kind == Kind::kIf) all.surely = each && node.parts.size() % 2 == 1;
  if (node.kind == Kind::kLoop) all.breaks = false;
  return all;
}

/// What is run behind it?
Reach ReachBehind(const ShellNode& node) {
  const Leaving leaving = LeavingOf(node);
  if (leaving.surely) return Reach::kNever;
  return leaving.exits || leaving.breaks ? Reach::kDepends : Reach::kRuns;
}

bool IsConstant(const std::string& word) {
  return word.find_first_of("$`") == std::string::npos;
}

Reach ReachOfLoop(const ShellNode& node) {
  if (node.parts[0].parts.empty()) {
    if (!node.over_words) return Reach::kDepends;
    if (node.words.empty()) return Reach::kNever;
    return std::any_of(node.words.begin(), node.words.end(), IsConstant) ? Reach::kRuns : Reach::kDepends;
  }
  const Ending ending = EndingOf(node.parts[0]);
  if (ending == (node.until ? Ending::kSucceeds : Ending::kFails)) return Reach::kNever;
  return ending == (node.until ? Ending::kFails : Ending::kSucceeds) ? Reach::kRuns : Reach::kDepends;
}

/// Is a part of a choice taken, when those before it are not?
Reach ReachOfPattern(const std::string& word, const std::vector<std::string>& patterns) {
  Reach reach = Reach::kNever;
  for (const std::string& pattern : patterns) {
    if (pattern == "*") return Reach::kRuns;
    const bool decidable = IsConstant(word) && IsConstant(pattern) && pattern.find_first_of("*?[") == std::string::npos;
    if (decidable && pattern == word) return Reach::kRuns;
    if (!decidable) reach = Reach::kDepends;
  }
  return reach;
}

/// Programs that prepare: when they fail, what they were to prepare fails as well.
bool Prepares(const ShellNode& node) {
  const ShellNode* alone = Alone(node);
  return alone != nullptr &&
         IsOneOf(ProgramOf(alone->command),
                 {"cd",   "pushd", "popd",   "pip",     "pip3",  "export", "mkdir",  "apt-get", "apt",    "sudo",
                  "npm",  "yarn",  "poetry", "uv",      "chmod", "cp",     "mv",     "rm",      "ls",     "tar",
                  "curl", "wget",  "docker", "kubectl", "helm",  "aws",    "gcloud", "az",      "source", "."});
}

/// What becomes of the script, at some place in it.
struct Outlook {
  Failure status = Failure::kFailsScript;  ///< when what stands there ends with an error
  Failure abort = Failure::kFailsScript;   ///< when the shell is left there with an error
  bool errexit = true;                     ///< does errexit count there?
  Reach reach = Reach::kRuns;
};

class Reader {
 public:
  Reader(ShellModes modes, int nested) : modes_(modes), nested_(nested) {}

  ShellReading Go(std::string_view script) {
    const ShellTree tree = ParseShell(script);
    reading_.complete = tree.not_read.empty();
    if (!reading_.complete) Doubt(tree.not_read);
    List(tree.list, {});
    return std::move(reading_);
  }

 private:
  void Doubt(const std::string& why) {
    if (reading_.not_understood.empty()) reading_.not_understood = why;
  }

  void List(const ShellNode& list, Outlook outlook) {
    // By item, the next one from it on that leaves the shell; the number of items: none does.
    std::vector<std::size_t> leaves(list.parts.size() + 1, list.parts.size());
    for (std::size_t k = list.parts.size(); k-- > 0;) leaves[k] = HoldsExit(list.parts[k]) ? k : leaves[k + 1];
    for (std::size_t k = 0; k < list.parts.size(); ++k) {
      if (reading_.commands.size() > kMaxCommands) return Doubt("it runs too many commands");
      const Failure in_the_middle = After(list, k, leaves[k + 1], outlook);
      const bool ends = modes_.errexit && outlook.errexit;
      AndOr(list.parts[k], ends ? outlook.abort : in_the_middle, in_the_middle, outlook);
      outlook.reach = std::max(outlook.reach, ReachBehind(list.parts[k]));
    }
  }

  /// When item `k` has failed and the shell goes on. `next` leaves it.
  static Failure After(const ShellNode& list, std::size_t k, std::size_t next, const Outlook& outlook) {
    if (k + 1 == list.parts.size()) return outlook.status;
    if (next < list.parts.size()) {
      const ShellNode* alone = Alone(list.parts[next]);
      if (alone == nullptr || !IsExit(*alone)) return Failure::kDecidedElsewhere;
      const Ending ending = EndingOf(*alone);
      const bool keeps = ending == Ending::kKeeps && next == k + 1;
      if (ending == Ending::kFails || keeps || HandsOn(list, k, next)) return outlook.abort;
      return ending == Ending::kMay ? Failure::kDecidedElsewhere : Failure::kIgnored;
    }
    const ShellNode& last = list.parts.back();
    if (EndingOf(last) == Ending::kFails) return outlook.status;
    const ShellNode* alone = Alone(last);
    const bool tests = alone != nullptr && IsOneOf(ProgramOf(alone->command), {"test", "[", "[["});
    return tests ? Failure::kDecidedElsewhere : Failure::kIgnored;
  }

  /// "k; status=$?; ...; exit $status".
  static bool HandsOn(const ShellNode& list, std::size_t k, std::size_t next) {
    const ShellNode* leaves = Alone(list.parts[next]);
    const ShellNode* keeps = Alone(list.parts[k + 1]);
    if (leaves->command.words.size() != 2 || keeps == nullptr || keeps->command.assignments.size() != 1) return false;
    const auto& [name, value] = keeps->command.assignments.front();
    const std::string& status = leaves->command.words[1];
    if (value != "$?" || !keeps->command.words.empty() || (status != "$" + name && status != "${" + name + "}"))
      return false;
    return std::none_of(list.parts.begin() + static_cast<std::ptrdiff_t>(k) + 2,
                        list.parts.begin() + static_cast<std::ptrdiff_t>(next), [&](const ShellNode& between) {
                          const ShellNode* alone = Alone(between);
                          return alone == nullptr ||
                                 std::any_of(alone->command.assignments.begin(), alone->command.assignments.end(),
                                             [&](const auto& one) { return one.first == name; });
                        });
  }

  /// `last`: when its last command fails; `earlier`: when another one does, which errexit does not count.
  void AndOr(const ShellNode& node, Failure last, Failure earlier, const Outlook& outlook) {
    Ending left = Ending::kSucceeds;
    bool noticed = true;  // when what stands before has failed
    for (std::size_t i = 0; i < node.parts.size(); ++i) {
      const bool is_last = i + 1 == node.parts.size();
      const Failure status =
          node.background ? Failure::kIgnored : (is_last ? last : Chain(node, i, last, earlier, outlook));
      Reach reach = outlook.reach;
      if (i > 0) reach = std::max(reach, ReachOfPart(node.operators[i - 1], left, noticed));
      Any(node.parts[i],
          {status, node.background ? Failure::kIgnored : outlook.abort, is_last && outlook.errexit, reach});
      const Ending ending = EndingOf(node.parts[i]);
      left = i == 0 ? ending : Joined(left, node.operators[i - 1], ending);
      noticed = noticed && (status == Failure::kFailsScript || Prepares(node.parts[i]));
    }
  }

  /// Is it run after `left`?
  static Reach ReachOfPart(const std::string& joint, Ending left, bool noticed) {
    if (joint == "&&") {
      if (left == Ending::kFails) return Reach::kNever;
      return left == Ending::kSucceeds || noticed ? Reach::kRuns : Reach::kDepends;
    }
    if (left == Ending::kSucceeds) return Reach::kNever;
    return left == Ending::kFails ? Reach::kRuns : Reach::kDepends;
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
        return Loop(node, outlook);
      case Kind::kChoice:
        return Choice(node, outlook);
      case Kind::kFunction:
        return Define(node, outlook);
      case Kind::kGroup:
        for (const ShellNode& list : node.parts) List(list, outlook);
    }
  }

  void Loop(const ShellNode& node, const Outlook& outlook) {
    List(node.parts[0], {Failure::kDecidedElsewhere, outlook.abort, false, outlook.reach});
    Outlook body = outlook;
    body.reach = std::max(outlook.reach, ReachOfLoop(node));
    List(node.parts[1], body);
  }

  void Choice(const ShellNode& node, const Outlook& outlook) {
    const std::string word = node.words.empty() ? "" : node.words.front();
    Reach open = IsConstant(word) ? Reach::kRuns : Reach::kDepends;
    for (std::size_t i = 0; i < node.parts.size(); ++i) {
      const Reach taken = i < node.patterns.size() ? ReachOfPattern(word, node.patterns[i]) : Reach::kDepends;
      Outlook body = outlook;
      body.reach = std::max({outlook.reach, open, taken});
      if (open == Reach::kDepends && taken == Reach::kRuns && i == 0) body.reach = outlook.reach;  // *)
      List(node.parts[i], body);
      if (taken == Reach::kRuns) open = Reach::kNever;
      if (taken == Reach::kDepends && open == Reach::kRuns) open = Reach::kDepends;
    }
  }

  void Define(const ShellNode& node, const Outlook& outlook) {
    if (node.parts.empty()) return;
    Outlook body = outlook;
    body.reach = Reach::kNever;
    Any(node.parts.front(), body);
    const std::string& name = node.words.front();
    if (outlook.reach == Reach::kDepends) Doubt("a function that is defined only perhaps");
    if (outlook.reach == Reach::kRuns) functions_[name] = &node.parts.front();
  }

  void Subshell(const ShellNode& node, const Outlook& outlook) {
    const ShellModes outside = modes_;
    subshells_.push_back(++subshell_);
    List(node.parts.front(), {outlook.status, outlook.status, outlook.errexit, outlook.reach});
    subshells_.pop_back();
    modes_ = outside;
  }

  void Pipeline(const ShellNode& node, Outlook outlook) {
    if (node.negated) outlook = {Failure::kIgnored, outlook.abort, false, outlook.reach};
    const bool pipe = node.parts.size() > 1;
    const std::string reader =
        node.parts.back().kind == Kind::kSimple ? ProgramOf(node.parts.back().command) : std::string("a group");
    for (std::size_t i = 0; i < node.parts.size(); ++i) {
      Outlook own = outlook;
      if (pipe) own.abort = own.status;
      if (i + 1 < node.parts.size() && !modes_.pipefail)
        own = {Failure::kIgnored, Failure::kIgnored, false, outlook.reach};
      const std::size_t first = reading_.commands.size();
      Any(node.parts[i], own);
      for (std::size_t k = first; i + 1 < node.parts.size() && !modes_.pipefail && k < reading_.commands.size(); ++k)
        reading_.commands[k].piped_into = reader;
    }
  }

  void If(const ShellNode& node, const Outlook& outlook) {
    const auto when = [&](const ShellNode& list) {
      const Ending ending = EndingOf(list);
      if (ending == Ending::kFails) return HoldsExit(list) ? outlook.abort : outlook.status;
      return ending == Ending::kSucceeds ? Failure::kIgnored : Failure::kDecidedElsewhere;
    };
    const std::size_t pairs = node.parts.size() / 2;
    Reach open = outlook.reach;  // of what the conditions so far leave over
    for (std::size_t i = 0; i < pairs; ++i) {
      const ShellNode& condition = node.parts[2 * i];
      const bool has_else = node.parts.size() % 2 == 1;
      Failure otherwise = Failure::kDecidedElsewhere;
      if (i + 1 == pairs) otherwise = has_else ? when(node.parts.back()) : Failure::kIgnored;
      const bool single = condition.parts.size() == 1 && condition.parts[0].parts.size() == 1;
      if (single && condition.parts[0].parts[0].negated) {
        ShellNode plain = condition.parts[0].parts[0];
        plain.negated = false;
        Any(plain, {when(node.parts[2 * i + 1]), outlook.abort, false, open});
      } else {
        List(condition, {otherwise, outlook.abort, false, open});
      }
      const Ending ending = EndingOf(condition);
      Outlook body = outlook;
      body.reach = std::max(open, ending == Ending::kSucceeds ? Reach::kRuns
                                  : ending == Ending::kFails  ? Reach::kNever
                                                              : Reach::kDepends);
      List(node.parts[2 * i + 1], body);
      if (ending != Ending::kFails)
        open = std::max(open, ending == Ending::kSucceeds ? Reach::kNever : Reach::kDepends);
    }
    Outlook rest = outlook;
    rest.reach = open;
    if (node.parts.size() % 2 == 1) List(node.parts.back(), rest);
  }

  void Simple(const ShellCommand& command, const Outlook& outlook) {
    if (command.words.empty() && command.assignments.empty()) return;
    reading_.commands.push_back(command);
    ShellCommand& taken = reading_.commands.back();
    taken.failure = outlook.status;
    taken.reach = outlook.reach;
    taken.subshells = subshells_;
    if (outlook.reach != Reach::kNever) DoubtAt(command);
    if (command.words.empty()) return;
    if (const auto function = functions_.find(command.words[0]); function != functions_.end()) {
      taken.calls_function = true;
      return Call(*function->second, outlook);
    }
    const std::string program = ProgramOf(command);
    if (program == "set") return Set(command.words);
    if (nested_ >= kNested || !IsOneOf(program, {"sh", "bash", "ash", "dash", "zsh"})) return;
    bool reads_only = false;
    for (std::size_t i = 1; i + 1 < command.words.size(); ++i) {
      const std::string& word = command.words[i];
      if (word.size() < 2 || word[0] != '-' || word[1] == '-') return;
      reads_only = reads_only || word.find('n') != std::string::npos;
      if (word.back() != 'c') continue;
      Outlook inner = outlook;
      if (reads_only) inner.reach = Reach::kNever;
      Inner(command.words[i + 1], word.find('e') != std::string::npos, command.line, inner);
      return;
    }
  }

  /// What may change what every other command means.
  void DoubtAt(const ShellCommand& command) {
    for (const auto& [name, value] : command.assignments) DoubtAtVariable(name, value);
    const std::string program = ProgramOf(command);
    const std::vector<std::string>& words = command.words;
    if (program == "eval" && words.size() > 1) Doubt("it evals");
    if (program == "trap" && words.size() > 2 && words[1].find("exit") != std::string::npos) Doubt("a trap exits");
    if (program == "shopt" && std::find(words.begin(), words.end(), "expand_aliases") != words.end())
      Doubt("it expands aliases");
    if ((program == "source" || program == ".") && words.size() > 1 && !words[1].ends_with("/activate"))
      Doubt("it sources " + words[1].substr(0, 100));
    if (program == "hash" && words.size() > 1 && words[1].find('p') != std::string::npos) Doubt("it uses hash -p");
    if (program != "export" && program != "declare" && program != "readonly") return;
    for (const std::string& word : words) {
      const std::size_t equals = word.find('=');
      if (equals != std::string::npos) DoubtAtVariable(word.substr(0, equals), word.substr(equals + 1));
    }
  }

  void DoubtAtVariable(const std::string& name, const std::string& value) {
    if (name == "BASH_ENV" || name == "SHELLOPTS") Doubt("it sets " + name);
    if (name != "PATH") return;
    const bool adds = value.find("$PATH") != std::string::npos || value.find("${PATH") != std::string::npos;
    const bool here = value.starts_with('.') || value.find(":.") != std::string::npos || value.starts_with("$PWD") ||
                      value.starts_with("$(pwd)") || value.starts_with("$GITHUB_WORKSPACE");
    if (!adds || here) Doubt("it sets PATH");
  }

  void Call(const ShellNode& body, const Outlook& outlook) {
    if (calls_ >= kCalls) return Doubt("its functions call each other too deeply");
    if (ExitsQuietly(body)) Doubt("a function exits");
    ++calls_;
    // Of the function alone: one that is defined in another one is defined by the call.
    Any(body, outlook);
    --calls_;
  }

  void Inner(const std::string& script, bool errexit, int line, const Outlook& outer) {
    ShellReading inner = Reader({errexit, false}, nested_ + 1).Go(script);
    if (!inner.not_understood.empty()) Doubt(inner.not_understood);
    for (ShellCommand& one : inner.commands) {
      if (one.failure == Failure::kFailsScript) one.failure = outer.status;
      one.reach = std::max(one.reach, outer.reach);
      one.line += line - 1;
      one.subshells = subshells_;
      one.subshells.push_back(++subshell_);
      reading_.commands.push_back(std::move(one));
    }
  }

  void Set(const std::vector<std::string>& words) {
    for (std::size_t i = 1; i < words.size(); ++i) {
      const std::string& word = words[i];
      if (word.size() < 2 || (word[0] != '-' && word[0] != '+')) continue;
      const bool on = word[0] == '-';
      if (on && (word.find('n') != std::string::npos ||
                 (word.back() == 'o' && i + 1 < words.size() && words[i + 1] == "noexec")))
        Doubt("set -n");
      if (word.find('e') != std::string::npos) modes_.errexit = on;
      if (word.back() != 'o' || i + 1 == words.size()) continue;
      if (words[i + 1] == "pipefail") modes_.pipefail = on;
      if (words[i + 1] == "errexit") modes_.errexit = on;
    }
  }

  ShellModes modes_;
  const int nested_;
  ShellReading reading_;
  std::map<std::string, const ShellNode*> functions_;
  int calls_ = 0;
  std::vector<int> subshells_;
  int subshell_ = 0;
};

}  // namespace

ShellReading ReadShellScript(std::string_view script, ShellModes modes) {
  return Reader(modes, 0).Go(script);
}

std::vector<ShellCommand> ReadShell(std::string_view script, ShellModes modes) {
  return ReadShellScript(script, modes).commands;
}

}  // namespace readiness
