#include "readiness/probe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "manifests.h"
#include "readiness/source_dockerfile.h"
#include "readiness/source_yaml.h"

namespace readiness::probes {
namespace {

using kubernetes::Document;
using kubernetes::Fault;

// Ours: a small sound set, and what each fault replaces.
constexpr const char* kSound = R"(apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {LOG_LEVEL: "info"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: ours/web:1
        ports: [{containerPort: 8000, name: http}]
        envFrom: [{configMapRef: {name: settings}}]
        readinessProbe: {httpGet: {path: /, port: http}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8000}]
)";
constexpr std::pair<const char*, const char*> kPlanted[] = {{"{name: settings}}]", "{name: setings}}]"},
                                                            {"selector: {app: web}", "selector: {app: wab}"},
                                                            {"targetPort: 8000", "targetPort: 8001"},
                                                            {"image: ours/web:1", "image: theirs/web:1"},
                                                            {"template:", "templates:"},
                                                            {"\"info\"", "true"},
                                                            {"containerPort: 8000", "containerPort: \"8000\""},
                                                            {"apiVersion: apps/v1", "apiVersion: extensions/v1beta1"},
                                                            {"matchLabels: {app: web}", "matchLabels: {app: api}"},
                                                            {"port: http}", "port: metrics}"},
                                                            {"        envFrom", "        envfrom"}};

class Check {
 public:
  explicit Check(Context& context) : context_(context) {}

  Result<void> Run() {
    READINESS_RETURN_IF_ERROR(ReadSettings());
    READINESS_RETURN_IF_ERROR(RecordPlanted());
    READINESS_RETURN_IF_ERROR(ReadManifests());
    READINESS_RETURN_IF_ERROR(CheckNamedFiles());
    CheckFolders();
    READINESS_ASSIGN(const std::vector<SourceFile> python, context_.source_tree.Files({"**/*.py"}));
    for (const SourceFile& file : python) outside_.paths.insert(file.path);
    const kubernetes::Checked checked = kubernetes::Check(documents_, outside_);
    context_.findings.AddControl(
        {"manifests_are_decidable", "what the manifests mean can be told from the tree", checked.undecided.empty(),
         checked.undecided.empty() ? "it can" : fmt::format("{}", fmt::join(checked.undecided, "; "))});
    for (const Fault& fault : checked.faults) Violate(fault);
    context_.findings.AddControl({"manifests_were_read", "documents with references between them were read",
                                  violations_ > 0 || (!documents_.empty() && checked.references > 0),
                                  fmt::format("{} documents, {} references", documents_.size(), checked.references)});
    if (violations_ == 0) {
      context_.findings.AddObservation({"references between the manifests",
                                        fmt::format("{} references resolve", checked.references),
                                        {{"references", checked.references}}});
    }
    return {};
  }

 private:
  Result<void> ReadSettings() {
    const Parameters& parameters = context_.parameters;
    READINESS_ASSIGN(const Json folders, parameters.Raw("folders"));
    READINESS_ASSIGN(const Json images, parameters.Raw("images"));
    READINESS_ASSIGN(files_, parameters.StringList("files"));
    READINESS_ASSIGN(const std::vector<std::string> external, parameters.StringList("external"));
    READINESS_ASSIGN(outside_.with_limits_and_probes, parameters.Boolean("with_limits_and_probes"));
    outside_.external = {external.begin(), external.end()};
    for (const auto& [folder, kind] : folders.items()) {
      const Json kinds = kind.is_array() ? kind : Json::array({kind});
      for (const Json& one : kinds) {
        if (!one.is_string()) return Fail(ErrorKind::kDefinition, "\"folders\" gives a folder no kind");
        folders_[folder].push_back(one.get<std::string>());
      }
    }
    for (const auto& [image, dockerfile] : images.items()) {
      if (!dockerfile.is_string()) return Fail(ErrorKind::kDefinition, "\"images\" gives an image no Dockerfile");
      outside_.images[image] = dockerfile.get<std::string>();
    }
    return {};
  }

  Result<void> RecordPlanted() {
    kubernetes::Outside outside;
    outside.images["ours/web"] = "Dockerfile";
    outside.dockerfiles = {"Dockerfile"};
    const auto faults = [&](const std::string& text) -> Result<std::size_t> {
      READINESS_ASSIGN(const std::vector<YamlNode> nodes, ParseYaml(text, "ours"));
      std::vector<Document> documents;
      for (const YamlNode& node : nodes) documents.push_back({"ours", node});
      return kubernetes::Check(documents, outside).faults.size();
    };
    READINESS_ASSIGN(const std::size_t in_sound, faults(kSound));
    std::size_t found = 0;
    for (const auto& [from, to] : kPlanted) {
      std::string text = kSound;
      const std::size_t at = text.find(from);
      if (at != std::string::npos) text.replace(at, std::string_view(from).size(), to);
      READINESS_ASSIGN(const std::size_t count, faults(text));
      found += count > 0 ? 1 : 0;
    }
    context_.findings.AddControl(
        {"faults_are_found", "faults planted in manifests of our own are found, and none without them",
         in_sound == 0 && found == std::size(kPlanted),
         fmt::format("{} of {} found; {} in the sound ones", found, std::size(kPlanted), in_sound)});
    return {};
  }

  Result<void> ReadManifests() {
    READINESS_ASSIGN(const std::vector<SourceFile> files, context_.source_tree.Files(files_));
    for (const SourceFile& file : files) READINESS_RETURN_IF_ERROR(ReadManifest(file.path));
    for (const auto& [image, path] : outside_.images) {
      READINESS_ASSIGN(const std::vector<SourceFile> found, context_.source_tree.Files({path}));
      if (found.empty()) continue;
      READINESS_ASSIGN(const std::string text, context_.source_tree.Read(path));
      const Result<Dockerfile> dockerfile = ParseDockerfile(text, path);
      if (dockerfile && !dockerfile->stages.empty()) outside_.dockerfiles.insert(path);
    }
    return {};
  }

