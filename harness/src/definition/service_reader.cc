#include "definition/service_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "definition/engine_rules.h"
#include "definition/pattern.h"
#include "definition/service_url.h"
#include "definition/step_reader.h"

namespace readiness {
namespace {

using Type = LocatedJson::Type;

// Set by the tool, which also records what is active; hidden in a file it would pass a faulty target off as the real
// one.
constexpr std::string_view kDefectsVariable = "READINESS_DEFECTS";

constexpr std::string_view kWaitForms =
    R"({"http": {"path": "/health", "status": [200]}}, {"log": {"pattern": "started"}} or {"port_open": true})";

}  // namespace

ServiceReader::ServiceReader(EngineKind engine, KnownPlaceholders in_environment, KnownPlaceholders in_command,
                             Problems& problems)
    : engine_(engine),
      in_environment_(std::move(in_environment)),
      in_command_(std::move(in_command)),
      problems_(problems) {}

ServiceDeployment ServiceReader::Read(const LocatedJson& value) {
  ServiceDeployment service;
  ObjectReader reader(value, shapes::kService, problems_);
  CheckServiceKeys(reader, engine_, problems_);
  if (const LocatedJson* command = reader.Find("command"); command != nullptr) service.command = ReadCommand(*command);
  service.working_directory = reader.String("working_directory", TextRule::kLine);
  if (!service.working_directory.empty()) {
    CheckPlaceholders(*reader.Find("working_directory"), "\"working_directory\"", service.working_directory,
                      &in_command_, problems_);
  }
  if (const LocatedJson* environment = reader.Find("environment"); environment != nullptr) {
    service.environment = ReadEnvironment(*environment);
  }
  if (const auto port = reader.Integer("port", 0); port != 0) service.port = static_cast<int>(port);
  service.container_port = static_cast<int>(reader.Integer("container_port", 0));
  if (const LocatedJson* url = reader.Find("url"); url != nullptr) service.url = ReadUrl(*url);
  if (const LocatedJson* ready = reader.Find("ready"); ready != nullptr) service.ready = ReadWaits(*ready);
  CheckPorts(reader, service);
  service.startup_timeout = reader.Duration("startup_timeout_ms", service.startup_timeout);
  service.stop_grace = reader.Duration("stop_grace_ms", service.stop_grace);
  reader.Finish();
  return service;
}

std::string ServiceReader::ReadUrl(const LocatedJson& value) {
  const auto text = ReadString(value, "\"url\"", TextRule::kLine, problems_);
  if (!text) return {};
  const KnownPlaceholders known{{}, true};
  if (!CheckPlaceholders(value, "\"url\"", *text, &known, problems_).empty()) return *text;
  if (text->find("${") != std::string::npos) return *text;
  if (const Result<ServiceUrl> url = ParseServiceUrl(*text); !url) {
    const bool may_hold_password = text->find('@') != std::string::npos;
    problems_.Add(value, fmt::format("\"url\" {}", url.error().what), url.error().expected,
                  may_hold_password ? "" : Quoted(*text));
  }
  return *text;
}

void ServiceReader::CheckPorts(ObjectReader& reader, const ServiceDeployment& service) {
  if (engine_ != EngineKind::kCompose || service.container_port != 0) return;
  constexpr const char* kExpected = "\"container_port\": where it listens in its container";
  if (reader.Find("container_port") != nullptr) return;  // wrong, and reported as such
  if (const LocatedJson* port = reader.Find("port"); port != nullptr)
    problems_.Add(*port, "\"port\" publishes a port that the service does not have", kExpected);
  const bool asks = std::any_of(service.ready.begin(), service.ready.end(),
                                [](const WaitCondition& wait) { return wait.http || wait.port_open; });
  if (asks) problems_.Add(*reader.Find("ready"), "\"ready\" asks at a port that the service does not have", kExpected);
}

ServiceOverlay ServiceReader::ReadOverlay(const LocatedJson& value) {
  ServiceOverlay overlay;
  ObjectReader reader(value, shapes::kServiceOverlay, problems_);
  CheckOverlayKeys(reader, engine_, problems_);
  if (const LocatedJson* environment = reader.Find("environment"); environment != nullptr) {
    overlay.environment = ReadEnvironment(*environment, &overlay.unset);
  }
  if (const LocatedJson* command = reader.Find("command"); command != nullptr) overlay.command = ReadCommand(*command);
  reader.Finish();
  return overlay;
}

CommandDeployment ServiceReader::ReadTargetCommand(const LocatedJson& value) {
  CommandDeployment read;
  ObjectReader reader(value, shapes::kCommand, problems_);
  CheckCommandKeys(reader, engine_, problems_);
  read.service = reader.String("service", TextRule::kName);
  if (const LocatedJson* command = reader.Find("command"); command != nullptr) read.command = ReadCommand(*command);
  read.working_directory = reader.String("working_directory", TextRule::kLine);
  if (!read.working_directory.empty()) {
    CheckPlaceholders(*reader.Find("working_directory"), "\"working_directory\"", read.working_directory, &in_command_,
                      problems_);
  }
  if (const LocatedJson* environment = reader.Find("environment"); environment != nullptr) {
    read.environment = ReadEnvironment(*environment);
  }
  read.timeout = reader.Duration("timeout_ms", read.timeout);
  reader.Finish();
  return read;
}

std::vector<std::string> ServiceReader::ReadCommand(const LocatedJson& value) {
  const auto words = ReadStrings(value, "\"command\"", TextRule::kAny, false, problems_);
  if (!words) return {};
  if (words->empty() || words->front().empty()) {
    problems_.Add(value, "\"command\" names no program", "a list: the program, then its arguments");
    return {};
  }
  for (std::size_t i = 0; i < words->size(); ++i) {
    CheckPlaceholders(value.elements[i], "\"command\"", (*words)[i], &in_command_, problems_);
  }
  return *words;
}

std::map<std::string, EnvValue> ServiceReader::ReadEnvironment(const LocatedJson& value,
                                                               std::map<std::string, At>* unset) {
  std::map<std::string, EnvValue> environment;
  ForEachNamed(value, "\"environment\"", "environment variable", TextRule::kIdentifier, problems_,
               [&](const LocatedJson::Member& member) {
                 const std::string label = fmt::format("environment variable {}", Quoted(member.key));
                 if (member.key == kDefectsVariable) {
                   problems_.Add(member, fmt::format("{} is set by the tool", label), {}, {},
                                 "remove it, and set it in the shell that runs ctest");
                   return;
                 }
                 if (unset != nullptr && member.value.type == Type::kNull) {
                   unset->emplace(member.key, At(member));
                   return;
                 }
                 if (auto read = ReadEnvValue(member.value, label)) environment.emplace(member.key, std::move(*read));
               });
  return environment;
}

std::optional<EnvValue> ServiceReader::ReadEnvValue(const LocatedJson& value, const std::string& label) {
  EnvValue read;
  std::optional<std::string> text;
  At at = value;
  if (value.type == Type::kObject) {
    ObjectReader reader(value, shapes::kSecretValue, problems_);
    if (const LocatedJson* secret = reader.Find("secret"); secret != nullptr) {
      at = *secret;
      text = ReadString(*secret, "\"secret\"", TextRule::kText, problems_);
    }
    reader.Finish();
    read.secret = true;
  } else if (value.type == Type::kString) {
    text = ReadString(value, label, TextRule::kAny, problems_);
  } else {
    const bool is_scalar = value.type == Type::kNumber || value.type == Type::kBoolean;
    problems_.Add(value, fmt::format("{} has the wrong type", label), "a string or {\"secret\": \"...\"}",
                  DescribeValue(value),
                  is_scalar ? fmt::format("put it in quotes: {}", Quoted(value.scalar.dump())) : "");
  }
  if (!text) return std::nullopt;
  KnownPlaceholders known = in_environment_;
  known.secret = read.secret;
  CheckPlaceholders(at, label, *text, &known, problems_);
  read.value = *text;
  return read;
}

std::vector<WaitCondition> ServiceReader::ReadWaits(const LocatedJson& value) {
  std::vector<WaitCondition> waits;
  if (!ExpectType(value, Type::kArray, "\"ready\"", "a list of wait conditions", problems_)) return waits;
  if (value.elements.empty()) {
    problems_.Add(value, "\"ready\" is empty", fmt::format("at least one of {}", kWaitForms), "an empty list",
                  "a service without a wait condition would count as started at once");
  }
  for (const LocatedJson& element : value.elements) waits.push_back(ReadWait(element));
  return waits;
}

WaitCondition ServiceReader::ReadWait(const LocatedJson& value) {
  WaitCondition wait;
  ObjectReader reader(value, shapes::kWait, problems_);
  int stated = 0;
  if (const LocatedJson* http = reader.Find("http"); http != nullptr) {
    ++stated;
    ObjectReader inner(*http, shapes::kWaitHttp, problems_);
    wait.http.emplace();
    wait.http->path = inner.String("path", TextRule::kLine);
    if (!wait.http->path.empty()) {
      CheckUrlPath(*inner.Find("path"), "\"path\"", wait.http->path, problems_);
      const KnownPlaceholders none;
      CheckPlaceholders(*inner.Find("path"), "\"path\"", wait.http->path, &none, problems_);
    }
    wait.http->statuses = inner.Statuses("status");
    inner.Finish();
  }
  if (const LocatedJson* log = reader.Find("log"); log != nullptr) {
    ++stated;
    if (engine_ == EngineKind::kExternal) {
      problems_.Add(*log, "there is no log of a service that runs already", "\"http\" or \"port_open\"");
    }
    ObjectReader inner(*log, shapes::kWaitLog, problems_);
    wait.log.emplace();
    wait.log->pattern = inner.String("pattern", TextRule::kLine);
    if (!wait.log->pattern.empty()) {
      if (const std::string problem = LinePatternProblem(wait.log->pattern); !problem.empty()) {
        problems_.Add(*inner.Find("pattern"), fmt::format("\"pattern\" {}", Printable(problem, 200)),
                      "a regular expression (RE2) for a line of the service's output", Quoted(wait.log->pattern));
      }
    }
    inner.Finish();
  }
  if (const LocatedJson* port_open = reader.Find("port_open"); port_open != nullptr) {
    ++stated;
    wait.port_open = reader.Boolean("port_open", true);
    if (!wait.port_open) problems_.Add(*port_open, "\"port_open\" is false", "true, or another wait condition");
  }
  reader.Finish();
  if (reader.valid() && stated != 1) {
    problems_.Add(value, fmt::format("a wait condition states {} conditions", stated), std::string(kWaitForms), {},
                  stated > 1 ? "write one list entry for each" : "");
  }
  return wait;
}

}  // namespace readiness
