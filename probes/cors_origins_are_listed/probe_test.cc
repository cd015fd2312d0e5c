#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readiness/testing.h"

READINESS_DECLARE_PROBE(cors_origins_are_listed);

namespace readiness::testing {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kApp =
    "from fastapi.middleware.cors import CORSMiddleware\nfrom app.settings import settings\n\n\ndef add(app):\n"
    "    app.add_middleware(CORSMiddleware, allow_origins=settings.origins, allow_credentials=True)\n";
constexpr const char* kSettings =
    "import os\n\n\nclass Settings:\n    origins: list = os.getenv('ORIGINS', "
    "'https://a.example.org').split(',')\n\n\nsettings = Settings()\n";

class CorsOriginsAreListedTest : public ::testing::Test {
 protected:
  CorsOriginsAreListedTest()
      : t({{"files", {"app/**/*.py"}},
           {"env_files", {"**/.env*"}},
           {"manifests", {"**/*.yaml"}},
           {"dockerfiles", {"**/Dockerfile"}},
           {"servers", {"**/*.conf", "**/*.js"}},
           {"minimum_middlewares", 1}}) {
    Write("app/main.py", kApp);
    Write("app/settings.py", kSettings);
    Write(".env.example", "ORIGINS=http://localhost:5173\nOTHER=*\n");
    Write("k8s/map.yaml", "kind: ConfigMap\ndata: {ORIGINS: \"https://b.example.org\"}\n");
  }
  void Write(const std::string& path, const std::string& text) { t.source_tree.Write(path, text); }
  Result<void> Run() { return probes::cors_origins_are_listed(t.context()); }
  TestContext t;
};

TEST_F(CorsOriginsAreListedTest, Holds) {
  ASSERT_TRUE(Run());
  for (const Violation& one : t.findings.violations()) ADD_FAILURE() << one.what << " " << one.actual;
  EXPECT_TRUE(t.Satisfied("wildcards_are_found"));
  EXPECT_TRUE(t.Satisfied("middleware_was_found"));
  EXPECT_TRUE(t.Satisfied("every_origin_is_decidable"));
}

TEST_F(CorsOriginsAreListedTest, Violated) {
  Write("app/main.py",
        "from fastapi.middleware.cors import CORSMiddleware\napp.add_middleware(CORSMiddleware, allow_origins=['*'], "
        "allow_credentials=True)\n");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Contains(Field(&Violation::actual, HasSubstr("with credentials"))));
}

TEST_F(CorsOriginsAreListedTest, UndecidableWithoutMiddleware) {
  Write("app/main.py", "print('no API')\n");
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("middleware_was_found"));
}

TEST_F(CorsOriginsAreListedTest, UndecidableWhenOriginsCannotBeFollowed) {
  Write("app/main.py",
        "from fastapi.middleware.cors import CORSMiddleware\n\n\ndef add(app, database):\n"
        "    app.add_middleware(CORSMiddleware, allow_origins=database.read('origins'))\n");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_FALSE(t.Satisfied("every_origin_is_decidable"));
}

TEST_F(CorsOriginsAreListedTest, UndecidableWithoutFiles) {
  t.source_tree.FailWith(MakeError(ErrorKind::kNotAvailable));
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
class CorsOriginsAreListedFaultTest : public CorsOriginsAreListedTest, public ::testing::WithParamInterface<Fault> {};

TEST_P(CorsOriginsAreListedFaultTest, Violated) {
  Write(GetParam().path, GetParam().text);
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Not(IsEmpty()));
}

