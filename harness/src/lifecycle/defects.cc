#include "lifecycle/defects.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>

#include "base/files.h"
#include "base/located_json.h"
#include "base/text.h"

namespace readiness {
namespace {

constexpr std::size_t kMaxAcknowledgement = 256 * 1024;

struct Catalogue {
  std::set<std::string> defects;
  std::map<std::string, std::vector<std::string>> sets;  ///< by whole name: "ai-health.as-audited"
  std::map<std::string, Overlay> overlays;               ///< of those defects that are the source tree's
};

Error Malformed(const std::string& file, const std::string& what, const std::string& expected) {
  return Error{ErrorKind::kDefinition, what, Place{file, 0, 0}, expected, {}, {}};
}

/// {"files": "<folder beside defects.json>", "remove": ["<path in the tree>", ...]}, one of the two at the least.
Result<Overlay> ReadOverlay(const Json& json, const std::string& id, const std::string& file) {
  const auto malformed = [&](const std::string& what) {
    return Fail(Malformed(file, fmt::format("the overlay of defect {} {}", Printable(id, 200), what),
                          "{\"files\": \"<folder>\", \"remove\": [\"<path>\", ...]}, one of the two at the least"));
  };
  if (!json.is_object() || json.empty()) return malformed("is not an object or empty");
  Overlay overlay;
  overlay.defect = id;
  for (const auto& [key, value] : json.items()) {
    if (key == "files" && value.is_string()) {
      const std::string folder = value.get<std::string>();
      if (!StaysInside(folder)) return malformed("has files outside the folder of defects.json");
      overlay.files = (std::filesystem::path(file).parent_path() / folder).lexically_normal().string();
    } else if (key == "remove" && value.is_array()) {
      for (const Json& path : value) {
        if (!path.is_string()) return malformed("removes what is no path");
        overlay.remove.push_back(path.get<std::string>());
      }
    } else {
      return malformed(fmt::format("has an unknown or wrong \"{}\"", Printable(key, 100)));
    }
  }
  return overlay;
}

Result<Catalogue> ReadCatalogue(const std::string& file, const std::string& target_id) {
  READINESS_ASSIGN(const std::string text, ReadFile(file));
  READINESS_ASSIGN(const Json json, ParseStrictJson(text, file));
  const Json defects = json.is_object() ? json.value("defects", Json()) : Json();
  if (!defects.is_array()) return Fail(Malformed(file, "\"defects\" is missing or not a list", "{\"defects\": [...]}"));
  Catalogue catalogue;
  for (const Json& defect : defects) {
    const auto id = defect.is_object() ? defect.find("id") : defect.end();
    if (!defect.is_object() || id == defect.end() || !id->is_string()) {
      return Fail(
          Malformed(file, "a defect has no id", "{\"id\": \"<suite>.<item>\", \"what\": ..., \"reddens\": [...]}"));
    }
    catalogue.defects.insert(id->get<std::string>());
    if (const auto overlay = defect.find("overlay"); overlay != defect.end()) {
      READINESS_ASSIGN(catalogue.overlays[id->get<std::string>()], ReadOverlay(*overlay, id->get<std::string>(), file));
    }
  }
  const auto sets = json.find("sets");
  if (sets == json.end()) return catalogue;
  if (!sets->is_object())
    return Fail(Malformed(file, "\"sets\" is not an object", "{\"as-audited\": [\"<defect id>\", ...]}"));
  for (const auto& [name, members] : sets->items()) {
    std::vector<std::string>& set = catalogue.sets[target_id + "." + name];
    if (!members.is_array())
      return Fail(Malformed(file, fmt::format("set \"{}\" is not a list", name), "a list of defect ids"));
    for (const Json& member : members) {
      const std::string id = member.is_string() ? member.get<std::string>() : member.dump();
      if (!catalogue.defects.contains(id)) {
        return Fail(Malformed(file, fmt::format("set \"{}\" names an unknown defect", name),
                              fmt::format("\"{}\" among \"defects\"", id)));
      }
      set.push_back(id);
    }
  }
  return catalogue;
}

std::vector<std::string> Split(const std::string& given) {
  std::vector<std::string> entries;
  for (std::size_t begin = 0; begin <= given.size();) {
    const std::size_t end = std::min(given.find(',', begin), given.size());
    std::string entry = given.substr(begin, end - begin);
    entry.erase(0, std::min(entry.find_first_not_of(" \t\n"), entry.size()));
    entry.erase(entry.find_last_not_of(" \t\n") + 1);
    if (!entry.empty()) entries.push_back(std::move(entry));
    begin = end + 1;
  }
  return entries;
}

Result<void> Expand(const std::string& entry, const Catalogue& catalogue, const std::string& file,
                    std::set<std::string>& expected) {
  if (const auto set = catalogue.sets.find(entry); set != catalogue.sets.end()) {
    expected.insert(set->second.begin(), set->second.end());
    return {};
  }
  if (catalogue.defects.contains(entry)) {
    expected.insert(entry);
    return {};
  }
  std::vector<std::string> known(catalogue.defects.begin(), catalogue.defects.end());
  for (const auto& set : catalogue.sets) known.push_back(set.first);
  const std::optional<std::string> nearest = NearestWord(entry, known);
  return Fail(
      Error{ErrorKind::kUsage, fmt::format("{} names an unknown defect", kDefectsVariable), Place{file, 0, 0},
            "a defect or set of that file", Printable(entry, 200),
            nearest ? fmt::format("did you mean \"{}\"?", *nearest) : "`readiness prove --list` shows them all"});
}

}  // namespace

Result<DefectsRequest> PlanDefects(const std::string& given, const std::string& target_id,
                                   const std::string& defects_file) {
  const std::vector<std::string> entries = Split(given);
  std::vector<std::string> own;
  std::copy_if(entries.begin(), entries.end(), std::back_inserter(own),
               [&](const std::string& entry) { return entry.starts_with(target_id + "."); });
  DefectsRequest request;
  if (defects_file.empty()) {
    if (own.empty()) return request;
    return Fail(Error{ErrorKind::kUsage, "this deployment has no switchable defects", std::nullopt,
                      fmt::format("{} without defects of {}", kDefectsVariable, target_id),
                      Printable(fmt::format("{}", fmt::join(own, ",")), 500),
                      fmt::format("unset {}, or use the deployment of the stand-in", kDefectsVariable)});
  }
  if (entries.empty()) return request;
  request.variable = fmt::format("{}", fmt::join(entries, ","));
  if (own.empty()) return request;
  READINESS_ASSIGN(const Catalogue catalogue, ReadCatalogue(defects_file, target_id));
  for (const std::string& entry : own)
    READINESS_RETURN_IF_ERROR(Expand(entry, catalogue, defects_file, request.expected));
  for (const auto& [id, overlay] : catalogue.overlays) {
    if (request.expected.erase(id) > 0) request.overlays.push_back(overlay);
  }
  if (request.overlays.empty()) return request;
  // The services know nothing of overlays, nor of sets that have some.
  std::vector<std::string> of_services(request.expected.begin(), request.expected.end());
  std::copy_if(entries.begin(), entries.end(), std::back_inserter(of_services),
               [&](const std::string& entry) { return !entry.starts_with(target_id + "."); });
  request.variable = fmt::format("{}", fmt::join(of_services, ","));
  return request;
}

Result<std::set<std::string>> ReadAcknowledged(const std::string& file) {
  struct stat status {};
  if (::lstat(file.c_str(), &status) != 0) return std::set<std::string>();
  const auto malformed = [&](const std::string& actual) {
    return Error{ErrorKind::kMalformed,
                 "a service's acknowledgement of defects cannot be read",
                 Place{file, 0, 0},
                 "a JSON list of defect ids",
                 actual,
                 {}};
  };
  if (!S_ISREG(status.st_mode)) return Fail(malformed("not a regular file"));
  READINESS_ASSIGN(const std::string text, ReadFile(file, kMaxAcknowledgement));
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) return std::set<std::string>();
  READINESS_ASSIGN(const Json json, ParseStrictJson(text, file));
  if (!json.is_array()) return Fail(malformed(Printable(text, 200)));
  std::set<std::string> acknowledged;
  for (const Json& id : json) {
    if (!id.is_string()) return Fail(malformed(Printable(text, 200)));
    acknowledged.insert(id.get<std::string>());
  }
  return acknowledged;
}

