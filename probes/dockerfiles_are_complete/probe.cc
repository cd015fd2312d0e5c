#include "readiness/probe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "command.h"
#include "health.h"
#include "image.h"
#include "modules.h"
#include "readiness/source_dockerfile.h"
#include "readiness/source_python.h"
#include "run.h"

namespace readiness::probes {
namespace {

using dockerfiles::BuildContext;
using dockerfiles::Built;
using dockerfiles::Fault;
using dockerfiles::Image;
using dockerfiles::PythonWorld;
using dockerfiles::Started;

struct Settings {
  std::vector<std::string> required, others, with_healthcheck, programs;
  std::string context;
  std::map<std::string, std::vector<std::string>> provides;
};

Result<Settings> ReadSettings(const Parameters& parameters) {
  Settings settings;
  READINESS_ASSIGN(settings.required, parameters.StringList("required"));
  READINESS_ASSIGN(settings.others, parameters.StringList("others"));
  READINESS_ASSIGN(settings.with_healthcheck, parameters.StringList("with_healthcheck"));
  READINESS_ASSIGN(settings.programs, parameters.StringList("programs"));
  READINESS_ASSIGN(settings.context, parameters.String("context"));
  READINESS_ASSIGN(const Json provides, parameters.Raw("provides"));
  for (const auto& [distribution, modules] : provides.items()) {
    if (!modules.is_array())
      return Fail(ErrorKind::kDefinition, "\"provides\" gives a distribution no list of modules");
    for (const Json& module : modules) settings.provides[dockerfiles::DistributionName(distribution)].push_back(module);
  }
  return settings;
}

/// What one Dockerfile came to.
struct Verdict {
  std::vector<Fault> faults;
  std::string not_understood;  ///< why it cannot be judged; empty: it can
  std::size_t instructions = 0;
  std::string starts;

  void Doubt(const std::string& what) {
    if (not_understood.empty()) not_understood = what;
  }
};

/// Judges Dockerfiles against one tree.
class Judge {
 public:
  Judge(const BuildContext& context, const PythonWorld& world, const Settings& settings)
      : context_(context), world_(world), settings_(settings) {}

  Judge With(const BuildContext& context) const { return Judge(context, world_, settings_); }

  /// `texts`: of requirements files and scripts that the tree has.
  Verdict Examine(const Dockerfile& file, bool needs_healthcheck,
                  const std::map<std::string, std::string>& texts) const {
    Verdict verdict;
    for (const DockerStage& stage : file.stages) verdict.instructions += stage.instructions.size() + 1;
    if (file.stages.empty()) {
      verdict.faults.push_back({1, "the Dockerfile is empty", "no instruction", "write it"});
      return verdict;
    }
    Built built = dockerfiles::Build(file, context_);
    verdict.faults = std::move(built.faults);
    const int end = file.stages.back().line;
    CheckUser(built.image, end, verdict);
    CheckCommand(built.image, end, texts, verdict);
    if (needs_healthcheck) CheckHealth(built.image, end, texts, verdict);
    if (!context_.complete()) verdict.Doubt("what .dockerignore keeps out: it has too many rules");
    if (!built.image.doubt.empty()) verdict.Doubt(built.image.doubt);
    return verdict;
  }

 private:
  static void CheckUser(const Image& image, int end, Verdict& verdict) {
    const std::string user = image.user.substr(0, image.user.find(':'));
    const auto made = image.users.find(user);
    const bool number = !user.empty() && user.find_first_not_of("0123456789") == std::string::npos;
    if (made != image.users.end() && !made->second.empty() &&
        made->second.find_first_not_of('0') == std::string::npos) {
      verdict.faults.push_back({image.user_line, "the image runs as root",
                                fmt::format("USER {} has the number {}", user, made->second),
                                "give it another number"});
      return;
    }
    if (!user.empty() && user != "root" && !number && made == image.users.end() && !OfTheBase(image, user)) {
      if (image.users_unknown || !dockerfiles::IsUsualBase(image.base))
        verdict.Doubt(fmt::format("line {}: whether there is a user {}", image.user_line, user));
      else
        verdict.faults.push_back({image.user_line, "USER names nobody", user, "make the user by RUN useradd"});
      return;
    }
    if (image.user.empty()) {
      verdict.faults.push_back(
          {end, "the image runs as root", "no USER in the last stage", "make a user and switch to it by USER"});
    } else if (user == "root" || (!user.empty() && user.find_first_not_of('0') == std::string::npos)) {
      verdict.faults.push_back(
          {image.user_line, "the image runs as root", "USER " + image.user, "switch to another user last"});
    }
  }

