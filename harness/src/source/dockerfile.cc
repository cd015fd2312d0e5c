#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/located_json.h"
#include "base/text.h"
#include "readiness/source_dockerfile.h"
#include "source/docker_text.h"

namespace readiness {
namespace {

constexpr std::size_t kMaxBytes = 1024 * 1024;
constexpr std::size_t kMaxStages = 200;
constexpr std::size_t kMaxValue = 64 * 1024;            // of a word, its variables filled in
constexpr std::size_t kMaxExpanded = 16 * 1024 * 1024;  // of all words and variables, those of each stage anew
constexpr std::array<std::string_view, 18> kInstructions{
    "ADD",   "ARG",        "CMD",     "COPY", "ENTRYPOINT", "ENV",        "EXPOSE", "FROM",   "HEALTHCHECK",
    "LABEL", "MAINTAINER", "ONBUILD", "RUN",  "SHELL",      "STOPSIGNAL", "USER",   "VOLUME", "WORKDIR"};

Error Malformed(const std::string& path, int line, const std::string& what, std::string expected, std::string actual) {
  return Error{ErrorKind::kMalformed, what, Place{path, line, 0}, std::move(expected), std::move(actual), {}};
}

Error TooMuch(const std::string& path, int line, const std::string& what, std::size_t most) {
  return Error{ErrorKind::kLimit, what, Place{path, line, 0}, fmt::format("at most {}", most), "more", {}};
}

std::string Upper(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return upper;
}

bool TakesHeredocs(const std::string& name) {
  return name == "RUN" || name == "COPY" || name == "ADD";
}

/// `<<name`, `<<-name`, `<<"name"`, with a number before it or not.
struct HeredocWord {
  std::string name;
  bool strip_tabs = false;
};

std::optional<HeredocWord> AsHeredoc(std::string_view word) {
  while (!word.empty() && std::isdigit(static_cast<unsigned char>(word.front())) != 0) word.remove_prefix(1);
  if (!word.starts_with("<<") || word.starts_with("<<<")) return std::nullopt;
  word.remove_prefix(2);
  HeredocWord heredoc;
  if (word.starts_with('-')) {
    heredoc.strip_tabs = true;
    word.remove_prefix(1);
  }
  for (const char c : word) {
    if (c != '"' && c != '\'') heredoc.name += c;
  }
  const bool plain =
      !heredoc.name.empty() && std::all_of(heredoc.name.begin(), heredoc.name.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '-';
      });
  if (!plain) return std::nullopt;
  return heredoc;
}

class Reader {
 public:
  Reader(std::string_view text, const std::string& path) : lines_(text), path_(path) { file_.path = path; }

  Result<Dockerfile> Read() {
    while (std::optional<DockerLine> line = lines_.NextLogical()) {
      READINESS_RETURN_IF_ERROR(ReadInstruction(*line));
    }
    for (DockerStage& stage : file_.stages) stage.variables = stage_variables_[&stage - file_.stages.data()];
    return std::move(file_);
  }

 private:
  Result<void> ReadInstruction(const DockerLine& line) {
    const std::string_view text = line.text;
    const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
    DockerInstruction instruction;
    instruction.name = Upper(text.substr(0, end));
    instruction.line = line.number;
    if (std::find(kInstructions.begin(), kInstructions.end(), instruction.name) == kInstructions.end()) {
      return Fail(Malformed(path_, line.number, "unknown instruction in a Dockerfile", "an instruction such as FROM",
                            Printable(text.substr(0, end), 100)));
    }
    std::string_view rest = Trimmed(text.substr(end));
    while (rest.starts_with("--")) {
      const std::size_t stop = std::min(rest.find_first_of(" \t"), rest.size());
      const std::string_view flag = rest.substr(2, stop - 2);
      const std::size_t equals = flag.find('=');
      instruction.flags.emplace_back(flag.substr(0, equals),
                                     equals == std::string_view::npos ? "" : flag.substr(equals + 1));
      rest = Trimmed(rest.substr(stop));
    }
    instruction.arguments = rest;
    READINESS_RETURN_IF_ERROR(ReadHeredocs(instruction));
    if (instruction.arguments.empty()) {
      return Fail(Malformed(path_, line.number, "an instruction of a Dockerfile has no arguments",
                            "arguments of " + instruction.name, "none"));
    }
    return Take(std::move(instruction));
  }

