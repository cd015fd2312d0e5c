// Reads probe.json.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "definition/document.h"
#include "definition/load.h"
#include "definition/object_reader.h"
#include "definition/parameter_check.h"
#include "definition/syntax.h"

namespace readiness {
namespace {

std::string FolderOf(const std::string& file) {
  std::error_code ignored;
  const std::filesystem::path absolute = std::filesystem::absolute(file, ignored);
  return (absolute.empty() ? std::filesystem::path(file) : absolute)
      .lexically_normal()
      .parent_path()
      .filename()
      .string();
}

void CheckIsFolderName(const std::string& id, const LocatedJson* at, Problems& problems) {
  const std::string folder = FolderOf(problems.file());
  if (at == nullptr || id.empty() || id == folder) return;
  problems.Add(*at, "the probe's id is not the name of its folder", Quoted(folder), Quoted(id),
               "rename the folder or the probe");
}

std::string ReadMethod(ObjectReader& reader, Problems& problems) {
  const LocatedJson* value = reader.Find("method");
  if (value == nullptr) return {};
  const auto steps = ReadStrings(*value, "\"method\"", TextRule::kLine, false, problems);
  if (!steps) return {};
  if (steps->empty()) {
    problems.Add(*value, "\"method\" is empty", "what the probe does, one string per step");
    return {};
  }
  std::string method;
  for (const std::string& step : *steps) method += (method.empty() ? "" : "\n") + step;
  return method;
}

std::vector<std::string> ReadNeeds(ObjectReader& reader, Problems& problems) {
  const LocatedJson* value = reader.Find("needs");
  if (value == nullptr) return {};
  const auto needs = ReadStrings(*value, "\"needs\"", TextRule::kLine, true, problems);
  if (!needs) return {};
  for (std::size_t i = 0; i < needs->size(); ++i) {
    const Words& known = shapes::kNeeds;
    if (std::find(known.begin(), known.end(), (*needs)[i]) == known.end()) {
      problems.AddUnknown(value->elements[i], "need", (*needs)[i], known);
    }
  }
  return *needs;
}

ParameterDescription ReadParameter(const LocatedJson::Member& member, Problems& problems) {
  ParameterDescription description;
  ObjectReader reader(member.value, shapes::kParameter, problems);
  const std::optional<std::size_t> type = reader.Word("type");
  if (type) description.type = static_cast<ParameterType>(*type);
  description.description = reader.String("description", TextRule::kLine);
  description.required = reader.Boolean("required", false);
  if (const LocatedJson* fallback = reader.Find("default"); fallback != nullptr) {
    if (description.required) {
      problems.Add(*fallback, fmt::format("parameter \"{}\" is required and has a default", member.key),
                   "\"required\": true or \"default\"", "both", "remove one of the two");
    }
    if (type) description.fallback = CheckParameterValue(*fallback, description.type, "\"default\"", problems);
  }
  reader.Finish();
  if (type && description.type == ParameterType::kDuration && !member.key.ends_with("_ms")) {
    problems.Add(member, fmt::format("the name of the duration \"{}\" lacks its unit", member.key),
                 Quoted(member.key + "_ms"), Quoted(member.key), "numbers carry their unit in the name");
  }
  return description;
}

}  // namespace

Loaded<ProbeDescription> ParseProbe(const std::string& text, const std::string& file) {
  const Loaded<LocatedJson> document = ParseDocument(text, file);
  if (!document) return tl::unexpected<std::vector<Error>>(document.error());

  Problems problems(file);
  ProbeDescription probe;
  ObjectReader reader(*document, shapes::kProbe, problems);
  reader.String("$schema", TextRule::kLine);
  probe.id = reader.String("probe", TextRule::kSnakeLabel);
  CheckIsFolderName(probe.id, reader.Find("probe"), problems);
  probe.statement = reader.String("statement", TextRule::kLine);
  probe.motivation = reader.String("motivation", TextRule::kText);
  probe.method = ReadMethod(reader, problems);
  probe.remediation = reader.String("remediation", TextRule::kText);
  probe.needs = ReadNeeds(reader, problems);
  if (const auto touches = reader.Word("touches")) probe.touches = static_cast<Reach>(*touches);
  if (const LocatedJson* controls = reader.Find("controls"); controls != nullptr) {
    for (auto& [id, shows] :
         ReadStringMembers(*controls, "\"controls\"", "control", TextRule::kName, TextRule::kLine, problems)) {
      probe.controls.emplace(id, shows);
    }
  }
  reader.Named("parameters", "parameter", [&](const LocatedJson::Member& member) {
    probe.parameters.emplace(member.key, ReadParameter(member, problems));
  });
  reader.Finish();
  return Conclude(std::move(probe), problems);
}

}  // namespace readiness
