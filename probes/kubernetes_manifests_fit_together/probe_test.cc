#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readiness/testing.h"

READINESS_DECLARE_PROBE(kubernetes_manifests_fit_together);

namespace readiness::testing {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kManifests = R"(apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {LEVEL: "info"}
---
apiVersion: external-secrets.io/v1beta1
kind: ExternalSecret
metadata: {name: keys, namespace: shop}
spec:
  data: [{secretKey: JWT, remoteRef: {key: x}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, tier: front}}
    spec:
      containers:
      - name: web
        image: registry.example.org:5000/web:1
        ports: [{containerPort: 8000, name: http}]
        env:
        - name: JWT
          valueFrom: {secretKeyRef: {name: keys, key: JWT}}
        - name: LEVEL
          valueFrom: {configMapKeyRef: {name: settings, key: LEVEL}}
        resources:
          requests: {cpu: 1, memory: 1Gi}
          limits: {cpu: 1, memory: 1Gi}
        livenessProbe: {httpGet: {path: /, port: http}}
        readinessProbe: {tcpSocket: {port: 8000}}
        volumeMounts: [{name: tmp, mountPath: /tmp}]
      volumes: [{name: tmp, emptyDir: {}}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: job, namespace: shop}
spec:
  schedule: "0 2 * * *"
  jobTemplate:
    spec:
      template:
        metadata: {labels: {app: job}}
        spec:
          restartPolicy: Never
          containers:
          - name: job
            image: redis:7
            envFrom: [{configMapRef: {name: settings}}]
            resources:
              requests: {cpu: 1, memory: 1Gi}
              limits: {cpu: 1, memory: 1Gi}
)";

class KubernetesManifestsFitTogetherTest : public ::testing::Test {
 protected:
  KubernetesManifestsFitTogetherTest()
      : t({{"folders", {{"k8s", {"Secret", "ExternalSecret"}}}},
           {"files", {"k8s/**"}},
           {"images", {{"registry.example.org:5000/web", "Dockerfile"}}},
           {"external", {"Namespace/shop", "Image/redis"}},
           {"with_limits_and_probes", true}}) {
    Write("k8s/all.yaml", kManifests);
    Write("Dockerfile", "FROM a\n");
    Write("app/job.py", "");
  }
  void Write(const std::string& path, const std::string& text) { t.source_tree.Write(path, text); }
  void Replace(const std::string& from, const std::string& to) {
    std::string text = kManifests;
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    Write("k8s/all.yaml", text.replace(at, from.size(), to));
  }
  Result<void> Run() { return probes::kubernetes_manifests_fit_together(t.context()); }

  TestContext t;
};

TEST_F(KubernetesManifestsFitTogetherTest, Holds) {
  ASSERT_TRUE(Run());
  for (const Violation& one : t.findings.violations()) ADD_FAILURE() << one.what << " " << one.actual;
  EXPECT_TRUE(t.Satisfied("faults_are_found"));
  EXPECT_TRUE(t.Satisfied("manifests_were_read"));
  EXPECT_THAT(t.findings.observations(), SizeIs(2));
}

TEST_F(KubernetesManifestsFitTogetherTest, Violated) {
  Write("k8s/all.yaml", "# later\n");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Contains(Field(&Violation::what, HasSubstr("a manifest is empty"))));
  EXPECT_THAT(t.findings.violations(), Contains(Field(&Violation::what, HasSubstr("there is no Secret"))));
}

TEST_F(KubernetesManifestsFitTogetherTest, UndecidableWithoutATree) {
  t.source_tree.FailWith(MakeError(ErrorKind::kEnvironment));
  EXPECT_FALSE(Run());
}

TEST_F(KubernetesManifestsFitTogetherTest, UndecidableWithoutReferences) {
  Write("k8s/all.yaml",
        "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: a}\nspec: {data: []}\n");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_FALSE(t.Satisfied("manifests_were_read"));
}

