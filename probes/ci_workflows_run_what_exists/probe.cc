#include "readiness/probe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <vector>

#include "readiness/source_yaml.h"
#include "work.h"
#include "workflow.h"

namespace readiness::probes {
namespace {

using workflows::Examined;
using workflows::Fault;
using workflows::Tree;

using Works = std::map<std::string, std::vector<std::string>>;

// Ours: a sound workflow, and what each fault replaces.
constexpr const char* kSound = R"(on:
  pull_request:
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
    - uses: actions/checkout@v4
    - run: pip install -r requirements.txt
    - run: pytest tests
  build:
    needs: test
    runs-on: ubuntu-latest
    steps:
    - uses: actions/checkout@v4
    - run: docker build -f docker/Dockerfile .
)";
constexpr std::pair<const char*, const char*> kPlanted[] = {
    {"requirements.txt", "requirement.txt"},
    {"needs: test", "needs: tests"},
    {"docker/Dockerfile", "Dockerfile"},
    {"pytest tests", "pytest test"},
    {"pytest tests", "pytest tests || true"},
    {"  pull_request:\n", ""},
    {"run: pytest tests", "run: echo pytest tests"},
    {"run: pytest tests", "run: pip install pytest"},
    {"run: pytest tests", "run: pytest --collect-only tests"},
    {"run: pytest tests", "run: pytest tests | tee log"},
    {"run: pytest tests", "run: false && pytest tests"},
    {"run: pytest tests", "if: ${{ !true }}\n      run: pytest tests"},
    {"    - uses: actions/checkout@v4\n", ""},
    {"    runs-on: ubuntu-latest\n    steps:\n    - uses: actions/checkout@v4\n    - run: docker",
     "    steps:\n    - uses: actions/checkout@v4\n    - run: docker"}};

class Check {
 public:
  explicit Check(Context& context) : context_(context) {}

  Result<void> Run() {
    READINESS_ASSIGN(const Json must_do, context_.parameters.Raw("must_do"));
    for (const auto& [work, parts] : must_do.items()) {
      if (!parts.is_array() || parts.empty())
        return Fail(ErrorKind::kDefinition, "\"must_do\" gives a work no list of commands");
      for (const Json& part : parts) {
        // Nothing is part of every step.
        if (!part.is_string() || part.get_ref<const std::string&>().find_first_not_of(" \t") == std::string::npos)
          return Fail(ErrorKind::kDefinition,
                      fmt::format("\"must_do\" gives the work \"{}\" a command that is no text or blank", work));
        if (workflows::IsNoWork(part.get_ref<const std::string&>()))
          return Fail(ErrorKind::kDefinition,
                      fmt::format("\"must_do\" gives the work \"{}\" the command \"{}\", which does none", work,
                                  part.get_ref<const std::string&>()));
        must_do_[work].push_back(part.get<std::string>());
      }
    }
    READINESS_RETURN_IF_ERROR(RecordPlanted());
    READINESS_ASSIGN(const std::vector<SourceFile> all, context_.source_tree.Files({"**"}));
    std::vector<std::string> paths;
    for (const SourceFile& file : all) paths.push_back(file.path);
    const Tree tree(paths);
    READINESS_ASSIGN(const std::vector<std::string> globs, context_.parameters.StringList("workflows"));
    READINESS_ASSIGN(const std::vector<SourceFile> files, context_.source_tree.Files(globs));
    if (all.empty()) return Fail(ErrorKind::kTarget, "the source tree is empty");
    if (files.empty())
      Violate("workflows", {0, "there is no workflow",
                            fmt::format("no tracked file matches {}", globs.empty() ? "" : globs.front()), "add one"});
    for (const SourceFile& file : files) READINESS_RETURN_IF_ERROR(LookAt(file.path, tree));
    READINESS_RETURN_IF_ERROR(CheckStray());
    std::vector<std::string> open;
    for (const auto& [work, parts] : must_do_) {
      if (done_[work] > 0) continue;
      if (const auto why = undecided_.find(work); why != undecided_.end())
        open.push_back(fmt::format("{}: {}", work, why->second));
      else
        Violate("workflows",
                {0, fmt::format("no step does the work \"{}\"", work), fmt::format("none contains {}", parts.front()),
                 "add a step that does it, in a job that runs"});
    }
    context_.findings.AddControl({"work_is_decidable", "whether the demanded work is done can be told", open.empty(),
                                  open.empty() ? "it can" : fmt::format("{}", fmt::join(open, "; "))});
    context_.findings.AddControl(
        {"workflows_were_read", "workflows with steps that name files were read",
         violations_ > 0 || (steps_ > 0 && references_ > 0),
         fmt::format("{} workflows, {} steps, {} references", files.size(), steps_, references_)});
    return {};
  }

