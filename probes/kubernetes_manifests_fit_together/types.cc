// What the values of known fields have to be.

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "manifests.h"

namespace readiness::kubernetes {
namespace {

using Names = std::set<std::string>;

bool IsInteger(const YamlNode& node, long least, long most) {
  if (!node.IsScalar() || !node.plain || node.text.empty() || node.text.size() > 9) return false;
  if (node.text.find_first_not_of("0123456789") != std::string::npos) return false;
  const long value = std::stol(node.text);
  return value >= least && value <= most;
}

bool IsPortName(const std::string& text) {
  return !text.empty() && text.size() <= 15 &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos &&
         text.find_first_of("abcdefghijklmnopqrstuvwxyz") != std::string::npos;
}

const Names kIntegers{"replicas",
                      "minReadySeconds",
                      "revisionHistoryLimit",
                      "progressDeadlineSeconds",
                      "parallelism",
                      "completions",
                      "backoffLimit",
                      "activeDeadlineSeconds",
                      "ttlSecondsAfterFinished",
                      "initialDelaySeconds",
                      "timeoutSeconds",
                      "periodSeconds",
                      "successThreshold",
                      "failureThreshold",
                      "terminationGracePeriodSeconds",
                      "successfulJobsHistoryLimit",
                      "failedJobsHistoryLimit",
                      "startingDeadlineSeconds",
                      "runAsUser",
                      "runAsGroup",
                      "fsGroup"};
const Names kPorts{"containerPort", "hostPort", "nodePort"};
const Names kBooleans{"paused",
                      "suspend",
                      "immutable",
                      "automountServiceAccountToken",
                      "hostNetwork",
                      "hostPID",
                      "hostIPC",
                      "shareProcessNamespace",
                      "enableServiceLinks",
                      "readOnly",
                      "stdin",
                      "stdinOnce",
                      "tty",
                      "runAsNonRoot",
                      "privileged",
                      "readOnlyRootFilesystem",
                      "allowPrivilegeEscalation"};
const Names kSequences{"containers", "initContainers",       "volumes",          "env",         "envFrom",
                       "ports",      "volumeMounts",         "imagePullSecrets", "tolerations", "command",
                       "args",       "volumeClaimTemplates", "hostAliases"};
const Names kMappings{"template",    "metadata",  "spec",        "labels",          "annotations",
                      "resources",   "limits",    "requests",    "securityContext", "selector",
                      "matchLabels", "strategy",  "jobTemplate", "nodeSelector",    "valueFrom",
                      "httpGet",     "tcpSocket", "affinity"};
const std::map<std::string, Names> kChoices{
    {"restartPolicy", {"Always", "OnFailure", "Never"}},
    {"imagePullPolicy", {"Always", "IfNotPresent", "Never"}},
    {"concurrencyPolicy", {"Allow", "Forbid", "Replace"}},
    {"protocol", {"TCP", "UDP", "SCTP"}},
    {"Service.spec.type", {"ClusterIP", "NodePort", "LoadBalancer", "ExternalName"}},
    {"strategy.type", {"RollingUpdate", "Recreate"}}};

/// The kinds that a cluster has by itself, and the versions of their API.
const std::map<std::string, Names>& Builtin() {
  static const std::map<std::string, Names> kinds = {
      {"Deployment", {"apps/v1"}},
      {"StatefulSet", {"apps/v1"}},
      {"DaemonSet", {"apps/v1"}},
      {"ReplicaSet", {"apps/v1"}},
      {"Job", {"batch/v1"}},
      {"CronJob", {"batch/v1"}},
      {"Pod", {"v1"}},
      {"Service", {"v1"}},
      {"ConfigMap", {"v1"}},
      {"Secret", {"v1"}},
      {"Namespace", {"v1"}},
      {"ServiceAccount", {"v1"}},
      {"PersistentVolumeClaim", {"v1"}},
      {"PersistentVolume", {"v1"}},
      {"LimitRange", {"v1"}},
      {"ResourceQuota", {"v1"}},
      {"Endpoints", {"v1"}},
      {"ReplicationController", {"v1"}},
      {"Node", {"v1"}},
      {"PodTemplate", {"v1"}},
      {"List", {"v1"}},
      {"Ingress", {"networking.k8s.io/v1"}},
      {"IngressClass", {"networking.k8s.io/v1"}},
      {"NetworkPolicy", {"networking.k8s.io/v1"}},
      {"PodDisruptionBudget", {"policy/v1"}},
      {"HorizontalPodAutoscaler", {"autoscaling/v1", "autoscaling/v2"}},
      {"Role", {"rbac.authorization.k8s.io/v1"}},
      {"RoleBinding", {"rbac.authorization.k8s.io/v1"}},
      {"ClusterRole", {"rbac.authorization.k8s.io/v1"}},
      {"ClusterRoleBinding", {"rbac.authorization.k8s.io/v1"}},
      {"StorageClass", {"storage.k8s.io/v1"}},
      {"PriorityClass", {"scheduling.k8s.io/v1"}},
      {"CustomResourceDefinition", {"apiextensions.k8s.io/v1"}},
      {"APIService", {"apiregistration.k8s.io/v1"}},
      {"MutatingWebhookConfiguration", {"admissionregistration.k8s.io/v1"}},
      {"ValidatingWebhookConfiguration", {"admissionregistration.k8s.io/v1"}},
      {"EndpointSlice", {"discovery.k8s.io/v1"}},
      {"Lease", {"coordination.k8s.io/v1"}},
      {"RuntimeClass", {"node.k8s.io/v1"}}};
  return kinds;
}

}  // namespace

bool IsNoText(const YamlNode& node) {
  if (!node.IsScalar()) return true;
  if (!node.plain || node.text.empty()) return false;
  static const std::set<std::string> booleans{"true", "false", "True", "False", "TRUE", "FALSE", "yes", "no", "Yes",
                                              "No",   "YES",   "NO",   "on",    "off",  "On",    "Off", "ON", "OFF"};
  if (booleans.contains(node.text)) return true;
  const bool based = node.text.size() > 2 && (node.text.starts_with("0x") || node.text.starts_with("0o"));
  if (based && node.text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string::npos) return true;
  return node.text.find_first_not_of("0123456789.+-eE_") == std::string::npos &&
         node.text.find_first_of("0123456789") != std::string::npos &&
         std::count(node.text.begin(), node.text.end(), '.') <= 1 && node.text.find('-', 1) == std::string::npos;
}

bool IsTemplate(const std::string& text) {
  return text.find("{{") != std::string::npos || text.find("${") != std::string::npos || text.starts_with('$');
}

std::string WhyWrong(const std::string& level, const std::string& field, const YamlNode& value) {
  if (value.IsNull() || !(IsLevel(level) || level == "securityContext")) return {};
  if (value.IsScalar() && IsTemplate(value.text)) return {};
  const auto choice =
      kChoices.count(level + "." + field) > 0 ? kChoices.find(level + "." + field) : kChoices.find(field);
  if (choice != kChoices.end()) return choice->second.contains(value.text) ? "" : "one of its values";
  if (kIntegers.contains(field)) return IsInteger(value, 0, 999'999'999) ? "" : "a number";
  if (kPorts.contains(field) || (level == "servicePort" && field == "port"))
    return IsInteger(value, 1, 65535) ? "" : "a number of a port";
  if ((level == "servicePort" && field == "targetPort") || (level == "httpGet" && field == "port"))
    return IsInteger(value, 1, 65535) || IsPortName(value.text) ? "" : "a port, by its number or name";
  if (kBooleans.contains(field))
    return value.IsScalar() && value.plain && (value.text == "true" || value.text == "false") ? "" : "true or false";
  if (kSequences.contains(field)) return value.IsSequence() ? "" : "a list";
  if (kMappings.contains(field)) return value.IsMapping() ? "" : "a mapping";
  if (field == "name" || field == "image" || field == "namespace") return value.IsScalar() ? "" : "a text";
  return {};
}

bool IsName(const std::string& name) {
  if (name.empty() || name.size() > 253) return false;
  const auto inner = [](unsigned char c) { return std::islower(c) != 0 || std::isdigit(c) != 0; };
  return inner(static_cast<unsigned char>(name.front())) && inner(static_cast<unsigned char>(name.back())) &&
         std::all_of(name.begin(), name.end(), [&](unsigned char c) { return inner(c) || c == '-' || c == '.'; });
}

bool IsKey(const std::string& key) {
  return !key.empty() && key.size() <= 253 && std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
}

std::optional<double> Quantity(const std::string& text) {
  std::size_t end = 0;
  while (end < text.size() && (std::isdigit(static_cast<unsigned char>(text[end])) != 0 || text[end] == '.')) ++end;
  if (end == 0 || end > 15 || std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '.') > 1 ||
      text == ".")
    return std::nullopt;
  static const std::map<std::string, double> kUnits{{"", 1},
                                                    {"m", 1e-3},
                                                    {"k", 1e3},
                                                    {"M", 1e6},
                                                    {"G", 1e9},
                                                    {"T", 1e12},
                                                    {"P", 1e15},
                                                    {"E", 1e18},
                                                    {"Ki", 1024},
                                                    {"Mi", 1024.0 * 1024},
                                                    {"Gi", 1073741824.0},
                                                    {"Ti", 1099511627776.0},
                                                    {"Pi", 1125899906842624.0},
                                                    {"Ei", 1152921504606846976.0},
                                                    {"n", 1e-9},
                                                    {"u", 1e-6}};
  const auto unit = kUnits.find(text.substr(end));
  if (unit == kUnits.end()) return std::nullopt;
  return std::strtod(text.substr(0, end).c_str(), nullptr) * unit->second;
}

KindCheck CheckKind(const std::string& kind, const std::string& api) {
  const auto known = Builtin().find(kind);
  if (known != Builtin().end() && known->second.contains(api)) return KindCheck::kKnown;
  const std::string group = api.substr(0, api.find('/'));
  const bool named = api.find('/') != std::string::npos && group.find('.') != std::string::npos;
  // A cluster's own kinds are in its own groups only.
  const bool custom = named && (known == Builtin().end() || !group.ends_with(".k8s.io"));
  return custom ? KindCheck::kCustom : KindCheck::kWrong;
}

}  // namespace readiness::kubernetes
