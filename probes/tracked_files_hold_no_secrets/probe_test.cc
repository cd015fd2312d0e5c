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
      : parameters_{{"manifests", {"**/*.yaml"}},
                    {"env_files", {"**/.env", "**/.env.*"}},
                    {"examples", {"**/*.example"}},
                    {"code", {"**/*.py"}},
                    {"dockerfiles", {"**/Dockerfile"}},
                    {"texts", {"**"}},
                    {"tests", {"**/tests/**"}},
                    {"expected", true},
                    {"handed_over_elsewhere", Json::array()}},
        t(parameters_) {
    Write("k8s/web.yaml", kManifest);
    Write("app/x.py", kCode);
    Write(".env.example", "JWT_SECRET=\nDB_PASSWORD=<yours>\nLEVEL=info\n");
    Write("README.md", "Set JWT_SECRET.\n");
  }
  void Write(const std::string& path, const std::string& text) { t.source_tree.Write(path, text); }
  Result<void> Run() { return probes::tracked_files_hold_no_secrets(t.context()); }
  const Json parameters_;
  TestContext t;
};

TEST_F(TrackedFilesHoldNoSecretsTest, Holds) {
  ASSERT_TRUE(Run());
  for (const Violation& one : t.findings.violations()) ADD_FAILURE() << one.what << " " << one.actual;
  for (const char* control :
       {"secrets_are_found", "files_were_read", "secrets_are_in_use", "manifests_are_decidable", "every_text_was_read"})
    EXPECT_TRUE(t.Satisfied(control)) << control;
}

TEST_F(TrackedFilesHoldNoSecretsTest, Violated) {
  Write("k8s/keys.yaml", "kind: Secret\nstringData: {JWT_SECRET: hunter-two}\n");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Contains(Field(&Violation::what, HasSubstr("k8s/keys.yaml:2"))));
  EXPECT_THAT(t.findings.violations(), Each(Field(&Violation::actual, Not(HasSubstr("hunter")))));
}

TEST_F(TrackedFilesHoldNoSecretsTest, UndecidableWhenAManifestThatMentionsSecretsDoesNotParse) {
  Write("k8s/web.yaml", "a: [\nJWT_SECRET: x\n");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_FALSE(t.Satisfied("manifests_are_decidable"));
  EXPECT_THAT(t.findings.controls(), Contains(Field(&Control::seen, HasSubstr("k8s/web.yaml:"))));
}

