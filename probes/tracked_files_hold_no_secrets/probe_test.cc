#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readiness/testing.h"

READINESS_DECLARE_PROBE(tracked_files_hold_no_secrets);

namespace readiness::testing {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kManifest =
    "kind: Deployment\nspec:\n  containers:\n  - env:\n    - name: JWT_SECRET\n      valueFrom: {secretKeyRef: {name: "
    "keys, key: jwt}}\n"
    "    - name: TOKEN_TTL\n      value: '3600'\n";
constexpr const char* kCode =
    "import os\n\n\ndef secret():\n    value = os.environ['JWT_SECRET']\n    if not value:\n        raise "
    "RuntimeError('JWT_SECRET is missing')\n    return value\n\n\n"
    "def check(token: str, password=None):\n    return token_type(token, 'bearer')\n";

class TrackedFilesHoldNoSecretsTest : public ::testing::Test {
 protected:
  TrackedFilesHoldNoSecretsTest()
      : t({{"manifests", {"**/*.yaml"}},
           {"env_files", {"**/.env", "**/.env.*"}},
           {"examples", {"**/*.example"}},
           {"code", {"**/*.py"}},
           {"texts", {"**/*.md"}},
           {"expected", true},
           {"handed_over_elsewhere", Json::array()}}) {
    Write("k8s/web.yaml", kManifest);
    Write("app/x.py", kCode);
    Write(".env.example", "JWT_SECRET=\nDB_PASSWORD=<yours>\nLEVEL=info\n");
    Write("README.md", "Set JWT_SECRET.\n");
  }
  void Write(const std::string& path, const std::string& text) { t.source_tree.Write(path, text); }
  Result<void> Run() { return probes::tracked_files_hold_no_secrets(t.context()); }
  TestContext t;
};

TEST_F(TrackedFilesHoldNoSecretsTest, Holds) {
  ASSERT_TRUE(Run());
  for (const Violation& one : t.findings.violations()) ADD_FAILURE() << one.what << " " << one.actual;
  for (const char* control : {"secrets_are_found", "files_were_read", "secrets_are_in_use"})
    EXPECT_TRUE(t.Satisfied(control)) << control;
}

TEST_F(TrackedFilesHoldNoSecretsTest, Violated) {
  Write("k8s/keys.yaml", "kind: Secret\nstringData: {JWT_SECRET: hunter-two}\n");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Contains(Field(&Violation::what, HasSubstr("k8s/keys.yaml:2"))));
  EXPECT_THAT(t.findings.violations(), Each(Field(&Violation::actual, Not(HasSubstr("hunter")))));
}

TEST_F(TrackedFilesHoldNoSecretsTest, UndecidableWhenAManifestDoesNotParse) {
  Write("k8s/web.yaml", "a: [\n");
  EXPECT_FALSE(Run());
}

TEST_F(TrackedFilesHoldNoSecretsTest, UndecidableWhenCodeDoesNotParse) {
  Write("app/y.py", "def (:\n");
  EXPECT_FALSE(Run());
}

struct Fault {
  const char* name;
  const char* path;
  const char* text;
};
void PrintTo(const Fault& fault, std::ostream* stream) {
  *stream << fault.name;
}
class TrackedFilesHoldNoSecretsFaultTest : public TrackedFilesHoldNoSecretsTest,
                                           public ::testing::WithParamInterface<Fault> {};

TEST_P(TrackedFilesHoldNoSecretsFaultTest, Violated) {
  Write(GetParam().path, GetParam().text);
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Not(IsEmpty()));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, TrackedFilesHoldNoSecretsFaultTest,
    ::testing::Values(
        Fault{"PlaceholderInASecret", "k.yaml", "kind: Secret\nstringData: {X: change-me}\n"},
        Fault{"EncodedSecret", "k.yaml", "kind: Secret\ndata: {X: aHVudGVy}\n"},
        Fault{"LiteralVariable", "k.yaml", "env:\n- name: DB_PASSWORD\n  value: hunter\n"},
        Fault{"SecretInAConfigMap", "k.yaml", "kind: ConfigMap\ndata: {API_KEY: abcdef}\n"},
        Fault{"ComposeDefault", "compose.yaml", "services: {a: {environment: {JWT_SECRET: '${JWT_SECRET:-dev}'}}}\n"},
        Fault{"ComposeList", "compose.yaml", "services: {a: {environment: [JWT_SECRET=dev]}}\n"},
        Fault{"UrlWithPassword", "k.yaml", "data: {DATABASE_URL: 'postgres://me:hunter@db/x'}\n"},
        Fault{"TrackedEnvironmentFile", ".env", "JWT_SECRET=hunter\n"},
        Fault{"ValueInAnExample", ".env.example", "JWT_SECRET=hunter\n"},
        Fault{"BuiltInDefault", "app/y.py", "import os\nk = os.getenv('JWT_SECRET', 'dev')\n"},
        Fault{"BuiltInDefaultByKeyword", "app/y.py", "import os\nk = os.environ.get('JWT_SECRET', default='dev')\n"},
        Fault{"Constant", "app/y.py", "API_KEY = 'abcdef'\n"},
        Fault{"Keyword", "app/y.py", "connect(password='hunter')\n"},
        Fault{"Parameter", "app/y.py", "def f(secret_key='hunter'):\n    pass\n"},
        Fault{"SettingsField", "app/y.py", "class Settings:\n    secret_key: str = 'hunter'\n"},
        Fault{"KeyInText", "notes.md", "AKIAABCDEFGHIJKLMNOP\n"},
        Fault{"PrivateKey", "app/y.py", "x = '''-----BEGIN RSA PRIVATE KEY-----'''\n"},
        Fault{"NameOfTheManifestDiffers", "k8s/web.yaml",
              "env:\n- name: JWT_KEY\n  valueFrom: {secretKeyRef: {name: k, key: j}}\n"},
        Fault{"CodeReadsAnother", "app/y.py", "import os\nk = os.environ['DB_PASSWORD']\n"},
        Fault{"NothingIsHandedOver", "k8s/web.yaml", "kind: Deployment\n"}),
    [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace readiness::testing
