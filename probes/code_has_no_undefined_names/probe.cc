#include "readiness/probe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "imports.h"
#include "readiness/source_glob.h"
#include "readiness/source_python.h"

namespace readiness::probes {
namespace {

using undefined_names::Modules;
using Kind = PythonProblem::Kind;

constexpr std::size_t kMostViolations = 50;

// Ours: a name that is misspelt on an error path, as the audited system had it, and the same spelt right.
constexpr const char* kSound =
    "import logging\n\nlogger = logging.getLogger(__name__)\n\n\ndef run(value):\n    try:\n        return 1 / value\n"
    "    except ZeroDivisionError as problem:\n        logger.warning(\"%s\", problem)\n";
constexpr const char* kUnsound =
    "import logging\n\nlog = logging.getLogger(__name__)\n\n\ndef run(value):\n    try:\n        return 1 / value\n"
    "    except ZeroDivisionError as problem:\n        logger.warning(\"%s\", problem)\n";
constexpr int kUnsoundLine = 10;

struct Settings {
  std::vector<std::string> files, except, defined_elsewhere, import_roots;
  std::int64_t minimum_files = 0, minimum_names = 0;
  bool stars_allowed = false;
};

Result<Settings> ReadSettings(const Parameters& parameters) {
  Settings settings;
  READINESS_ASSIGN(settings.files, parameters.StringList("files"));
  READINESS_ASSIGN(settings.except, parameters.StringList("except"));
  READINESS_ASSIGN(settings.defined_elsewhere, parameters.StringList("defined_elsewhere"));
  READINESS_ASSIGN(settings.import_roots, parameters.StringList("import_roots"));
  READINESS_ASSIGN(settings.minimum_files, parameters.Integer("minimum_files"));
  READINESS_ASSIGN(settings.minimum_names, parameters.Integer("minimum_names"));
  READINESS_ASSIGN(settings.stars_allowed, parameters.Boolean("may_come_from_star_imports"));
  return settings;
}

std::string Listed(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

class Check {
 public:
  Check(Context& context, Settings settings) : context_(context), settings_(std::move(settings)) {}

  Result<void> Run() {
    READINESS_ASSIGN(std::vector<PythonSource> sources, ReadSources());
    const std::size_t count = sources.size();
    sources.push_back({"sound.py", kSound});
    sources.push_back({"unsound.py", kUnsound});
    READINESS_ASSIGN(PythonReading reading, ReadPython(sources));
    RecordPlanted(reading.files[count], reading.files[count + 1]);
    reading.files.resize(count);
    for (const PythonFile& file : reading.files) LookAt(file, reading.version);
    READINESS_RETURN_IF_ERROR(LookAtImports(reading.files));
    RecordCoverage(reading.files);
    RecordUndecidable();
    RecordViolations();
    for (const auto& [folder, seen] : sound_) {
      context_.findings.AddObservation({fmt::format("names in {}", folder),
                                        fmt::format("{} files, {} uses of names, all defined", seen.files, seen.names),
                                        {{"files", seen.files}, {"names", seen.names}}});
    }
    return {};
  }

 private:
  struct Seen {
    int files = 0;
    int names = 0;
  };

  Result<std::vector<PythonSource>> ReadSources() {
    READINESS_ASSIGN(const std::vector<SourceFile> files, context_.source_tree.Files(settings_.files));
    std::vector<PythonSource> sources;
    for (const SourceFile& file : files) {
      if (MatchesAnyGlob(settings_.except, file.path)) continue;
      READINESS_ASSIGN(std::string text, context_.source_tree.Read(file.path));
      sources.push_back({file.path, std::move(text)});
    }
    if (sources.empty()) {
      return Fail({ErrorKind::kTarget, "no Python file was found", std::nullopt,
                   fmt::format("tracked files that match {}", Listed(settings_.files)), "none",
                   "state where the code lies"});
    }
    return sources;
  }

  void RecordPlanted(const PythonFile& sound, const PythonFile& unsound) {
    const bool found = unsound.problems.size() == 1 && unsound.problems.front().kind == Kind::kUndefined &&
                       unsound.problems.front().name == "logger" && unsound.problems.front().line == kUnsoundLine;
    const bool quiet = sound.problems.empty() && sound.names > 0;
    context_.findings.AddControl(
        {"planted_name_is_found", "an undefined name in a text of our own is found, and nothing without it",
         found && quiet,
         fmt::format("{} on line {}; {} in the sound text", found ? "\"logger\" was found" : "it was not found",
                     kUnsoundLine, quiet ? "nothing" : "something")});
  }

  void LookAt(const PythonFile& file, const std::string& version) {
    bool sound = true;
    for (const PythonProblem& problem : file.problems) {
      if (problem.kind == Kind::kUnknown) {
        const bool star = problem.message.find("is missing when") == std::string::npos;
        if (!star || !settings_.stars_allowed)
          undecided_.push_back(fmt::format("{}:{} {} ({})", file.path, problem.line, problem.name, problem.message));
        continue;
      }
      const auto& elsewhere = settings_.defined_elsewhere;
      if (std::find(elsewhere.begin(), elsewhere.end(), problem.name) != elsewhere.end()) continue;
      sound = false;
      if (problem.kind == Kind::kSyntax) {
        violations_.push_back({fmt::format("a Python file does not parse: {}:{}", file.path, problem.line),
                               fmt::format("parsed {} with {}", file.path, version), "a file that parses",
                               fmt::format("{}:{}:{}: {}", file.path, problem.line, problem.column, problem.message),
                               "mend the syntax; nothing in this file can run"});
      } else {
        violations_.push_back(
            {fmt::format("\"{}\" is used and defined nowhere: {}:{}", problem.name, file.path, problem.line),
             fmt::format("checked the names of {} with {}", file.path, version), "every name is defined or imported",
             fmt::format("{}:{}:{}: {}", file.path, problem.line, problem.column, problem.message),
             fmt::format("define or import \"{}\" in {}", problem.name, file.path)});
      }
    }
    if (sound) {
      const std::size_t slash = file.path.rfind('/');
      Seen& seen = sound_[slash == std::string::npos ? "the top folder" : file.path.substr(0, slash)];
      ++seen.files;
      seen.names += file.names;
    }
  }

  Result<void> LookAtImports(const std::vector<PythonFile>& files) {
    if (settings_.import_roots.empty()) return {};
    READINESS_ASSIGN(const std::vector<SourceFile> all, context_.source_tree.Files({"**/*.py", "**/*.pyi"}));
    std::vector<std::string> paths;
    for (const SourceFile& file : all) paths.push_back(file.path);
    std::vector<std::string> roots = settings_.import_roots;
    roots.emplace_back(".");  // relative imports are spelt out from the tree's own folder
    const Modules modules(paths, roots, files);
    int resolved = 0;
    for (const PythonFile& file : files) {
      for (const PythonImport& import : file.imports) {
        const std::optional<std::string> why = modules.WhyUnresolved(import);
        ++resolved;
        if (!why) continue;
        const std::string what =
            import.name.empty() ? import.module : fmt::format("{} from {}", import.name, import.module);
        violations_.push_back({fmt::format("an import finds nothing: {}:{}", file.path, import.line),
                               fmt::format("looked for {} among the tree's modules", what),
                               "the tree defines what its own code imports",
                               fmt::format("{}:{}: {}", file.path, import.line, *why),
                               "correct the import, or add what it names to version control"});
      }
    }
    context_.findings.AddObservation({"imports of the tree's own modules",
                                      fmt::format("{} imports were looked up", resolved),
                                      {{"imports", resolved}}});
    return {};
  }

  void RecordCoverage(const std::vector<PythonFile>& files) {
    std::int64_t checked = 0;
    std::int64_t names = 0;
    std::vector<std::string> blind;
    for (const PythonFile& file : files) {
      if (!file.parsed()) continue;  // a violation of its own
      ++checked;
      names += file.names;
      if (!file.planted_found) blind.push_back(file.path);
    }
    context_.findings.AddControl(
        {"planted_name_is_found_in_each_file", "a use of an undefined name, added to a copy of each file, is found",
         checked > 0 && blind.empty(),
         blind.empty() ? fmt::format("found in {} of {} files", checked, checked)
                       : fmt::format("not found in {} of {} files, such as {}", blind.size(), checked, blind.front())});
    context_.findings.AddControl({"enough_was_checked",
                                  fmt::format("at least {} files with {} uses of names are checked",
                                              settings_.minimum_files, settings_.minimum_names),
                                  checked >= std::max<std::int64_t>(settings_.minimum_files, 1) &&
                                      names >= std::max<std::int64_t>(settings_.minimum_names, 1),
                                  fmt::format("{} files with {} uses of names", checked, names)});
  }

  void RecordUndecidable() {
    context_.findings.AddControl(
        {"every_name_is_decidable",
         "no name depends on what a star import brings, or on an import that may fail unseen", undecided_.empty(),
         undecided_.empty() ? "every name was decided"
                            : fmt::format("{} cannot be decided: {}{}", undecided_.size(), undecided_.front(),
                                          undecided_.size() > 1 ? ", ..." : "")});
  }

  void RecordViolations() {
    const std::size_t shown = std::min(violations_.size(), kMostViolations);
    for (std::size_t i = 0; i < shown; ++i) context_.findings.AddViolation(violations_[i]);
    if (shown == violations_.size()) return;
    context_.findings.AddViolation({fmt::format("and {} more of these", violations_.size() - shown),
                                    "checked the other files", "none", "not listed", "run pyflakes on the files"});
  }

  Context& context_;
  const Settings settings_;
  std::vector<Violation> violations_;
  std::vector<std::string> undecided_;
  std::map<std::string, Seen> sound_;
};

}  // namespace
}  // namespace readiness::probes

READINESS_PROBE(code_has_no_undefined_names) {
  using namespace readiness;
  READINESS_ASSIGN(probes::Settings settings, probes::ReadSettings(context.parameters));
  return probes::Check(context, std::move(settings)).Run();
}
