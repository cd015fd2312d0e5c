// Reads deployments/<name>.json, lays a variant over it and checks it against its target.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/text.h"
#include "definition/document.h"
#include "definition/load.h"
#include "definition/object_reader.h"
#include "definition/placeholder_check.h"
#include "definition/service_reader.h"

namespace readiness {
namespace {

using Type = LocatedJson::Type;

constexpr std::string_view kGenerated = "generated:";
constexpr int kFewestSecretBytes = 8;
constexpr int kMostSecretBytes = 1024;
constexpr std::size_t kShortestSecret = 4;  // what is shorter cannot be redacted without blanking out everything

std::vector<std::string> KeysOf(const LocatedJson* value) {
  std::vector<std::string> keys;
  if (value == nullptr) return keys;
  for (const LocatedJson::Member& member : value->members) keys.push_back(member.key);
  return keys;
}

template <class Map>
std::vector<std::string> NamesOf(const Map& map) {
  std::vector<std::string> names;
  for (const auto& [name, ignored] : map) names.push_back(name);
  return names;
}

bool Contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

class DeploymentReader {
 public:
  DeploymentReader(const std::string& variant, const Target& target, Problems& problems)
      : variant_(variant), target_(target), problems_(problems) {}

  Deployment Read(const LocatedJson& document) {
    ObjectReader reader(document, shapes::kDeployment, problems_);
    reader.String("$schema", TextRule::kLine);
    deployment_.file = problems_.file();
    deployment_.id = reader.String("deployment", TextRule::kName);
    ReadTarget(reader);
    ReadEngine(reader);
    CollectPlaceholders(reader);
    reader.Named("secrets", "secret", [&](const auto& member) { ReadSecret(member); });
    ReadStores(reader);
    ReadDataProviders(reader);
    ReadLanguageModels(reader);
    if (const LocatedJson* token = reader.Find("token"); token != nullptr) ReadToken(*token);
    deployment_.allowed_hosts = reader.Strings("allowed_hosts", TextRule::kHostName);
    deployment_.defects_file = ReadPath(reader, "defects");
    deployment_.source_tree = ReadPath(reader, "source_tree");
    ReadServices(reader);
    ReadCommands(reader);
    ReadVariants(reader);
    reader.Finish();
    return std::move(deployment_);
  }

 private:
  void ReadTarget(ObjectReader& reader) {
    deployment_.target = reader.String("target", TextRule::kName);
    if (!deployment_.target.empty() && deployment_.target != target_.id) {
      problems_.Add(*reader.Find("target"), "the deployment is of another target",
                    fmt::format("{}, as {} says", Quoted(target_.id), Printable(target_.file)),
                    Quoted(deployment_.target));
    }
  }

  void ReadEngine(ObjectReader& reader) {
    const std::optional<std::size_t> engine = reader.Word("engine");
    if (!engine) return;
    deployment_.engine = static_cast<EngineKind>(*engine);
    if (deployment_.engine != EngineKind::kProcess) {
      problems_.Add(*reader.Find("engine"),
                    fmt::format("engine \"{}\" is not available in this version", shapes::kEngines[*engine]),
                    "\"process\"");
    }
  }

  // What is missing or too many is reported where it is declared; here both sides count, so that it is reported once.
  void CollectPlaceholders(ObjectReader& reader) {
    for (const std::string& secret : KeysOf(reader.Find("secrets"))) in_secrets_.names.push_back("secret." + secret);
    in_secrets_.environment = true;
    in_environment_ = in_secrets_;
    in_secrets_.secret = true;
    in_environment_.names.emplace_back("run.directory");
    for (const std::string& service : Union(KeysOf(reader.Find("services")), NamesOf(target_.services))) {
      in_environment_.names.push_back("port." + service);
      in_environment_.names.push_back("url." + service);
    }
    for (const std::string& store : Union(KeysOf(reader.Find("stores")), NamesOf(target_.stores))) {
      in_environment_.names.push_back("store." + store + ".url");
    }
    const auto providers = Union(KeysOf(reader.Find("data_providers")), target_.data_providers);
    const auto models = Union(KeysOf(reader.Find("language_models")), target_.language_models);
    for (const std::string& name : Union(providers, models)) {
      for (const char* part : {"url", "proxy", "ca_file"})
        in_environment_.names.push_back(fmt::format("double.{}.{}", name, part));
    }
  }

  static std::vector<std::string> Union(std::vector<std::string> names, const std::vector<std::string>& others) {
    for (const std::string& other : others) {
      if (!Contains(names, other)) names.push_back(other);
    }
    return names;
  }

