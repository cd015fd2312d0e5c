#include "health.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <optional>
#include <set>
#include <vector>

#include "readiness/source_shell.h"

namespace readiness::dockerfiles {
namespace {

using Words = std::vector<std::string>;
using Failure = ShellCommand::Failure;

bool IsOneOf(const std::string& word, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* one) { return word == one; });
}

bool HoldsOneOf(const std::string& text, std::initializer_list<const char*> parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const char* part) { return text.find(part) != std::string::npos; });
}

/// What a command's exit status says of the service.
struct Reading {
  enum class Kind {
    kNothing,  ///< it asks nobody
    kBlind,    ///< it asks, and succeeds when the answer is an error
    kNotices,
    kUnknown,
  };
  Kind kind = Kind::kUnknown;
  std::string why;
};
using Kind = Reading::Kind;

// ---- Python -------------------------------------------------------------------------------------------------------

bool EndsIn(const std::string& function, std::initializer_list<const char*> names) {
  const std::string last = function.substr(function.rfind('.') == std::string::npos ? 0 : function.rfind('.') + 1);
  return IsOneOf(last, names);
}

bool Asks(const PythonCall& call) {
  if (call.function.starts_with("requests.") || call.function.starts_with("httpx.")) return true;
  return EndsIn(call.function, {"urlopen", "urlretrieve", "getresponse", "create_connection", "connect"});
}

/// Does it raise when the answer is an error?
bool RaisesOnError(const PythonCall& call) {
  return EndsIn(call.function, {"urlopen", "urlretrieve", "raise_for_status"});
}

bool MentionsStatus(const std::string& text) {
  return HoldsOneOf(text, {"status", "getcode", ".ok", "\"ok\"", ".code", "\"code\"", "is_success", "is_error"});
}

bool IsWordCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

bool HoldsWord(const std::string& text, const std::string& word) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !IsWordCharacter(text[at - 1])) && (end == text.size() || !IsWordCharacter(text[end]))) return true;
  }
  return false;
}

/// Names that hold the answer's status, and functions that return it.
std::set<std::string> NamesOfStatus(const PythonFile& file) {
  std::set<std::string> names;
  for (const PythonAssignment& one : file.assignments) {
    if (!MentionsStatus(one.value.dump())) continue;
    const std::string& name = one.target == "return" ? one.scope : one.target;
    names.insert(name.substr(name.rfind('.') == std::string::npos ? 0 : name.rfind('.') + 1));
  }
  names.erase("");
  return names;
}

/// Does it do what decides the exit status without standing among the conditions?
bool DecidesElsewhere(const PythonFile& file) {
  const bool calls = std::any_of(file.calls.begin(), file.calls.end(), [](const PythonCall& call) {
    return call.function.starts_with("atexit.") || call.function.starts_with("signal.") ||
           call.function.starts_with("os.exec") || call.function.starts_with("threading.") ||
           EndsIn(call.function, {"_exit", "suppress", "exec", "eval", "__import__"});
  });
  return calls || std::any_of(file.assignments.begin(), file.assignments.end(), [](const PythonAssignment& one) {
           return one.target == "sys.excepthook" || one.value.dump().find("os._exit") != std::string::npos;
         });
}

Reading OfPythonFile(const PythonFile& file) {
  if (!file.parsed() || DecidesElsewhere(file) || file.uses.contains("os._exit")) return {};
  const bool asks = std::any_of(file.calls.begin(), file.calls.end(), Asks);
  if (!asks) return {file.imports.empty() ? Kind::kNothing : Kind::kUnknown, {}};
  bool raises = false, caught = false;
  for (const PythonCall& call : file.calls) {
    raises = raises || (RaisesOnError(call) && !call.caught);
    caught = caught || call.caught;
  }
  if (raises) return {Kind::kNotices, {}};
  const std::set<std::string> names = NamesOfStatus(file);
  bool by_status = false, by_something = false, error = false;
  for (const PythonEnd& end : file.ends) {
    error = error || end.error;
    for (const std::string& condition : end.on) {
      const bool status = MentionsStatus(condition) || std::any_of(names.begin(), names.end(), [&](const auto& name) {
                            return HoldsWord(condition, name);
                          });
      by_status = by_status || status;
      by_something = by_something || !status;
    }
  }
  if (error && by_status) return {Kind::kNotices, {}};
  if (error && by_something) return {};
  return {Kind::kBlind, caught ? "an error of the request is caught, and nothing comes of it"
                               : "the answer's status decides nothing, so a 500 counts as healthy"};
}

Reading OfPython(const Words& words, const FindPython& find) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "-c" && i + 1 < words.size()) {
      const Result<PythonReading> reading = ReadPython({{"healthcheck.py", words[i + 1]}});
      return reading ? OfPythonFile(reading->files.front()) : Reading{};
    }
    if (words[i] == "-m" || words[i].starts_with("-O")) return {};  // without assertions
    if (words[i] == "-W" || words[i] == "-X") {
      ++i;
    } else if (!words[i].empty() && words[i][0] != '-') {
      const PythonFile* file = find(words[i]);
      return file != nullptr ? OfPythonFile(*file) : Reading{};
    }
  }
  return {};
}