TEST_F(TrackedFilesHoldNoSecretsTest, UndecidableWhatASecretOfTheClusterHolds) {
  Write("k8s/web.yaml",
        "kind: Deployment\nspec:\n  containers:\n  - envFrom:\n    - secretRef: {name: made-by-hand}\n");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_FALSE(t.Satisfied("manifests_are_decidable"));
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
#define KEY "MC4CAQAwBQYDK2VwBCIEIMDqtckAYMnAqQOrJ46FyPOoXXluJWKc3EN9+7i3T0mi\n"
#define STRONG "vR8nq2Lx5KdW"

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
        Fault{"PrivateKey", "app/y.py", "x = '''-----BEGIN RSA PRIVATE KEY-----\n" KEY "'''\n"},
        Fault{"NameOfTheManifestDiffers", "k8s/web.yaml",
              "env:\n- name: JWT_KEY\n  valueFrom: {secretKeyRef: {name: k, key: j}}\n"},
        Fault{"CodeReadsAnother", "app/y.py", "import os\nk = os.environ['DB_PASSWORD']\n"},
        Fault{"KeyFile", "certs/api.key", "-----BEGIN PRIVATE KEY-----\n" KEY "-----END PRIVATE KEY-----\n"},
        Fault{"KeyWithoutEnding", "id_ed25519", "-----BEGIN OPENSSH PRIVATE KEY-----\n" KEY},
        Fault{"EncryptedKey", "a.pem",
              "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES,0123\n\n" KEY},
        Fault{"KeyInOneLine", "account.json", "{\"key\": \"-----BEGIN PRIVATE KEY-----\\n" KEY "\"}\n"},
        Fault{"CloudKeyAnywhere", "setup.cfg", "id: AKIAABCDEFGHIJKLMNOP\n"},
        Fault{"NotebookSource", "a.ipynb", "\"os.environ[\\\"DB_PASSWORD\\\"] = \\\"" STRONG "\\\"\\n\",\n"},
        Fault{"NotebookOutput", "a.ipynb", "      \"DB_PASSWORD=" STRONG "\\n\"\n"},
        Fault{"UrlOfSettings", "alembic.ini", "sqlalchemy.url = postgresql://me:" STRONG "@db:5432/x\n"},
        Fault{"PasswordOfSettings", "app.ini", "[db]\npassword = hunter\n"},
        Fault{"PasswordInToml", "app.toml", "[db]\npassword = \"hunter\"\n"},
        Fault{"PasswordInJson", "app.json", "{\"db\": {\"dbPassword\": \"" STRONG "\"}}\n"},
        Fault{"PasswordInJavaScript", "app.js", "const API_KEY = '" STRONG "';\n"},
        Fault{"PasswordInAComment", "app/y.py", "# DB_PASSWORD=" STRONG "\n"},
        Fault{"VariableInATest", "tests/test_x.js", "process.env.DB = 1; DB_PASSWORD = '" STRONG "'\n"},
        Fault{"VariableOfACommand", "a.sh", "set -e\nPGPASSWORD=hunter pg_dump x\n"},
        Fault{"ExportOfAScript", "a.sh", "export DB_PASSWORD='hunter'\n"},
        Fault{"OptionOfAScript", "tool", "#!/bin/bash\nlogin --password=hunter\n"},
        Fault{"AlternativeInCode", "app/y.py", "import os\nk = os.environ.get('JWT_SECRET') or 'dev'\n"},
        Fault{"StrongAlternativeInCode", "app/y.py",
              "import os\n\n\ndef f():\n    return os.getenv('JWT_SECRET') or '" STRONG "'\n"},
        Fault{"KeyOfACall", "app/y.py",
              "import jwt\n\n\ndef f(t):\n    return jwt.decode(t, 'dev', algorithms=['x'])\n"},
        Fault{"KeyOfACallByName", "app/y.py", "import jwt\nK = 'dev'\n\n\ndef f(t):\n    return jwt.decode(t, K)\n"},
        Fault{"SetInCode", "app/y.py", "import os\nos.environ['DB_PASSWORD'] = 'hunter'\n"},
        Fault{"ImageEnvironment", "docker/Dockerfile", "FROM x:1\nENV JWT_SECRET=hunter\n"},
        Fault{"ImageArgument", "docker/Dockerfile", "FROM x:1\nARG JWT_SECRET=change-me\n"},
        Fault{"ImageCommand", "docker/Dockerfile", "FROM x:1\nRUN export DB_PASSWORD=hunter && migrate\n"},
        Fault{"WorkflowVariable", "ci.yaml", "jobs: {a: {env: {DB_PASSWORD: hunter}}}\n"},
        Fault{"WorkflowScript", "ci.yaml", "jobs: {a: {steps: [{run: 'DB_PASSWORD=hunter ./migrate'}]}}\n"},
        Fault{"WorkflowServiceWithACredential", "ci.yaml",
              "jobs: {a: {services: {db: {env: {POSTGRES_PASSWORD: " STRONG "}}}}}\n"},
        Fault{"NoContainerIsGivenIt", "k8s/web.yaml",
              "kind: ExternalSecret\nmetadata: {name: k}\nspec: {data: [{secretKey: JWT_SECRET}]}\n"},
        Fault{"WholeSecretLacksIt", "k8s/web.yaml",
              "kind: ExternalSecret\nmetadata: {name: k}\nspec: {data: [{secretKey: DB_USER}]}\n---\nkind: Pod\n"
              "spec: {containers: [{envFrom: [{secretRef: {name: k}}]}]}\n"},
        Fault{"KeyAfterANul", "docs/n.txt", "x\n\x01\n AKIAABCDEFGHIJKLMNOP\n"},
        Fault{"KeyPutTogether", "app/y.py", "T = 'ghp_' + 'a8Fk29dKq0Zx7Lm3Vb6Nn1Qw5Er4Ty2Ui9Op'\n"},
        Fault{"PassInASettingsFile", "config/app.yaml", "database: {user: app, pass: Tr0ub4dor3xyz}\n"},
        Fault{"PuttyKey", "k.ppk", "PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 14\nAAAA\n"},
        Fault{"StrongValueThatSaysExample", ".env.example", "JWT_SECRET=example-9f8a7b6c5d4e3f2a1b0c\n"},
        Fault{"StrongValueInBrackets", ".env.example", "JWT_SECRET=<9f8a7b6c5d4e3f2a1b0c>\n"},
        Fault{
            "AlternativeOfATry", "app/y.py",
            "import os\n\n\ndef f():\n    try:\n        return os.environ['JWT_SECRET']\n    except KeyError:\n        "
            "return 'insecure'\n"},
        Fault{
            "AlternativeOfAnIf", "app/y.py",
            "import os\n\n\ndef f():\n    s = os.environ.get('JWT_SECRET')\n    if not s:\n        s = 'insecure'\n    "
            "return s\n"},
        Fault{"DefaultByAConstant", "app/y.py", "import os\nF = 'insecure'\nk = os.environ.get('JWT_SECRET', F)\n"},
        Fault{"AlternativeByAConstant", "app/y.py", "import os\nF = 'insecure'\nk = os.getenv('JWT_SECRET') or F\n"},
        Fault{"KeyOfACallInBytes", "app/y.py", "import jwt\n\n\ndef f(t):\n    return jwt.decode(t, b'dev')\n"},
        Fault{"FieldOfADataclass", "app/y.py",
              "from dataclasses import field\n\n\nclass C:\n    jwt_secret_key: str = field(default='insecure')\n"},
        Fault{"TwoArguments", "k.yaml", "args: [--db-password, Tr0ub4dor3xyz]\n"},
        Fault{"OptionOfACommand", "compose.yaml",
              "services: {r: {command: redis-server --requirepass Tr0ub4dor3xyz}}\n"},
        Fault{"SettingsInAConfigMap", "k.yaml",
              "kind: ConfigMap\ndata:\n  app.ini: |\n    [db]\n    password = hunter\n"},
        Fault{"LoginOfAnImage", "docker/Dockerfile",
              "FROM x:1\nRUN echo \"machine a login b password Tr0ub4dor3xyz\" > /root/.netrc\n"},
        Fault{"NpmToken", ".npmrc", "//registry.npmjs.org/:_authToken=6b8a7c1e-2f3d-4e5a-9b8c-7d6e5f4a3b2c\n"},
        Fault{"HashedPasswords", ".htpasswd", "admin:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/\n"},
        Fault{"RegistryLogin", ".docker/config.json", "{\"auths\": {\"r\": {\"auth\": \"Ym9iOlRyMHViNGRvcg==\"}}}\n"},
        Fault{"PasswordInSql", "a.sql", "CREATE USER app WITH PASSWORD 'Tr0ub4dor3xyz';\n"},
        Fault{"PasswordInXml", "a.xml", "<a><password>Tr0ub4dor3xyz</password></a>\n"},
        Fault{"UserOfACommand", "a.sh", "curl -u admin:Tr0ub4dor3xyz https://x\n"},
        Fault{"PasswordOfACommand", "a.sh", "sshpass -p Tr0ub4dor3xyz ssh x\n"},
        Fault{"StrongValueOfANote", "my notes.txt", "JWT_SECRET: 9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c\n"},
        Fault{"NothingIsHandedOver", "k8s/web.yaml", "kind: Deployment\n"}),
    [](const auto& one) { return std::string(one.param.name); });

