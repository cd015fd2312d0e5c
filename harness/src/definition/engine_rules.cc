#include "definition/engine_rules.h"

#include <fmt/format.h>

#include <initializer_list>

namespace readiness {
namespace {

constexpr unsigned kProcess = 1U << static_cast<unsigned>(EngineKind::kProcess);
constexpr unsigned kCompose = 1U << static_cast<unsigned>(EngineKind::kCompose);
constexpr unsigned kExternal = 1U << static_cast<unsigned>(EngineKind::kExternal);

constexpr const char* kRunsAlready = "remove it: the service runs already, and nobody here starts it";
constexpr const char* kComposeFileSaysIt = "remove it, and say it in the compose file";

struct KeyRule {
  const char* key;
  unsigned engines;          ///< that it is for
  unsigned required_by = 0;  ///< engines that cannot do without it
  const char* in_process = "";
  const char* in_compose = "";
  const char* in_external = "";

  const char* FixFor(EngineKind engine) const {
    if (engine == EngineKind::kProcess) return in_process;
    return engine == EngineKind::kCompose ? in_compose : in_external;
  }
};

std::string NamesOf(unsigned engines) {
  std::string names;
  for (const EngineKind engine : {EngineKind::kProcess, EngineKind::kCompose, EngineKind::kExternal}) {
    if ((engines & (1U << static_cast<unsigned>(engine))) == 0) continue;
    names += fmt::format("{}\"{}\"", names.empty() ? "" : " or ", NameOf(engine));
  }
  return names;
}

void Check(ObjectReader& reader, EngineKind engine, const char* what, std::initializer_list<KeyRule> rules,
           Problems& problems) {
  if (!reader.valid()) return;
  const unsigned mine = 1U << static_cast<unsigned>(engine);
  for (const KeyRule& rule : rules) {
    const LocatedJson* value = reader.Find(rule.key);
    if (value == nullptr && (rule.required_by & mine) != 0) {
      problems.Add(reader.at(), fmt::format("{} lacks \"{}\"", what, rule.key),
                   fmt::format("\"{}\", which engine \"{}\" cannot do without", rule.key, NameOf(engine)));
    }
    if (value == nullptr || (rule.engines & mine) != 0) continue;
    problems.Add(*value, fmt::format("\"{}\" of {} means nothing to engine \"{}\"", rule.key, what, NameOf(engine)),
                 fmt::format("it with engine {} only", NamesOf(rule.engines)), {}, rule.FixFor(engine));
  }
}

}  // namespace

const std::string& NameOf(EngineKind engine) {
  return shapes::kEngines[static_cast<std::size_t>(engine)];
}

void CheckDeploymentKeys(ObjectReader& reader, EngineKind engine, Problems& problems) {
  Check(reader, engine, "a deployment",
        {{"compose", kCompose, kCompose, "write \"engine\": \"compose\", or remove it", "",
          "remove it: the services run already"},
         {"allow", kExternal, 0, "remove it: a target that the run starts may be broken",
          "remove it: a target that the run starts may be broken"},
         {"defects", kProcess | kCompose, 0, "", "", "remove it: defects are switched when a service starts"},
         {"variants", kProcess | kCompose, 0, "", "", "remove it: services that run already cannot be varied"}},
        problems);
}

void CheckServiceKeys(ObjectReader& reader, EngineKind engine, Problems& problems) {
  Check(reader, engine, "a service",
        {{"command", kProcess, kProcess, "", kComposeFileSaysIt, kRunsAlready},
         {"working_directory", kProcess, 0, "", kComposeFileSaysIt, kRunsAlready},
         {"environment", kProcess | kCompose, 0, "", "", kRunsAlready},
         {"port", kProcess | kCompose, 0, "", "", "remove it, and say it in \"url\""},
         {"container_port", kCompose, 0, "remove it; ${port.<service>} tells a process where to listen", "",
          "remove it, and say it in \"url\""},
         {"url", kExternal, kExternal, "remove it: the run chooses where the service listens",
          "remove it, and write the \"container_port\" where the service listens"},
         {"stop_grace_ms", kProcess | kCompose, 0, "", "", "remove it: nobody here stops the service"}},
        problems);
}

void CheckOverlayKeys(ObjectReader& reader, EngineKind engine, Problems& problems) {
  Check(reader, engine, "a service of a variant",
        {{"command", kProcess, 0, "", "let the variant change the \"environment\"", kRunsAlready}}, problems);
}

void CheckCommandKeys(ObjectReader& reader, EngineKind engine, Problems& problems) {
  Check(reader, engine, "a command",
        {{"service", kCompose, 0, "remove it: commands run on this machine", "",
          "remove it: commands run on this machine"}},
        problems);
}

void CheckDoubleKeys(ObjectReader& reader, EngineKind engine, Problems& problems) {
  Check(reader, engine, "a double",
        {{"port", kProcess | kExternal, 0, "",
          "remove it: containers reach the double by ${double.<name>.url}, or under the names of its \"hosts\""}},
        problems);
}

}  // namespace readiness
