#include "work.h"

#include <algorithm>

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

/// "python -m pytest x" and "coverage run -m pytest x" to "pytest x".
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
    return tests && IsOneOf(option, {"--collect-only", "--collectonly", "--co", "-V", "--fixtures", "--funcargs",
                                     "--fixtures-per-test", "--markers", "--setup-plan", "--cache-show"});
  });
}

}  // namespace

ShellModes ModesOf(const std::string& shell) {
  if (shell == "bash") return {true, true};
  const bool written_out = shell.find("{0}") != std::string::npos;
  if (!written_out) return {true, false};
  ShellModes modes;
  const std::vector<ShellCommand> commands = ReadShell(shell);
  if (commands.empty()) return modes;
  for (const std::string& word : commands.front().words) {
    const bool letters = word.size() > 1 && word[0] == '-' && word[1] != '-';
    if (letters && word.find('e') != std::string::npos) modes.errexit = true;
    if (word == "pipefail") modes.pipefail = true;
    if (word == "errexit") modes.errexit = true;
  }
  return modes;
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

Doing DoneBy(const std::vector<ShellCommand>& commands, const std::vector<std::string>& parts) {
  bool done = false, ignored = false, piped = false;
  for (const ShellCommand& command : commands) {
    const Words words = WithoutPython(WithoutWrappers(command.words));
    const bool does =
        std::any_of(parts.begin(), parts.end(), [&](const std::string& part) { return Runs(words, part); });
    if (!does || OnlyShows(words)) continue;
    if (command.failure != Failure::kIgnored)
      done = true;
    else
      (command.piped_into.empty() ? ignored : piped) = true;
  }
  // What is piped into another part of the work is covered by that one.
  if (ignored || (piped && !done)) return Doing::kCannotFail;
  return done ? Doing::kDone : Doing::kNot;
}

Doing DoneByAction(const std::string& uses, const std::vector<std::string>& parts) {
  const std::string action = uses.substr(0, uses.find('@'));
  const bool does = std::find(parts.begin(), parts.end(), action) != parts.end() ||
                    std::any_of(parts.begin(), parts.end(), [&](const std::string& part) {
                      return part.find('/') != std::string::npos && action.starts_with(part + "/");
                    });
  return does ? Doing::kDone : Doing::kNot;
}

}  // namespace readiness::workflows