// ---- commands -----------------------------------------------------------------------------------------------------

/// Is the one-letter option among those that are written together: "-fsS"? Letters behind one with a value are its
/// value.
bool HasLetter(const std::string& word, char letter) {
  if (word.size() < 2 || word[0] != '-' || word[1] == '-') return false;
  const std::size_t value = std::min(word.find_first_of("oXHdmwuAebcTxFKQrtyYz", 1), word.size());
  const std::size_t at = word.find(letter, 1);
  return at != std::string::npos && at < value;
}

Reading OfCurl(const Words& words) {
  bool fails = false;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--fail" || word == "--fail-with-body") fails = true;
    if (word == "--no-fail") fails = false;
    if (word == "--version" || word == "--help" || word == "-V" || word == "-h") return {Kind::kNothing, {}};
    if (HasLetter(word, 'f')) fails = true;
    if (IsOneOf(word, {"--write-out", "--output", "--header", "--request", "--data", "--max-time", "--connect-timeout",
                       "--retry", "--retry-delay", "--user-agent", "--user", "--cacert", "--cert", "--key", "--proxy",
                       "--resolve", "--unix-socket", "--url", "--config"}))
      ++i;
    // A letter with a value that stands at the end takes the next word.
    const std::size_t value = word.size() > 1 && word[0] == '-' && word[1] != '-'
                                  ? word.find_first_of("oXHdmwuAebcTxFKQrtyYz", 1)
                                  : std::string::npos;
    if (value != std::string::npos && value + 1 == word.size()) ++i;
  }
  if (fails) return {Kind::kNotices, {}};
  return {Kind::kBlind, "curl without --fail is content with a 500"};
}

Reading OfCommand(const ShellCommand& command, const FindPython& find) {
  if (command.words.empty()) return {Kind::kNothing, {}};
  const Words& words = command.words;
  const std::string program = words[0].substr(words[0].rfind('/') == std::string::npos ? 0 : words[0].rfind('/') + 1);
  if (program == "curl") return OfCurl(words);
  if (program == "wget") return {Kind::kNotices, {}};
  if (program.starts_with("python")) return OfPython(words, find);
  if (IsOneOf(program, {"nc", "ncat", "netcat"})) return {Kind::kBlind, "it only sees that the port is open"};
  if (IsOneOf(program, {"test", "[", "[["})) {
    const auto holds = [&](const char* part) {
      return std::any_of(words.begin(), words.end(),
                         [&](const std::string& word) { return word.find(part) != std::string::npos; });
    };
    return {holds("http_code") && holds("200") ? Kind::kNotices : Kind::kUnknown, {}};
  }
  if (IsOneOf(program, {"true", ":", "false", "echo", "printf", "exit", "cd", "set", "sleep", "export", "sh", "bash",
                        "grep", "tee", "cat", "head", "tail"}))
    return {Kind::kNothing, {}};
  return {};
}

/// What the whole depends on.
struct Sum {
  bool notices = false;
  bool unknown = false;
  std::string why;

  void Take(const std::vector<ShellCommand>& commands, std::size_t i, const Reading& reading) {
    const ShellCommand& command = commands[i];
    const auto blind = [&](const std::string& reason) { why = why.empty() ? reason : why; };
    if (reading.kind == Kind::kNothing || command.reach == ShellCommand::Reach::kNever || command.calls_function)
      return;
    if (command.reach == ShellCommand::Reach::kDepends) {
      unknown = unknown || reading.kind != Kind::kBlind;
      return;
    }
    if (!command.piped_into.empty()) {
      // Of an error the one hands on nothing, so that grep finds nothing.
      const bool into_grep = command.piped_into == "grep" && i + 1 < commands.size();
      const bool greps = into_grep && commands[i + 1].failure == Failure::kFailsScript &&
                         std::none_of(commands[i + 1].words.begin(), commands[i + 1].words.end(),
                                      [](const std::string& word) { return HasLetter(word, 'v'); });
      if (greps && reading.kind == Kind::kNotices) {
        notices = true;
      } else if (IsOneOf(command.piped_into, {"tee", "cat", "head", "tail", "true", "echo", ":"})) {
        blind("its status is that of the end of the pipe, which always succeeds");
      } else {
        unknown = true;
      }
    } else if (command.failure == Failure::kIgnored) {
      blind("when it fails, the status is that of what follows, which succeeds");
    } else if (reading.kind == Kind::kUnknown || command.failure == Failure::kDecidedElsewhere) {
      unknown = unknown || reading.kind != Kind::kBlind;
      if (reading.kind == Kind::kBlind) blind(reading.why);
    } else if (reading.kind == Kind::kNotices) {
      notices = true;
    } else {
      blind(reading.why);
    }
  }
};

