#include "work.h"

#include <algorithm>

#include "options.h"

namespace readiness::workflows {
namespace {

using Words = std::vector<std::string>;
using Failure = ShellCommand::Failure;

bool IsOneOf(const std::string& word, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* one) { return word == one; });
}

std::string BaseName(const std::string& path) {
  return path.substr(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1);
}

void Drop(Words& words, std::size_t count) {
  words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(std::min(count, words.size())));
}

bool IsAssignment(const std::string& word) {
  return !word.empty() && word[0] != '-' && word.find('=') != std::string::npos && word.find('=') > 0;
}

/// Is `part`, "kubectl apply", what is run: its words in their order, with nothing but options between?
bool Runs(const Words& words, const std::string& part) {
  std::size_t at = 0;
  bool first = true;
  for (std::size_t begin = 0; begin < part.size();) {
    const std::size_t end = std::min(part.find(' ', begin), part.size());
    const std::string wanted = part.substr(begin, end - begin);
    begin = end + 1;
    if (wanted.empty()) continue;
    if (first) {
      if (words.empty() || BaseName(words[0]) != wanted) return false;
      first = false;
      at = 1;
      continue;
    }
    while (at < words.size() && words[at] != wanted) {
      const bool option = words[at].starts_with('-');
      const bool value = words[at - 1].starts_with('-') && words[at - 1].find('=') == std::string::npos;
      if (!option && !value) return false;
      ++at;
    }
    if (at++ >= words.size()) return false;
  }
  return !first;
}

/// Does an option say that the work is only explained, listed or tried?
bool OnlyShows(const Words& words) {
  const std::string program = words.empty() ? "" : BaseName(words[0]);
  const bool lists = IsOneOf(program, {"tox", "nox"});
  const bool tests = IsOneOf(program, {"pytest", "py.test"});
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    const std::string option = word.substr(0, word.find('='));
    if (option == "--dry-run" || option == "--dry_run") return !word.ends_with("=none") && !word.ends_with("=false");
    if (IsOneOf(option, {"--help", "-h", "--version", "--check-only", "--print", "--call", "--list"})) return true;
    if (lists && IsOneOf(option, {"-l", "-a", "--listenvs", "--notest", "--showconfig", "list", "config"})) return true;
    // "-hv", "-VV".
    const bool bundled = word.size() > 1 && word[0] == '-' && word[1] != '-' &&
                         word.substr(0, word.find_first_of("rnWkmpco")).find_first_of("hV") != std::string::npos;
    if (bundled && (tests || lists || program == "unittest")) return true;
    if (lists && word.size() > 1 && word[0] == '-' && word[1] != '-' &&
        word.substr(0, word.find_first_of("ecfsp")).find_first_of("al") != std::string::npos)
      return true;
    return tests && IsOneOf(option, {"--collect-only", "--collectonly", "--co", "-V", "--fixtures", "--funcargs",
                                     "--fixtures-per-test", "--markers", "--setup-plan", "--cache-show"});
  });
}

}  // namespace

Words WithoutPython(Words words) {
  if (words.empty() || (!BaseName(words[0]).starts_with("python") && BaseName(words[0]) != "coverage")) return words;
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    if (words[i] == "-c") return words;
    if (words[i] == "-m") {
      Drop(words, i + 1);
      return words;
    }
  }
  return words;
}

StepShell ShellOf(const std::string& shell) {
  if (shell.empty()) return {{true, false}, true};
  if (shell == "bash") return {{true, true}, true};
  if (shell == "sh") return {{true, false}, true};
  const std::vector<ShellCommand> commands = ReadShell(shell);
  if (commands.size() != 1 || commands.front().words.size() < 2) return {{}, false};
  const Words& words = commands.front().words;
  StepShell step{{}, IsOneOf(BaseName(words[0]), {"bash", "sh", "dash", "ash", "zsh"}) && words.back() == "{0}"};
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "pipefail") {
      step.modes.pipefail = true;
    } else if (word == "errexit") {
      step.modes.errexit = true;
    } else if (IsOneOf(word, {"--noprofile", "--norc", "--login"})) {
      continue;
    } else if (word.size() > 1 && word[0] == '-' && word.find_first_not_of("euxlo", 1) == std::string::npos) {
      if (word.find('e') != std::string::npos) step.modes.errexit = true;
    } else {
      step.known = false;
    }
  }
  return step;
}

