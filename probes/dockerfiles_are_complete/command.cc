#include "command.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "readiness/source_shell.h"

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

bool IsLoopback(const std::string& host) {
  return host == "localhost" || host.starts_with("127.") || host == "::1" || host == "[::1]";
}

Started Nothing(const std::string& name) {
  Started started;
  started.kind = Kind::kNothing;
  started.name = name;
  return started;
}

Started Unknown(const std::string& name, const std::string& why) {
  Started started;
  started.name = name;
  started.why = why;
  return started;
}

/// "pkg.app:app" among the arguments of an application server.
Started OfServer(const Words& words) {
  const std::string server = BaseName(words[0]);
  for (const std::string& word : words) {
    if (IsOneOf(word, {"--version", "--help", "-h", "--check-config", "--print-config"}))
      return Nothing(server + " " + word);
    if (server == "gunicorn" && word == "-v") return Nothing(server + " -v");
  }
  Started started;
  started.port = Option(words, {"--port", "-p"});
  started.needs = server;
  const std::string bind = Option(words, {"--bind", "-b"});
  const std::string host = server == "uvicorn" ? Option(words, {"--host"}) : bind.substr(0, bind.rfind(':'));
  if (started.port.empty() && bind.find(':') != std::string::npos) started.port = bind.substr(bind.rfind(':') + 1);
  const bool elsewhere = !Option(words, {"--uds", "--fd", "-c", "--config"}).empty() || bind.starts_with("unix:");
  if (started.port.empty() && !elsewhere) started.port = "8000";
  // All of them listen on 127.0.0.1 when nothing is said.
  started.loopback = !elsewhere && (host.empty() || IsLoopback(host));
  if (const std::string folder = Option(words, {"--app-dir", "--chdir"}); !folder.empty())
    started.search.push_back(folder);
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::size_t colon = words[i].find(':');
    const bool option = words[i].empty() || words[i][0] == '-' || words[i - 1] == "--bind" || words[i - 1] == "-b";
    if (option || colon == std::string::npos || colon == 0) continue;
    const std::string module = words[i].substr(0, colon);
    if (std::isdigit(static_cast<unsigned char>(module[0])) != 0 || module.find('/') != std::string::npos) continue;
    started.kind = Kind::kModule;
    started.name = module;
    started.attribute = words[i].substr(colon + 1, words[i].find_first_of(".(", colon) - colon - 1);
    return started;
  }
  started.why = "which application it serves";
  return started;
}

Started OfPython(const Words& words) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "-m" && i + 1 < words.size()) {
      const std::string module = words[i + 1];
      if (IsOneOf(module, {"uvicorn", "gunicorn", "hypercorn"}))
        return OfServer({words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end()});
      Started started;
      started.kind = Kind::kModule;
      started.name = module;
      started.as_main = true;
      started.port = Option(words, {"--port"});
      return started;
    }
    if (word == "-c") return Unknown("python -c", "what it does");
    if (IsOneOf(word, {"-V", "--version", "-h", "--help"})) return Nothing("python " + word);
    if (word == "-W" || word == "-X") {
      ++i;
    } else if (!word.empty() && word[0] != '-') {
      Started started;
      started.kind = Kind::kScript;
      started.name = word;
      started.as_main = true;
      started.port = Option(words, {"--port"});
      return started;
    }
  }
  return Nothing("python");  // a prompt, which ends without a terminal
}

/// Follows what is given to a container.
class Follower {
 public:
  Follower(const Words& programs, const FindScript& scripts) : programs_(programs), scripts_(scripts) {}

  Started OfWords(Words words, int depth) const {
    Started prepared;
    Unwrap(words, prepared);
    std::erase(words, "");
    if (words.empty()) return Nothing("");
    if (depth > 6) return Unknown(words[0], "it calls itself");
    Started started = OfUnwrapped(words, depth);
    if (started.python_path.empty()) started.python_path = prepared.python_path;
    if (started.program.empty()) started.program = words[0];
    return started;
  }

  Started OfScript(const std::string& text, const Words& given, int depth) const {
    const ShellReading reading = ReadShellScript(text);
    Started best = Nothing("");
    bool conditional = false;
    for (const ShellCommand& command : reading.commands) {
      if (command.reach == ShellCommand::Reach::kNever || command.calls_function || command.words.empty()) continue;
      Started one = OfWords(WithArguments(command, given), depth + 1);
      const bool works = one.kind != Kind::kNothing && one.kind != Kind::kUnknown;
      const bool shell = IsOneOf(BaseName(command.words[0]), {"sh", "bash", "ash", "dash"});
      if (shell && command.words.size() > 2 && command.words[1].starts_with('-')) continue;  // its commands follow
      if (one.kind == Kind::kNothing) {
        if (best.name.empty() && best.kind == Kind::kNothing) best = std::move(one);
        continue;
      }
      const bool known_before = best.kind != Kind::kNothing && best.kind != Kind::kUnknown;
      if (!works && known_before) continue;
      conditional = command.reach == ShellCommand::Reach::kDepends;
      best = std::move(one);
    }
    if (conditional) return Unknown(best.name, "a condition of its script decides whether it is started");
    const bool works = best.kind != Kind::kNothing && best.kind != Kind::kUnknown;
    if (works && !reading.not_understood.empty()) return Unknown(best.name, reading.not_understood);
    return best;
  }

