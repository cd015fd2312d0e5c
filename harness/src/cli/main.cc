// The tool `readiness`: reads the command line and hands over to one command. Nothing else happens here.

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "base/text.h"
#include "cli/commands.h"

namespace {

using namespace readiness;

std::string OwnPath() {
  char path[4096];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  return length > 0 ? std::string(path, static_cast<std::size_t>(length)) : "readiness";
}

constexpr const char* kOwnedHelp = "only for a run that the calling process has started, not for one under a lease";

struct CommandLine {
  UpOptions up;
  int startup_timeout_s = 0;
  int lease_s = 0;
  ResolveOptions resolve;
  ReportCommandOptions report;
  ValidateOptions validate;
  bool owned = false;
  std::string state_directory, run_id, item_file, suite_file, format = "text";
};

void AddUp(CLI::App& app, CommandLine& line, int& code) {
  CLI::App* up = app.add_subcommand("up", "start a target; exits 0 even when it does not start, and records why");
  up->add_option("--name", line.up.name, "name of the target")->required();
  up->add_option("--target", line.up.target_file, "target.json")->required();
  up->add_option("--deployment", line.up.deployment_file, "how to run it")->required();
  up->add_option("--variant", line.up.variant, "variant of the deployment");
  up->add_option("--state-directory", line.up.state_directory, "where the run is recorded")->required();
  up->add_option("--startup-timeout", line.startup_timeout_s, "seconds for the whole start")
      ->check(CLI::Range(1, 3600));
  up->add_option("--lease", line.lease_s, "seconds that the run lives; without it, as long as the calling process")
      ->check(CLI::Range(1, 86'400));
  up->callback([&] {
    if (line.startup_timeout_s > 0) line.up.startup_timeout = std::chrono::seconds(line.startup_timeout_s);
    if (line.lease_s > 0) line.up.lease = std::chrono::seconds(line.lease_s);
    const char* defects = std::getenv("READINESS_DEFECTS");
    if (defects != nullptr) line.up.defects = defects;
    code = UpCommand(line.up);
  });
}

void AddRunControl(CLI::App& app, CommandLine& line, int& code) {
  CLI::App* down = app.add_subcommand("down", "end a target that this caller (or a lease) owns");
  down->add_option("--state-directory", line.state_directory, "as given to up")->required();
  down->add_flag("--owned", line.owned, kOwnedHelp);
  down->callback([&] { code = DownCommand(line.state_directory, line.owned); });

  CLI::App* started = app.add_subcommand("started", "exit 0 if the target of a state directory runs, else say why not");
  started->add_option("--state-directory", line.state_directory, "as given to up")->required();
  started->add_flag("--owned", line.owned, kOwnedHelp);
  started->callback([&] { code = StartedCommand(line.state_directory, line.owned); });

  CLI::App* reap = app.add_subcommand("reap", "end what is left of runs whose owner is gone");
  reap->add_option("--run", line.run_id, "this run, whoever owns it");
  reap->callback([&] { code = ReapCommand(line.run_id); });
}

void AddItems(CLI::App& app, CommandLine& line, int& code) {
  CLI::App* run = app.add_subcommand("run", "run one item: 0 pass, 1 fail, 2 usage, 3 inconclusive, 77 not applicable");
  run->add_option("item", line.item_file, "<build>/readiness/<suite>/items/<id>/item.json")->required();
  run->add_flag("--owned", line.owned, kOwnedHelp);
  run->callback([&] { code = RunCommand(line.item_file, line.owned); });

  CLI::App* report = app.add_subcommand("report", "print the verdict: 0 GO, 1 NO-GO, 2 bad input, 3 INCOMPLETE");
  report->add_option("--suite-directory", line.report.suite_directories, "<build>/readiness/<suite>")->required();
  report->add_option("--junit", line.report.junit_file, "also write one JUnit file about all suites");
  report->add_flag("--owned", line.report.owned, kOwnedHelp);
  report->add_flag("--if-own", line.report.if_own,
                   "print it again if the calling ctest has just reported, else nothing; exits 0");
  report->add_flag("--colour", line.report.colour, "colour the terminal output");
  report->callback([&] { code = ReportCommand(line.report); });

  CLI::App* list = app.add_subcommand("list", "list the items of a suite");
  list->add_option("suite", line.suite_file, "suite.json")->required();
  list->add_option("--format", line.format, "text or json")->check(CLI::IsMember({"text", "json"}));
  list->callback([&] { code = ListCommand(line.suite_file, line.format == "json"); });
}

void AddDefinitions(CLI::App& app, CommandLine& line, int& code) {
  CLI::App* validate = app.add_subcommand("validate", "check definitions, and a suite against its audit document");
  CLI::Option* suite = validate->add_option("--suite", line.validate.suite_file, "suite.json");
  CLI::Option* target = validate->add_option("--target", line.validate.target_file, "target.json");
  CLI::Option* deployment =
      validate->add_option("--deployment", line.validate.deployment_file, "a deployment of --target")->needs(target);
  validate->add_option("--variant", line.validate.variant, "variant of the deployment")->needs(deployment);
  validate
      ->add_option("--audit", line.validate.audit_file, "the audit's text: shows items whose line changed or is gone")
      ->needs(suite);
  validate->callback([&] { code = ValidateCommand(line.validate); });

  CLI::App* resolve = app.add_subcommand("resolve", "build step of readiness_add_suite");
  resolve->add_option("--name", line.resolve.name)->required();
  resolve->add_option("--definition", line.resolve.definition)->required();
  resolve->add_option("--target-name", line.resolve.target_name)->required();
  resolve->add_option("--target", line.resolve.target_file)->required();
  resolve->add_option("--deployment", line.resolve.deployment_file)->required();
  resolve->add_option("--variant", line.resolve.variant);
  resolve->add_option("--state-directory", line.resolve.state_directory)->required();
  resolve->add_option("--suite-directory", line.resolve.suite_directory)->required();
  resolve->add_option("--items", line.resolve.items);
  resolve->add_option("--exclude", line.resolve.exclude);
  resolve->add_option("--properties", line.resolve.properties);
  resolve->callback([&] {
    line.resolve.tool = OwnPath();
    code = ResolveCommand(line.resolve);
  });
}

// Prints the help or what is wrong with the command line; the words of the latter come from outside.
int Explain(const CLI::App& app, const CLI::ParseError& problem) {
  std::ostringstream help;
  std::ostringstream complaint;
  const bool asked = app.exit(problem, help, complaint) == 0;
  fmt::print("{}", help.str());
  fmt::print(stderr, "{}", Printable(complaint.str()));
  return asked ? kExitDone : kExitUsage;
}

// CLI11 says only that a subcommand is required.
std::optional<Error> UnknownCommand(const CLI::App& app, const std::string& word) {
  std::vector<std::string> known;
  std::string accepted;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == word) return std::nullopt;
    known.push_back(command->get_name());
    accepted += (accepted.empty() ? "" : ", ") + command->get_name();
  }
  const auto nearest = NearestWord(word, known);
  return Error{ErrorKind::kUsage,
               "unknown command",
               std::nullopt,
               "one of " + accepted,
               word,
               nearest ? "did you mean " + *nearest + "?" : "run readiness --help"};
}

}  // namespace

int main(int argc, char** argv) {
  // The processes that `up` starts: not for people, so not in the help.
  if (argc > 1 && std::string(argv[1]) == "supervise") return RunSupervisor(argc, argv);
  if (argc > 1 && std::string(argv[1]) == "janitor") return RunJanitor(argc, argv);

  CommandLine line;
  int code = kExitUsage;
  CLI::App app("Runs production-readiness audits.", "readiness");
  app.set_version_flag("--version", READINESS_VERSION);
  app.require_subcommand(1);
  AddUp(app, line, code);
  AddRunControl(app, line, code);
  AddItems(app, line, code);
  AddDefinitions(app, line, code);
  if (argc > 1 && argv[1][0] != '-') {
    if (const auto unknown = UnknownCommand(app, argv[1])) {
      fmt::print(stderr, "{}", RenderError(*unknown));
      return kExitUsage;
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return Explain(app, problem);
  }
  return code;
}