Words WithoutWrappers(Words words) {
  while (!words.empty()) {
    const std::string program = BaseName(words[0]);
    if (IsAssignment(words[0]) || IsOneOf(program, {"exec", "command", "time", "nohup", "xvfb-run"})) {
      Drop(words, 1);
    } else if (IsOneOf(program, {"sudo", "env", "nice", "stdbuf", "timeout"})) {
      Drop(words, 1);
      while (!words.empty() && words[0].starts_with('-')) Drop(words, words[0] == "-n" || words[0] == "-u" ? 2 : 1);
      if (program == "timeout") Drop(words, 1);
    } else if (words.size() > 1 && words[1] == "run" && IsOneOf(program, {"poetry", "pipenv", "pdm", "uv", "hatch"})) {
      Drop(words, 2);
      while (!words.empty() && words[0].starts_with('-')) Drop(words, 1);
    } else {
      return words;
    }
  }
  return words;
}

Done DoneBy(const ShellReading& script, const std::vector<std::string>& parts) {
  const auto does = [&](const ShellCommand& command, const Words& words) {
    return !command.calls_function && command.reach != ShellCommand::Reach::kNever && !OnlyShows(words) &&
           std::any_of(parts.begin(), parts.end(), [&](const std::string& part) { return Runs(words, part); });
  };
  bool done = false, ignored = false, piped = false;
  std::string why = script.not_understood;
  const auto unknown = [&](const std::string& reason) { why = why.empty() ? reason : why; };
  bool some = false;
  for (std::size_t i = 0; i < script.commands.size(); ++i) {
    const ShellCommand& command = script.commands[i];
    const Words words = WithoutPython(WithoutWrappers(command.words));
    if (!does(command, words)) continue;
    some = true;
    std::string option = UnusualOption(words);
    for (const auto& [name, value] : command.assignments) {
      if (name == "PYTEST_ADDOPTS" && option.empty()) option = UnusualPytestOption(value);
    }
    // "a || a again"
    const bool again = command.failure == Failure::kDecidedElsewhere && i + 1 < script.commands.size() &&
                       script.commands[i + 1].failure == Failure::kFailsScript &&
                       does(script.commands[i + 1], WithoutPython(WithoutWrappers(script.commands[i + 1].words)));
    if (command.failure == Failure::kIgnored)
      (command.piped_into.empty() ? ignored : piped) = true;
    else if (command.reach == ShellCommand::Reach::kDepends)
      unknown("a condition of the script decides whether it is run");
    else if (command.failure == Failure::kDecidedElsewhere && !again)
      unknown("what follows decides whether its error counts");
    else if (!option.empty())
      unknown("what is left with " + option);
    else
      done = true;
  }
  // What is piped into another part of the work is covered by that one.
  if (ignored || (piped && !done)) return {Doing::kCannotFail, {}};
  if (some && !script.not_understood.empty()) return {Doing::kUnknown, script.not_understood};
  if (done) return {Doing::kDone, {}};
  return some ? Done{Doing::kUnknown, why} : Done{};
}

Done DoneByAction(const std::string& uses, const std::vector<std::string>& parts) {
  const std::string action = uses.substr(0, uses.find('@'));
  const bool does = std::find(parts.begin(), parts.end(), action) != parts.end() ||
                    std::any_of(parts.begin(), parts.end(), [&](const std::string& part) {
                      return part.find('/') != std::string::npos && action.starts_with(part + "/");
                    });
  return {does ? Doing::kDone : Doing::kNot, {}};
}

bool IsNoWork(const std::string& part) {
  const std::string program = part.substr(0, part.find(' '));
  if (part.starts_with("actions/")) return part != "actions/deploy-pages";
  return IsOneOf(program, {"echo",   "printf", "true", "false",  ":",     "cd",   "ls",    "cat", "pwd",   "env",
                           "export", "set",    "test", "[",      "sleep", "exit", "mkdir", "cp",  "touch", "which",
                           "date",   "pip",    "pip3", "source", ".",     "if",   "for",   "rm",  "chmod", "head"});
}

}  // namespace readiness::workflows
