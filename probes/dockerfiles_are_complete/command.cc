#include "command.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace readiness::dockerfiles {
namespace {

using Words = std::vector<std::string>;
using Kind = Started::Kind;

std::string BaseName(const std::string& path) {
  return path.substr(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1);
}

bool IsOneOf(const std::string& word, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* one) { return word == one; });
}

bool IsPython(const std::string& program) {
  return program == "python" || program == "pypy3" ||
         (program.starts_with("python3") && std::all_of(program.begin() + 6, program.end(), [](char c) {
            return c == '.' || std::isdigit(static_cast<unsigned char>(c)) != 0;
          }));
}

bool IsAssignment(const std::string& word) {
  const std::size_t equals = word.find('=');
  return equals != std::string::npos && equals > 0 &&
         std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

/// The value of an option: "--port 80", "--port=80".
std::string Option(const Words& words, std::initializer_list<const char*> names) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    for (const std::string name : names) {
      if (words[i] == name && i + 1 < words.size()) return words[i + 1];
      if (words[i].starts_with(name + "=")) return words[i].substr(name.size() + 1);
    }
  }
  return {};
}

/// Drops what only prepares the command.
void Unwrap(Words& words, Started& started) {
  while (!words.empty()) {
    const std::string program = BaseName(words[0]);
    if (words[0].starts_with("PYTHONPATH=")) started.python_path = words[0].substr(11);
    if (IsAssignment(words[0]) ||
        IsOneOf(program, {"exec", "env", "nohup", "tini", "dumb-init", "--", "-g", "time", "nice"})) {
      words.erase(words.begin());
    } else if (IsOneOf(program, {"opentelemetry-instrument", "ddtrace-run"})) {
      words.erase(words.begin());
    } else {
      return;
    }
  }
}

/// "pkg.app:app" among the arguments of an application server.
Started OfServer(const Words& words) {
  Started started{Kind::kUnknown, {}, false, Option(words, {"--port", "-p"}), {}, {}};
  const std::string bind = Option(words, {"--bind", "-b"});
  if (started.port.empty() && bind.find(':') != std::string::npos) started.port = bind.substr(bind.rfind(':') + 1);
  if (const std::string folder = Option(words, {"--app-dir", "--chdir"}); !folder.empty())
    started.search.push_back(folder);
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::size_t colon = words[i].find(':');
    const bool option = words[i][0] == '-' || words[i - 1] == "--bind" || words[i - 1] == "-b";
    if (words[i].empty() || option || colon == std::string::npos || colon == 0) continue;
    const std::string module = words[i].substr(0, colon);
    if (std::isdigit(static_cast<unsigned char>(module[0])) != 0) continue;
    started.kind = Kind::kModule;
    started.name = module;
    return started;
  }
  return started;
}

Started OfPython(const Words& words) {
  Started started;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "-m" && i + 1 < words.size()) {
      const std::string module = words[i + 1];
      if (IsOneOf(module, {"uvicorn", "gunicorn", "hypercorn"}))
        return OfServer({words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end()});
      return {Kind::kModule, module, true, Option(words, {"--port"}), {}, {}};
    }
    if (word == "-c") return started;
    if (word == "-W" || word == "-X") {
      ++i;
    } else if (!word.empty() && word[0] != '-') {
      return {Kind::kScript, word, true, Option(words, {"--port"}), {}, {}};
    }
  }
  started.kind = Kind::kNothing;  // a prompt, which ends without a terminal
  return started;
}

Started OfOne(Words words, const Words& programs, int depth);

Started OfShell(const Words& words, const Words& programs, int depth) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i][0] == '-' && words[i].find('c') != std::string::npos && i + 1 < words.size()) {
      return depth > 4 ? Started{} : OfOne(SplitShellWords(words[i + 1]), programs, depth + 1);
    }
    if (words[i][0] != '-') return {Kind::kScript, words[i], false, {}, {}, {}};
  }
  return {Kind::kNothing, words[0], false, {}, {}, {}};
}

Started OfUnwrapped(const Words& words, const Words& programs, int depth);

Started OfSimple(Words words, const Words& programs, int depth) {
  Started prepared;
  Unwrap(words, prepared);
  std::erase(words, "");
  Started started = OfUnwrapped(words, programs, depth);
  if (started.python_path.empty()) started.python_path = prepared.python_path;
  return started;
}

Started OfUnwrapped(const Words& words, const Words& programs, int depth) {
  if (words.empty()) return {Kind::kNothing, {}, false, {}, {}, {}};
  const std::string program = BaseName(words[0]);
  if (IsOneOf(program, {"sh", "bash", "ash", "dash"})) return OfShell(words, programs, depth);
  if (IsPython(program)) return OfPython(words);
  if (IsOneOf(program, {"uvicorn", "gunicorn", "hypercorn"})) return OfServer(words);
  if (program == "celery") {
    const std::string app = Option(words, {"-A", "--app"});
    if (!app.empty()) return {Kind::kModule, app.substr(0, app.find(':')), false, {}, {}, {}};
  }
  if (program == "streamlit" && words.size() > 2 && words[1] == "run")
    return {Kind::kScript, words[2], true, {}, {}, {}};
  if (IsOneOf(program, {"true", "false", ":", "echo", "printf", "sleep", "tail", "exit", "cat", "ls", "pwd", "date",
                        "cd", "set", "test", "mkdir"}))
    return {Kind::kNothing, program, false, {}, {}, {}};
  if (std::find(programs.begin(), programs.end(), program) != programs.end())
    return {Kind::kProgram, program, false, {}, {}, {}};
  if (words[0].find('/') != std::string::npos &&
      (words[0].ends_with(".sh") || words[0].ends_with(".py") || words[0].starts_with("./")))
    return {Kind::kScript, words[0], false, {}, {}, {}};
  return {Kind::kUnknown, program, false, {}, {}, {}};
}

Started OfOne(Words words, const Words& programs, int depth) {
  Words simple;
  Started best{Kind::kNothing, {}, false, {}, {}, {}};
  const auto take = [&] {
    if (simple.empty()) return;
    Started one = OfSimple(std::move(simple), programs, depth);
    simple.clear();
    if (one.kind != Kind::kNothing || best.name.empty()) {
      if (one.kind != Kind::kNothing || best.kind == Kind::kNothing) best = std::move(one);
    }
  };
  for (std::string& word : words) {
    const bool ends = word.size() > 1 && word.ends_with(';');
    if (ends) word.pop_back();
    if (word == "&&" || word == ";" || word == "||" || word == "|" || word == "&") {
      take();
    } else {
      simple.push_back(std::move(word));
      if (ends) take();
    }
  }
  take();
  return best;
}

}  // namespace

Started WhatStarts(std::vector<std::string> words, const std::vector<std::string>& programs) {
  return OfOne(std::move(words), programs, 0);
}

std::vector<std::string> CommandLine(const DockerInstruction* entrypoint, const DockerInstruction* command) {
  const auto words = [](const DockerInstruction& one) { return one.exec ? *one.exec : SplitShellWords(one.arguments); };
  if (entrypoint == nullptr) return command == nullptr ? Words{} : words(*command);
  Words line = words(*entrypoint);
  // The shell form of ENTRYPOINT ignores CMD.
  if (command != nullptr && entrypoint->exec) {
    const Words more = words(*command);
    line.insert(line.end(), more.begin(), more.end());
  }
  return line;
}

}  // namespace readiness::dockerfiles