 private:
  Result<void> RecordPlanted() {
    const Tree tree({"requirements.txt", "tests/test_x.py", "docker/Dockerfile"});
    const Works works{{"test", {"pytest"}}, {"build", {"docker build"}}};
    const auto faults = [&](const std::string& text) -> Result<std::size_t> {
      READINESS_ASSIGN(const std::vector<YamlNode> nodes, ParseYaml(text, "ours"));
      if (nodes.size() != 1) return Fail(ErrorKind::kInternal, "our own workflow is not one document");
      Examined examined = workflows::Examine(nodes.front(), tree, works);
      return examined.faults.size() + works.size() - examined.done.size();
    };
    READINESS_ASSIGN(const std::size_t in_sound, faults(kSound));
    std::size_t found = 0;
    for (const auto& [from, to] : kPlanted) {
      std::string text = kSound;
      const std::size_t at = text.find(from);
      if (at != std::string::npos) text.replace(at, std::string_view(from).size(), to);
      READINESS_ASSIGN(const std::size_t count, faults(text));
      found += count > 0 ? 1 : 0;
    }
    context_.findings.AddControl(
        {"faults_are_found", "faults planted in a workflow of our own are found, and none without them",
         in_sound == 0 && found == std::size(kPlanted),
         fmt::format("{} of {} found; {} in the sound one", found, std::size(kPlanted), in_sound)});
    return {};
  }

  Result<void> LookAt(const std::string& path, const Tree& tree) {
    READINESS_ASSIGN(const std::string text, context_.source_tree.Read(path));
    const Result<std::vector<YamlNode>> nodes = ParseYaml(text, path);
    if (!nodes) {
      if (nodes.error().kind != ErrorKind::kMalformed) return Fail(nodes.error());
      Violate(path, {nodes.error().place ? nodes.error().place->line : 0, "a workflow is not YAML",
                     nodes.error().Brief(), "correct it"});
      return {};
    }
    if (nodes->empty() || nodes->front().IsNull()) {
      Violate(path, {0, "a workflow is empty", "no document with contents", "write it, or remove the file"});
      return {};
    }
    const Examined examined = workflows::Examine(nodes->front(), tree, must_do_);
    steps_ += examined.steps;
    references_ += examined.references;
    for (const auto& [work, count] : examined.done) done_[work] += count;
    for (const auto& [work, why] : examined.undecided) undecided_.emplace(work, fmt::format("{}: {}", path, why));
    for (const Fault& fault : examined.faults) Violate(path, fault);
    if (examined.faults.empty()) {
      context_.findings.AddObservation(
          {path,
           fmt::format("{} steps; {} files and jobs that they name exist", examined.steps, examined.references),
           {{"steps", examined.steps}, {"references", examined.references}}});
    }
    return {};
  }

  Result<void> CheckStray() {
    READINESS_ASSIGN(const std::vector<std::string> globs, context_.parameters.StringList("never_executed"));
    READINESS_ASSIGN(const std::vector<SourceFile> files, context_.source_tree.Files(globs));
    for (const SourceFile& file : files)
      Violate(file.path, {0, "a CI file lies where nobody executes it", fmt::format("{} bytes", file.bytes),
                          "move it to the folder of the workflows, or remove it"});
    return {};
  }

  void Violate(const std::string& path, const Fault& fault) {
    if (++violations_ > 60) return;
    context_.findings.AddViolation({fmt::format("{}: {}", fault.what, path),
                                    fmt::format("read {} and looked up what its steps name", path),
                                    "workflows that run, can fail, and name what is tracked",
                                    fault.line > 0 ? fmt::format("{}:{}: {}", path, fault.line, fault.actual)
                                                   : fmt::format("{}: {}", path, fault.actual),
                                    fault.fix});
  }

  Context& context_;
  Works must_do_;
  std::map<std::string, int> done_;
  std::map<std::string, std::string> undecided_;
  int steps_ = 0, references_ = 0, violations_ = 0;
};

}  // namespace
}  // namespace readiness::probes

READINESS_PROBE(ci_workflows_run_what_exists) {
  return readiness::probes::Check(context).Run();
}
