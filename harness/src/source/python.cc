// The adapter of Python: hands the texts to read_python.py, which is compiled in, and types its answer.

#include <fmt/format.h>
#include <openssl/evp.h>

#include <cstdlib>
#include <filesystem>

#include "base/located_json.h"
#include "base/program.h"
#include "base/text.h"
#include "readiness/source_python.h"
#include "source/read_python.h"

namespace readiness {
namespace {

constexpr std::chrono::seconds kTime{45};
constexpr std::uint64_t kMemory = std::uint64_t{2} * 1024 * 1024 * 1024;
constexpr std::size_t kMaxOutput = 128 * 1024 * 1024;
constexpr std::size_t kMaxInput = 64 * 1024 * 1024;
constexpr int kNoPyflakes = 3;

/// Where distributions put theirs goes first: it is the one that has the distribution's pyflakes.
std::string Interpreter() {
  const char* usual = "/usr/bin/python3";
  std::error_code error;
  return std::filesystem::exists(usual, error) ? usual : "python3";
}

std::string Base64(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

/// Paths need not be UTF-8, and only their folders and the last name matter to the reader.
std::string Utf8(const std::string& path) {
  return Printable(path, 4096);
}

PythonProblem ToProblem(const Json& json) {
  PythonProblem problem;
  const std::string kind = json.at("kind");
  problem.kind = kind == "syntax"      ? PythonProblem::Kind::kSyntax
                 : kind == "undefined" ? PythonProblem::Kind::kUndefined
                                       : PythonProblem::Kind::kUnknown;
  problem.name = json.at("name");
  problem.line = json.at("line");
  problem.column = json.at("column");
  problem.message = json.at("message");
  return problem;
}

PythonFile ToFile(const Json& json, const std::string& path) {
  PythonFile file;
  file.path = path;
  for (const Json& problem : json.at("problems")) file.problems.push_back(ToProblem(problem));
  file.names = json.at("names");
  file.planted_found = json.at("planted");
  for (const Json& call : json.at("calls")) {
    PythonCall one{call.at("function"), {}, {}, call.at("scope"), call.at("caught"), call.at("line")};
    for (const Json& argument : call.at("arguments")) one.arguments.push_back(argument);
    for (const Json& word : call.at("keywords")) one.keywords.emplace_back(word.at(0), word.at(1));
    file.calls.push_back(std::move(one));
  }
  for (const Json& assignment : json.at("assignments")) {
    file.assignments.push_back(
        {assignment.at("target"), assignment.at("value"), assignment.at("scope"), assignment.at("line")});
  }
  for (const Json& import : json.at("imports"))
    file.imports.push_back(
        {import.at("module"), import.at("name"), import.at("optional"), import.at("standard"), import.at("line")});
  for (const Json& end : json.at("ends"))
    file.ends.push_back({end.at("error"), end.at("on").get<std::vector<std::string>>(), end.at("line")});
  for (const auto& [name, lines] : json.at("uses").items()) file.uses[name] = lines.get<std::vector<int>>();
  file.definitions = json.at("definitions").get<std::vector<std::string>>();
  return file;
}

Result<PythonReading> ToReading(const Json& json, const std::vector<PythonSource>& sources) {
  try {
    PythonReading reading;
    reading.version = json.at("version");
    const Json& files = json.at("files");
    if (files.size() != sources.size()) return Fail(ErrorKind::kInternal, "python3 answered for other files");
    for (std::size_t i = 0; i < sources.size(); ++i) reading.files.push_back(ToFile(files[i], sources[i].path));
    return reading;
  } catch (const Json::exception& problem) {
    return Fail(ErrorKind::kInternal, fmt::format("python3 answered in an unknown form: {}", problem.what()));
  }
}

Error Unable(const ProgramResult& ran, const std::string& interpreter) {
  return Error{ErrorKind::kEnvironment,
               "python3 could not read the sources",
               std::nullopt,
               "an answer",
               Printable(fmt::format("{} ended with {}: {}", interpreter, ran.exit_code, ran.error_output), 1000),
               ran.exit_code == kNoPyflakes ? "install python3-pyflakes, see cmake/setup.sh" : ""};
}

}  // namespace

Result<PythonReading> ReadPython(const std::vector<PythonSource>& sources) {
  std::size_t size = 0;
  for (const PythonSource& source : sources) size += source.text.size();
  if (size > kMaxInput) {
    return Fail({ErrorKind::kLimit, "there is too much Python source", std::nullopt,
                 fmt::format("at most {} bytes in all", kMaxInput), fmt::format("{} bytes", size),
                 "state narrower globs"});
  }
  Json request{{"files", Json::array()}};
  for (const PythonSource& source : sources)
    request["files"].push_back({{"path", Utf8(source.path)}, {"text", Base64(source.text)}});
  ProgramRequest program;
  // -I: nothing of the environment, the user or the working directory is imported. -B: nothing is written.
  program.command = {Interpreter(), "-I", "-B", "-X", "utf8", "-c", kReadPython};
  const char* path = std::getenv("PATH");
  program.environment = {fmt::format("PATH={}", path != nullptr ? path : "/usr/bin:/bin"), "LC_ALL=C.UTF-8"};
  program.working_directory = "/";
  program.input = request.dump();
  program.timeout = kTime;
  program.max_output = kMaxOutput;
  program.max_memory = kMemory;
  READINESS_ASSIGN(const ProgramResult ran, RunProgram(program));
  if (ran.exit_code != 0) return Fail(Unable(ran, program.command.front()));
  JsonLimits limits;
  limits.bytes = kMaxOutput;
  limits.values = 20'000'000;
  limits.depth = 200;
  READINESS_ASSIGN(const Json answer, ParseStrictJson(ran.output, "python3's answer", limits));
  return ToReading(answer, sources);
}

}  // namespace readiness
