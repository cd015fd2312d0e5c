// Reads target.json and checks what its parts say of each other.

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "definition/document.h"
#include "definition/load.h"
#include "definition/object_reader.h"
#include "definition/operations_reader.h"
#include "definition/placeholder_check.h"
#include "definition/step_reader.h"
#include "definition/syntax.h"

namespace readiness {
namespace {

class TargetReader {
 public:
  explicit TargetReader(Problems& problems) : problems_(problems) {}

  Target Read(const LocatedJson& document) {
    ObjectReader reader(document, shapes::kTarget, problems_);
    reader.String("$schema", TextRule::kLine);
    target_.file = problems_.file();
    target_.id = reader.String("target", TextRule::kName);
    target_.title = reader.String("title", TextRule::kLine);
    reader.Named("services", "service", [&](const auto& member) { ReadService(member); });
    reader.Named("stores", "store", [&](const auto& member) { ReadStore(member); });
    target_.data_providers = reader.Strings("data_providers", TextRule::kName);
    if (const LocatedJson* commands = reader.Find("commands"); commands != nullptr) {
      for (auto& [name, what] :
           ReadStringMembers(*commands, "\"commands\"", "command", TextRule::kName, TextRule::kLine, problems_)) {
        target_.commands.emplace(name, what);
      }
    }
    ReadLanguageModels(reader);
    if (const LocatedJson* credential = reader.Find("credential"); credential != nullptr) ReadCredential(*credential);
    reader.Named("actions", "action", [&](const auto& member) { ReadAction(member); });
    reader.Named("identities", "identity", [&](const auto& member) { ReadIdentity(member); });
    if (const LocatedJson* operations = reader.Find("operations"); operations != nullptr) ReadOperations(*operations);
    reader.Finish();
    return std::move(target_);
  }

 private:
  void ReadService(const LocatedJson::Member& member) {
    TargetService service;
    ObjectReader reader(member.value, shapes::kTargetService, problems_);
    service.openapi = reader.String("openapi", TextRule::kLine);
    if (!service.openapi.empty()) CheckUrlPath(*reader.Find("openapi"), "\"openapi\"", service.openapi, problems_);
    reader.Finish();
    target_.services.emplace(member.key, std::move(service));
  }

  void ReadStore(const LocatedJson::Member& member) {
    TargetStore store;
    ObjectReader reader(member.value, shapes::kTargetStore, problems_);
    store.owner_columns = reader.Strings("owner_columns", TextRule::kIdentifier);
    if (const LocatedJson* owners = reader.Find("owners"); owners != nullptr) {
      for (auto& [table, column] :
           ReadStringMembers(*owners, "\"owners\"", "table", TextRule::kLine, TextRule::kIdentifier, problems_)) {
        store.owners.emplace(table, column);
      }
    }
    reader.Finish();
    target_.stores.emplace(member.key, std::move(store));
  }

  void ReadLanguageModels(ObjectReader& reader) {
    target_.language_models = reader.Strings("language_models", TextRule::kName);
    for (const std::string& name : target_.language_models) {
      const auto& others = target_.data_providers;
      if (std::find(others.begin(), others.end(), name) == others.end()) continue;
      problems_.Add(*reader.Find("language_models"),
                    fmt::format("{} is a data provider and a language model", Quoted(name)), "a name of its own", {},
                    "both would be ${double." + name + ".url}");
    }
  }

  void ReadCredential(const LocatedJson& value) {
    ObjectReader reader(value, shapes::kCredential, problems_);
    const std::string header = reader.String("header", TextRule::kHeaderName);
    const std::string text = reader.String("value", TextRule::kLine);
    if (!header.empty()) target_.credential_header = header;
    if (!text.empty()) {
      const KnownPlaceholders known{{"token"}};
      const At at = *reader.Find("value");
      const auto used = CheckPlaceholders(at, "\"value\"", text, &known, problems_);
      if (text.find("${") == std::string::npos) {
        problems_.Add(at, "\"value\" has no ${token}", "the credential of the identity, like \"Bearer ${token}\"",
                      Quoted(text), "without it everybody would send the same");
      }
      target_.credential_value = text;
    }
    reader.Finish();
  }

  void ReadAction(const LocatedJson::Member& member) {
    LocatedAction located = ActionReader(target_, problems_).Read(member.value);
    target_.actions.emplace(member.key, std::move(located.action));
    uses_.emplace(member.key, std::move(located.steps));
    action_names_.push_back(member.key);
  }