  /// Users that usual bases have.
  static bool OfTheBase(const Image& image, const std::string& user) {
    if (user == "nobody" || user == "www-data" || user == "daemon") return true;
    const bool nonroot = user == "nonroot" || user == "app";
    return (nonroot && !dockerfiles::IsUsualBase(image.base)) || image.base.find(user) != std::string::npos;
  }

  void CheckCommand(const Image& image, int end, const std::map<std::string, std::string>& texts,
                    Verdict& verdict) const {
    const DockerInstruction* entrypoint = image.entrypoint ? &*image.entrypoint : nullptr;
    const DockerInstruction* command = image.command ? &*image.command : nullptr;
    const std::vector<std::string> line = dockerfiles::CommandLine(entrypoint, command);
    if (line.empty()) {
      verdict.faults.push_back(
          {end, "the image starts nothing of its own", "neither CMD nor ENTRYPOINT", "state the command by CMD"});
      return;
    }
    const int at = command != nullptr ? command->line : entrypoint->line;
    const Started started = StartedBy(image, texts);
    verdict.starts = started.name;
    if (started.kind == Started::Kind::kUnknown) {
      verdict.Doubt(fmt::format("line {} starts {}: {}", at, fmt::join(line, " "), started.why));
    } else if (started.kind == Started::Kind::kNothing) {
      verdict.faults.push_back(
          {at, "the command does no work", fmt::format("{}", fmt::join(line, " ")), "start the service or the job"});
    } else if (started.kind != Started::Kind::kProgram) {
      CheckStarted(image, started, at, texts, verdict);
    }
  }

  void CheckStarted(const Image& image, const Started& started, int at, const std::map<std::string, std::string>& texts,
                    Verdict& verdict) const {
    const bool usual = dockerfiles::IsUsualBase(image.base);
    if (usual && !dockerfiles::HasPython(image.base) && !image.has_python) {
      verdict.faults.push_back({at, "the base has no Python", image.base, "start from a base with Python"});
      return;
    }
    if (started.loopback && !image.environment.contains("UVICORN_HOST") &&
        !image.environment.contains("GUNICORN_CMD_ARGS") && !image.environment.contains("PORT"))
      verdict.faults.push_back(
          {at, "the server listens to its own container only", "127.0.0.1", "let it listen on 0.0.0.0"});
    std::vector<std::string> roots = SearchPath(image, started);
    std::string file;
    const bool module = started.kind == Started::Kind::kModule;
    if (module) {
      file = world_.Find(image, roots, started.name, started.as_main);
    } else {
      const std::string path = dockerfiles::Absolute(image.directory, started.name);
      const auto found = image.files.find(path);
      if (found != image.files.end()) file = found->second.empty() ? "(written by the Dockerfile)" : found->second;
    }
    if (file.empty()) {
      // A distribution may bring a module that is run: python -m celery.
      const std::set<std::string> installed = Installed(image, started, texts);
      if (module && installed.contains(dockerfiles::DistributionName(started.name.substr(0, started.name.find('.')))))
        return;
      verdict.faults.push_back(
          {at, fmt::format("the command starts a {} that the image does not have", module ? "module" : "file"),
           started.name, "correct the command, or add what it starts to the tree and COPY it"});
      return;
    }
    if (!started.why.empty()) verdict.Doubt(fmt::format("line {}: {} of {}", at, started.why, started.name));
    CheckAttribute(started, file, at, verdict);
    if (image.installs_unknown) return;
    const std::set<std::string> installed = Installed(image, started, texts);
    const auto missing_here = world_.MissingFrom(image, roots, file, installed);
    const bool no_server =
        !started.needs.empty() && dockerfiles::HasPython(image.base) && usual && !installed.contains(started.needs);
    if (image.installs_perhaps && (no_server || !missing_here.empty()))
      return verdict.Doubt(fmt::format("line {}: whether pip installs what {} needs", at, started.name));
    if (no_server)
      verdict.faults.push_back({at, "the image lacks the server that it starts", started.needs,
                                "add it to the requirements that the image installs"});
    for (const PythonWorld::Missing& missing : missing_here) {
      verdict.faults.push_back({at, "the image lacks what the started module imports",
                                fmt::format("{}:{} imports {}", missing.file, missing.line, missing.module),
                                "add it to the requirements that the image installs, or COPY it"});
    }
  }

