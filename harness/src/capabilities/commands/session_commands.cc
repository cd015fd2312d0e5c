#include "capabilities/commands/session_commands.h"

#include <utility>

#include "base/located_json.h"
#include "base/text.h"
#include "capabilities/placeholders.h"
#include "lifecycle/run_command.h"

namespace readiness {
namespace {

bool IsBlank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

Result<Json> ReadOutput(const std::string& name, const std::string& output) {
  if (IsBlank(output)) return Json();
  Result<Json> json = ParseStrictJson(output, "standard output", JsonLimits{kMaxCommandInput, 64, 1'000'000});
  if (json) return json;
  return Fail({ErrorKind::kMalformed, "command " + name + " did not write JSON", std::nullopt,
               "one JSON value on standard output", json.error().Brief() + "; it begins " + Printable(output, 200),
               "write everything else to standard error"});
}

}  // namespace

Result<const CommandSpec*> SessionCommands::Find(const std::string& name) const {
  if (!target_.commands.contains(name)) {
    Error error{
        ErrorKind::kNotAvailable, "command \"" + name + "\" is not declared in " + target_.file, {}, {}, {}, {}};
    std::vector<std::string> known;
    for (const auto& [other, description] : target_.commands) known.push_back(other);
    if (const auto near = NearestWord(name, known)) error.fix = "did you mean \"" + *near + "\"?";
    return Fail(std::move(error));
  }
  const auto found = session_.commands.find(name);
  if (found == session_.commands.end()) {
    return Fail({ErrorKind::kNotAvailable,
                 "the deployment does not say how command \"" + name + "\" is run",
                 Place{session_.deployment_file, 0, 0},
                 "\"" + name + "\" in \"commands\"",
                 {},
                 {}});
  }
  return &found->second;
}

Result<CommandResult> SessionCommands::Run(const std::string& name, const Json& input) {
  READINESS_ASSIGN(const CommandSpec* spec, Find(name));
  READINESS_ASSIGN(const std::string text, DumpJson(input));
  if (text.size() > kMaxCommandInput) {
    return Fail({ErrorKind::kLimit,
                 "the input of command " + name + " is too large",
                 std::nullopt,
                 "at most " + std::to_string(kMaxCommandInput) + " bytes",
                 std::to_string(text.size()) + " bytes",
                 {}});
  }
  Result<CommandEnd> end = RunCommand(*spec, text);

  EvidenceEntry entry;
  entry.command.emplace();
  entry.command->name = name;
  entry.command->command = spec->command;
  entry.command->working_directory = spec->working_directory;
  entry.command->input = text.substr(0, kMaxEvidenceBody);
  entry.request_bytes = text.size();
  if (end) {
    entry.command->exit_code = end->exit_code;
    entry.command->output = end->output.substr(0, kMaxEvidenceBody);
    entry.command->error_output = end->error_output;
    entry.command->error_bytes = end->error_bytes;
    entry.response_bytes = end->output.size();
  } else {
    entry.error = end.error();
  }
  log_.Add(std::move(entry));
  if (!end) return Fail(end.error());
  READINESS_ASSIGN(Json output, ReadOutput(name, end->output));
  return CommandResult{end->exit_code, std::move(output), std::move(end->error_output)};
}

}  // namespace readiness