struct Fault {
  const char* name;
  const char* from;
  const char* to;
  const char* what;
};
void PrintTo(const Fault& fault, std::ostream* stream) {
  *stream << fault.name;
}
class KubernetesManifestsFitTogetherFaultTest : public KubernetesManifestsFitTogetherTest,
                                                public ::testing::WithParamInterface<Fault> {};

TEST_P(KubernetesManifestsFitTogetherFaultTest, Violated) {
  Replace(GetParam().from, GetParam().to);
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Contains(Field(&Violation::what, HasSubstr(GetParam().what))));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, KubernetesManifestsFitTogetherFaultTest,
    ::testing::Values(
        Fault{"SelectorMatchesNothing", "selector: {app: web}", "selector: {app: api}", "matches no pods"},
        Fault{"SelectorWantsMore", "selector: {app: web}", "selector: {app: web, tier: back}", "matches no pods"},
        Fault{"ServiceInAnotherNamespace", "kind: Service\nmetadata: {name: web, namespace: shop}",
              "kind: Service\nmetadata: {name: web}", "matches no pods"},
        Fault{"DeploymentDoesNotSelectItself", "matchLabels: {app: web}", "matchLabels: {app: api}", "its own pods"},
        Fault{"TargetPortIsNoPort", "targetPort: http", "targetPort: 8080", "no port of its pods"},
        Fault{"ProbeAsksAnotherPort", "path: /, port: http", "path: /, port: 9000", "does not declare"},
        Fault{"ConfigMapIsMissing", "configMapRef: {name: settings}", "configMapRef: {name: other}", "does not exist"},
        Fault{"ConfigMapIsElsewhere", "{name: settings, namespace: shop}", "{name: settings, namespace: default}",
              "does not exist"},
        Fault{"KeyIsMissing", "key: LEVEL", "key: LEVELS", "a key that"},
        Fault{"SecretKeyIsMissing", "key: JWT}}", "key: JWTS}}", "a key that"},
        Fault{"ImageIsUnknown", "registry.example.org:5000/web:1", "web-api:1", "built by no Dockerfile"},
        Fault{"NamespaceIsUnknown", "{name: job, namespace: shop}", "{name: job, namespace: ship}",
              "namespace is not declared"},
        Fault{"FieldIsMisspelt", "        env:", "        envs:", "unknown field"},
        Fault{"FieldIsOutsideTheContainer", "      volumes: [{name: tmp",
              "      livenessProbe: {httpGet: {path: /, port: http}}\n      volumes: [{name: tmp", "unknown field"},
        Fault{"LimitsAreOfNoContainer", "      volumes: [{name: tmp",
              "      resources: {limits: {cpu: 1}}\n      volumes: [{name: tmp", "unknown field"},
        Fault{"ValueIsABoolean", "LEVEL: \"info\"", "LEVEL: true", "no text"},
        Fault{"ValueIsANumber", "LEVEL: \"info\"", "LEVEL: 9090", "no text"},
        Fault{"NoLimits", "limits: {cpu: 1, memory: 1Gi}", "limits: {memory: 1Gi}", "resource bound"},
        Fault{"NoReadiness", "        readinessProbe: {tcpSocket: {port: 8000}}\n", "", "health probe"},
        Fault{"VolumeIsMissing", "volumeMounts: [{name: tmp", "volumeMounts: [{name: temp", "a volume that"},
        Fault{"ScheduleIsWrong", "0 2 * * *", "2 am", "valid schedule"},
        Fault{"UnknownVersion", "apiVersion: apps/v1", "apiVersion: foo/v99", "no such kind"},
        Fault{"OldVersion", "apiVersion: apps/v1", "apiVersion: extensions/v1beta1", "no such kind"},
        Fault{"MisspeltKind", "kind: ConfigMap", "kind: ConfigMapp", "no such kind"},
        Fault{"NameInCapitals", "metadata: {name: job", "metadata: {name: Job_X", "a name is none"},
        Fault{"NoTemplate", "  template:\n    metadata: {labels: {app: web, tier: front}}\n    spec:\n      containers",
              "  templates:\n    metadata: {labels: {app: web, tier: front}}\n    spec:\n      containers",
              "no containers"},
        Fault{"PortIsAText", "containerPort: 8000", "containerPort: \"8000\"", "wrong value"},
        Fault{"PortIsTooLarge", "containerPort: 8000", "containerPort: 99999", "wrong value"},
        Fault{"ServicePortIsZero", "port: 80,", "port: 0,", "wrong value"},
        Fault{"ReplicasAreAWord", "spec:\n  selector: {matchLabels", "spec:\n  replicas: two\n  selector: {matchLabels",
              "wrong value"},
        Fault{"NoSuchType", "  selector: {app: web}\n", "  selector: {app: web}\n  type: Nope\n", "wrong value"},
        Fault{"NoSuchStrategy", "spec:\n  selector: {matchLabels",
              "spec:\n  strategy: {type: RollingUpdat}\n  selector: {matchLabels", "wrong value"},
        Fault{"AnotherNameAndASelector", "  selector: {app: web}\n",
              "  selector: {app: web}\n  type: ExternalName\n  externalName: x.example\n", "another name"},
        Fault{"NotRootIsAWord", "      containers:\n      - name: web",
              "      securityContext: {runAsNonRoot: yes please}\n      containers:\n      - name: web", "wrong value"},
        Fault{"ValueFromNowhere", "valueFrom: {secretKeyRef: {name: keys, key: JWT}}", "valueFrom: {}", "from nowhere"},
        Fault{"ValueTwice", "        - name: LEVEL\n", "        - name: LEVEL\n          value: x\n", "two values"},
        Fault{"UnknownFieldOfThePod", "valueFrom: {secretKeyRef: {name: keys, key: JWT}}",
              "valueFrom: {fieldRef: {fieldPath: nope.nope}}", "unknown field"},
        Fault{"NoQuantity", "limits: {cpu: 1,", "limits: {cpu: lots,", "no quantity"},
        Fault{"LimitBelowTheRequest", "limits: {cpu: 1,", "limits: {cpu: 1m,", "more than its limit"},
        Fault{"ProbeWithoutAWay", "readinessProbe: {tcpSocket: {port: 8000}}", "readinessProbe: {periodSeconds: 5}",
              "one way"},
        Fault{"JobThatRestarts", "restartPolicy: Never", "restartPolicy: Always", "restartPolicy"},
        Fault{"VolumeFromNowhere", "volumes: [{name: tmp, emptyDir: {}}]", "volumes: [{name: tmp}]", "from nowhere"},
        Fault{"ProjectedFromNothing", "emptyDir: {}", "projected: {sources: [{secret: {name: nope}}]}",
              "does not exist"},
        Fault{"ImageWithoutTag", "image: redis:7", "image: redis", "not pinned"},
        Fault{"ImageOfTheDay", "web:1", "web:latest", "not pinned"},
        Fault{"ExternalSecretOfNothing", "spec:\n  data: [{secretKey: JWT, remoteRef: {key: x}}]", "spec: {}",
              "makes nothing"},
        Fault{"KeyWithABlank", "data: {LEVEL:", "data: {\"LE VEL\": \"x\", LEVEL:", "a key is none"},
        Fault{"IngressToNothing", "---\napiVersion: v1\nkind: Service",
              "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, namespace: shop}\nspec: "
              "{rules: [{http: {paths: [{path: /, backend: {service: {name: gone, port: {number: 80}}}}]}}]}\n---\n"
              "apiVersion: v1\nkind: Service",
              "a Service that does not exist"},
        Fault{"IngressToAnotherPort", "---\napiVersion: v1\nkind: Service",
              "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, namespace: shop}\nspec: "
              "{rules: [{http: {paths: [{path: /, backend: {service: {name: web, port: {number: 81}}}}]}}]}\n---\n"
              "apiVersion: v1\nkind: Service",
              "port that its Service"},
        Fault{"ScaledNothing", "---\napiVersion: v1\nkind: Service",
              "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h, namespace: "
              "shop}\nspec: {scaleTargetRef: {kind: Deployment, name: gone}}\n---\napiVersion: v1\nkind: Service",
              "a Deployment that does not exist"},
        Fault{"ModuleIsMissing", "image: redis:7", "image: redis:7\n            command: [python, -m, app.gone]",
              "module that is not"},
        Fault{"NoName", "metadata: {name: job, namespace: shop}", "metadata: {}", "no Kubernetes object"},
        Fault{"NotYaml", "kind: Service", "kind: [Service", "not YAML"},
        Fault{"TwiceTheSame", "kind: CronJob\nmetadata: {name: job", "kind: Deployment\nmetadata: {name: web",
              "the same name"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST_F(KubernetesManifestsFitTogetherTest, UndecidableWhatIsFilledInElsewhere) {
  Replace("spec:\n  selector: {matchLabels", "spec:\n  replicas: \"{{ .Values.replicas }}\"\n  selector: {matchLabels");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_FALSE(t.Satisfied("manifests_are_decidable"));
}

TEST_F(KubernetesManifestsFitTogetherTest, UsualFormsHold) {
  Replace("image: redis:7",
          "image: redis:7\n            imagePullPolicy: IfNotPresent\n            command: [python, -m, app.job]\n     "
          "       "
          "securityContext: {runAsNonRoot: true, allowPrivilegeEscalation: false, runAsUser: 1000}");
  std::string text = t.source_tree.Read("k8s/all.yaml").value();
  text +=
      "---\napiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: c, namespace: shop}\nspec: {}\n"
      "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, namespace: shop}\nspec: "
      "{rules: [{http: {paths: [{path: /, backend: {service: {name: web, port: {number: 80}}}}]}}]}\n"
      "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h, namespace: shop}\n"
      "spec: {minReplicas: 1, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}\n";
  Write("k8s/all.yaml", text);
  ASSERT_TRUE(Run());
  for (const Violation& one : t.findings.violations()) ADD_FAILURE() << one.what << " " << one.actual;
  EXPECT_TRUE(t.Satisfied("manifests_are_decidable"));
}

TEST_F(KubernetesManifestsFitTogetherTest, AnImageOfAnEmptyDockerfileIsNone) {
  Write("Dockerfile", "# to do\n");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Contains(Field(&Violation::what, HasSubstr("missing or empty"))));
}

TEST_F(KubernetesManifestsFitTogetherTest, AKustomizationIsNoObject) {
  Write("k8s/kustomization.yaml", "resources:\n- all.yaml\n- ../base\nconfigMapGenerator:\n- name: made\n");
  Write("base/kustomization.yaml", "kind: Kustomization\n");
  Replace("configMapRef: {name: settings}", "configMapRef: {name: made}");
  ASSERT_TRUE(Run());
  for (const Violation& one : t.findings.violations()) ADD_FAILURE() << one.what << " " << one.actual;
}

TEST_F(KubernetesManifestsFitTogetherTest, AKustomizationNamesWhatIsThere) {
  Write("k8s/kustomization.yaml", "resources:\n- all.yaml\n- services.yaml\n");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_THAT(t.findings.violations(), Contains(Field(&Violation::actual, HasSubstr("k8s/kustomization.yaml:3"))));
}

TEST_F(KubernetesManifestsFitTogetherTest, LimitsAndProbesAreDemandedWhenTheItemSaysSo) {
  TestContext lenient({{"folders", Json::object()},
                       {"files", {"k8s/**"}},
                       {"images", {{"registry.example.org:5000/web", "Dockerfile"}}},
                       {"external", {"Namespace/shop", "Image/redis"}},
                       {"with_limits_and_probes", false}});
  std::string text = kManifests;
  const std::string limits = "          limits: {cpu: 1, memory: 1Gi}\n";
  text.erase(text.find(limits), limits.size());
  lenient.source_tree.Write("k8s/all.yaml", text);
  lenient.source_tree.Write("Dockerfile", "FROM a\n");
  ASSERT_TRUE(probes::kubernetes_manifests_fit_together(lenient.context()));
  EXPECT_THAT(lenient.findings.violations(), IsEmpty());
}

}  // namespace
}  // namespace readiness::testing