  Result<void> ReadHeredocs(DockerInstruction& instruction) {
    if (!TakesHeredocs(instruction.name)) return {};
    for (const std::string& word : SplitShellWords(instruction.arguments)) {
      const std::optional<HeredocWord> heredoc = AsHeredoc(word);
      if (!heredoc) continue;
      const std::optional<std::string> text = lines_.UntilLine(heredoc->name, heredoc->strip_tabs);
      if (!text) {
        return Fail(Malformed(path_, instruction.line, "a here-document has no end",
                              fmt::format("a line {}", Printable(heredoc->name, 100)), "the end of the file"));
      }
      instruction.heredocs.push_back({heredoc->name, *text});
    }
    return {};
  }

  Result<void> Take(DockerInstruction instruction) {
    if (instruction.name == "FROM") return TakeFrom(instruction);
    if (file_.stages.empty()) {
      if (instruction.name == "ARG") return TakeGlobalArgument(instruction);
      return Fail(
          Malformed(path_, instruction.line, "an instruction stands before FROM", "FROM, or ARG", instruction.name));
    }
    READINESS_RETURN_IF_ERROR(ReadWords(instruction, stage_variables_.back()));
    if (instruction.name == "ARG") TakeArgument(instruction);
    if (instruction.name == "ENV") TakeEnvironment(instruction);
    file_.stages.back().instructions.push_back(std::move(instruction));
    return {};
  }

  Result<void> ReadWords(DockerInstruction& instruction, const std::map<std::string, std::string>& variables) {
    if (instruction.arguments.starts_with('[')) instruction.exec = AsExec(instruction.arguments);
    // In commands the variables are the shell's business.
    const bool command = instruction.name == "RUN" || instruction.name == "CMD" || instruction.name == "ENTRYPOINT" ||
                         instruction.name == "HEALTHCHECK" || instruction.name == "SHELL";
    const std::vector<std::string> words =
        instruction.exec ? *instruction.exec : SplitShellWords(instruction.arguments);
    for (const std::string& word : words) {
      if (command) {
        instruction.words.push_back(word);
        continue;
      }
      READINESS_ASSIGN(std::string filled, Fill(word, variables, instruction.unknown_variables, instruction.line));
      instruction.words.push_back(std::move(filled));
    }
    return {};
  }

  /// Variables that hold variables grow without end.
  Result<std::string> Fill(const std::string& word, const std::map<std::string, std::string>& variables,
                           std::vector<std::string>& unknown, int line) {
    std::string filled = FillVariables(word, variables, unknown, kMaxValue);
    if (filled.size() > kMaxValue) return Fail(TooMuch(path_, line, "a value in a Dockerfile is too long", kMaxValue));
    READINESS_RETURN_IF_ERROR(Spend(filled.size(), line));
    return filled;
  }

  Result<void> Spend(std::size_t bytes, int line) {
    expanded_ += bytes;
    if (expanded_ > kMaxExpanded)
      return Fail(TooMuch(path_, line, "the values in a Dockerfile are too long in all", kMaxExpanded));
    return {};
  }

  static std::optional<std::vector<std::string>> AsExec(const std::string& text) {
    const Result<Json> json = ParseStrictJson(text, "");
    if (!json || !json->is_array()) return std::nullopt;
    std::vector<std::string> words;
    for (const Json& word : *json) {
      if (!word.is_string()) return std::nullopt;
      words.push_back(word.get<std::string>());
    }
    return words;
  }

