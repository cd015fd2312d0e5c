#include "workflow.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <optional>

#include "condition.h"
#include "matrix.h"
#include "options.h"
#include "readiness/source_glob.h"
#include "readiness/source_shell.h"
#include "triggers.h"
#include "work.h"

namespace readiness::workflows {
namespace {

using Words = std::vector<std::string>;

bool IsOneOf(const std::string& word, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* one) { return word == one; });
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// `path` seen from `folder`, both relative to the repository; nothing when it leaves the repository or is absolute.
std::optional<std::string> From(const std::string& folder, const std::string& path) {
  if (path.starts_with('/') || path.starts_with('~')) return std::nullopt;
  Words parts;
  const std::string whole = folder + "/" + path;
  for (std::size_t begin = 0; begin <= whole.size();) {
    const std::size_t end = std::min(whole.find('/', begin), whole.size());
    const std::string part = whole.substr(begin, end - begin);
    if (part == "..") {
      if (parts.empty()) return std::nullopt;
      parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
    begin = end + 1;
  }
  std::string joined;
  for (const std::string& part : parts) joined += (joined.empty() ? "" : "/") + part;
  return joined;
}

bool IsDynamic(const std::string& text) {
  return text.find('$') != std::string::npos || text.find('`') != std::string::npos;
}

using Values = std::map<std::string, Words>;

constexpr std::size_t kMostJobs = 500;
constexpr std::size_t kMostQuestions = 20'000;  // about conditions

/// What is known of the job that a step belongs to.
struct Job {
  const YamlNode* node = nullptr;
  std::string name;
  Matrix matrix;
  Values values;  ///< of the matrix, and of the job's environment
  bool checked_out = false;
  std::string in_doubt;  ///< why it may not run at all
};

class Examiner {
 public:
  Examiner(const YamlNode& workflow, const Tree& tree, const std::map<std::string, Words>& must_do)
      : workflow_(workflow), tree_(tree), must_do_(must_do) {}

  Examined Go() {
    const YamlNode* on = workflow_.Find("on");
    triggers_ = ReadTriggers(workflow_, tree_.paths());
    const bool stated =
        on != nullptr && !on->IsNull() && (on->IsScalar() || !on->items.empty() || !on->members.empty());
    if (!stated) Add(workflow_, "a workflow has no trigger", "no \"on\"", "state when it runs");
    if (stated && triggers_.worlds.empty() && triggers_.unknown.empty())
      Add(*on, "a workflow is never triggered", "its filters leave nothing", "correct its filters");
    const YamlNode* jobs = workflow_.Find("jobs");
    if (jobs == nullptr || !jobs->IsMapping() || jobs->members.empty()) {
      Add(workflow_, "a workflow has no jobs", "no \"jobs\"", "add jobs with steps");
      return std::move(examined_);
    }
    if (jobs->members.size() > kMostJobs) {
      for (const auto& [work, parts] : must_do_) examined_.undecided[work] = "the workflow has too many jobs";
      return std::move(examined_);
    }
    jobs_ = jobs;
    for (const auto& [name, job] : jobs->members) CheckJob(name, job, *jobs);
    CheckCircles(*jobs);
    return std::move(examined_);
  }

 private:
  void Add(const YamlNode& at, std::string what, std::string actual, std::string fix) {
    examined_.faults.push_back({at.line, std::move(what), std::move(actual), std::move(fix)});
  }

  static Words Needs(const YamlNode& job) {
    const YamlNode* needs = job.Find("needs");
    if (needs == nullptr) return {};
    if (needs->IsScalar()) return {needs->text};
    Words names;
    for (const YamlNode& item : needs->items) names.push_back(item.text);
    return names;
  }

  void CheckJob(const std::string& name, const YamlNode& job, const YamlNode& jobs) {
    for (const std::string& needed : Needs(job)) {
      ++examined_.references;
      if (jobs.Find(needed) == nullptr)
        Add(job, "a job needs a job that does not exist", fmt::format("{} needs {}", name, needed), "correct the name");
    }
    if (const std::string uses = job.TextAt({"uses"}); !uses.empty()) {
      CheckLocal(job, uses, true);
      return;
    }
    const YamlNode* steps = job.Find("steps");
    if (steps == nullptr || steps->items.empty()) return Add(job, "a job has no steps", name, "add steps");
    Job known{&job, name, ReadMatrix(job), {}, false, {}};
    known.values = known.matrix.Values();
    TakeEnvironment(workflow_, known.values);
    TakeEnvironment(job, known.values);
    CheckRunner(job, known);
    for (const YamlNode& step : steps->items) CheckStep(step, known);
  }

  void CheckRunner(const YamlNode& job, Job& known) {
    const YamlNode* runner = job.Find("runs-on");
    const bool stated = runner != nullptr && !runner->IsNull() &&
                        (runner->IsScalar() ? !runner->text.empty() : !runner->items.empty() || runner->IsMapping());
    if (!stated) return Add(job, "a job has no runner", known.name, "add runs-on");
    Words labels;
    if (runner->IsScalar()) labels = Expand(runner->text, known.values);
    for (const YamlNode& item : runner->items) labels.push_back(item.text);
    const bool usual = runner->IsMapping() || std::any_of(labels.begin(), labels.end(), [](const std::string& label) {
                         return IsDynamic(label) || label == "self-hosted" || label.starts_with("ubuntu") ||
                                label.starts_with("macos") || label.starts_with("windows") || label == "linux" ||
                                label == "Linux";
                       });
    if (!usual) known.in_doubt = "whether there is a runner " + (labels.empty() ? std::string() : labels.front());
  }

  /// Literal values of "env".
  static void TakeEnvironment(const YamlNode& node, Values& values) {
    const YamlNode* environment = node.Find("env");
    if (environment == nullptr) return;
    for (const auto& [name, value] : environment->members) {
      if (value.IsScalar()) values["env." + name] = {value.text};
    }
  }

  void CheckStep(const YamlNode& step, Job& job) {
    ++examined_.steps;
    const std::string uses = step.TextAt({"uses"});
    const std::string run = step.TextAt({"run"});
    if (uses.empty() && run.empty()) return Add(step, "a step does nothing", step.TextAt({"name"}), "add run or uses");
    if (!uses.empty() && !run.empty())
      return Add(step, "a step has both run and uses, which no service takes", uses, "make two steps of it");
    Values values = job.values;
    TakeEnvironment(step, values);
    for (const std::string& one : Expand(step.TextAt({"working-directory"}), values)) NeedFolder(step, "", one);
    const std::string folder = RunSetting(step, *job.node, "working-directory");
    if (!uses.empty()) CheckLocal(step, uses, false);
    const YamlNode* with = step.Find("with");
    if (with != nullptr) CheckInputs(step, *with, uses, values);
    without_tests_.clear();
    for (const std::string& text : Expand(run, values)) CheckScript(step, text, folder);
    CheckNames(step, job, values);
    const bool checks_out = uses.find("checkout") != std::string::npos ||
                            uses.find("download-artifact") != std::string::npos ||
                            run.find("git clone") != std::string::npos || run.find("git fetch") != std::string::npos ||
                            run.find("repo clone") != std::string::npos;
    job.checked_out = job.checked_out || checks_out;
    for (const auto& [work, parts] : must_do_) JudgeWork(step, job, values, work, parts);
  }

  /// A value that the matrix does not have is an empty text.
  void CheckNames(const YamlNode& step, const Job& job, const Values& values) {
    if (!job.matrix.known) return;
    Words texts{step.TextAt({"run"}), step.TextAt({"working-directory"})};
    if (const YamlNode* with = step.Find("with")) {
      for (const auto& [name, value] : with->members) texts.push_back(value.text);
    }
    for (const std::string& text : texts) {
      for (const std::string& name : NamesIn(text, "matrix.")) {
        const bool known = std::any_of(values.begin(), values.end(), [&](const auto& one) {
          return one.first == name || one.first.starts_with(name + ".");
        });
        if (!known) Add(step, "a step names a value that its job's matrix does not have", name, "correct the name");
      }
    }
  }

  void JudgeWork(const YamlNode& step, Job& job, const Values& values, const std::string& work, const Words& parts) {
    const std::string uses = step.TextAt({"uses"});
    const std::string run = step.TextAt({"run"});
    Done done = run.empty() ? DoneByAction(uses, parts) : DoneByScript(step, job, values, parts);
    if (done.doing == Doing::kNot) return;
    const Holds tolerated = Tolerated(step, job);
    if (tolerated == Holds::kYes || done.doing == Doing::kCannotFail) {
      if (Runs(job, step) == Holds::kNo) return;
      return Add(step, "a step that has to be able to fail cannot",
                 fmt::format("{}: {}", work, Shortened(run.empty() ? uses : run)),
                 "let its exit status be the step's: no continue-on-error, no || true, pipefail where it is piped");
    }
    const Holds runs = Runs(job, step);
    if (runs == Holds::kNo) return;
    if (!job.checked_out && NeedsTree(step, run, uses))
      return Add(step, "a step works on a tree that was not checked out", Shortened(run.empty() ? uses : run),
                 "add actions/checkout before it");
    std::string why = done.why;
    const auto doubt = [&](bool holds, const std::string& reason) {
      if (holds && why.empty()) why = reason;
    };
    doubt(!job.in_doubt.empty(), job.in_doubt);
    doubt(runs == Holds::kMay, "whether its conditions hold");
    doubt(tolerated == Holds::kMay, "whether its error is tolerated");
    const std::string timeout = step.TextAt({"timeout-minutes"});
    doubt(!timeout.empty() && !IsDynamic(timeout) && std::atof(timeout.c_str()) <= 0, "its timeout of " + timeout);
    doubt(!without_tests_.empty() && !run.empty() && RunsPytest(run), "no test file was found in " + without_tests_);
    for (const std::string& name : NamesIn(run + step.TextAt({"with", "file"}), "env."))
      doubt(!values.contains(name), name + " is set nowhere");
    if (why.empty())
      ++examined_.done[work];
    else
      examined_.undecided.emplace(work, fmt::format("line {}: {}", step.line, why));
  }

  Done DoneByScript(const YamlNode& step, const Job& job, const Values& values, const Words& parts) const {
    const StepShell shell = ShellOf(RunSetting(step, *job.node, "shell"));
    Done best;
    std::size_t looked_at = 0;
    for (const std::string& text : Expand(step.TextAt({"run"}), values)) {
      if (++looked_at > 50) break;
      Done one = DoneBy(ReadShellScript(text, shell.modes), parts);
      if (!shell.known && one.doing != Doing::kNot) return {Doing::kUnknown, "its shell is not understood"};
      if (one.doing == Doing::kCannotFail) return one;
      if (static_cast<int>(one.doing) > static_cast<int>(best.doing)) best = std::move(one);
    }
    if (best.doing == Doing::kNot) return best;
    const auto options = values.find("env.PYTEST_ADDOPTS");
    if (options != values.end() && best.doing == Doing::kDone) {
      const std::string unusual = UnusualPytestOption(options->second.front());
      if (!unusual.empty()) return {Doing::kUnknown, "what is left with " + unusual + " in PYTEST_ADDOPTS"};
    }
    return best;
  }

  static bool RunsPytest(const std::string& run) {
    const std::vector<ShellCommand> commands = ReadShell(run);
    return std::any_of(commands.begin(), commands.end(), [](const ShellCommand& command) {
      const Words words = WithoutPython(WithoutWrappers(command.words));
      return !words.empty() && (words[0] == "pytest" || words[0].ends_with("/pytest"));
    });
  }

  /// Does it name what has to lie in the working directory?
  bool NeedsTree(const YamlNode& step, const std::string& run, const std::string& uses) const {
    if (uses.starts_with("docker/build-push-action")) {
      const std::string context = step.TextAt({"with", "context"});
      return !context.empty() && !IsDynamic(context) && context.find("://") == std::string::npos;
    }
    const std::vector<ShellCommand> commands = ReadShell(run);
    return std::any_of(commands.begin(), commands.end(), [&](const ShellCommand& command) {
      const Words words = WithoutPython(WithoutWrappers(command.words));
      if (words.empty()) return false;
      const bool remote = std::any_of(words.begin(), words.end(), [](const std::string& word) {
        return word == "-" || word.find("://") != std::string::npos || word.starts_with('$');
      });
      if (IsOneOf(words[0], {"pytest", "unittest", "tox", "nox"})) return true;
      return !remote && IsOneOf(words[0], {"docker", "kubectl"}) && words.size() > 2 &&
             IsOneOf(words[1], {"build", "apply", "buildx", "compose"});
    });
  }

  // ---- conditions --------------------------------------------------------------------------------------------------

  Holds Ask(const std::string& condition, const World& world) {
    return ++questions_ > kMostQuestions ? Holds::kMay : Evaluate(condition, world);
  }

  /// Does the job run in `world`, with what it needs?
  Holds JobRuns(const std::string& name, const World& world, int depth) {
    const YamlNode* job = jobs_->Find(name);
    if (job == nullptr || depth > 30) return Holds::kMay;
    const std::string condition = job->TextAt({"if"});
    Holds holds = Ask(condition, world);
    if (AsksStatus(condition)) return holds;
    for (const std::string& needed : Needs(*job)) {
      if (holds != Holds::kNo && questions_ <= kMostQuestions)
        holds = std::min(holds, JobRuns(needed, world, depth + 1));
    }
    return holds;
  }

  /// Is there a run of the workflow in which this step runs?
  Holds Runs(const Job& job, const YamlNode& step) {
    Holds best = triggers_.unknown.empty() ? Holds::kNo : Holds::kMay;
    const std::string condition = step.TextAt({"if"});
    if (job.matrix.runs.empty() && job.matrix.known) return Holds::kNo;
    for (const World& world : triggers_.worlds) {
      const Holds outside = JobRuns(job.name, world, 0);
      if (outside == Holds::kNo) continue;
      for (const auto& run : job.matrix.runs) {
        World own = world;
        for (const auto& [name, value] : run) own[Lower(name)] = TextValue(value);
        best = std::max(best, std::min(outside, Ask(condition, own)));
        if (best == Holds::kYes) return best;
        if (condition.find("matrix.") == std::string::npos) break;
      }
      if (job.matrix.runs.empty()) best = std::max(best, Holds::kMay);
    }
    return best;
  }

  /// Does an error of the step count for nothing?
  Holds Tolerated(const YamlNode& step, const Job& job) {
    Holds worst = Holds::kNo;
    for (const YamlNode* node : {&step, job.node}) {
      const std::string text = node->TextAt({"continue-on-error"});
      if (text.empty()) continue;
      Holds all = Holds::kYes;
      for (const auto& run : job.matrix.runs) {
        World world;
        for (const auto& [name, value] : run)
          world[Lower(name)] = value == "true" || value == "false" ? BooleanValue(value == "true") : TextValue(value);
        all = std::min(all, Ask(text, world));
      }
      worst = std::max(worst, job.matrix.runs.empty() ? Holds::kMay : all);
    }
    return worst;
  }

  /// The setting of the step, or the nearest default.
  std::string RunSetting(const YamlNode& step, const YamlNode& job, std::string_view key) const {
    if (std::string own = step.TextAt({key}); !own.empty()) return own;
    if (std::string own = job.TextAt({"defaults", "run", key}); !own.empty()) return own;
    return workflow_.TextAt({"defaults", "run", key});
  }

  static std::string Shortened(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text.size() > 120 ? text.substr(0, 120) + "..." : text;
  }

  void CheckLocal(const YamlNode& at, const std::string& uses, bool workflow) {
    if (!uses.starts_with("./")) return;
    ++examined_.references;
    const std::string path = From("", uses).value_or("");
    const bool found = workflow ? path.starts_with(".github/workflows/") && tree_.HasFile(path)
                                : tree_.HasFile(path + "/action.yml") || tree_.HasFile(path + "/action.yaml");
    if (!found) Add(at, "a local action or workflow does not exist", uses, "correct the path");
  }

  void CheckInputs(const YamlNode& step, const YamlNode& with, const std::string& uses, const Values& matrix) {
    if (uses.starts_with("docker/build-push-action")) {
      const std::string context = with.TextAt({"context"});
      for (const std::string& one : Expand(context, matrix)) NeedFolder(step, "", one.empty() ? "." : one);
      const std::string file = with.TextAt({"file"});
      for (const std::string& one :
           Expand(file.empty() ? (context.empty() ? "" : context + "/") + "Dockerfile" : file, matrix))
        NeedFile(step, "", one);
    }
    for (const std::string& one : Expand(with.TextAt({"cache-dependency-path"}), matrix)) {
      if (!one.empty()) NeedFile(step, "", one);
    }
  }

  void NeedFile(const YamlNode& at, const std::string& folder, const std::string& path) {
    if (path.empty() || IsDynamic(path) || path == "-" || path.find("://") != std::string::npos) return;
    const std::optional<std::string> whole = From(folder, path);
    if (!whole) return;
    ++examined_.references;
    if (!tree_.HasFile(*whole) && !tree_.HasFolder(*whole) && !tree_.Matches(*whole))
      Add(at, "a step names a file that is not in the tree", *whole,
          "correct the path, or add the file to version control");
  }

  void NeedFolder(const YamlNode& at, const std::string& folder, const std::string& path) {
    if (IsDynamic(path) || path.find("://") != std::string::npos) return;
    const std::optional<std::string> whole = From(folder, path);
    if (!whole) return;
    ++examined_.references;
    if (!tree_.HasFolder(*whole)) Add(at, "a step names a folder that is not in the tree", *whole, "correct the path");
  }

  void CheckScript(const YamlNode& step, const std::string& run, const std::string& folder) {
    // A change of folder ends with its subshell.
    std::map<std::vector<int>, std::string> folders{{{}, folder}};
    for (const ShellCommand& command : ReadShell(run)) {
      std::vector<int> around = command.subshells;
      while (!folders.contains(around)) around.pop_back();
      std::string& own = folders.emplace(command.subshells, folders.at(around)).first->second;
      CheckCommand(step, WithoutWrappers(command.words), own);
    }
  }

  void CheckCommand(const YamlNode& step, const Words& words, std::string& folder) {
    if (words.empty() || IsDynamic(words[0])) return;
    const std::string& program = words[0];
    if (program == "cd" && words.size() > 1) {
      if (IsDynamic(words[1])) return;
      NeedFolder(step, folder, words[1]);
      folder = From(folder, words[1]).value_or(folder);
    } else if (program == "pip" || program == "pip3") {
      NeedOptions(step, words, folder, {"-r", "--requirement", "-c", "--constraint"});
    } else if (program.starts_with("python")) {
      CheckPython(step, words, folder);
    } else if (program == "pytest") {
      CheckTests(step, words, 1, folder);
    } else if (program == "docker" || program == "podman" || program == "docker-compose") {
      NeedOptions(step, words, folder, {"-f", "--file"});
    } else if (program == "kubectl") {
      NeedOptions(step, words, folder, {"-f", "--filename", "-k", "--kustomize"});
    } else if (program == "helm") {
      NeedOptions(step, words, folder, {"-f", "--values"});
    } else if ((program == "bash" || program == "sh" || program == "node" || program == "source" || program == ".") &&
               words.size() > 1 && words[1][0] != '-' && !words[1].ends_with("/activate")) {
      NeedFile(step, folder, words[1]);
    } else if (program.starts_with("./")) {
      NeedFile(step, folder, program);
    }
  }

  void CheckPython(const YamlNode& step, const Words& words, const std::string& folder) {
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (words[i] == "-c") return;
      if (words[i] == "-m" && i + 1 < words.size()) {
        const std::string& module = words[i + 1];
        if (module == "unittest") return;
        if (module == "pytest") return CheckTests(step, words, i + 2, folder);
        if (module == "pip") return NeedOptions(step, words, folder, {"-r", "--requirement", "-c"});
        return NeedModule(step, folder, module);
      }
      if (!words[i].empty() && words[i][0] != '-') {
        if (words[i].ends_with(".py")) NeedFile(step, folder, words[i]);
        return;
      }
    }
  }

  void NeedModule(const YamlNode& step, const std::string& folder, const std::string& module) {
    if (IsDynamic(module)) return;
    std::string path = module;
    std::replace(path.begin(), path.end(), '.', '/');
    const std::string top = From(folder, path.substr(0, path.find('/'))).value_or("");
    // A module that is none of the tree's may come with a package.
    if (!tree_.HasFolder(top) && !tree_.HasFile(top + ".py")) return;
    const std::string whole = From(folder, path).value_or("");
    ++examined_.references;
    if (!tree_.HasFile(whole + ".py") && !tree_.HasFile(whole + "/__main__.py"))
      Add(step, "a step runs a module that is not in the tree", module,
          "correct the name, or add the module to version control");
  }

  /// Do tests lie at `path`, as they are called when nothing else is configured?
  bool HoldsTests(const std::string& path) const {
    return std::any_of(tree_.paths().begin(), tree_.paths().end(), [&](const std::string& file) {
      if (!path.empty() && file != path && !file.starts_with(path + "/")) return false;
      const std::string name = file.substr(file.rfind('/') == std::string::npos ? 0 : file.rfind('/') + 1);
      return name.ends_with(".py") && (file == path || name.starts_with("test") || name.ends_with("_test.py"));
    });
  }

  void NoteTests(const std::string& folder, const std::string& path) {
    const std::optional<std::string> whole = IsDynamic(path) ? std::nullopt : From(folder, path);
    const bool there = whole && (tree_.HasFile(*whole) || tree_.HasFolder(*whole));
    if (there && !HoldsTests(*whole)) without_tests_ = whole->empty() ? "the repository" : *whole;
  }

  void CheckTests(const YamlNode& step, const Words& words, std::size_t i, const std::string& folder) {
    bool named = false;
    for (; i < words.size(); ++i) {
      if (IsOneOf(words[i], {"-k", "-m", "-n", "-p", "-o", "--cov", "--cov-report", "--maxfail", "--junitxml", "-c",
                             "--tb", "--timeout"})) {
        ++i;
      } else if (!words[i].empty() && words[i][0] != '-' && words[i].find('>') == std::string::npos) {
        const std::string path = words[i].substr(0, words[i].find("::"));
        named = true;
        NeedFile(step, folder, path);
        NoteTests(folder, path);
      }
    }
    if (!named) NoteTests(folder, "");
  }

  void NeedOptions(const YamlNode& step, const Words& words, const std::string& folder,
                   std::initializer_list<const char*> options) {
    for (std::size_t i = 1; i < words.size(); ++i) {
      for (const std::string option : options) {
        const bool glued = option.size() == 2 && words[i].size() > 2 && words[i].starts_with(option);
        std::string value;
        if (words[i] == option && i + 1 < words.size()) value = words[i + 1];
        if (glued) value = words[i].substr(2);
        if (words[i].starts_with(option + "=")) value = words[i].substr(option.size() + 1);
        // kubectl and helm take several, separated by commas.
        const bool several = words[0] == "kubectl" || words[0] == "helm";
        for (std::size_t begin = 0; begin < value.size();) {
          const std::size_t end = several ? std::min(value.find(',', begin), value.size()) : value.size();
          NeedFile(step, folder, value.substr(begin, end - begin));
          begin = end + 1;
        }
      }
    }
  }

  void CheckCircles(const YamlNode& jobs) {
    std::set<std::string> done;
    for (std::size_t round = 0; round <= jobs.members.size(); ++round) {
      for (const auto& [name, job] : jobs.members) {
        const Words needs = Needs(job);
        if (std::all_of(needs.begin(), needs.end(),
                        [&](const std::string& one) { return done.contains(one) || jobs.Find(one) == nullptr; }))
          done.insert(name);
      }
    }
    for (const auto& [name, job] : jobs.members) {
      if (!done.contains(name)) Add(job, "jobs need each other in a circle", name, "break the circle");
    }
  }

  const YamlNode& workflow_;
  const Tree& tree_;
  const std::map<std::string, Words>& must_do_;
  const YamlNode* jobs_ = nullptr;
  Triggers triggers_;
  std::size_t questions_ = 0;
  std::string without_tests_;  ///< where a step looks for tests, and none are
  Examined examined_;
};

}  // namespace

Tree::Tree(const std::vector<std::string>& paths) : paths_(paths), files_(paths.begin(), paths.end()) {
  for (const std::string& path : paths) {
    for (std::size_t slash = path.rfind('/'); slash != std::string::npos && slash > 0;
         slash = path.rfind('/', slash - 1)) {
      if (!folders_.insert(path.substr(0, slash)).second) break;
    }
  }
}

bool Tree::Matches(const std::string& glob) const {
  return glob.find('*') != std::string::npos &&
         std::any_of(files_.begin(), files_.end(), [&](const std::string& file) { return MatchesGlob(glob, file); });
}

Examined Examine(const YamlNode& workflow, const Tree& tree,
                 const std::map<std::string, std::vector<std::string>>& must_do) {
  return Examiner(workflow, tree, must_do).Go();
}

}  // namespace readiness::workflows
