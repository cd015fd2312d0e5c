#include "manifests.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>

namespace readiness::kubernetes {
namespace {

using Labels = std::map<std::string, std::string>;

constexpr std::array kWorkloads{"Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "Pod"};

Labels ReadLabels(const YamlNode* node) {
  Labels labels;
  if (node == nullptr) return labels;
  for (const auto& [key, value] : node->members) labels[key] = value.text;
  return labels;
}

bool Includes(const Labels& labels, const Labels& wanted) {
  return !wanted.empty() && std::all_of(wanted.begin(), wanted.end(), [&](const auto& one) {
    const auto found = labels.find(one.first);
    return found != labels.end() && found->second == one.second;
  });
}

std::string WithoutTag(const std::string& image) {
  const std::size_t at = std::min(image.find('@'), image.size());
  const std::string name = image.substr(0, at);
  const std::size_t slash = name.rfind('/');
  const std::size_t colon = name.find(':', slash == std::string::npos ? 0 : slash);
  return name.substr(0, colon);
}

struct Port {
  std::string name;
  std::string number;
};

struct Workload {
  const Document* document = nullptr;
  const YamlNode* pod = nullptr;  ///< the pod's spec
  Labels labels;
  std::vector<Port> ports;
  bool long_running = false;
};

class Checker {
 public:
  Checker(const std::vector<Document>& documents, const Outside& outside) : documents_(documents), outside_(outside) {}

  Checked Go() {
    constexpr std::size_t kMost = 5000;
    if (documents_.size() > kMost) {
      checked_.undecided.push_back("there are too many documents");
      return std::move(checked_);
    }
    for (const Document& document : documents_) Register(document);
    for (const Document& document : documents_) {
      current_ = &document;
      CheckDocument(document);
    }
    if (registries_.size() > 1)
      checked_.undecided.push_back(fmt::format("images of the tree's own are taken from {} registries: {}",
                                               registries_.size(), fmt::join(registries_, ", ")));
    return std::move(checked_);
  }

 private:
  void Add(const YamlNode& at, std::string what, std::string actual, std::string fix) {
    checked_.faults.push_back({current_->file, at.line, std::move(what), std::move(actual), std::move(fix)});
  }

  void Undecided(const YamlNode& at, const std::string& what) {
    if (checked_.undecided.size() < 20)
      checked_.undecided.push_back(fmt::format("{}:{}: {}", current_->file, at.line, what));
  }

  static std::string Key(const std::string& kind, const std::string& space, const std::string& name) {
    return fmt::format("{}/{}/{}", kind, space, name);
  }

  void Register(const Document& document) {
    current_ = &document;
    const std::string key = Key(document.kind(), document.space(), document.name());
    if (!document.name().empty() && !known_.emplace(key, &document).second)
      Add(document.node, "two documents have the same name", fmt::format("{} {}", document.kind(), document.name()),
          "remove or rename one");
    // What a controller makes a Secret of.
    if (document.kind() == "ExternalSecret" || document.kind() == "SealedSecret") {
      const std::string made = document.node.TextAt({"spec", "target", "name"});
      known_.emplace(Key("Secret", document.space(), made.empty() ? document.name() : made), &document);
    }
    if (std::find(kWorkloads.begin(), kWorkloads.end(), document.kind()) == kWorkloads.end()) return;
    Workload workload;
    workload.document = &document;
    workload.long_running = document.kind() != "CronJob" && document.kind() != "Job";
    const YamlNode* owner = &document.node;
    if (document.kind() == "CronJob") owner = document.node.At({"spec", "jobTemplate"});
    const YamlNode* whole = document.kind() == "Pod" || owner == nullptr ? owner : owner->At({"spec", "template"});
    if (whole == nullptr) return;
    workload.pod = whole->Find("spec");
    workload.labels = ReadLabels(whole->At({"metadata", "labels"}));
    if (const YamlNode* containers = workload.pod != nullptr ? workload.pod->Find("containers") : nullptr) {
      for (const YamlNode& container : containers->items) {
        const YamlNode* ports = container.Find("ports");
        if (ports == nullptr) continue;
        for (const YamlNode& port : ports->items)
          workload.ports.push_back({port.TextAt({"name"}), port.TextAt({"containerPort"})});
      }
    }
    workloads_.push_back(std::move(workload));
  }

  void CheckFields(const YamlNode* node, const std::string& level) {
    if (node == nullptr || node->IsNull()) return;
    if (!node->IsMapping()) return Add(*node, "a part of a manifest is no mapping", level, "correct the indentation");
    for (const auto& [key, value] : node->members) {
      if (!IsField(level, key))
        Add(value, "a manifest has an unknown field", fmt::format("\"{}\" in {}", key, level),
            "correct the name or the indentation");
      if (const std::string wanted = WhyWrong(level, key, value); !wanted.empty())
        Add(value, "a field of a manifest has a wrong value", fmt::format("{} of {} is not {}", key, level, wanted),
            "correct the value");
      if (value.IsScalar() && IsTemplate(value.text) && key != "value" && key != "subPathExpr")
        Undecided(value, fmt::format("{} is filled in elsewhere", key));
    }
  }

  void CheckDocument(const Document& document) {
    CheckFields(&document.node, document.kind());
    CheckFields(document.node.Find("metadata"), "metadata");
    if (const std::string space = document.space(); !space.empty()) {
      ++checked_.references;
      if (!known_.contains(Key("Namespace", "", space)) && !outside_.external.contains("Namespace/" + space))
        Add(*document.node.At({"metadata", "namespace"}), "a namespace is not declared", space,
            "add the Namespace, or state it as external");
    }
    const YamlNode* spec = document.node.Find("spec");
    CheckFields(spec, document.kind() + ".spec");
    const std::string api = document.node.TextAt({"apiVersion"});
    const KindCheck kind = CheckKind(document.kind(), api);
    if (kind == KindCheck::kWrong)
      Add(document.node, "there is no such kind in this version of the API",
          fmt::format("{} in {}", document.kind(), api), "correct kind and apiVersion");
    if (!IsName(document.name()) && !IsTemplate(document.name()))
      Add(document.node, "a name is none that a cluster takes", document.name(), "use lower case, digits, - and .");
    if (kind == KindCheck::kKnown && IsLabel(document.kind(), {"Service", "Ingress", "HorizontalPodAutoscaler"}) &&
        (spec == nullptr || spec->members.empty()))
      Add(document.node, "a document has no spec", document.name(), "write it");
    const bool runs = std::find(kWorkloads.begin(), kWorkloads.end(), document.kind()) != kWorkloads.end();
    const bool listed = std::any_of(workloads_.begin(), workloads_.end(),
                                    [&](const Workload& one) { return one.document == &document; });
    if (runs && !listed)
      Add(document.node, "a workload has no containers", document.name(), "add spec.template.spec.containers");
    if (document.kind() == "Ingress" && spec != nullptr) CheckBackends(*spec, document, 0);
    if (document.kind() == "HorizontalPodAutoscaler" && spec != nullptr) {
      const YamlNode* target = spec->Find("scaleTargetRef");
      Resolve(target != nullptr ? *target : *spec, target != nullptr ? target->TextAt({"kind"}) : "workload",
              document.space(), target != nullptr ? target->TextAt({"name"}) : "", "");
    }
    if (document.kind() == "ExternalSecret" && document.node.At({"spec", "data"}) == nullptr &&
        document.node.At({"spec", "dataFrom"}) == nullptr)
      Add(document.node, "an ExternalSecret makes nothing", document.name(), "state its data");
    if (document.kind() == "SealedSecret") CheckSealed(document);
    if (document.kind() == "ConfigMap" || document.kind() == "Secret") CheckData(document);
    if (document.kind() == "Service") CheckService(document);
    if (document.kind() == "CronJob") CheckCronJob(document);
    for (const Workload& workload : workloads_) {
      if (workload.document == &document) CheckWorkload(workload);
    }
  }

  static bool IsLabel(const std::string& word, std::initializer_list<const char*> words) {
    return std::any_of(words.begin(), words.end(), [&](const char* one) { return word == one; });
  }

  /// Wherever "service: {name, port}" stands.
  void CheckBackends(const YamlNode& node, const Document& document, int depth) {
    if (depth > 20) return;
    for (const auto& [key, value] : node.members) {
      if (key == "service" && value.IsMapping()) {
        const std::string name = value.TextAt({"name"});
        Resolve(value, "Service", document.space(), name, "");
        const auto found = known_.find(Key("Service", document.space(), name));
        const std::string number = value.TextAt({"port", "number"}), port = value.TextAt({"port", "name"});
        if (found != known_.end() && !HasPort(found->second->node, number, port))
          Add(value, "an Ingress asks for a port that its Service does not have", number + port, "correct the port");
      }
      CheckBackends(value, document, depth + 1);
    }
    for (const YamlNode& item : node.items) CheckBackends(item, document, depth + 1);
  }

  static bool HasPort(const YamlNode& service, const std::string& number, const std::string& name) {
    const YamlNode* ports = service.At({"spec", "ports"});
    return ports != nullptr && std::any_of(ports->items.begin(), ports->items.end(), [&](const YamlNode& port) {
             return (!number.empty() && port.TextAt({"port"}) == number) ||
                    (!name.empty() && port.TextAt({"name"}) == name);
           });
  }

  void CheckSealed(const Document& document) {
    const YamlNode* data = document.node.At({"spec", "encryptedData"});
    if (data == nullptr || data->members.empty())
      return Add(document.node, "a SealedSecret holds nothing", document.name(), "seal its values");
    for (const auto& [name, value] : data->members) {
      if (value.text.empty()) Add(value, "a SealedSecret holds an empty value", name, "seal the value");
    }
  }

  void CheckData(const Document& document) {
    bool any = false;
    for (const char* key : {"data", "stringData", "binaryData"}) {
      const YamlNode* data = document.node.Find(key);
      if (data == nullptr || data->IsNull()) continue;
      if (!data->IsMapping()) {
        Add(*data, "data is no mapping", key, "write keys with texts");
        continue;
      }
      any = any || !data->members.empty();
      for (const auto& [name, value] : data->members) {
        if (IsNoText(value))
          Add(value, "a value is no text", fmt::format("{}: {}", name, value.text), "put it in quotes");
        if (!IsKey(name)) Add(value, "a key is none that a cluster takes", name, "use letters, digits, -, _ and .");
        if (document.kind() == "Secret" && value.text.empty())
          Add(value, "a Secret holds an empty value", name, "leave the value to a secret store");
      }
    }
    if (!any && document.kind() == "ConfigMap")
      Add(document.node, "a ConfigMap holds nothing", document.name(), "add its settings");
  }

  void CheckCronJob(const Document& document) {
    const std::string schedule = document.node.TextAt({"spec", "schedule"});
    int fields = 0;
    bool in_word = false;
    for (const char c : schedule) {
      const bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
      fields += !space && !in_word ? 1 : 0;
      in_word = !space;
    }
    const bool named = schedule.starts_with('@') && fields == 1;
    const bool sound = fields == 5 && schedule.find_first_not_of(
                                          "0123456789*/,- ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz?L#") ==
                                          std::string::npos;
    if (!named && !sound)
      Add(document.node, "a CronJob has no valid schedule", fmt::format("\"{}\"", schedule),
          "write five fields: minute hour day month weekday");
    CheckFields(document.node.At({"spec", "jobTemplate"}), "jobTemplate");
    CheckFields(document.node.At({"spec", "jobTemplate", "spec"}), "Job.spec");
  }

  void CheckService(const Document& document) {
    const YamlNode* ports = document.node.At({"spec", "ports"});
    const YamlNode* selector = document.node.At({"spec", "selector"});
    if (document.node.TextAt({"spec", "type"}) == "ExternalName") {
      if (document.node.TextAt({"spec", "externalName"}).empty() || selector != nullptr)
        Add(document.node, "a Service of another name selects no pods", document.name(),
            "state externalName and no selector, or another type");
      return;
    }
    if (selector == nullptr || selector->members.empty())
      return Add(document.node, "a Service selects no pods", "no selector", "select the pods by their labels");
    std::vector<const Workload*> matched;
    ++checked_.references;
    for (const Workload& workload : workloads_) {
      if (workload.document->space() == document.space() && Includes(workload.labels, ReadLabels(selector)))
        matched.push_back(&workload);
    }
    if (matched.empty())
      return Add(*selector, "the selector of a Service matches no pods", fmt::format("Service {}", document.name()),
                 "use labels that a pod template of its namespace has");
    if (ports == nullptr || ports->items.empty())
      return Add(document.node, "a Service has no ports", document.name(), "state them");
    for (const YamlNode& port : ports->items) {
      CheckFields(&port, "servicePort");
      const std::string number = port.TextAt({"port"});
      const YamlNode* target = port.Find("targetPort");
      ++checked_.references;
      for (const Workload* workload : matched)
        CheckPort(target != nullptr ? *target : port, target != nullptr ? target->text : number, workload->ports,
                  "the target of a Service is no port of its pods");
    }
  }

  void CheckPort(const YamlNode& at, const std::string& port, const std::vector<Port>& ports, const std::string& what) {
    const bool found = std::any_of(ports.begin(), ports.end(),
                                   [&](const Port& one) { return one.name == port || one.number == port; });
    if (!found) Add(at, what, port, "name a containerPort of the pods");
  }

  void CheckWorkload(const Workload& workload) {
    const Document& document = *workload.document;
    const YamlNode* owner = document.kind() == "CronJob" ? document.node.At({"spec", "jobTemplate"}) : &document.node;
    if (document.kind() != "Pod" && owner != nullptr) CheckFields(owner->At({"spec", "template"}), "podTemplate");
    if (const YamlNode* selector = document.node.At({"spec", "selector"});
        selector != nullptr && document.kind() != "Job") {
      CheckFields(selector, "selector");
      ++checked_.references;
      if (const YamlNode* wanted = selector->Find("matchLabels");
          wanted != nullptr && !Includes(workload.labels, ReadLabels(wanted)))
        Add(*wanted, "a selector does not match its own pods", document.name(), "give the pod template these labels");
    } else if (workload.long_running && document.kind() != "Pod") {
      Add(document.node, "a workload has no selector", document.name(), "add spec.selector.matchLabels");
    }
    const YamlNode* containers = workload.pod != nullptr ? workload.pod->Find("containers") : nullptr;
    if (containers == nullptr || containers->items.empty())
      return Add(document.node, "a workload has no containers", document.name(), "add spec.template.spec.containers");
    CheckFields(workload.pod, "pod");
    const std::string restart = workload.pod->TextAt({"restartPolicy"});
    if (!workload.long_running && restart != "Never" && restart != "OnFailure")
      Add(*workload.pod, "a job's pods have no restartPolicy that it takes", restart, "state Never or OnFailure");
    if (workload.long_running && document.kind() != "Pod" && !restart.empty() && restart != "Always")
      Add(*workload.pod, "a workload's pods have no restartPolicy that it takes", restart, "state Always");
    CheckFields(workload.pod->Find("securityContext"), "securityContext");
    CheckFields(document.node.At({"spec", "strategy"}), "strategy");
    CheckPod(workload);
    for (const YamlNode& container : containers->items) CheckContainer(container, workload, true);
    if (const YamlNode* initial = workload.pod->Find("initContainers")) {
      for (const YamlNode& container : initial->items) CheckContainer(container, workload, false);
    }
  }

  void CheckPod(const Workload& workload) {
    const std::string space = workload.document->space();
    const std::string account = workload.pod->TextAt({"serviceAccountName"});
    if (!account.empty() && account != "default")
      Resolve(*workload.pod->Find("serviceAccountName"), "ServiceAccount", space, account, "");
    if (const YamlNode* secrets = workload.pod->Find("imagePullSecrets")) {
      for (const YamlNode& secret : secrets->items) Resolve(secret, "Secret", space, secret.TextAt({"name"}), "");
    }
    const YamlNode* volumes = workload.pod->Find("volumes");
    if (volumes == nullptr) return;
    for (const YamlNode& volume : volumes->items) {
      CheckVolume(volume, space);
      if (const YamlNode* map = volume.Find("configMap"))
        ResolveUnlessOptional(*map, "ConfigMap", space, map->TextAt({"name"}), "");
      if (const YamlNode* secret = volume.Find("secret"))
        ResolveUnlessOptional(*secret, "Secret", space, secret->TextAt({"secretName"}), "");
      if (const YamlNode* claim = volume.Find("persistentVolumeClaim"))
        Resolve(*claim, "PersistentVolumeClaim", space, claim->TextAt({"claimName"}), "");
    }
  }

  void CheckVolume(const YamlNode& volume, const std::string& space) {
    if (volume.members.size() < 2)
      Add(volume, "a volume comes from nowhere", volume.TextAt({"name"}), "state what it is, such as emptyDir");
    if (volume.members.size() > 2)
      Add(volume, "a volume comes from several places", volume.TextAt({"name"}), "state one");
    const YamlNode* sources = volume.At({"projected", "sources"});
    if (sources == nullptr) return;
    for (const YamlNode& source : sources->items) {
      if (const YamlNode* map = source.Find("configMap"))
        ResolveUnlessOptional(*map, "ConfigMap", space, map->TextAt({"name"}), "");
      if (const YamlNode* secret = source.Find("secret"))
        ResolveUnlessOptional(*secret, "Secret", space, secret->TextAt({"name"}), "");
    }
  }

  /// python -m of a module that the tree would have.
  void CheckCommand(const YamlNode& container) {
    std::vector<std::string> words;
    for (const char* part : {"command", "args"}) {
      const YamlNode* list = container.Find(part);
      for (const YamlNode& item : list != nullptr ? list->items : std::vector<YamlNode>()) words.push_back(item.text);
    }
    for (std::size_t i = 0; i + 2 < words.size(); ++i) {
      if (!words[i].starts_with("python") || words[i + 1] != "-m") continue;
      std::string path = words[i + 2];
      std::replace(path.begin(), path.end(), '.', '/');
      const std::string folder = path.substr(0, path.find('/')) + "/";
      const auto first = outside_.paths.lower_bound(folder);
      if (first == outside_.paths.end() || !first->starts_with(folder)) continue;
      ++checked_.references;
      if (!outside_.paths.contains(path + ".py") && !outside_.paths.contains(path + "/__main__.py"))
        Add(container, "a container starts a module that is not in the tree", words[i + 2], "correct the name");
    }
  }

  void CheckContainer(const YamlNode& container, const Workload& workload, bool main) {
    CheckFields(&container, "container");
    CheckImage(container);
    CheckCommand(container);
    CheckFields(container.Find("securityContext"), "securityContext");
    CheckQuantities(container);
    const std::string space = workload.document->space();
    if (const YamlNode* list = container.Find("envFrom")) {
      for (const YamlNode& one : list->items) {
        CheckFields(&one, "envFrom");
        if (const YamlNode* map = one.Find("configMapRef"))
          ResolveUnlessOptional(*map, "ConfigMap", space, map->TextAt({"name"}), "");
        if (const YamlNode* secret = one.Find("secretRef"))
          ResolveUnlessOptional(*secret, "Secret", space, secret->TextAt({"name"}), "");
      }
    }
    if (const YamlNode* list = container.Find("env")) {
      for (const YamlNode& one : list->items) CheckVariable(one, space);
    }
    CheckMounts(container, workload);
    std::vector<Port> ports;
    if (const YamlNode* list = container.Find("ports")) {
      for (const YamlNode& port : list->items) {
        CheckFields(&port, "containerPort");
        ports.push_back({port.TextAt({"name"}), port.TextAt({"containerPort"})});
      }
    }
    for (const char* name : {"livenessProbe", "readinessProbe", "startupProbe"}) {
      const YamlNode* probe = container.Find(name);
      CheckFields(probe, "probe");
      if (probe == nullptr || !probe->IsMapping()) continue;
      const auto handlers = std::count_if(probe->members.begin(), probe->members.end(), [](const auto& one) {
        return IsLabel(one.first, {"exec", "httpGet", "tcpSocket", "grpc"});
      });
      if (handlers != 1)
        Add(*probe, "a probe does not ask in one way", fmt::format("{}: {} ways", name, handlers),
            "state httpGet, tcpSocket, grpc or exec");
      CheckFields(probe->Find("httpGet"), "httpGet");
      for (const char* how : {"httpGet", "tcpSocket"}) {
        const YamlNode* port = probe->At({how, "port"});
        ++checked_.references;
        if (port != nullptr)
          CheckPort(*port, port->text, ports,
                    fmt::format("a {} asks a port that the container does not declare", name));
      }
    }
    CheckFields(container.Find("resources"), "resources");
    if (main && outside_.with_limits_and_probes) CheckLimits(container, workload.long_running);
  }

  void CheckQuantities(const YamlNode& container) {
    for (const char* what : {"cpu", "memory"}) {
      std::optional<double> given[2];
      int i = 0;
      for (const char* part : {"requests", "limits"}) {
        const YamlNode* node = container.At({"resources", part, what});
        if (node != nullptr && !IsTemplate(node->text)) {
          given[i] = Quantity(node->text);
          if (!given[i])
            Add(*node, "a resource is no quantity", fmt::format("{} of {}: {}", what, part, node->text),
                "write such as 500m or 1Gi");
        }
        ++i;
      }
      if (given[0] && given[1] && *given[0] > *given[1])
        Add(container, "a container requests more than its limit", what, "raise the limit");
    }
  }

  void CheckLimits(const YamlNode& container, bool long_running) {
    for (const char* part : {"requests", "limits"}) {
      for (const char* what : {"cpu", "memory"}) {
        if (container.TextAt({"resources", part, what}).empty())
          Add(container, "a container lacks a resource bound",
              fmt::format("{}: no {} for {}", container.TextAt({"name"}), part, what),
              "state requests and limits on the container");
      }
    }
    for (const char* probe : {"livenessProbe", "readinessProbe"}) {
      const YamlNode* found = container.Find(probe);
      if (long_running && (found == nullptr || found->members.empty()))
        Add(container, "a container lacks a health probe", fmt::format("{}: no {}", container.TextAt({"name"}), probe),
            "add it to the container");
    }
  }

  void CheckVariable(const YamlNode& one, const std::string& space) {
    CheckFields(&one, "env");
    const YamlNode* from = one.Find("valueFrom");
    const YamlNode* literal = one.Find("value");
    if (one.TextAt({"name"}).empty()) Add(one, "a variable has no name", "", "name it");
    if (from != nullptr && literal != nullptr)
      Add(one, "a variable has two values", one.TextAt({"name"}), "state value or valueFrom");
    if (from != nullptr && from->IsMapping()) {
      const bool known = from->members.size() == 1 &&
                         IsLabel(from->members.front().first,
                                 {"configMapKeyRef", "secretKeyRef", "fieldRef", "resourceFieldRef", "fileKeyRef"});
      if (!known)
        Add(*from, "a variable's value comes from nowhere", one.TextAt({"name"}), "state where it comes from");
    }
    if (const std::string field = one.TextAt({"valueFrom", "fieldRef", "fieldPath"}); !field.empty()) {
      const bool known = field.starts_with("metadata.") || field.starts_with("spec.") || field.starts_with("status.");
      if (!known) Add(one, "a variable is taken from an unknown field", field, "name a field of the pod");
    }
    if (const YamlNode* value = one.Find("value"); value != nullptr && !value->IsNull() && IsNoText(*value))
      Add(*value, "a value is no text", fmt::format("{}: {}", one.TextAt({"name"}), value->text), "put it in quotes");
    if (const YamlNode* map = one.At({"valueFrom", "configMapKeyRef"}))
      ResolveUnlessOptional(*map, "ConfigMap", space, map->TextAt({"name"}), map->TextAt({"key"}));
    if (const YamlNode* secret = one.At({"valueFrom", "secretKeyRef"}))
      ResolveUnlessOptional(*secret, "Secret", space, secret->TextAt({"name"}), secret->TextAt({"key"}));
  }

  void CheckMounts(const YamlNode& container, const Workload& workload) {
    const YamlNode* mounts = container.Find("volumeMounts");
    if (mounts == nullptr) return;
    std::set<std::string> names;
    for (const YamlNode* list :
         {workload.pod->Find("volumes"), workload.document->node.At({"spec", "volumeClaimTemplates"})}) {
      if (list == nullptr) continue;
      for (const YamlNode& volume : list->items) {
        names.insert(volume.TextAt({"name"}));
        names.insert(volume.TextAt({"metadata", "name"}));
      }
    }
    for (const YamlNode& mount : mounts->items) {
      CheckFields(&mount, "volumeMount");
      ++checked_.references;
      if (!names.contains(mount.TextAt({"name"})))
        Add(mount, "a mount names a volume that the pod does not have", mount.TextAt({"name"}),
            "add the volume to the pod");
    }
  }

  void CheckImage(const YamlNode& container) {
    const std::string image = container.TextAt({"image"});
    if (image.empty()) return Add(container, "a container has no image", container.TextAt({"name"}), "name one");
    ++checked_.references;
    const std::string name = WithoutTag(image);
    const std::string last = name.substr(name.rfind('/') == std::string::npos ? 0 : name.rfind('/') + 1);
    const std::size_t colon = image.find(':', image.rfind('/') == std::string::npos ? 0 : image.rfind('/'));
    const std::string tag = colon == std::string::npos ? "" : image.substr(colon + 1);
    if ((tag.empty() || tag == "latest") && !IsTemplate(image))
      Add(*container.Find("image"), "an image is not pinned", image, "name a version");
    if (outside_.external.contains("Image/" + name)) return;
    auto built = outside_.images.find(name);
    if (built == outside_.images.end()) {
      built = outside_.images.find(last);
      if (built != outside_.images.end()) registries_.insert(name.substr(0, name.size() - last.size()));
    }
    if (built == outside_.images.end()) {
      Add(*container.Find("image"), "an image is built by no Dockerfile", image,
          "name an image that is built, or state it as external");
    } else if (!outside_.dockerfiles.contains(built->second)) {
      Add(*container.Find("image"), "an image's Dockerfile is missing or empty",
          fmt::format("{} is built from {}", image, built->second), "write the Dockerfile");
    }
  }

  void ResolveUnlessOptional(const YamlNode& at, const std::string& kind, const std::string& space,
                             const std::string& name, const std::string& key) {
    if (at.TextAt({"optional"}) != "true") Resolve(at, kind, space, name, key);
  }

  void Resolve(const YamlNode& at, const std::string& kind, const std::string& space, const std::string& name,
               const std::string& key) {
    ++checked_.references;
    if (outside_.external.contains(kind + "/" + name)) return;
    const auto found = known_.find(Key(kind, space, name));
    if (name.empty() || found == known_.end())
      return Add(at, fmt::format("a {} that does not exist is referred to", kind),
                 fmt::format("\"{}\"{}", name, space.empty() ? "" : " in namespace " + space),
                 "write it, correct the name, or state it as external");
    if (key.empty()) return;
    for (const char* part : {"data", "stringData", "binaryData"}) {
      if (found->second->node.At({part, key}) != nullptr) return;
    }
    const YamlNode& node = found->second->node;
    if (node.At({"spec", "encryptedData", key}) != nullptr || node.At({"spec", "dataFrom"}) != nullptr) return;
    if (const YamlNode* data = node.At({"spec", "data"});
        found->second->kind() == "ExternalSecret" && data != nullptr) {
      for (const YamlNode& one : data->items) {
        if (one.TextAt({"secretKey"}) == key) return;
      }
    }
    Add(at, fmt::format("a key that a {} does not have is referred to", kind), fmt::format("\"{}\" of {}", key, name),
        "add the key or correct its name");
  }

  const std::vector<Document>& documents_;
  const Outside& outside_;
  std::map<std::string, const Document*> known_;
  std::vector<Workload> workloads_;
  std::set<std::string> registries_;
  const Document* current_ = nullptr;
  Checked checked_;
};

}  // namespace

Checked Check(const std::vector<Document>& documents, const Outside& outside) {
  return Checker(documents, outside).Go();
}

}  // namespace readiness::kubernetes