  Result<void> TakeFrom(const DockerInstruction& instruction) {
    const std::vector<std::string> words = SplitShellWords(instruction.arguments);
    const bool named = words.size() == 3 && Upper(words[1]) == "AS";
    if (words.size() != 1 && !named) {
      return Fail(Malformed(path_, instruction.line, "FROM in a wrong form", "FROM <image> [AS <name>]",
                            Printable(instruction.arguments, 200)));
    }
    if (file_.stages.size() >= kMaxStages)
      return Fail(TooMuch(path_, instruction.line, "a Dockerfile has too many stages", kMaxStages));
    DockerStage stage;
    stage.line = instruction.line;
    READINESS_ASSIGN(stage.base, Fill(words[0], file_.arguments, stage.unknown_variables, instruction.line));
    if (named) stage.name = words[2];
    std::map<std::string, std::string> variables;
    for (std::size_t i = 0; i < file_.stages.size(); ++i) {
      if (!file_.stages[i].name.empty() && file_.stages[i].name == stage.base) variables = environment_[i];
    }
    for (const auto& [name, value] : variables)
      READINESS_RETURN_IF_ERROR(Spend(name.size() + value.size(), instruction.line));
    file_.stages.push_back(std::move(stage));
    stage_variables_.push_back(variables);
    environment_.push_back(std::move(variables));
    return {};
  }

  Result<void> TakeGlobalArgument(const DockerInstruction& instruction) {
    std::vector<std::string> unknown;
    for (const std::string& word : SplitShellWords(instruction.arguments)) {
      const std::size_t equals = word.find('=');
      if (equals == std::string::npos) continue;
      READINESS_ASSIGN(std::string value, Fill(word.substr(equals + 1), file_.arguments, unknown, instruction.line));
      file_.arguments[word.substr(0, equals)] = std::move(value);
    }
    return {};
  }

  void TakeArgument(const DockerInstruction& instruction) {
    for (const std::string& word : instruction.words) {
      const std::size_t equals = word.find('=');
      const std::string name = word.substr(0, equals);
      const auto global = file_.arguments.find(name);
      if (equals != std::string::npos) {
        stage_variables_.back().insert_or_assign(name, word.substr(equals + 1));
      } else if (global != file_.arguments.end()) {
        stage_variables_.back().insert_or_assign(name, global->second);
      }
    }
  }

  void TakeEnvironment(const DockerInstruction& instruction) {
    const std::vector<std::string>& words = instruction.words;
    const auto set = [&](const std::string& name, const std::string& value) {
      stage_variables_.back().insert_or_assign(name, value);
      environment_.back().insert_or_assign(name, value);
    };
    if (words.size() > 1 && words[0].find('=') == std::string::npos) {
      set(words[0], fmt::format("{}", fmt::join(words.begin() + 1, words.end(), " ")));  // ENV name value
      return;
    }
    for (const std::string& word : words) {
      const std::size_t equals = word.find('=');
      if (equals != std::string::npos) set(word.substr(0, equals), word.substr(equals + 1));
    }
  }

  DockerLines lines_;
  const std::string& path_;
  Dockerfile file_;
  std::size_t expanded_ = 0;
  std::vector<std::map<std::string, std::string>> stage_variables_;  // by stage
  std::vector<std::map<std::string, std::string>> environment_;      // by stage; what a later one inherits
};

}  // namespace

std::optional<std::string> DockerInstruction::Flag(std::string_view flag) const {
  for (const auto& [known, value] : flags) {
    if (known == flag) return value;
  }
  return std::nullopt;
}

Result<Dockerfile> ParseDockerfile(std::string_view text, const std::string& path) {
  if (text.size() > kMaxBytes) {
    return Fail({ErrorKind::kLimit,
                 "Dockerfile is too large",
                 Place{path, 0, 0},
                 fmt::format("at most {} bytes", kMaxBytes),
                 fmt::format("{} bytes", text.size()),
                 {}});
  }
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    const auto line = static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(nul), '\n'));
    return Fail(Malformed(path, line + 1, "Dockerfile holds a NUL byte", "text", {}));
  }
  return Reader(text, path).Read();
}

}  // namespace readiness