  void ReadSecret(const LocatedJson::Member& member) {
    const std::string label = fmt::format("secret \"{}\"", member.key);
    const auto text = ReadString(member.value, label, TextRule::kText, problems_);
    if (!text) return;
    const KnownPlaceholders known{{}, true, true};
    CheckPlaceholders(member.value, label, *text, &known, problems_);
    if (text->starts_with(kGenerated)) {
      const std::string_view digits = std::string_view(*text).substr(kGenerated.size());
      int bytes = 0;
      const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), bytes);
      if (failure != std::errc() || end != digits.data() + digits.size() || bytes < kFewestSecretBytes ||
          bytes > kMostSecretBytes) {
        problems_.Add(member.value, fmt::format("{} has a wrong length", label),
                      fmt::format("generated:<bytes> with {} to {}", kFewestSecretBytes, kMostSecretBytes),
                      Quoted(*text));
      }
    } else if (text->size() < kShortestSecret) {
      problems_.Add(member.value, fmt::format("{} is too short", label),
                    fmt::format("at least {} bytes", kShortestSecret), fmt::format("{} bytes", text->size()),
                    "a shorter one cannot be redacted");
    }
    deployment_.secrets.emplace(member.key, *text);
  }

  void ReadStores(ObjectReader& reader) {
    const std::vector<std::string> known = NamesOf(target_.stores);
    reader.Named("stores", "store", [&](const LocatedJson::Member& member) {
      if (!Contains(known, member.key)) problems_.AddUnknown(member, "store", member.key, known);
      const std::string label = fmt::format("store \"{}\"", member.key);
      const auto engine = ReadString(member.value, label, TextRule::kLine, problems_);
      if (!engine) return;
      if (engine->find("://") != std::string::npos) {
        // The URL itself may hold a password.
        problems_.Add(member.value, fmt::format("{} is a URL, which only engine \"external\" takes", label),
                      OneOf(shapes::kStoreEngines));
      } else if (!Contains(shapes::kStoreEngines, *engine)) {
        problems_.AddUnknown(member.value, "kind of store", *engine, shapes::kStoreEngines);
      }
      deployment_.stores.emplace(member.key, *engine);
    });
    CheckProvided(reader, "stores", "store", known);
  }

  void ReadDataProviders(ObjectReader& reader) {
    reader.Named("data_providers", "data provider", [&](const LocatedJson::Member& member) {
      if (!Contains(target_.data_providers, member.key)) {
        problems_.AddUnknown(member, "data provider", member.key, target_.data_providers);
      }
      DataProviderDeployment provider;
      ObjectReader inner(member.value, shapes::kDataProvider, problems_);
      provider.hosts = inner.Strings("hosts", TextRule::kHostName);
      provider.client_id = ReadSecretText(inner, "client_id");
      provider.client_secret = ReadSecretText(inner, "client_secret");
      inner.Finish();
      deployment_.data_providers.emplace(member.key, std::move(provider));
    });
    CheckProvided(reader, "data_providers", "data provider", target_.data_providers);
  }

  void ReadLanguageModels(ObjectReader& reader) {
    reader.Named("language_models", "language model", [&](const LocatedJson::Member& member) {
      if (!Contains(target_.language_models, member.key)) {
        problems_.AddUnknown(member, "language model", member.key, target_.language_models);
      }
      LanguageModelDeployment model;
      ObjectReader inner(member.value, shapes::kLanguageModel, problems_);
      model.hosts = inner.Strings("hosts", TextRule::kHostName);
      model.api_key = ReadSecretText(inner, "api_key");
      model.reply = inner.String("reply", TextRule::kText);
      if (!model.reply.empty()) {
        const KnownPlaceholders none;
        CheckPlaceholders(*inner.Find("reply"), "\"reply\"", model.reply, &none, problems_);
      }
      inner.Finish();
      deployment_.language_models.emplace(member.key, std::move(model));
    });
    CheckProvided(reader, "language_models", "language model", target_.language_models);
  }

  void ReadToken(const LocatedJson& value) {
    ObjectReader reader(value, shapes::kToken, problems_);
    if (const auto algorithm = reader.Word("algorithm"))
      deployment_.token_algorithm = shapes::kTokenAlgorithms[*algorithm];
    deployment_.token_signing_key = ReadSecretText(reader, "signing_key");
    reader.Finish();
  }

  std::string ReadSecretText(ObjectReader& reader, std::string_view key) {
    std::string text = reader.String(key, TextRule::kText);
    if (!text.empty()) CheckPlaceholders(*reader.Find(key), fmt::format("\"{}\"", key), text, &in_secrets_, problems_);
    return text;
  }

  std::string ReadPath(ObjectReader& reader, std::string_view key) {
    const std::string path = reader.String(key, TextRule::kLine);
    if (path.empty()) return {};
    const KnownPlaceholders none;
    CheckPlaceholders(*reader.Find(key), fmt::format("\"{}\"", key), path, &none, problems_);
    std::error_code ignored;
    const std::filesystem::path folder = std::filesystem::absolute(problems_.file(), ignored).parent_path();
    return (folder / path).lexically_normal().string();
  }