 private:
  /// With what "$@" stands for, and what is set before the program.
  static Words WithArguments(const ShellCommand& command, const Words& given) {
    Words words;
    for (const auto& [name, value] : command.assignments) words.push_back(name + "=" + value);
    for (const std::string& word : command.words) {
      if (word == "$@" || word == "${@}" || word == "$*")
        words.insert(words.end(), given.begin(), given.end());
      else
        words.push_back(word);
    }
    return words;
  }

  Started OfUnwrapped(const Words& words, int depth) const {
    const std::string program = BaseName(words[0]);
    if (words[0].find_first_of("$`") != std::string::npos) return Unknown(words[0], "what it stands for");
    if (IsOneOf(program, {"sh", "bash", "ash", "dash"})) return OfShell(words, depth);
    if (IsPython(program)) return OfPython(words);
    if (IsOneOf(program, {"uvicorn", "gunicorn", "hypercorn"})) return OfServer(words);
    if (program == "celery") {
      const std::string app = Option(words, {"-A", "--app"});
      if (!app.empty()) {
        Started started;
        started.kind = Kind::kModule;
        started.name = app.substr(0, app.find(':'));
        started.needs = "celery";
        return started;
      }
    }
    if (program == "streamlit" && words.size() > 2 && words[1] == "run") {
      Started started;
      started.kind = Kind::kScript;
      started.name = words[2];
      started.as_main = true;
      started.needs = "streamlit";
      return started;
    }
    if (IsOneOf(program, {"true",  "false",  ":",     "echo",  "printf", "sleep",  "tail", "exit",
                          "cat",   "ls",     "pwd",   "date",  "cd",     "set",    "test", "[",
                          "mkdir", "export", "chmod", "chown", "umask",  "ulimit", "wait"}))
      return Nothing(program);
    if (std::find(programs_.begin(), programs_.end(), program) != programs_.end()) {
      Started started;
      started.kind = Kind::kProgram;
      started.name = program;
      return started;
    }
    if (words[0].find('/') != std::string::npos || words[0].ends_with(".sh"))
      return OfScriptFile(words[0], {words.begin() + 1, words.end()}, depth);
    return Unknown(program, "which is none of the understood commands");
  }

  Started OfShell(const Words& words, int depth) const {
    for (std::size_t i = 1; i < words.size(); ++i) {
      const bool option = words[i].size() > 1 && words[i][0] == '-' && words[i][1] != '-';
      if (option && words[i].find('n') != std::string::npos) return Nothing(words[0] + " " + words[i]);
      if (option && words[i].find('c') != std::string::npos && i + 1 < words.size()) {
        Words given;
        // The first argument behind the script is $0.
        if (words.size() > i + 3) given.assign(words.begin() + static_cast<std::ptrdiff_t>(i) + 3, words.end());
        return OfScript(words[i + 1], given, depth);
      }
      if (words[i] == "-o" && i + 1 < words.size()) {
        ++i;
      } else if (words[i][0] != '-') {
        return OfScriptFile(words[i], {words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end()}, depth);
      }
    }
    return Nothing(words[0]);
  }

  Started OfScriptFile(const std::string& path, const Words& given, int depth) const {
    const std::string* text = scripts_(path);
    const bool python =
        path.ends_with(".py") || (text != nullptr && text->starts_with("#!") &&
                                  text->substr(0, text->find('\n')).find("python") != std::string::npos);
    if (text == nullptr || python) {
      Started started;
      started.kind = Kind::kScript;  // it may not even be there
      started.name = path;
      started.as_main = python;
      started.why = python ? "" : "what its script does";
      return started;
    }
    return OfScript(*text, given, depth);
  }

  const Words& programs_;
  const FindScript& scripts_;
};

}  // namespace

Started WhatStarts(const DockerInstruction* entrypoint, const DockerInstruction* command,
                   const std::vector<std::string>& programs, const FindScript& scripts) {
  const Follower follower(programs, scripts);
  if (entrypoint != nullptr && !entrypoint->exec) return follower.OfScript(entrypoint->arguments, {}, 0);
  if (entrypoint == nullptr) {
    if (command == nullptr) return Nothing("");
    return command->exec ? follower.OfWords(*command->exec, 0) : follower.OfScript(command->arguments, {}, 0);
  }
  Words words = *entrypoint->exec;
  if (command != nullptr && command->exec) words.insert(words.end(), command->exec->begin(), command->exec->end());
  // The shell form is given as a shell and its script.
  if (command != nullptr && !command->exec) {
    for (const std::string& word : {std::string("/bin/sh"), std::string("-c"), command->arguments})
      words.push_back(word);
  }
  return follower.OfWords(std::move(words), 0);
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
