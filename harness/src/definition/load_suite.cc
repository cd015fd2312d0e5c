// Reads suite.json and checks its items against the probes they name.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "definition/document.h"
#include "definition/load.h"
#include "definition/object_reader.h"
#include "definition/parameter_check.h"
#include "definition/syntax.h"

namespace readiness {
namespace {

constexpr Bounds kWeights{0, 1'000'000};
// Ten thousand items, written for people to read, are larger than any other definition.
constexpr JsonLimits kLimits{.bytes = 64 * 1024 * 1024, .depth = JsonLimits{}.depth, .values = 8'000'000};
// Tests of the same name belong to the suite and its target themselves.
constexpr std::array<std::string_view, 5> kReservedItemIds = {"up", "down", "started", "report", "not_built"};

class SuiteReader {
 public:
  SuiteReader(const ProbeTable& probes, Problems& problems) : probes_(probes), problems_(problems) {
    for (const auto& [id, probe] : probes) probe_ids_.push_back(id);
  }

  Suite Read(const LocatedJson& document) {
    ObjectReader reader(document, shapes::kSuite, problems_);
    reader.String("$schema", TextRule::kLine);
    suite_.file = problems_.file();
    suite_.id = reader.String("suite", TextRule::kLabel);
    suite_.title = reader.String("title", TextRule::kLine);
    suite_.target = reader.String("target", TextRule::kName);
    if (const LocatedJson* audit = reader.Find("audit"); audit != nullptr) ReadAudit(*audit);
    if (const LocatedJson* weights = reader.Find("severity_weights"); weights != nullptr) ReadWeights(*weights);
    ReadGates(reader);
    if (const LocatedJson* items = reader.Find("items"); items != nullptr) ReadItems(*items);
    reader.Finish();
    return std::move(suite_);
  }

 private:
  void ReadAudit(const LocatedJson& value) {
    ObjectReader reader(value, shapes::kAudit, problems_);
    suite_.audit_document = ReadDocumentName(reader);
    suite_.audit_verdict = reader.String("verdict", TextRule::kLine);
    suite_.audit_items = static_cast<int>(reader.Integer("items", 0));
    reader.Finish();
  }

  std::string ReadDocumentName(ObjectReader& reader) {
    std::string document = reader.String("document", TextRule::kLine);
    if (document.find_first_of("/\\") != std::string::npos) {
      problems_.Add(*reader.Find("document"), "\"document\" has a folder", "the audit's base name, like \"audit.md\"",
                    Quoted(document), "where the audit lies is told to `readiness validate --audit`");
      return {};
    }
    return document;
  }

  void ReadWeights(const LocatedJson& value) {
    bool good = true;
    ForEachNamed(value, "\"severity_weights\"", "severity", TextRule::kLabel, problems_,
                 [&](const LocatedJson::Member& member) {
                   const auto weight =
                       ReadInteger(member.value, fmt::format("the weight of \"{}\"", member.key), kWeights, problems_);
                   suite_.severity_weights[member.key] = static_cast<int>(weight.value_or(0));
                   severities_.push_back(member.key);
                   good = good && weight.has_value();
                   if (member.key == "info" && weight.value_or(0) != 0) {
                     problems_.Add(member.value, "severity \"info\" has a weight", "0", std::to_string(*weight),
                                   "name what shall weigh something \"low\"");
                   }
                 });
    const auto weighs = [](const auto& entry) { return entry.second > 0; };
    if (good && value.type == LocatedJson::Type::kObject &&
        std::none_of(suite_.severity_weights.begin(), suite_.severity_weights.end(), weighs)) {
      problems_.Add(value, "no severity weighs anything", "at least one weight over 0");
    }
  }

  void ReadGates(ObjectReader& reader) {
    const LocatedJson* value = reader.Find("gating_severities");
    if (value == nullptr) {
      for (const char* severity : {"critical", "high"}) {
        if (suite_.severity_weights.contains(severity)) suite_.gating_severities.emplace_back(severity);
      }
      if (reader.valid() && !severities_.empty() && suite_.gating_severities.empty()) {
        problems_.Add(reader.at(), "no severity gates",
                      "\"gating_severities\", as there is neither \"critical\" nor \"high\"");
      }
      return;
    }
    suite_.gating_severities = reader.Strings("gating_severities", TextRule::kText);
    if (value->type != LocatedJson::Type::kArray) return;
    if (value->elements.empty()) {
      problems_.Add(*value, "\"gating_severities\" is empty",
                    "at least one severity; without any the verdict is always GO");
    }
    for (const LocatedJson& element : value->elements) {
      if (element.type != LocatedJson::Type::kString) continue;
      const std::string& severity = element.scalar.get_ref<const std::string&>();
      CheckSeverity(element, severity);
      if (severity == "info") {
        problems_.Add(element, "severity \"info\" never gates", {}, {}, "remove it, or name it \"low\"");
      }
    }
  }

