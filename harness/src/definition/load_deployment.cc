// Reads deployments/<name>.json, lays a variant over it and checks it against its target.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/text.h"
#include "definition/document.h"
#include "definition/engine_rules.h"
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
    ReadCompose(reader);
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
    const auto allowed = reader.Word("allow");
    if (!engine) return;
    deployment_.engine = static_cast<EngineKind>(*engine);
    CheckDeploymentKeys(reader, deployment_.engine, problems_);
    const LocatedJson* place = reader.Find("allow");
    if (place == nullptr) place = reader.Find("engine");
    deployment_.allowed_place = {problems_.file(), place->line, place->column};
    if (deployment_.engine == EngineKind::kExternal)
      deployment_.allowed = allowed ? static_cast<Reach>(*allowed) : Reach::kNothing;
  }

  // What is missing or too many is reported where it is declared; here both sides count, so that it is reported once.
  void CollectPlaceholders(ObjectReader& reader) {
    for (const std::string& secret : KeysOf(reader.Find("secrets"))) in_secrets_.names.push_back("secret." + secret);
    in_secrets_.environment = true;
    in_environment_ = in_secrets_;
    in_secrets_.secret = true;
    if (!InContainers()) in_environment_.names.emplace_back("run.directory");
    for (const std::string& service : Union(KeysOf(reader.Find("services")), NamesOf(target_.services))) {
      for (const char* part : {"port.", "url.", "public_url."}) AddOfService(reader, part, service);
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

  void AddOfService(ObjectReader& reader, const std::string& part, const std::string& service) {
    const std::string name = part + service;
    if (InContainers() && !HasKey(reader.Find("services"), service, "container_port")) {
      in_environment_.not_here[name] = fmt::format("give service {} a \"container_port\"", Quoted(service));
    } else if (deployment_.engine == EngineKind::kExternal && part == "port.") {
      in_environment_.not_here[name] = fmt::format("say ${{url.{}}}: where a service runs already is its URL", service);
    } else {
      in_environment_.names.push_back(name);
    }
  }

  bool InContainers() const { return deployment_.engine == EngineKind::kCompose; }

  /// Has the member `name` of `object` the key `key`? A member that is not there may have everything.
  static bool HasKey(const LocatedJson* object, const std::string& name, const std::string& key) {
    if (object == nullptr) return true;
    for (const LocatedJson::Member& member : object->members) {
      if (member.key == name) return Contains(KeysOf(&member.value), key);
    }
    return true;
  }

  /// What a service's environment may refer to.
  KnownPlaceholders ForServices() const {
    KnownPlaceholders known = in_environment_;
    if (InContainers()) {
      known.not_here["run.directory"] = "a container does not see the directory of the run; use a path of its own";
    }
    return known;
  }

  /// What a command line of this machine may refer to.
  KnownPlaceholders OnThisMachine(bool with_source_tree = false) const {
    KnownPlaceholders known = in_environment_;
    if (InContainers()) known.names.emplace_back("run.directory");
    if (with_source_tree && !deployment_.source_tree.empty()) known.names.emplace_back("source_tree");
    known.names.emplace_back("tool.directory");
    known.names.emplace_back("deployment.directory");
    return known;
  }

  /// What a command line in a container may refer to.
  KnownPlaceholders InItsContainer() const {
    KnownPlaceholders known = ForServices();
    for (const char* name : {"tool.directory", "deployment.directory", "source_tree"})
      known.not_here[name] = "it runs in a container: say where that has it";
    return known;
  }

  void ReadCompose(ObjectReader& reader) {
    const LocatedJson* value = reader.Find("compose");
    if (value == nullptr) return;
    ObjectReader inner(*value, shapes::kCompose, problems_);
    for (const std::string& file : inner.Strings("files", TextRule::kLine))
      deployment_.compose.files.push_back(Resolved(file));
    if (const LocatedJson* files = inner.Find("files"); files != nullptr && files->type == Type::kArray) {
      const KnownPlaceholders none;
      if (files->elements.empty()) problems_.Add(*files, "\"files\" is empty", "at least one compose file");
      for (const LocatedJson& file : files->elements) {
        if (file.type != Type::kString) continue;
        CheckPlaceholders(file, "\"files\"", file.scalar.get_ref<const std::string&>(), &none, problems_);
      }
    }
    KnownPlaceholders in_files = OnThisMachine();
    std::erase(in_files.names, "run.directory");
    in_files.not_here["run.directory"] = "containers do not see the directory of the run";
    const KnownPlaceholders of_programs{{"tool.directory", "deployment.directory"}, true};
    inner.Named("images", "image", [&](const LocatedJson::Member& member) {
      const std::string label = fmt::format("image \"{}\"", member.key);
      const auto program = ReadString(member.value, label, TextRule::kLine, problems_);
      if (!program) return;
      CheckPlaceholders(member.value, label, *program, &of_programs, problems_);
      deployment_.compose.images.emplace(member.key, *program);
      in_files.names.push_back("image." + member.key);
    });
    ServiceReader environment_reader(deployment_.engine, in_files, in_files, problems_);
    if (const LocatedJson* environment = inner.Find("environment"); environment != nullptr)
      deployment_.compose.environment = environment_reader.ReadEnvironment(*environment);
    inner.Finish();
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
      if (deployment_.engine == EngineKind::kExternal) {
        CheckStoreUrl(member.value, label, *engine);
      } else if (engine->find("://") != std::string::npos) {
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

  // The URL itself may hold a password, so it is never shown.
  void CheckStoreUrl(const LocatedJson& value, const std::string& label, const std::string& url) {
    KnownPlaceholders known = in_secrets_;
    const bool filled = !CheckPlaceholders(value, label, url, &known, problems_).empty();
    if (filled || url.starts_with("postgresql://") || url.starts_with("postgres://")) return;
    problems_.Add(value, fmt::format("{} is no URL of a PostgreSQL database", label),
                  "postgresql://user:password@host:port/database, or ${env.<NAME>} that holds it", {},
                  Contains(shapes::kStoreEngines, url) ? "a target that runs already has stores of its own" : "");
  }

  void ReadDataProviders(ObjectReader& reader) {
    reader.Named("data_providers", "data provider", [&](const LocatedJson::Member& member) {
      if (!Contains(target_.data_providers, member.key)) {
        problems_.AddUnknown(member, "data provider", member.key, target_.data_providers);
      }
      DataProviderDeployment provider;
      ObjectReader inner(member.value, shapes::kDataProvider, problems_);
      CheckDoubleKeys(inner, deployment_.engine, problems_);
      provider.port = ReadPort(inner, member);
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
      CheckDoubleKeys(inner, deployment_.engine, problems_);
      model.port = ReadPort(inner, member);
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

  /// A fixed port, which nobody else may have.
  std::optional<int> ReadPort(ObjectReader& reader, const LocatedJson::Member& member) {
    const auto port = static_cast<int>(reader.Integer("port", 0));
    if (port == 0) return std::nullopt;
    TakePort(port, member);
    return port;
  }

  void TakePort(int port, const LocatedJson::Member& member) {
    const auto [other, is_new] = ports_.emplace(port, member.key);
    if (is_new) return;
    problems_.Add(member, fmt::format("\"{}\" and \"{}\" have the same port", other->second, member.key),
                  "a port of its own for each", std::to_string(port));
  }

  std::string Resolved(const std::string& path) const {
    std::error_code ignored;
    const std::filesystem::path folder = std::filesystem::absolute(problems_.file(), ignored).parent_path();
    return (folder / path).lexically_normal().string();
  }

  std::string ReadPath(ObjectReader& reader, std::string_view key) {
    const std::string path = reader.String(key, TextRule::kLine);
    if (path.empty()) return {};
    const KnownPlaceholders none;
    CheckPlaceholders(*reader.Find(key), fmt::format("\"{}\"", key), path, &none, problems_);
    return Resolved(path);
  }

  void ReadServices(ObjectReader& reader) {
    ServiceReader service_reader(deployment_.engine, ForServices(), OnThisMachine(), problems_);
    reader.Named("services", "service", [&](const LocatedJson::Member& member) {
      ServiceDeployment service = service_reader.Read(member.value);
      if (service.port) TakePort(*service.port, member);
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
    KnownPlaceholders environment = OnThisMachine(true);
    for (const char* name : {"tool.directory", "deployment.directory"}) std::erase(environment.names, name);
    ServiceReader here(deployment_.engine, std::move(environment), OnThisMachine(true), problems_);
    ServiceReader in_container(deployment_.engine, InItsContainer(), InItsContainer(), problems_);
    reader.Named("commands", "command", [&](const LocatedJson::Member& member) {
      if (!Contains(known, member.key)) problems_.AddUnknown(member, "command", member.key, known);
      const bool elsewhere = InContainers() && Contains(KeysOf(&member.value), "service");
      CommandDeployment command = (elsewhere ? in_container : here).ReadTargetCommand(member.value);
      if (InContainers() && !command.service.empty() && !deployment_.services.contains(command.service))
        problems_.AddUnknown(member, "service", command.service, NamesOf(deployment_.services), "of the command");
      deployment_.commands.emplace(member.key, std::move(command));
    });
  }

  /// Everything that the target names of a kind must be under `key`.
  void CheckProvided(ObjectReader& reader, std::string_view key, std::string_view noun,
                     const std::vector<std::string>& named) {
    const LocatedJson* value = reader.Find(key);
    if (!reader.valid() || (value == nullptr && key == "services")) return;  // reported as a missing key
    if (value != nullptr && value->type != Type::kObject) return;
    // What nobody can reach of a target that runs already, its items do without.
    if (deployment_.engine == EngineKind::kExternal && key != "services") return;
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
    ServiceReader service_reader(deployment_.engine, ForServices(), OnThisMachine(), problems_);
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
  std::map<int, std::string> ports_;  // fixed ones, and whose they are
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
