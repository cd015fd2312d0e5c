#pragma once
// Dockerfiles as the reference describes them: parser directives, comments, continued lines, here-documents, build
// stages, ARG and ENV. Nothing is built or run. Pure functions of the text; any thread.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "readiness/result.h"

namespace readiness {

struct DockerHeredoc {
  std::string name;
  std::string text;
};

struct DockerInstruction {
  std::string name;                                        ///< in upper case: "COPY"
  std::vector<std::pair<std::string, std::string>> flags;  ///< "--from=build" is {"from", "build"}
  std::string arguments;                                   ///< what follows the flags, on one line, as written
  std::optional<std::vector<std::string>> exec;            ///< the JSON form: ["python", "-m", "x"]
  std::vector<std::string> words;                          ///< `exec`, or the words of `arguments`; variables filled in
  std::vector<std::string> unknown_variables;              ///< used in `words`, and neither ARG nor ENV gives a value
  std::vector<DockerHeredoc> heredocs;
  int line = 0;

  /// The value of a flag; nothing when it is not there.
  std::optional<std::string> Flag(std::string_view flag) const;
};

struct DockerStage {
  std::string base;  ///< variables filled in: "python:3.11-slim", or the name of an earlier stage
  std::string name;  ///< AS; empty: it has none
  std::vector<DockerInstruction> instructions;   ///< without FROM, ARG and ENV included
  std::vector<std::string> unknown_variables;    ///< in `base`
  std::map<std::string, std::string> variables;  ///< ARG and ENV at its end
  int line = 0;
};

struct Dockerfile {
  std::string path;
  std::vector<DockerStage> stages;               ///< empty: there is nothing but comments
  std::map<std::string, std::string> arguments;  ///< global ARG with its default
};

/// Errors with place: kMalformed (an unknown instruction, an instruction without arguments or before FROM, a
/// here-document without end, a NUL byte), kLimit (over 1 MiB, 200 stages, values of
/// 64 KiB or of 16 MiB in all). A file without any instruction is a Dockerfile without
/// stages.
Result<Dockerfile> ParseDockerfile(std::string_view text, const std::string& path);

/// The words of a command line as a shell would split them: quotes and backslashes, no expansion.
std::vector<std::string> SplitShellWords(std::string_view line);

}  // namespace readiness
