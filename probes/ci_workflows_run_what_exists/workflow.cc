#include "workflow.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "readiness/source_glob.h"
#include "readiness/source_shell.h"
#include "work.h"

namespace readiness::workflows {
namespace {

using Words = std::vector<std::string>;

bool IsOneOf(const std::string& word, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* one) { return word == one; });
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

/// A job's matrix: "matrix.image" -> its values.
using Matrix = std::map<std::string, Words>;

Matrix ReadMatrix(const YamlNode& job) {
  Matrix matrix;
  const YamlNode* node = job.At({"strategy", "matrix"});
  if (node == nullptr) return matrix;
  const auto take = [&](const std::string& name, const YamlNode& value) {
    if (value.IsScalar()) matrix[name].push_back(value.text);
    for (const auto& [key, inner] : value.members) {
      if (inner.IsScalar()) matrix[name + "." + key].push_back(inner.text);
    }
  };
  for (const auto& [name, values] : node->members) {
    for (const YamlNode& value : values.items) {
      if (name == "include") {
        for (const auto& [key, inner] : value.members) take("matrix." + key, inner);
      } else {
        take("matrix." + name, value);
      }
    }
  }
  return matrix;
}

/// All texts that `text` becomes; expressions that are no value of the matrix stay.
Words Expand(const std::string& text, const Matrix& matrix, int depth = 0) {
  const std::size_t begin = text.find("${{");
  const std::size_t end = begin == std::string::npos ? begin : text.find("}}", begin);
  if (end == std::string::npos || depth > 3) return {text};
  std::string name = text.substr(begin + 3, end - begin - 3);
  std::erase(name, ' ');
  const auto values = matrix.find(name);
  if (values == matrix.end()) return {text};
  Words all;
  for (const std::string& value : values->second) {
    for (std::string& one : Expand(text.substr(0, begin) + value + text.substr(end + 2), matrix, depth + 1)) {
      if (all.size() < 1000) all.push_back(std::move(one));
    }
  }
  return all;
}

class Examiner {
 public:
  Examiner(const YamlNode& workflow, const Tree& tree, const std::map<std::string, Words>& must_do)
      : workflow_(workflow), tree_(tree), must_do_(must_do) {}

  Examined Go() {
    const YamlNode* triggers = workflow_.Find("on");
    if (triggers == nullptr || triggers->IsNull() || (triggers->IsMapping() && triggers->members.empty()) ||
        (triggers->IsSequence() && triggers->items.empty()))
      Add(workflow_, "a workflow has no trigger", "no \"on\"", "state when it runs");
    const YamlNode* jobs = workflow_.Find("jobs");
    if (jobs == nullptr || !jobs->IsMapping() || jobs->members.empty()) {
      Add(workflow_, "a workflow has no jobs", "no \"jobs\"", "add jobs with steps");
      return std::move(examined_);
    }
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
      CheckLocal(job, uses);
      return;
    }
    if (job.Find("runs-on") == nullptr) Add(job, "a job has no runner", name, "add runs-on");
    const YamlNode* steps = job.Find("steps");
    if (steps == nullptr || steps->items.empty()) return Add(job, "a job has no steps", name, "add steps");
    const bool off = IsOff(job);
    const bool lenient = job.TextAt({"continue-on-error"}) == "true";
    const Matrix matrix = ReadMatrix(job);
    for (const YamlNode& step : steps->items) CheckStep(step, job, matrix, off, lenient);
  }

  static bool IsOff(const YamlNode& node) {
    std::string condition = node.TextAt({"if"});
    std::erase_if(condition, [](char c) { return c == ' ' || c == '$' || c == '{' || c == '}'; });
    return condition == "false";
  }

  void CheckStep(const YamlNode& step, const YamlNode& job, const Matrix& matrix, bool off, bool lenient) {
    ++examined_.steps;
    const std::string uses = step.TextAt({"uses"});
    const std::string run = step.TextAt({"run"});
    if (uses.empty() && run.empty()) return Add(step, "a step does nothing", step.TextAt({"name"}), "add run or uses");
    for (const std::string& one : Expand(step.TextAt({"working-directory"}), matrix)) NeedFolder(step, "", one);
    const std::string folder = RunSetting(step, job, "working-directory");
    const std::vector<ShellCommand> commands = ReadShell(run, ModesOf(RunSetting(step, job, "shell")));
    if (!uses.empty()) CheckLocal(step, uses);
    const YamlNode* with = step.Find("with");
    if (with != nullptr) CheckInputs(step, *with, uses, matrix);
    for (const std::string& text : Expand(run, matrix)) CheckScript(step, text, folder);
    if (off || IsOff(step)) return;
    const bool tolerated = lenient || step.TextAt({"continue-on-error"}) == "true";
    for (const auto& [work, parts] : must_do_) {
      const Doing doing = run.empty() ? DoneByAction(uses, parts) : DoneBy(commands, parts);
      if (doing == Doing::kNot) continue;
      if (tolerated || doing == Doing::kCannotFail) {
        Add(step, "a step that has to be able to fail cannot",
            fmt::format("{}: {}", work, Shortened(run.empty() ? uses : run)),
            "let its exit status be the step's: no continue-on-error, no || true, pipefail where it is piped");
      } else {
        ++examined_.done[work];
      }
    }
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

  void CheckLocal(const YamlNode& at, const std::string& uses) {
    if (!uses.starts_with("./")) return;
    ++examined_.references;
    const std::string path = From("", uses).value_or("");
    if (!tree_.HasFile(path) && !tree_.HasFile(path + "/action.yml") && !tree_.HasFile(path + "/action.yaml"))
      Add(at, "a local action or workflow does not exist", uses, "correct the path");
  }

  void CheckInputs(const YamlNode& step, const YamlNode& with, const std::string& uses, const Matrix& matrix) {
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
               words.size() > 1 && words[1][0] != '-') {
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
        if (module == "pytest" || module == "unittest") return CheckTests(step, words, i + 2, folder);
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

  void CheckTests(const YamlNode& step, const Words& words, std::size_t i, const std::string& folder) {
    for (; i < words.size(); ++i) {
      if (IsOneOf(words[i], {"-k", "-m", "-n", "-p", "-o", "--cov", "--cov-report", "--maxfail", "--junitxml", "-c",
                             "--tb", "--timeout"})) {
        ++i;
      } else if (!words[i].empty() && words[i][0] != '-' && words[i].find('>') == std::string::npos) {
        NeedFile(step, folder, words[i].substr(0, words[i].find("::")));
      }
    }
  }

  void NeedOptions(const YamlNode& step, const Words& words, const std::string& folder,
                   std::initializer_list<const char*> options) {
    for (std::size_t i = 1; i < words.size(); ++i) {
      for (const std::string option : options) {
        if (words[i] == option && i + 1 < words.size()) NeedFile(step, folder, words[i + 1]);
        if (words[i].starts_with(option + "=")) NeedFile(step, folder, words[i].substr(option.size() + 1));
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
  Examined examined_;
};

}  // namespace

Tree::Tree(const std::vector<std::string>& paths) : files_(paths.begin(), paths.end()) {
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