  /// "app" of "pkg.main:app" has to be a name of the module.
  void CheckAttribute(const Started& started, const std::string& file, int at, Verdict& verdict) const {
    const PythonFile* module = started.attribute.empty() ? nullptr : world_.File(file);
    if (module == nullptr || !module->parsed()) return;
    const bool makes = std::any_of(module->imports.begin(), module->imports.end(),
                                   [](const PythonImport& import) { return import.name == "*"; }) ||
                       std::any_of(module->calls.begin(), module->calls.end(), [](const PythonCall& call) {
                         return call.function == "globals" || call.function == "setattr" || call.function == "exec";
                       });
    const auto& names = module->definitions;
    if (makes || std::binary_search(names.begin(), names.end(), started.attribute) ||
        std::binary_search(names.begin(), names.end(), "__getattr__"))
      return;
    verdict.faults.push_back({at, "the started module has no such name",
                              fmt::format("{} in {}", started.attribute, file), "correct the command"});
  }

  Started StartedBy(const Image& image, const std::map<std::string, std::string>& texts) const {
    const auto script = [&](const std::string& path) -> const std::string* {
      const auto found = image.files.find(dockerfiles::Absolute(image.directory, path));
      const auto text = found != image.files.end() ? texts.find(found->second) : texts.end();
      return text != texts.end() ? &text->second : nullptr;
    };
    return dockerfiles::WhatStarts(image.entrypoint ? &*image.entrypoint : nullptr,
                                   image.command ? &*image.command : nullptr, settings_.programs, script);
  }

  /// Where Python looks for modules: in the folder of a script, or else in the working directory, and in PYTHONPATH.
  std::vector<std::string> SearchPath(const Image& image, const Started& started) const {
    std::vector<std::string> roots;
    if (started.kind == Started::Kind::kScript) {
      const std::string path = dockerfiles::Absolute(image.directory, started.name);
      roots.push_back(path.substr(0, std::max<std::size_t>(path.rfind('/'), 1)));
      const auto found = image.files.find(path);
      const PythonFile* script = found != image.files.end() ? world_.File(found->second) : nullptr;
      // One that changes the path itself may look anywhere.
      const bool changes =
          script != nullptr && std::any_of(script->calls.begin(), script->calls.end(), [](const PythonCall& call) {
            return call.function.starts_with("sys.path.") || call.function == "site.addsitedir";
          });
      if (changes) roots.push_back(image.directory);
    } else {
      roots.push_back(image.directory);
    }
    for (const std::string& folder : started.search) roots.push_back(dockerfiles::Absolute(image.directory, folder));
    std::string more = started.python_path;
    if (const auto set = image.environment.find("PYTHONPATH"); more.empty() && set != image.environment.end())
      more = set->second;
    for (std::size_t begin = 0; begin < more.size();) {
      const std::size_t stop = std::min(more.find(':', begin), more.size());
      if (stop > begin) roots.push_back(dockerfiles::Absolute(image.directory, more.substr(begin, stop - begin)));
      begin = stop + 1;
    }
    return roots;
  }

  static std::set<std::string> Installed(const Image& image, const Started& started,
                                         const std::map<std::string, std::string>& texts) {
    std::set<std::string> all;
    for (const dockerfiles::Packages& packages : image.packages) {
      if (!dockerfiles::IsActive(image, packages.where, started.program)) continue;
      all.insert(packages.names.begin(), packages.names.end());
      std::vector<std::string> open = packages.requirements;
      std::set<std::string> seen(open.begin(), open.end());
      while (!open.empty()) {
        const std::string file = open.back();
        open.pop_back();
        const auto text = texts.find(file);
        if (text == texts.end()) continue;
        all.merge(dockerfiles::Distributions(text->second));
        for (std::string& other : dockerfiles::Included(text->second, file)) {
          if (seen.insert(other).second) open.push_back(std::move(other));
        }
      }
    }
    for (const std::string& name : image.removed) all.erase(name);
    return all;
  }