/// The port behind a name of the container itself: "localhost:80", "('localhost', 80)".
std::string PortIn(const std::string& text) {
  for (const char* host : {"localhost", "127.0.0.1", "0.0.0.0", "[::1]", "::1"}) {
    const std::size_t at = text.find(host);
    if (at == std::string::npos) continue;
    std::size_t digit = at + std::string_view(host).size();
    const std::size_t begin = digit;
    while (digit < text.size() && std::string_view("'\", :\\").find(text[digit]) != std::string_view::npos) ++digit;
    std::string port;
    while (digit > begin && digit < text.size() && std::isdigit(static_cast<unsigned char>(text[digit])) != 0)
      port += text[digit++];
    if (!port.empty()) return port;
  }
  return {};
}

/// The exec form's words, or nothing.
std::optional<Words> ExecForm(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_array() || json.empty()) return std::nullopt;
  Words words;
  for (const Json& word : json) {
    if (!word.is_string()) return std::nullopt;
    words.push_back(word.get<std::string>());
  }
  return words;
}

ShellReading CommandsOf(const std::string& text) {
  const std::optional<Words> exec = ExecForm(text);
  if (!exec) return ReadShellScript(text);
  const bool shell = exec->size() > 2 && IsOneOf(exec->front(), {"sh", "bash", "/bin/sh", "/bin/bash"});
  if (shell && (*exec)[1].starts_with('-') && (*exec)[1] == "-c") return ReadShellScript((*exec)[2]);
  ShellCommand command;
  command.words = *exec;
  ShellReading reading;
  reading.commands.push_back(std::move(command));
  return reading;
}

/// Host, port and path of the first URL in it.
void TakeUrl(const std::string& text, Health& health) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string::npos) return;
  const std::size_t begin = scheme + 3;
  const std::size_t end = std::min(text.find_first_of(" \t\"'`)|;&>\\", begin), text.size());
  const std::string url = text.substr(begin, end - begin);
  const std::size_t slash = std::min(url.find('/'), url.size());
  const std::string authority = url.substr(0, slash);
  const std::size_t colon = authority.rfind(':');
  const bool with_port = colon != std::string::npos && authority.find(']', colon) == std::string::npos;
  health.host = authority.substr(0, with_port ? colon : std::string::npos);
  health.port = with_port ? authority.substr(colon + 1)
                          : (scheme >= 5 && text.compare(scheme - 5, 5, "https") == 0 ? "443" : "80");
  health.path = url.substr(slash, url.find_first_of("?#", slash) - slash);
}

/// Seconds of "30s", "1m30s"; negative when it is no duration.
double Seconds(const std::string& text) {
  double all = 0;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && (std::isdigit(static_cast<unsigned char>(text[end])) != 0 || text[end] == '.')) ++end;
    if (end == i || end - i > 12) return -1;
    const double number = std::strtod(text.substr(i, end - i).c_str(), nullptr);
    std::size_t unit = end;
    while (unit < text.size() && std::isalpha(static_cast<unsigned char>(text[unit])) != 0) ++unit;
    const std::string name = text.substr(end, unit - end);
    const double times = name == "h" ? 3600 : name == "m" ? 60 : name == "s" ? 1 : name == "ms" ? 1e-3 : -1;
    if (times < 0) return -1;
    all += number * times;
    i = unit;
  }
  return all;
}

/// Why it says nothing for hours, by its options; empty: it does not.
std::string WhyTooRare(const DockerInstruction& healthcheck) {
  for (const char* option : {"interval", "timeout", "start-period"}) {
    const std::optional<std::string> given = healthcheck.Flag(option);
    if (given && given->find('$') == std::string::npos && (Seconds(*given) < 0 || Seconds(*given) > 3600))
      return std::string("its ") + option + " is " + *given;
  }
  const std::optional<std::string> retries = healthcheck.Flag("retries");
  if (retries && (retries->empty() || retries->size() > 2)) return "it takes " + *retries + " failures";
  return {};
}

}  // namespace

Health Examine(const DockerInstruction& healthcheck, const FindPython& find) {
  std::string text = healthcheck.arguments;
  if (text.starts_with("NONE")) return {"it is switched off", {}, {}, {}, true};
  if (text.starts_with("CMD")) text.erase(0, text.find_first_not_of(" \t", 3));
  Health health;
  health.port = PortIn(text);
  TakeUrl(text, health);
  health.why_blind = WhyTooRare(healthcheck);
  if (!health.why_blind.empty()) return health;
  const ShellReading reading = CommandsOf(text);
  const std::vector<ShellCommand>& commands = reading.commands;
  Sum sum;
  for (std::size_t i = 0; i < commands.size(); ++i) sum.Take(commands, i, OfCommand(commands[i], find));
  if (!reading.not_understood.empty()) sum.unknown = true;
  if (sum.notices && reading.not_understood.empty()) return health;
  health.known = !sum.unknown;
  if (health.known) health.why_blind = sum.why.empty() ? "it asks nobody" : sum.why;
  return health;
}

}  // namespace readiness::dockerfiles