  void ReadServices(ObjectReader& reader) {
    ServiceReader service_reader(in_environment_, problems_);
    std::map<int, std::string> ports;
    reader.Named("services", "service", [&](const LocatedJson::Member& member) {
      ServiceDeployment service = service_reader.Read(member.value);
      if (service.port) {
        const auto [other, is_new] = ports.emplace(*service.port, member.key);
        if (!is_new) {
          problems_.Add(member, fmt::format("services \"{}\" and \"{}\" have the same port", other->second, member.key),
                        "a port of its own for each", std::to_string(*service.port));
        }
      }
      deployment_.services.emplace(member.key, std::move(service));
      deployment_.service_order.push_back(member.key);
    });
    CheckProvided(reader, "services", "service", NamesOf(target_.services));
    const LocatedJson* services = reader.Find("services");
    if (services == nullptr || services->type != Type::kObject || !services->members.empty()) return;
    if (!target_.services.empty() || reader.Find("source_tree") != nullptr) return;
    problems_.Add(*services, "there is nothing to look at", "at least one service, or a \"source_tree\"",
                  "an empty object");
  }

  void ReadCommands(ObjectReader& reader) {
    const std::vector<std::string> known = NamesOf(target_.commands);
    KnownPlaceholders placeholders = in_environment_;
    if (!deployment_.source_tree.empty()) placeholders.names.emplace_back("source_tree");
    ServiceReader command_reader(std::move(placeholders), problems_);
    reader.Named("commands", "command", [&](const LocatedJson::Member& member) {
      if (!Contains(known, member.key)) problems_.AddUnknown(member, "command", member.key, known);
      deployment_.commands.emplace(member.key, command_reader.ReadTargetCommand(member.value));
    });
  }

  /// Everything that the target names of a kind must be under `key`.
  void CheckProvided(ObjectReader& reader, std::string_view key, std::string_view noun,
                     const std::vector<std::string>& named) {
    const LocatedJson* value = reader.Find(key);
    if (!reader.valid() || (value == nullptr && key == "services")) return;  // reported as a missing key
    if (value != nullptr && value->type != Type::kObject) return;
    const std::vector<std::string> provided = KeysOf(value);
    for (const std::string& name : named) {
      if (Contains(provided, name)) continue;
      problems_.Add(value != nullptr ? At(*value) : reader.at(),
                    fmt::format("the deployment provides no {} {}", noun, Quoted(name)),
                    fmt::format("{} in \"{}\", as {} names it", Quoted(name), key, Printable(target_.file)), {},
                    DidYouMean(name, Surplus(provided, named)));
    }
  }

  static std::vector<std::string> Surplus(const std::vector<std::string>& provided,
                                          const std::vector<std::string>& named) {
    std::vector<std::string> surplus;
    std::copy_if(provided.begin(), provided.end(), std::back_inserter(surplus),
                 [&](const std::string& name) { return !Contains(named, name); });
    return surplus;
  }

  void ReadVariants(ObjectReader& reader) {
    const LocatedJson* variants = reader.Find("variants");
    const std::vector<std::string> names = KeysOf(variants);
    if (!variant_.empty() && reader.valid() && !Contains(names, variant_)) {
      problems_.AddUnknown(variants != nullptr ? At(*variants) : reader.at(), "variant", variant_, names);
    }
    const std::vector<std::string> services = NamesOf(deployment_.services);
    const std::map<std::string, ServiceDeployment> plain = deployment_.services;
    ServiceReader service_reader(in_environment_, problems_);
    reader.Named("variants", "variant", [&](const LocatedJson::Member& variant) {
      ObjectReader inner(variant.value, shapes::kVariant, problems_);
      inner.Named("services", "service", [&](const LocatedJson::Member& member) {
        ServiceOverlay overlay = service_reader.ReadOverlay(member.value);
        const auto service = deployment_.services.find(member.key);
        if (service == deployment_.services.end()) {
          problems_.AddUnknown(member, "service", member.key, services);
          return;
        }
        for (const auto& [name, at] : overlay.unset) {
          // Those of the service itself: a variant that takes away what nobody sets is a slip of the pen.
          const std::vector<std::string> set = NamesOf(plain.at(member.key).environment);
          if (!Contains(set, name)) problems_.AddUnknown(at, "environment variable", name, set, "of the service");
        }
        if (variant.key == variant_) Apply(std::move(overlay), service->second);
      });
      inner.Finish();
    });
  }

  static void Apply(ServiceOverlay overlay, ServiceDeployment& service) {
    for (const auto& entry : overlay.unset) service.environment.erase(entry.first);
    for (auto& [name, value] : overlay.environment) service.environment.insert_or_assign(name, std::move(value));
    if (overlay.command) service.command = std::move(*overlay.command);
  }

  const std::string& variant_;
  const Target& target_;
  Problems& problems_;
  Deployment deployment_;
  KnownPlaceholders in_secrets_;
  KnownPlaceholders in_environment_;
};

}  // namespace

Loaded<Deployment> LoadDeployment(const std::string& file, const std::string& variant, const Target& target) {
  const Loaded<LocatedJson> document = ReadDocument(file);
  if (!document) return tl::unexpected<std::vector<Error>>(document.error());
  Problems problems(file);
  Deployment deployment = DeploymentReader(variant, target, problems).Read(*document);
  return Conclude(std::move(deployment), problems);
}

}  // namespace readiness
