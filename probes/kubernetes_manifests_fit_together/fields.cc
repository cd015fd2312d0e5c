// The fields that Kubernetes knows at each level of the common kinds, as its API reference lists them.

#include <map>
#include <set>

#include "manifests.h"

namespace readiness::kubernetes {
namespace {

using Fields = std::set<std::string>;

const std::map<std::string, Fields>& Levels() {
  static const Fields workload{"apiVersion", "kind", "metadata", "spec", "status"};
  static const std::map<std::string, Fields> levels = {
      {"Deployment", workload},
      {"StatefulSet", workload},
      {"DaemonSet", workload},
      {"CronJob", workload},
      {"Job", workload},
      {"Pod", workload},
      {"Service", workload},
      {"ConfigMap", {"apiVersion", "kind", "metadata", "data", "binaryData", "immutable"}},
      {"Secret", {"apiVersion", "kind", "metadata", "data", "stringData", "type", "immutable"}},
      {"metadata",
       {"name", "generateName", "namespace", "labels", "annotations", "ownerReferences", "finalizers", "uid",
        "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink", "deletionTimestamp",
        "deletionGracePeriodSeconds"}},
      {"Deployment.spec",
       {"replicas", "selector", "template", "strategy", "minReadySeconds", "revisionHistoryLimit", "paused",
        "progressDeadlineSeconds"}},
      {"StatefulSet.spec",
       {"replicas", "selector", "template", "serviceName", "podManagementPolicy", "updateStrategy",
        "revisionHistoryLimit", "volumeClaimTemplates", "minReadySeconds", "ordinals",
        "persistentVolumeClaimRetentionPolicy"}},
      {"DaemonSet.spec", {"selector", "template", "updateStrategy", "minReadySeconds", "revisionHistoryLimit"}},
      {"CronJob.spec",
       {"schedule", "timeZone", "startingDeadlineSeconds", "concurrencyPolicy", "suspend", "jobTemplate",
        "successfulJobsHistoryLimit", "failedJobsHistoryLimit"}},
      {"jobTemplate", {"metadata", "spec"}},
      {"Job.spec",
       {"template", "parallelism", "completions", "activeDeadlineSeconds", "podFailurePolicy", "backoffLimit",
        "backoffLimitPerIndex", "maxFailedIndexes", "selector", "manualSelector", "ttlSecondsAfterFinished",
        "completionMode", "suspend", "podReplacementPolicy", "successPolicy", "managedBy"}},
      {"Service.spec",
       {"selector",
        "ports",
        "type",
        "clusterIP",
        "clusterIPs",
        "externalIPs",
        "sessionAffinity",
        "loadBalancerIP",
        "loadBalancerSourceRanges",
        "externalName",
        "externalTrafficPolicy",
        "healthCheckNodePort",
        "publishNotReadyAddresses",
        "sessionAffinityConfig",
        "ipFamilies",
        "ipFamilyPolicy",
        "allocateLoadBalancerNodePorts",
        "loadBalancerClass",
        "internalTrafficPolicy",
        "trafficDistribution"}},
      {"servicePort", {"name", "protocol", "appProtocol", "port", "targetPort", "nodePort"}},
      {"strategy", {"type", "rollingUpdate"}},
      {"selector", {"matchLabels", "matchExpressions"}},
      {"podTemplate", {"metadata", "spec"}},
      // Without "resources": a cluster drops those of a pod without a word unless a feature gate is open.
      {"pod",
       {"volumes",
        "initContainers",
        "containers",
        "ephemeralContainers",
        "restartPolicy",
        "terminationGracePeriodSeconds",
        "activeDeadlineSeconds",
        "dnsPolicy",
        "nodeSelector",
        "serviceAccountName",
        "serviceAccount",
        "automountServiceAccountToken",
        "nodeName",
        "hostNetwork",
        "hostPID",
        "hostIPC",
        "shareProcessNamespace",
        "securityContext",
        "imagePullSecrets",
        "hostname",
        "subdomain",
        "affinity",
        "schedulerName",
        "tolerations",
        "hostAliases",
        "priorityClassName",
        "priority",
        "dnsConfig",
        "readinessGates",
        "runtimeClassName",
        "enableServiceLinks",
        "preemptionPolicy",
        "overhead",
        "topologySpreadConstraints",
        "setHostnameAsFQDN",
        "os",
        "hostUsers",
        "schedulingGates",
        "resourceClaims"}},
      {"container",
       {"name",
        "image",
        "command",
        "args",
        "workingDir",
        "ports",
        "envFrom",
        "env",
        "resources",
        "resizePolicy",
        "restartPolicy",
        "volumeMounts",
        "volumeDevices",
        "livenessProbe",
        "readinessProbe",
        "startupProbe",
        "lifecycle",
        "terminationMessagePath",
        "terminationMessagePolicy",
        "imagePullPolicy",
        "securityContext",
        "stdin",
        "stdinOnce",
        "tty"}},
      {"containerPort", {"name", "hostPort", "containerPort", "protocol", "hostIP"}},
      {"env", {"name", "value", "valueFrom"}},
      {"envFrom", {"prefix", "configMapRef", "secretRef"}},
      {"probe",
       {"exec", "httpGet", "tcpSocket", "grpc", "initialDelaySeconds", "timeoutSeconds", "periodSeconds",
        "successThreshold", "failureThreshold", "terminationGracePeriodSeconds"}},
      {"httpGet", {"path", "port", "host", "scheme", "httpHeaders"}},
      {"resources", {"limits", "requests", "claims"}},
      {"volumeMount",
       {"name", "readOnly", "recursiveReadOnly", "mountPath", "subPath", "mountPropagation", "subPathExpr"}},
  };
  return levels;
}

}  // namespace

bool IsLevel(const std::string& level) {
  return Levels().contains(level);
}

bool IsField(const std::string& level, const std::string& field) {
  const auto found = Levels().find(level);
  return found == Levels().end() || found->second.contains(field);
}

}  // namespace readiness::kubernetes