  void ReadIdentity(const LocatedJson::Member& member) {
    IdentityKind kind;
    ObjectReader reader(member.value, shapes::kIdentity, problems_);
    std::vector<std::string> values;
    if (const LocatedJson* attributes = reader.Find("attributes"); attributes != nullptr) {
      ReadAttributes(*attributes, kind, values);
    }
    kind.create = reader.Strings("create", TextRule::kText);
    kind.owner = reader.String("owner", TextRule::kLine);
    kind.token = reader.String("token", TextRule::kLine);
    if (const LocatedJson* create = reader.Find("create"); create != nullptr) {
      CheckCreation(*create, member.key, kind, values);
    }
    // Without its actions nobody knows what an identity has.
    if (std::all_of(kind.create.begin(), kind.create.end(), [&](const auto& name) { return uses_.contains(name); })) {
      const KnownPlaceholders known{values};
      for (const char* key : {"owner", "token"}) {
        const LocatedJson* value = reader.Find(key);
        if (value == nullptr || value->type != LocatedJson::Type::kString) continue;
        CheckPlaceholders(*value, fmt::format("\"{}\"", key), value->scalar.get_ref<const std::string&>(), &known,
                          problems_);
      }
    }
    reader.Finish();
    target_.identities.emplace(member.key, std::move(kind));
  }

  void ReadOperations(const LocatedJson& value) {
    OperationsContext context{action_names_, {"unique", "password", "fresh"}};
    for (const auto& [kind, description] : target_.identities) {
      for (const auto& [name, text] : description.attributes) context.values.push_back(name);
    }
    for (const auto& [action, steps] : uses_) {
      for (const StepUse& step : steps) {
        context.values.insert(context.values.end(), step.captures.begin(), step.captures.end());
      }
    }
    target_.operations = ReadOperationsSection(value, context, problems_);
  }

  void ReadAttributes(const LocatedJson& value, IdentityKind& kind, std::vector<std::string>& values) {
    const KnownPlaceholders known{{"unique", "password"}};
    ForEachNamed(value, "\"attributes\"", "attribute", TextRule::kName, problems_,
                 [&](const LocatedJson::Member& member) {
                   values.push_back(member.key);
                   const std::string label = fmt::format("attribute \"{}\"", member.key);
                   const auto text = ReadString(member.value, label, TextRule::kLine, problems_);
                   if (!text) return;
                   CheckPlaceholders(member.value, label, *text, &known, problems_);
                   kind.attributes.emplace(member.key, *text);
                 });
  }

  // Creation takes no arguments: what its steps use must be an attribute or captured before. Adds what is captured to
  // `values`.
  void CheckCreation(const LocatedJson& create, const std::string& name, const IdentityKind& kind,
                     std::vector<std::string>& values) {
    if (create.type != LocatedJson::Type::kArray) return;
    if (create.elements.empty()) {
      problems_.Add(create, "\"create\" is empty", "at least one action that makes the identity", "an empty list");
    }
    const auto has = [&](const std::string& value) {
      return std::find(values.begin(), values.end(), value) != values.end();
    };
    const std::vector<std::string> credential = ParsePlaceholders(kind.token).names;
    std::vector<At> without_credential;
    for (const LocatedJson& element : create.elements) {
      if (element.type != LocatedJson::Type::kString) continue;
      const std::string& action = element.scalar.get_ref<const std::string&>();
      const auto found = uses_.find(action);
      if (found == uses_.end()) {
        if (!action.empty()) problems_.AddUnknown(element, "action", action, action_names_);
        return;
      }
      for (const StepUse& step : found->second) {
        for (const auto& [placeholder, at] : step.placeholders) {
          if (has(placeholder)) continue;
          problems_.Add(
              at,
              fmt::format("{} has no value yet when identity \"{}\" is made", Quoted("${" + placeholder + "}"), name),
              OneOf(values), {}, DidYouMean(placeholder, values));
        }
        const bool has_credential = std::all_of(credential.begin(), credential.end(), has);
        if (step.sends_credential && !has_credential) without_credential.push_back(step.at);
        values.insert(values.end(), step.captures.begin(), step.captures.end());
      }
    }
    // A credential that is never captured is a problem of "token", not of each step.
    if (!std::all_of(credential.begin(), credential.end(), has)) return;
    for (const At at : without_credential) {
      problems_.Add(at, fmt::format("a step sends the credential of identity \"{}\" before there is one", name),
                    fmt::format("{} to be captured by a step before it", fmt::join(credential, ", ")), {},
                    "add \"authorised\": false");
    }
  }

  Problems& problems_;
  Target target_;
  std::map<std::string, std::vector<StepUse>> uses_;
  std::vector<std::string> action_names_;  // in order of writing
};

}  // namespace

Loaded<Target> LoadTarget(const std::string& file) {
  const Loaded<LocatedJson> document = ReadDocument(file);
  if (!document) return tl::unexpected<std::vector<Error>>(document.error());
  Problems problems(file);
  Target target = TargetReader(problems).Read(*document);
  return Conclude(std::move(target), problems);
}

}  // namespace readiness