  void CheckHealth(const Image& image, int end, const std::map<std::string, std::string>& texts,
                   Verdict& verdict) const {
    if (!image.healthcheck) {
      verdict.faults.push_back(
          {end, "the image has no HEALTHCHECK", "none", "add one that fails when the endpoint does not answer 200"});
      return;
    }
    const int at = image.healthcheck->line;
    const auto find = [&](const std::string& path) -> const PythonFile* {
      const auto found = image.files.find(dockerfiles::Absolute(image.directory, path));
      return found != image.files.end() ? world_.File(found->second) : nullptr;
    };
    const dockerfiles::Health health = dockerfiles::Examine(*image.healthcheck, find);
    if (!health.why_blind.empty())
      verdict.faults.push_back({at, "the HEALTHCHECK does not notice an error", health.why_blind,
                                "let the command fail unless the answer is 200"});
    if (!health.known || image.environment.contains("PYTHONOPTIMIZE"))
      verdict.Doubt(
          fmt::format("line {}: whether the HEALTHCHECK fails when the answer is an error cannot be told", at));
    const Started started = StartedBy(image, texts);
    const std::string& port = started.port;
    if (health.host.find_first_of("$`{") != std::string::npos)
      verdict.Doubt(fmt::format("line {}: which host the HEALTHCHECK asks", at));
    else if (!health.host.empty() && health.host != "localhost" && health.host != "0.0.0.0" &&
             !health.host.starts_with("127.") && health.host != "[::1]")
      verdict.faults.push_back({at, "the HEALTHCHECK asks another host", health.host, "ask the container itself"});
    if (started.kind == Started::Kind::kModule && !health.path.empty() && !Serves(health.path))
      verdict.Doubt(fmt::format("line {}: whether {} is served", at, health.path));
    if (!port.empty() && !health.port.empty() && port != health.port && port.find('$') == std::string::npos)
      verdict.faults.push_back({at, "the HEALTHCHECK asks another port",
                                fmt::format("{} instead of {}", health.port, port), "ask the port that is served"});
  }

  /// Does the code have a route that the path ends in?
  bool Serves(const std::string& path) const {
    if (path == "/docs" || path == "/openapi.json" || path.find_first_of("$`{") != std::string::npos) return true;
    return world_.Any([&](const PythonFile& file) {
      return std::any_of(file.calls.begin(), file.calls.end(), [&](const PythonCall& call) {
        const auto is_route = [&](const PythonExpression& value) {
          const auto text = value.is_object() ? value.find("value") : value.end();
          if (text == value.end() || !text->is_string()) return false;
          std::string route = text->get<std::string>();
          if (route.size() > 1 && route.ends_with('/')) route.pop_back();
          return route.starts_with('/') &&
                 (path == route || path == route + "/" || (route != "/" && path.ends_with(route)));
        };
        return std::any_of(call.arguments.begin(), call.arguments.end(), is_route) ||
               std::any_of(call.keywords.begin(), call.keywords.end(),
                           [&](const auto& word) { return is_route(word.second); });
      });
    });
  }

  const BuildContext& context_;
  const PythonWorld& world_;
  const Settings& settings_;
};

// Ours: a sound Dockerfile of a small tree, and the same with one fault each.
constexpr const char* kSound =
    "FROM python:3.11-slim\nWORKDIR /srv\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
    "COPY app/ ./app/\nRUN useradd app\nUSER app\nHEALTHCHECK CMD curl --fail http://localhost:8000/health\n"
    "CMD [\"uvicorn\", \"app.main:app\", \"--host\", \"0.0.0.0\"]\n";

struct Planted {
  const char* from;
  const char* to;
};
constexpr Planted kPlanted[] = {{"python:3.11-slim", "python"},
                                {"COPY app/", "COPY gone/"},
                                {"USER app", "USER root"},
                                {"app.main:app", "app.gone:app"},
                                {"--fail ", ""},
                                {"CMD [\"uvicorn\", \"app.main:app\", \"--host\", \"0.0.0.0\"]", "CMD echo done"},
                                {"CMD [\"uvicorn\", \"app.main:app\", \"--host\", \"0.0.0.0\"]",
                                 "CMD false && uvicorn app.main:app --host 0.0.0.0"},
                                {"app.main:app", "app.main:gone"},
                                {", \"--host\", \"0.0.0.0\"", ""},
                                {"RUN pip install", "RUN echo pip install"},
                                {"RUN useradd app", "RUN useradd -o -u 0 app"},
                                {"RUN useradd app", "RUN rm -rf app"},
                                {"localhost:8000", "example.org:8000"},
                                {"RUN pip install -r requirements.txt\n", ""},
                                {"RUN useradd app", "ENV API_KEY=abc"}};

std::string Replaced(std::string text, const Planted& planted) {
  const std::size_t at = text.find(planted.from);
  return at == std::string::npos ? std::string() : text.replace(at, std::string_view(planted.from).size(), planted.to);
}

class Check {
 public:
  Check(Context& context, Settings settings) : context_(context), settings_(std::move(settings)) {}

