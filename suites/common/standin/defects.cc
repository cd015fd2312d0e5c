#include "standin/defects.h"

#include <cstdio>
#include <cstdlib>
#include <map>

#include "base/files.h"
#include "base/text.h"
#include "standin/json.h"

namespace readiness::standin {
namespace {

std::vector<std::string_view> SplitSwitches(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

Error UnknownDefect(std::string_view name, const std::vector<std::string>& choices) {
  Error error{ErrorKind::kUsage, "unknown defect in READINESS_DEFECTS", {}, {}, std::string(name), {}};
  error.expected = "one of the ids and sets in defects.json";
  if (const auto nearest = NearestWord(name, choices)) error.fix = "did you mean " + *nearest + "?";
  return error;
}

}  // namespace

Result<Defects> Defects::Load(std::string_view suite, std::string_view catalogue_json, std::string_view switches) {
  const auto catalogue = ParseJson(catalogue_json);
  if (!catalogue || !catalogue->contains("defects") || !catalogue->contains("sets"))
    return Fail(ErrorKind::kInternal, "the compiled-in defects.json cannot be read");

  Defects defects;
  std::map<std::string, std::vector<std::string>, std::less<>> meanings;
  const std::string prefix = std::string(suite) + ".";
  for (const Json& defect : (*catalogue)["defects"]) {
    const std::string id = defect.at("id").get<std::string>();
    defects.known_.insert(id);
    meanings[id] = {id};
  }
  for (const auto& [name, members] : (*catalogue)["sets"].items()) {
    meanings[prefix + name] = members.get<std::vector<std::string>>();
    for (const std::string& member : meanings[prefix + name]) {
      if (!defects.known_.contains(member))
        return Fail(ErrorKind::kInternal, "set " + name + " of defects.json names the unknown defect " + member);
    }
  }

  std::vector<std::string> choices;
  for (const auto& [name, unused] : meanings) choices.push_back(name);
  for (const std::string_view entry : SplitSwitches(switches)) {
    const bool has_suite = entry.find('.') != std::string_view::npos;
    if (has_suite && entry.substr(0, prefix.size()) != prefix) continue;
    const auto meaning = meanings.find(entry);
    if (meaning == meanings.end()) return Fail(UnknownDefect(entry, choices));
    defects.active_.insert(meaning->second.begin(), meaning->second.end());
  }
  return defects;
}

bool Defects::Active(std::string_view id) const {
  if (!known_.contains(id)) {
    std::fprintf(stderr, "the program asks for the defect %.*s, which defects.json does not have\n",
                 static_cast<int>(id.size()), id.data());
    std::abort();
  }
  return active_.contains(id);
}

Result<void> Defects::Acknowledge(const std::string& file) const {
  if (active_.empty() || file.empty()) return {};
  return WriteFileAtomically(file, Compact(Json(active())) + "\n");
}

}  // namespace readiness::standin