#define IMPORT "from starlette.middleware.cors import CORSMiddleware as C\nimport os\n"
INSTANTIATE_TEST_SUITE_P(
    Faults, CorsOriginsAreListedFaultTest,
    ::testing::Values(
        Fault{"ByAVariable", "app/main.py", IMPORT "o = ['*']\napp.add_middleware(C, allow_origins=o)\n"},
        Fault{"ByASecondAssignment", "app/main.py",
              IMPORT "o = ['https://a.example.org']\nif os.getenv('ALL'):\n    o = ['*']\napp.add_middleware(C, "
                     "allow_origins=o)\n"},
        Fault{"ByAnAppendedEntry", "app/main.py",
              IMPORT "o = ['https://a.example.org']\no.append('*')\napp.add_middleware(C, allow_origins=o)\n"},
        Fault{"ByAnAugmentedList", "app/main.py",
              IMPORT "o = ['https://a.example.org']\no += ['*']\napp.add_middleware(C, allow_origins=o)\n"},
        Fault{"ByADefault", "app/main.py",
              IMPORT "app.add_middleware(C, allow_origins=os.environ.get('ORIGINS', '*').split(','))\n"},
        Fault{"ByAnAlternative", "app/main.py",
              IMPORT "app.add_middleware(C, allow_origins=os.getenv('X') or ['*'])\n"},
        Fault{"ByAFunction", "app/main.py",
              IMPORT "def o():\n    return ['*']\n\n\napp.add_middleware(C, allow_origins=o())\n"},
        Fault{"ByADictionary", "app/main.py",
              IMPORT "BY = {'dev': ['*'], 'prod': ['https://a.example.org']}\napp.add_middleware(C, "
                     "allow_origins=BY[os.getenv('ENV')])\n"},
        Fault{"ByASettingsClass", "app/settings.py",
              "class Settings:\n    origins = ['*']\n\n\nsettings = Settings()\n"},
        Fault{"ByASettingsField", "app/settings.py",
              "from pydantic import Field\n\n\nclass Settings:\n    origins: list = Field(default=['*'])\n\n\nsettings "
              "= Settings()\n"},
        Fault{"ByAProperty", "app/settings.py",
              "class Settings:\n    @property\n    def origins(self):\n        return ['*']\n\n\nsettings = "
              "Settings()\n"},
        Fault{"ByAPattern", "app/main.py", IMPORT "app.add_middleware(C, allow_origin_regex='https?://.*')\n"},
        Fault{"ByAPatternWithOpenDots", "app/main.py",
              IMPORT "app.add_middleware(C, allow_origin_regex='https://app.example.org')\n"},
        Fault{"ByAPatternWithAnOpenEnd", "app/main.py",
              IMPORT "app.add_middleware(C, allow_origin_regex=r'https://app\\.example\\.org.*')\n"},
        Fault{"ByAPatternWithAnOpenBeginning", "app/main.py",
              IMPORT "app.add_middleware(C, allow_origin_regex=r'https://.*example\\.org')\n"},
        Fault{"ByAPatternOfSubdomainsWithAnOpenEnd", "app/main.py",
              IMPORT "app.add_middleware(C, allow_origin_regex=r'https?://.*\\.example\\.org.*')\n"},
        Fault{"ByAPatternWithOneOpenDot", "app/main.py",
              IMPORT "app.add_middleware(C, allow_origin_regex=r'https://app\\.example.org')\n"},
        Fault{"ByAPatternOfAlternatives", "app/main.py",
              IMPORT "app.add_middleware(C, allow_origin_regex=r'https://(app|www)\\.example\\.org(:\\d+)?.*')\n"},
        Fault{"ByAnImage", "docker/Dockerfile", "FROM x:1\nENV A=b ORIGINS=\"*\"\n"},
        Fault{"ByAnImageInTheOldForm", "docker/Dockerfile", "FROM x:1\nENV ORIGINS *\n"},
        Fault{"ByAnImagesArgument", "docker/Dockerfile", "FROM x:1\nARG O=*\nENV ORIGINS=$O\n"},
        Fault{"ByAPlatformFile", "render.yaml", "services:\n- envVars:\n  - key: ORIGINS\n    value: '*'\n"},
        Fault{"ByWrapping", "app/main.py", IMPORT "app = C(app, allow_origins=('*',))\n"},
        Fault{"ByAMiddlewareList", "app/main.py",
              IMPORT "from starlette.middleware import Middleware\nm = [Middleware(C, allow_origins=['*'])]\n"},
        Fault{"ByFlask", "app/main.py", "from flask_cors import CORS\nCORS(app)\n"},
        Fault{"ByAHeader", "app/extra.py",
              "def f(response):\n    response.headers['Access-Control-Allow-Origin'] = '*'\n"},
        Fault{"ByAReflectingHeader", "app/extra.py",
              "def f(request, response):\n    response.headers['access-control-allow-origin'] = "
              "request.headers.get('origin')\n"},
        Fault{"ByHeadersOfAnAnswer", "app/extra.py",
              "def f():\n    return JSONResponse({}, headers={'Access-Control-Allow-Origin': '*'})\n"},
        Fault{"ByAnItem", "app/main.py",
              IMPORT "o = ['https://a.example.org']\no[0] = '*'\napp.add_middleware(C, allow_origins=o)\n"},
        Fault{"ByASlice", "app/main.py",
              IMPORT "o = ['https://a.example.org']\no[:] = ['*']\napp.add_middleware(C, allow_origins=o)\n"},
        Fault{"ByAnItemOfASetting", "app/more.py", "from app.settings import settings\nsettings.origins[0] = '*'\n"},
        Fault{"ByAppendingToASetting", "app/more.py",
              "from app.settings import settings\nsettings.origins.append('*')\n"},
        Fault{"BySetattr", "app/more.py", "from app.settings import settings\nsetattr(settings, 'origins', ['*'])\n"},
        Fault{"ByAConstructor", "app/more.py",
              "from app.settings import Settings\nsettings = Settings(origins=['*'])\n"},
        Fault{"ByPostInit", "app/settings.py",
              "class Settings:\n    origins: list = []\n\n    def __post_init__(self):\n        "
              "object.__setattr__(self, 'origins', ['*'])\n\n\nsettings = Settings()\n"},
        Fault{"BySettingTheEnvironment", "app/more.py", "import os\nos.environ['ORIGINS'] = '*'\n"},
        Fault{"ByADefaultOfTheEnvironment", "app/more.py", "import os\nos.environ.setdefault('ORIGINS', '*')\n"},
        Fault{"ByReplacing", "app/settings.py",
              "import os\n\n\nclass Settings:\n    origins = [o.replace('all', '*') for o in "
              "os.getenv('ORIGINS').split()]\n\n\nsettings = Settings()\n"},
        Fault{"ByASumOfTexts", "app/main.py", IMPORT "app.add_middleware(C, allow_origins=[chr(42)])\n"},
        Fault{"ByAModule", "app/main.py",
              "import starlette.middleware.cors as m\napp.add_middleware(m.CORSMiddleware, allow_origins=['*'])\n"},
        Fault{"ByTheMiddlewaresName", "app/main.py",
              IMPORT "app.add_middleware(middleware_class=C, allow_origins=['*'])\n"},
        Fault{"ByPosition", "app/main.py", IMPORT "app = C(app, ['*'])\n"},
        Fault{"ByAPatternOfAnyName", "app/main.py",
              IMPORT "app.add_middleware(C, allow_origin_regex=r'https://[a-z]+\\.com')\n"},
        Fault{"ByAPatternOfAnyEnding", "app/main.py",
              IMPORT "app.add_middleware(C, allow_origin_regex=r'https://\\w{3,12}\\.(com|org|net|io)')\n"},
        Fault{"ByAPatternOfSharedHosts", "app/main.py",
              IMPORT "app.add_middleware(C, allow_origin_regex=r'https://[a-z0-9-]+\\.(vercel|netlify)\\.app')\n"},
        Fault{"ByAnAlternativeOfAPattern", "app/main.py",
              IMPORT "app.add_middleware(C, allow_origin_regex=r'https://app\\.example\\.org|https://.*\\.com')\n"},
        Fault{"ByARawHeader", "app/extra.py", "HEADERS = [(b'access-control-allow-origin', b'*')]\n"},
        Fault{"ByAReflectingVariable", "app/extra.py",
              "def f(req, r):\n    h = req.headers.get('x')\n    r.headers['Access-Control-Allow-Origin'] = h\n"},
        Fault{"ByAnIngress", "k8s/in.yaml",
              "kind: Ingress\nmetadata: {annotations: {nginx.ingress.kubernetes.io/cors-allow-origin: '*'}}\n"},
        Fault{"ByAProxy", "nginx.conf", "add_header Access-Control-Allow-Origin *;\n"},
        Fault{"ByAnotherServer", "server.js", "const cors = require('cors'); app.use(cors())\n"},
        Fault{"ByAnIndentedLine", ".env.production", "  ORIGINS = *\n"},
        Fault{"ByAnExportWithBlanks", ".env.production", "export  ORIGINS=*\n"},
        Fault{"ByEncodedData", "k8s/map.yaml", "kind: ConfigMap\nbinaryData: {ORIGINS: Kg==}\n"},
        Fault{"ByAnotherKey", "k8s/all.yaml",
              "env:\n- name: ORIGINS\n  valueFrom: {configMapKeyRef: {name: m, key: ALL}}\n---\nkind: "
              "ConfigMap\ndata: {ALL: '*'}\n"},
        Fault{"ByACommandOfAnImage", "docker/Dockerfile",
              "FROM x:1\nCMD [\"sh\", \"-c\", \"ORIGINS=* uvicorn a:b\"]\n"},
        Fault{"ByACommandOfAContainer", "k8s/web.yaml", "command: [sh, -c, 'ORIGINS=\"*\" uvicorn a:b']\n"},
        Fault{"ByACommandOfAWorkflow", "ci.yaml", "run: kubectl set env deployment/api ORIGINS='*'\n"},
        Fault{"NullOrigin", "app/main.py",
              IMPORT "app.add_middleware(C, allow_origins=['https://a.example.org', 'null'])\n"},
        Fault{"ByAnEnvironmentFile", ".env.production", "export ORIGINS=https://a.example.org,*\n"},
        Fault{"ByAConfigMap", "k8s/map.yaml", "kind: ConfigMap\ndata: {ORIGINS: \"*\"}\n"},
        Fault{"ByAContainer", "k8s/web.yaml", "env:\n- name: ORIGINS\n  value: '*'\n"},
        Fault{"ByCompose", "compose.yaml", "services:\n  a:\n    environment:\n      ORIGINS: ${ORIGINS:-*}\n"},
        Fault{"ByAComposeList", "compose.yaml", "services:\n  a:\n    environment:\n    - ORIGINS=*\n"}),
    [](const auto& one) { return std::string(one.param.name); });