Result<void> CheckAcknowledged(const DefectsRequest& request, const std::set<std::string>& acknowledged) {
  if (request.expected == acknowledged) return {};
  std::vector<std::string> missing;
  std::vector<std::string> unasked;
  std::set_difference(request.expected.begin(), request.expected.end(), acknowledged.begin(), acknowledged.end(),
                      std::back_inserter(missing));
  std::set_difference(acknowledged.begin(), acknowledged.end(), request.expected.begin(), request.expected.end(),
                      std::back_inserter(unasked));
  Error error{
      ErrorKind::kTarget, "the services did not acknowledge the defects that were asked for", std::nullopt, {}, {}, {}};
  if (missing.empty()) error.what = "the services have defects switched on that were not asked for";
  error.expected = request.expected.empty() ? "none" : fmt::format("{}", fmt::join(request.expected, ", "));
  error.actual = acknowledged.empty() ? "none" : Printable(fmt::format("{}", fmt::join(acknowledged, ", ")), 1000);
  if (!missing.empty()) error.actual += fmt::format(" (missing: {})", fmt::join(missing, ", "));
  if (!unasked.empty())
    error.actual += fmt::format(" (not asked for: {})", Printable(fmt::format("{}", fmt::join(unasked, ", ")), 1000));
  return Fail(std::move(error));
}

}  // namespace readiness