  Result<void> ReadManifest(const std::string& path) {
    READINESS_ASSIGN(const std::string text, context_.source_tree.Read(path));
    const Result<std::vector<YamlNode>> nodes = ParseYaml(text, path);
    if (!nodes) {
      const Error& error = nodes.error();
      if (error.kind != ErrorKind::kMalformed) return Fail(error);
      Violate({path, error.place ? error.place->line : 0, "a manifest is not YAML",
               fmt::format("{} {}", error.what, error.actual), "correct it"});
      return {};
    }
    std::size_t count = 0;
    for (const YamlNode& node : *nodes) {
      if (node.IsNull()) continue;
      ++count;
      TakeDocument(path, node);
    }
    if (count == 0)
      Violate({path, 0, "a manifest is empty", "no document with contents", "write it, or remove the file"});
    if (count > 0)
      context_.findings.AddObservation({path, fmt::format("{} documents were read", count), {{"documents", count}}});
    return {};
  }

  /// What kustomize is told is no object of the cluster, but names files, and may make ConfigMaps and Secrets.
  static bool IsKustomization(const std::string& path, const YamlNode& node) {
    const std::string file = path.substr(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1);
    return node.TextAt({"apiVersion"}).starts_with("kustomize.config.k8s.io/") || file == "kustomization.yaml" ||
           file == "kustomization.yml";
  }

  void TakeKustomization(const std::string& path, const YamlNode& node) {
    const std::string folder = path.rfind('/') == std::string::npos ? "" : path.substr(0, path.rfind('/'));
    for (const char* part : {"resources", "bases", "components", "patchesStrategicMerge"}) {
      const YamlNode* names = node.Find(part);
      for (const YamlNode& name : names != nullptr ? names->items : std::vector<YamlNode>())
        named_.push_back({path, name.line, folder, name.text});
    }
    for (const auto& [part, kind] : {std::pair{"configMapGenerator", "ConfigMap"}, {"secretGenerator", "Secret"}}) {
      const YamlNode* made = node.Find(part);
      for (const YamlNode& one : made != nullptr ? made->items : std::vector<YamlNode>())
        outside_.external.insert(fmt::format("{}/{}", kind, one.TextAt({"name"})));
    }
  }

  /// Files and folders that kustomizations name.
  Result<void> CheckNamedFiles() {
    for (const Named& one : named_) {
      if (one.name.empty() || one.name.find("://") != std::string::npos ||
          one.name.find("?ref=") != std::string::npos || one.name.find('\n') != std::string::npos)
        continue;
      const std::string path = std::filesystem::path(one.folder + "/" + one.name).lexically_normal().generic_string();
      const std::string bare = path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
      READINESS_ASSIGN(const std::vector<SourceFile> found, context_.source_tree.Files({bare, bare + "/**"}));
      if (found.empty())
        Violate({one.file, one.line, "a kustomization names what is not in the tree", one.name, "correct the path"});
    }
    return {};
  }

  void TakeDocument(const std::string& path, const YamlNode& node) {
    if (IsKustomization(path, node)) return TakeKustomization(path, node);
    if (node.TextAt({"kind"}) == "List" && node.Find("items") != nullptr) {
      for (const YamlNode& item : node.Find("items")->items) TakeDocument(path, item);
      return;
    }
    for (const std::vector<std::string_view>& key :
         std::vector<std::vector<std::string_view>>{{"apiVersion"}, {"kind"}, {"metadata", "name"}}) {
      if (!node.TextAt(key).empty()) continue;
      Violate({path, node.line, "a document is no Kubernetes object", fmt::format("{} is missing", key.back()),
               "state apiVersion, kind and metadata.name"});
      return;
    }
    documents_.push_back({path, node});
  }

  void CheckFolders() {
    for (const auto& [folder, kinds] : folders_) {
      const bool found = std::any_of(documents_.begin(), documents_.end(),
                                     [&, &folder = folder, &kinds = kinds](const Document& document) {
                                       return document.file.starts_with(folder + "/") &&
                                              std::find(kinds.begin(), kinds.end(), document.kind()) != kinds.end();
                                     });
      if (!found)
        Violate({folder, 0, fmt::format("there is no {}", fmt::join(kinds, " or ")),
                 "no tracked document of this kind in the folder", "write the manifest"});
    }
  }

  void Violate(const Fault& fault) {
    if (++violations_ > 60) return;
    context_.findings.AddViolation({fmt::format("{}: {}", fault.what, fault.file),
                                    fmt::format("read {} and resolved what it names", fault.file),
                                    "manifests that a cluster accepts and whose names all exist",
                                    fault.line > 0 ? fmt::format("{}:{}: {}", fault.file, fault.line, fault.actual)
                                                   : fmt::format("{}: {}", fault.file, fault.actual),
                                    fault.fix});
  }

  struct Named {
    std::string file;
    int line = 0;
    std::string folder, name;
  };

  Context& context_;
  std::vector<std::string> files_;
  std::vector<Named> named_;
  std::map<std::string, std::vector<std::string>> folders_;
  kubernetes::Outside outside_;
  std::vector<Document> documents_;
  int violations_ = 0;
};

}  // namespace
}  // namespace readiness::probes

READINESS_PROBE(kubernetes_manifests_fit_together) {
  return readiness::probes::Check(context).Run();
}