class CorsOriginsAreListedUndecidableTest : public CorsOriginsAreListedTest,
                                            public ::testing::WithParamInterface<Fault> {};

TEST_P(CorsOriginsAreListedUndecidableTest, Undecidable) {
  Write(GetParam().path, GetParam().text);
  ASSERT_TRUE(Run());
  for (const Violation& one : t.findings.violations()) ADD_FAILURE() << one.what << " " << one.actual;
  EXPECT_FALSE(t.Satisfied("every_origin_is_decidable"));
}

INSTANTIATE_TEST_SUITE_P(
    Undecidable, CorsOriginsAreListedUndecidableTest,
    ::testing::Values(
        Fault{"AnotherNameOfTheMiddleware", "app/more.py",
              IMPORT "M = C\napp.add_middleware(M, allow_origins=['*'])\n"},
        Fault{"AClassBelowIt", "app/more.py",
              IMPORT "class Mine(C):\n    def is_allowed_origin(self, origin):\n        return True\n\n\n"
                     "app.add_middleware(Mine, allow_origins=[])\n"},
        Fault{"AMethodByName", "app/more.py", IMPORT "getattr(app, 'add_middleware')(C, allow_origins=['*'])\n"},
        Fault{"APartialCall", "app/more.py",
              IMPORT "from functools import partial\nadd = partial(app.add_middleware, C)\nadd(allow_origins=['*'])\n"},
        Fault{"AMiddlewareByName", "app/more.py",
              "import starlette.middleware.cors as m\napp.add_middleware(getattr(m, 'CORSMiddleware'), "
              "allow_origins=['*'])\n"},
        Fault{"AHeaderByAConstant", "app/extra.py",
              "H = 'Access-Control-Allow-Origin'\n\n\ndef f(r):\n    r.headers[H] = '*'\n"},
        Fault{"AHeaderWithAnUnknownValue", "app/extra.py",
              "def f(r, value):\n    r.headers['Access-Control-Allow-Origin'] = value\n"},
        Fault{"APatternThatLooksAhead", "app/more.py",
              IMPORT "app.add_middleware(C, allow_origin_regex=r'(?!x)https://a\\.example\\.org')\n"},
        Fault{"AProxysVariable", "nginx.conf", "add_header Access-Control-Allow-Origin $allowed;\n"},
        Fault{"AnotherServersOptions", "server.js", "const cors = require('cors'); app.use(cors(options))\n"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST_F(CorsOriginsAreListedTest, SoundPatternsHold) {
  Write("app/main.py", IMPORT
        "app.add_middleware(C, allow_origins=['https://a.example.org'], "
        "allow_origin_regex=r'https://([a-z0-9-]+\\.)?example\\.org(:[0-9]+)?')\n"
        "app.add_middleware(C, allow_origin_regex=r'^https://(app|www)\\.example\\.org$')\n"
        "app.add_middleware(C, allow_origin_regex=r'http://(localhost|127\\.0\\.0\\.1)(:\\d+)?')\n"
        "app.add_middleware(C, allow_origin_regex=r'https://(?P<t>[\\w-]+)\\.example\\.co\\.uk')\n"
        "app.add_middleware(C, allow_origin_regex=r'http://localhost:[0-9]+')\n");
  Write("docker/Dockerfile", "FROM x:1\nENV ORIGINS=https://a.example.org OTHER=*\n");
  ASSERT_TRUE(Run());
  for (const Violation& one : t.findings.violations()) ADD_FAILURE() << one.what << " " << one.actual;
}

TEST_F(CorsOriginsAreListedTest, WhatDoesNotParseSetsNothing) {
  Write("k8s/service.yaml", "kind: Service\n\tspec: [\n");
  Write("docker/Dockerfile", "NONSENSE\n");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_TRUE(t.Satisfied("every_origin_is_decidable"));
}

TEST_F(CorsOriginsAreListedTest, UndecidableWhenWhatDoesNotParseMentionsTheOrigins) {
  Write("k8s/map.yaml", "kind: ConfigMap\n\tdata: {ORIGINS: x\n");
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("every_origin_is_decidable"));
  EXPECT_THAT(t.findings.controls(), Contains(Field(&Control::seen, HasSubstr("k8s/map.yaml:2"))));
}

TEST_F(CorsOriginsAreListedTest, ReflectionIsShownAsItIsWritten) {
  Write("app/extra.py",
        "def f(request, response):\n    response.headers['access-control-allow-origin'] = "
        "request.headers.get('origin')\n");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(),
              Contains(Field(&Violation::actual, HasSubstr("request.headers.get(\"origin\")"))));
}

}  // namespace
}  // namespace readiness::testing