  Result<void> Run() {
    READINESS_RETURN_IF_ERROR(RecordPlanted());
    READINESS_RETURN_IF_ERROR(ReadTree());
    const BuildContext build(paths_, settings_.context, ignored_);
    const PythonWorld world(python_, settings_.provides);
    const Judge judge(build, world, settings_);
    for (const std::string& path : settings_.required) READINESS_RETURN_IF_ERROR(LookAt(judge, path));
    READINESS_ASSIGN(const std::vector<SourceFile> others, context_.source_tree.Files(settings_.others));
    for (const SourceFile& other : others) {
      if (std::find(settings_.required.begin(), settings_.required.end(), other.path) == settings_.required.end())
        READINESS_RETURN_IF_ERROR(LookAt(judge, other.path));
    }
    Conclude();
    return CheckWanted(others);
  }

 private:
  // A misspelt path would want a health check of nobody.
  Result<void> CheckWanted(const std::vector<SourceFile>& others) const {
    for (const std::string& path : settings_.with_healthcheck) {
      const bool required =
          std::find(settings_.required.begin(), settings_.required.end(), path) != settings_.required.end();
      const bool other =
          std::any_of(others.begin(), others.end(), [&](const SourceFile& file) { return file.path == path; });
      if (required || other) continue;
      return Fail({ErrorKind::kDefinition,
                   "parameter with_healthcheck names no judged Dockerfile",
                   std::nullopt,
                   "a path of required, or of a file that others matches",
                   path,
                   {}});
    }
    return {};
  }

  Result<void> RecordPlanted() {
    READINESS_ASSIGN(const PythonReading reading, ReadPython({{"app/main.py",
                                                               "import fastapi\nfrom app.store import save\n\napp = "
                                                               "fastapi.FastAPI()\napp.get(\"/health\")(save)\n"},
                                                              {"app/store.py", "import json\n"}}));
    const std::vector<std::string> paths{"app/main.py", "app/store.py", "requirements.txt"};
    const std::map<std::string, std::string> texts{{"requirements.txt", "fastapi==1\nuvicorn==1\n"}};
    const BuildContext build(paths, ".", "");
    const PythonWorld world(reading.files, {});
    const Judge judge(build, world, settings_);
    const auto faults = [&](const std::string& text) -> Result<std::size_t> {
      READINESS_ASSIGN(const Dockerfile file, ParseDockerfile(text, "ours"));
      return judge.Examine(file, true, texts).faults.size();
    };
    READINESS_ASSIGN(const std::size_t in_sound, faults(kSound));
    READINESS_ASSIGN(std::size_t found, faults(""));
    for (const Planted& planted : kPlanted) {
      READINESS_ASSIGN(const std::size_t count, faults(Replaced(kSound, planted)));
      found += count > 0 ? 1 : 0;
    }
    const std::size_t all = std::size(kPlanted) + 1;
    context_.findings.AddControl(
        {"faults_are_found", "faults planted in a Dockerfile of our own are found, and none without them",
         in_sound == 0 && found == all, fmt::format("{} of {} found; {} in the sound one", found, all, in_sound)});
    return {};
  }

  static constexpr std::int64_t kLongestScript = 64 * 1024;

  /// A file without an ending, as scripts that images start are called.
  static bool IsLikeAScript(const std::string& path) {
    const std::string name = path.substr(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1);
    return name.find('.') == std::string::npos;
  }