  void CheckSeverity(const LocatedJson& at, const std::string& severity) {
    // Without any weights that is the problem to report, not each use of them.
    if (severity.empty() || severities_.empty() || suite_.severity_weights.contains(severity)) return;
    problems_.AddUnknown(at, "severity", severity, severities_);
  }

  void ReadItems(const LocatedJson& value) {
    if (!ExpectType(value, LocatedJson::Type::kArray, "\"items\"", "a list of items", problems_)) return;
    if (value.elements.empty()) {
      problems_.Add(value, "the suite has no items", "at least one item", "an empty list");
    }
    suite_.items.reserve(value.elements.size());
    for (const LocatedJson& element : value.elements) ReadItem(element);
  }

  void ReadItem(const LocatedJson& value) {
    Item item;
    ObjectReader reader(value, shapes::kItem, problems_);
    item.place = Place{problems_.file(), value.line, value.column};
    item.id = reader.String("id", TextRule::kItemId);
    if (!item.id.empty()) CheckItemId(*reader.Find("id"), item.id);
    item.part_of = reader.String("part_of", TextRule::kItemId);
    if (!item.part_of.empty() && !item.id.starts_with(item.part_of + ".")) {
      problems_.Add(*reader.Find("part_of"), "the item's id does not begin with what it is a part of",
                    fmt::format("an id like \"{}.<part>\"", item.part_of), Quoted(item.id));
    }
    item.title = reader.String("title", TextRule::kLine);
    item.severity = reader.String("severity", TextRule::kText);
    if (const LocatedJson* severity = reader.Find("severity"); severity != nullptr)
      CheckSeverity(*severity, item.severity);
    item.category = reader.String("category", TextRule::kLabel);
    item.section = reader.String("section", TextRule::kLine);
    if (const LocatedJson* source = reader.Find("source"); source != nullptr) item.source = ReadSource(*source);
    ReadProbe(reader, item);
    item.isolation = static_cast<Isolation>(reader.Word("isolation").value_or(0));
    item.minimum_observations = static_cast<int>(reader.Integer("minimum_observations", 1));
    item.timeout = reader.Duration("timeout_ms", item.timeout);
    item.narrower_than_audit = reader.String("narrower_than_audit", TextRule::kText);
    item.not_applicable = reader.String("not_applicable", TextRule::kText);
    reader.Finish();
    suite_.items.push_back(std::move(item));
  }

  void CheckItemId(const LocatedJson& at, const std::string& id) {
    const auto [first, is_new] = item_places_.emplace(id, At(at));
    if (!is_new) {
      problems_.Add(at, fmt::format("item id {} is used twice", Quoted(id)), "each id once",
                    fmt::format("first used at {}:{}:{}", problems_.file(), first->second.line, first->second.column));
    }
    if (std::find(kReservedItemIds.begin(), kReservedItemIds.end(), id) != kReservedItemIds.end()) {
      problems_.Add(at, fmt::format("item id {} is taken by a test of the suite or target itself", Quoted(id)));
    }
  }

  Source ReadSource(const LocatedJson& value) {
    Source source;
    ObjectReader reader(value, shapes::kSource, problems_);
    source.document = ReadDocumentName(reader);
    if (source.document.empty()) source.document = suite_.audit_document;
    source.line = static_cast<int>(reader.Integer("line", 0));
    if (const LocatedJson* hash = reader.Find("sha256"); hash != nullptr) source.sha256 = ReadHash(*hash);
    reader.Finish();
    return source;
  }

  std::string ReadHash(const LocatedJson& value) {
    if (!ExpectType(value, LocatedJson::Type::kString, "\"sha256\"", "a string", problems_)) return {};
    const std::string& hash = value.scalar.get_ref<const std::string&>();
    if (IsSha256(hash)) return hash;
    problems_.Add(value, "\"sha256\" is not the SHA-256 of the audit's line", "64 lower-case hex digits",
                  hash.empty() ? "an empty string" : Quoted(hash),
                  "run `readiness validate --audit <file>`, which tells it");
    return {};
  }

  void ReadProbe(ObjectReader& reader, Item& item) {
    item.probe = reader.String("probe", TextRule::kText);
    const LocatedJson* given = reader.Find("parameters");
    if (item.probe.empty()) return;
    const auto probe = probes_.find(item.probe);
    if (probe == probes_.end()) {
      problems_.AddUnknown(*reader.Find("probe"), "probe", item.probe, probe_ids_);
      return;
    }
    item.parameters = CheckParameters(given, probe->second, reader.at(), problems_);
  }

  const ProbeTable& probes_;
  Problems& problems_;
  std::vector<std::string> probe_ids_;
  std::vector<std::string> severities_;  // in order of writing
  std::map<std::string, At> item_places_;
  Suite suite_;
};

}  // namespace

Loaded<Suite> LoadSuite(const std::string& file, const ProbeTable& probes) {
  const Loaded<LocatedJson> document = ReadDocument(file, kLimits);
  if (!document) return tl::unexpected<std::vector<Error>>(document.error());
  Problems problems(file);
  Suite suite = SuiteReader(probes, problems).Read(*document);
  return Conclude(std::move(suite), problems);
}

}  // namespace readiness