class TrackedFilesHoldNoSecretsSoundTest : public TrackedFilesHoldNoSecretsTest,
                                           public ::testing::WithParamInterface<Fault> {};

TEST_P(TrackedFilesHoldNoSecretsSoundTest, Holds) {
  Write(GetParam().path, GetParam().text);
  ASSERT_TRUE(Run());
  for (const Violation& one : t.findings.violations()) ADD_FAILURE() << one.what << " " << one.actual;
  EXPECT_TRUE(t.Satisfied("manifests_are_decidable"));
}

INSTANTIATE_TEST_SUITE_P(
    Sound, TrackedFilesHoldNoSecretsSoundTest,
    ::testing::Values(
        Fault{"UrlOfADocument", "docs/setup.md", "Use `postgresql://user:password@localhost:5432/db`.\n"},
        Fault{"UrlOfATemplate", "alembic.ini", "sqlalchemy.url = driver://user:pass@localhost/dbname\n"},
        Fault{"UrlWithReference", "a.sh", "psql postgresql://me:$PASSWORD@db/x\n"},
        Fault{"KeyWithoutBody", "docs/keys.md", "A key begins with -----BEGIN PRIVATE KEY----- and goes on.\n"},
        Fault{"PublicKey", "a.pem", "-----BEGIN PUBLIC KEY-----\n" KEY},
        Fault{"ServiceOfAJob", "ci.yaml", "jobs: {a: {services: {db: {env: {POSTGRES_PASSWORD: postgres}}}}}\n"},
        Fault{"UrlOfAServiceOfAJob", "ci.yaml",
              "jobs: {a: {env: {DATABASE_URL: 'postgresql://postgres:postgres@localhost:5432/test'}}}\n"},
        Fault{"VariableOfATest", "ci.yaml", "jobs: {a: {steps: [{env: {JWT_SECRET: example-only-for-tests}}]}}\n"},
        Fault{"PlaceholdersOfAnExample", ".env.example", "JWT_SECRET=changeme\nAPI_KEY=your-secret-here\n"},
        Fault{"ReferencesOfAScript", "a.sh",
              "TOKEN=$(cat token)\nDB_PASSWORD=\"${DB_PASSWORD:?}\" run --token=$TOKEN --password-file=/run/x\n"},
        Fault{"NamesInCode", "web/app.ts", "const token: string = settings.token1;\nlet password = form.password2\n"},
        Fault{"NamesInAnInterface", "openapi.json", "{\"password\": {\"type\": \"string\"}, \"token\": \"Token\"}\n"},
        Fault{"MadeUpUser", "tests/test_x.js", "login({\"password\": \"" STRONG "\"})\n"},
        Fault{"Comparison", "a.js", "if (password == '" STRONG "') {}\n"}, Fault{"Binary", "a.bin", "\x01\x02"},
        Fault{"DefaultThatNobodyKnows", "app/y.py",
              "import os\nimport secrets\nk = os.getenv('JWT_SECRET', secrets.token_hex())\n"},
        Fault{"PasswordFromStdin", "ci.yaml",
              "jobs: {a: {steps: [{run: 'docker login -u me --password-stdin registry.example.org'}]}}\n"},
        Fault{"RegistryHelper", ".docker/config.json", "{\"auths\": {}, \"credsStore\": \"x\"}\n"},
        Fault{"TokenByReference", ".npmrc", "//registry.npmjs.org/:_authToken=${NPM_TOKEN}\n"},
        Fault{"PassRate", "k.yaml", "data: {pass_rate: \"0.91 percent\"}\n"},
        Fault{"LicenceInAConfigMap", "k.yaml",
              "data:\n  nginx.conf: |\n    proxy_pass http://api;\n    token_ttl = 3600;\n"},
        Fault{"SqlWithReference", "a.sql", "ALTER USER app PASSWORD :'password';\n"},
        Fault{"AnotherBrokenManifest", "k8s/broken.yaml", "kind: Service\n\tspec: [\n"},
        Fault{"WholeSecretHoldsIt", "k8s/web.yaml",
              "kind: ExternalSecret\nmetadata: {name: k}\nspec: {data: [{secretKey: JWT_SECRET}]}\n---\nkind: Pod\n"
              "spec: {containers: [{envFrom: [{secretRef: {name: k}}]}]}\n"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST_F(TrackedFilesHoldNoSecretsTest, BytesThatAreNoPlainTextAreReadToo) {
  std::string wide = "\xff\xfe";
  for (const char c : std::string("id: AKIAABCDEFGHIJKLMNOP\n")) wide += std::string{c, '\0'};
  std::string pixels;
  for (int i = 0; i < 5000; ++i) pixels += static_cast<char>(i * 7);
  for (const std::string& bytes :
       {wide, std::string("x\0\nAKIAABCDEFGHIJKLMNOP\n", 24), pixels + "\nAKIAABCDEFGHIJKLMNOP\n" + pixels,
        std::string(4 * 1024 * 1024 + 10, 'x') + "\nAKIAABCDEFGHIJKLMNOP\n",
        std::string(400'000, ' ') + "AKIAABCDEFGHIJKLMNOP\n"}) {
    TestContext other(parameters_);
    other.source_tree.Write("docs/n.bin", bytes);
    (void)probes::tracked_files_hold_no_secrets(other.context());
    EXPECT_THAT(other.findings.violations(), Contains(Field(&Violation::what, HasSubstr("docs/n.bin"))));
  }
}

TEST_F(TrackedFilesHoldNoSecretsTest, UndecidableDefaultsOfAnotherModule) {
  Write("app/y.py", "import os\nfrom app.other import FALLBACK\nk = os.getenv('JWT_SECRET', FALLBACK)\n");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_FALSE(t.Satisfied("manifests_are_decidable"));
}

TEST_F(TrackedFilesHoldNoSecretsTest, GlobsThatLeaveNothingAreDefinitionErrors) {
  for (const auto& [name, globs] : std::initializer_list<std::pair<const char*, Json>>{{"texts", Json::array()},
                                                                                       {"tests", {"**"}},
                                                                                       {"tests", {"**/*.py"}},
                                                                                       {"examples", {"**"}},
                                                                                       {"examples", {"**/.env*"}}}) {
    Json given = parameters_;
    given[name] = globs;
    TestContext other(given);
    const auto ran = probes::tracked_files_hold_no_secrets(other.context());
    ASSERT_FALSE(ran) << name;
    EXPECT_EQ(ran.error().kind, ErrorKind::kDefinition);
  }
}

}  // namespace
}  // namespace readiness::testing