  Result<void> ReadTree() {
    READINESS_ASSIGN(const std::vector<SourceFile> files, context_.source_tree.Files({"**"}));
    if (files.empty()) return Fail(ErrorKind::kTarget, "the source tree is empty");
    std::vector<PythonSource> sources;
    for (const SourceFile& file : files) {
      paths_.push_back(file.path);
      const bool requirements = file.path.ends_with(".txt") && file.path.find("requirements") != std::string::npos;
      const bool script = file.bytes <= kLongestScript && (file.path.ends_with(".sh") || IsLikeAScript(file.path));
      if (requirements || script || file.path.ends_with(".dockerignore")) {
        READINESS_ASSIGN(texts_[file.path], context_.source_tree.Read(file.path));
      }
      if (file.path.ends_with(".py")) {
        READINESS_ASSIGN(std::string text, context_.source_tree.Read(file.path));
        sources.push_back({file.path, std::move(text)});
      }
    }
    const std::string ignore = settings_.context == "." ? ".dockerignore" : settings_.context + "/.dockerignore";
    if (std::find(paths_.begin(), paths_.end(), ignore) != paths_.end()) {
      READINESS_ASSIGN(ignored_, context_.source_tree.Read(ignore));
    }
    READINESS_ASSIGN(PythonReading reading, ReadPython(sources));
    python_ = std::move(reading.files);
    return {};
  }

  Result<void> LookAt(const Judge& judge, const std::string& path) {
    if (std::find(paths_.begin(), paths_.end(), path) == paths_.end()) {
      Violate(path, {0, "a Dockerfile is missing", "no such tracked file", "write it"});
      return {};
    }
    READINESS_ASSIGN(const std::string text, context_.source_tree.Read(path));
    const Result<Dockerfile> file = ParseDockerfile(text, path);
    if (!file) {
      if (file.error().kind != ErrorKind::kMalformed) return Fail(file.error());
      Violate(path, {file.error().place ? file.error().place->line : 0, "a Dockerfile does not parse",
                     fmt::format("{}: {}", file.error().what, file.error().actual), "correct the instruction"});
      return {};
    }
    const auto& with = settings_.with_healthcheck;
    const bool health = std::find(with.begin(), with.end(), path) != with.end();
    // A file of its own says what is kept out.
    const auto own = texts_.find(path + ".dockerignore");
    const BuildContext own_context(paths_, settings_.context, own != texts_.end() ? own->second : "");
    const Judge own_judge = judge.With(own_context);
    const Verdict verdict = (own != texts_.end() ? own_judge : judge).Examine(*file, health, texts_);
    for (const Fault& fault : verdict.faults) Violate(path, fault);
    if (!verdict.not_understood.empty()) not_understood_.push_back(fmt::format("{}: {}", path, verdict.not_understood));
    if (verdict.instructions > 0) {
      ++read_;
      instructions_ += verdict.instructions;
    }
    if (verdict.faults.empty() && verdict.not_understood.empty()) {
      context_.findings.AddObservation(
          {path,
           fmt::format("{} instructions; starts {}; sources, dependencies and user are in order", verdict.instructions,
                       verdict.starts),
           {{"instructions", verdict.instructions}, {"starts", verdict.starts}}});
    }
    return {};
  }

  void Violate(const std::string& path, const Fault& fault) {
    ++violations_;
    if (violations_ > 50) return;
    context_.findings.AddViolation(
        {fmt::format("{}: {}", fault.what, path), fmt::format("read {} and followed its stages", path),
         "a Dockerfile that builds from a clean checkout and starts its program as an ordinary user",
         fmt::format("{}:{}: {}", path, fault.line, fault.actual), fault.fix});
  }

  void Conclude() {
    context_.findings.AddControl({"dockerfiles_were_read", "Dockerfiles with instructions were read",
                                  read_ > 0 || violations_ > 0,
                                  fmt::format("{} Dockerfiles with {} instructions", read_, instructions_)});
    context_.findings.AddControl(
        {"each_command_was_understood", "what each image starts was recognised", not_understood_.empty(),
         not_understood_.empty() ? "all were" : fmt::format("{}", fmt::join(not_understood_, "; "))});
  }

  Context& context_;
  const Settings settings_;
  std::vector<std::string> paths_;
  std::map<std::string, std::string> texts_;  // of requirements files
  std::string ignored_;
  std::vector<PythonFile> python_;
  std::vector<std::string> not_understood_;
  std::size_t read_ = 0, instructions_ = 0, violations_ = 0;
};

}  // namespace
}  // namespace readiness::probes

READINESS_PROBE(dockerfiles_are_complete) {
  using namespace readiness;
  READINESS_ASSIGN(probes::Settings settings, probes::ReadSettings(context.parameters));
  return probes::Check(context, std::move(settings)).Run();
}
