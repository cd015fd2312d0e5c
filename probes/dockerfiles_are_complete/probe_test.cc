#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readiness/testing.h"

READINESS_DECLARE_PROBE(dockerfiles_are_complete);

namespace readiness::testing {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kDockerfile =
    "ARG V=3.11\nFROM python:${V}-slim AS base\nWORKDIR /srv\nCOPY requirements.txt ./\nRUN pip install -r "
    "requirements.txt\n"
    "FROM base\nCOPY app ./app\nUSER 1000:1000\nHEALTHCHECK CMD curl -fsS http://localhost:8000/health || exit 1\n"
    "ENTRYPOINT [\"uvicorn\"]\nCMD [\"app.main:app\", \"--port\", \"8000\", \"--host\", \"0.0.0.0\"]\n";

// A sound tree, which each test then breaks in one place.
class DockerfilesAreCompleteTest : public ::testing::Test {
 protected:
  DockerfilesAreCompleteTest()
      : t({{"required", {"Dockerfile"}},
           {"others", {"**/*.Dockerfile"}},
           {"context", "."},
           {"with_healthcheck", {"Dockerfile"}},
           {"programs", {"nginx"}},
           {"provides", Json::object()}}) {
    Write("Dockerfile", kDockerfile);
    Write("requirements.txt", "# pinned\nfastapi==1\nuvicorn[standard]==2\nscikit_learn==3\n");
    Write("app/__init__.py", "");
    Write("app/main.py",
          "import json\nfrom fastapi import FastAPI\nfrom app.model import train\n\napp = "
          "FastAPI()\n\n\n@app.get('/health')\ndef "
          "health():\n    return {}\n\n\n@app.get('/')\ndef root():\n    return {}\n");
    Write("app/model.py",
          "import sklearn\ntry:\n    import fast\nexcept ImportError:\n    fast = None\n\n\ndef train():\n    return "
          "sklearn\n");
  }
  void Write(const std::string& path, const std::string& text) { t.source_tree.Write(path, text); }
  void Replace(const std::string& from, const std::string& to) {
    std::string text = kDockerfile;
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    Write("Dockerfile", text.replace(at, from.size(), to));
  }
  Result<void> Run() { return probes::dockerfiles_are_complete(t.context()); }
  bool AllSatisfied() const {
    return t.Satisfied("faults_are_found") && t.Satisfied("dockerfiles_were_read") &&
           t.Satisfied("each_command_was_understood");
  }

  TestContext t;
};

TEST_F(DockerfilesAreCompleteTest, Holds) {
  ASSERT_TRUE(Run());
  for (const Violation& one : t.findings.violations()) ADD_FAILURE() << one.what << " " << one.actual;
  EXPECT_TRUE(AllSatisfied());
  EXPECT_THAT(t.findings.observations(), Contains(Field(&Observation::what, "Dockerfile")));
}

TEST_F(DockerfilesAreCompleteTest, Violated) {
  Write("Dockerfile", "# to do\n");
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_THAT(t.findings.violations()[0].what, HasSubstr("empty"));
}

TEST_F(DockerfilesAreCompleteTest, UndecidableWhenTheCommandIsUnknown) {
  Replace("[\"uvicorn\"]", "[\"mystery\"]");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_FALSE(t.Satisfied("each_command_was_understood"));
}

TEST_F(DockerfilesAreCompleteTest, UndecidableWithoutATree) {
  t.source_tree.FailWith(MakeError(ErrorKind::kNotAvailable));
  EXPECT_FALSE(Run());
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
constexpr const char* kCommand =
    "ENTRYPOINT [\"uvicorn\"]\nCMD [\"app.main:app\", \"--port\", \"8000\", \"--host\", \"0.0.0.0\"]";
constexpr const char* kCheck = "curl -fsS http://localhost:8000/health || exit 1";

class DockerfilesAreCompleteFaultTest : public DockerfilesAreCompleteTest,
                                        public ::testing::WithParamInterface<Fault> {};

TEST_P(DockerfilesAreCompleteFaultTest, Violated) {
  Replace(GetParam().from, GetParam().to);
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Contains(Field(&Violation::what, HasSubstr(GetParam().what))));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, DockerfilesAreCompleteFaultTest,
    ::testing::Values(
        Fault{"BaseWithoutTag", "python:${V}-slim", "python", "not pinned"},
        Fault{"BaseLatest", "python:${V}-slim", "python:latest", "not pinned"},
        Fault{"BaseOfARegistryWithAPort", "python:${V}-slim", "registry:5000/python", "not pinned"},
        Fault{"BaseByArgumentLatest", "ARG V=3.11\nFROM python:${V}-slim", "ARG V=latest\nFROM python:${V}",
              "not pinned"},
        Fault{"BaseByArgumentWithoutDefault", "ARG V=3.11", "ARG V", "ARG without default"},
        Fault{"SourceIsMissing", "COPY app ./app", "COPY src ./app", "not in the tree"},
        Fault{"SourceLeavesTheContext", "COPY app ./app", "COPY ../app ./app", "leaves the build context"},
        Fault{"StageIsMissing", "COPY app ./app", "COPY --from=build /x ./app", "no earlier stage"},
        Fault{"RequirementsComeTooLate", "COPY requirements.txt ./\n", "", "does not have"},
        Fault{"NothingIsInstalled", "RUN pip install -r requirements.txt\n", "",
              "lacks what the started module imports"},
        Fault{"NoUser", "USER 1000:1000\n", "", "runs as root"},
        Fault{"UserIsZero", "USER 1000:1000", "USER 0:0", "runs as root"},
        Fault{"RootAgain", "USER 1000:1000\n", "USER 1000\nRUN x\nUSER root\n", "runs as root"},
        Fault{"UserOfAnEarlierStageOnly", "FROM base\nCOPY app ./app\nUSER 1000:1000\n",
              "USER me\nFROM python:3.11\nCOPY app ./app\n", "runs as root"},
        Fault{"NoCommand",
              "ENTRYPOINT [\"uvicorn\"]\nCMD [\"app.main:app\", \"--port\", \"8000\", \"--host\", \"0.0.0.0\"]\n", "",
              "starts nothing"},
        Fault{"CommandDoesNothing",
              "ENTRYPOINT [\"uvicorn\"]\nCMD [\"app.main:app\", \"--port\", \"8000\", \"--host\", \"0.0.0.0\"]",
              "CMD sleep infinity", "does no work"},
        Fault{"CommandInAShellDoesNothing",
              "ENTRYPOINT [\"uvicorn\"]\nCMD [\"app.main:app\", \"--port\", \"8000\", \"--host\", \"0.0.0.0\"]",
              "CMD [\"sh\", \"-c\", \"echo ready\"]", "does no work"},
        Fault{"ModuleIsMissing", "app.main:app", "app.api:app", "image does not have"},
        Fault{"ModuleIsNotCopied", "COPY app ./app\n", "", "image does not have"},
        Fault{"ModuleIsCopiedElsewhere", "COPY app ./app", "COPY app /opt/app", "image does not have"},
        Fault{"PackageWithoutMain",
              "ENTRYPOINT [\"uvicorn\"]\nCMD [\"app.main:app\", \"--port\", \"8000\", \"--host\", \"0.0.0.0\"]",
              "CMD python -m app", "image does not have"},
        Fault{"ScriptIsMissing",
              "ENTRYPOINT [\"uvicorn\"]\nCMD [\"app.main:app\", \"--port\", \"8000\", \"--host\", \"0.0.0.0\"]",
              "CMD [\"python\", \"run.py\"]", "image does not have"},
        Fault{"NoHealthcheck", "HEALTHCHECK CMD curl -fsS http://localhost:8000/health || exit 1\n", "",
              "no HEALTHCHECK"},
        Fault{"HealthcheckOff", "HEALTHCHECK CMD curl -fsS http://localhost:8000/health || exit 1", "HEALTHCHECK NONE",
              "does not notice"},
        Fault{"HealthcheckIsContentWith500", "-fsS", "-sS", "does not notice"},
        Fault{"HealthcheckAlwaysSucceeds", "|| exit 1", "|| true", "does not notice"},
        Fault{"HealthcheckAsksAnotherPort", "localhost:8000", "localhost:9000", "another port"},
        Fault{"HealthcheckSwallowsInAGroup", "|| exit 1", "|| { echo no; true; }", "does not notice"},
        Fault{"HealthcheckIsFollowed", "|| exit 1", "; exit 0", "does not notice"},
        Fault{"HealthcheckIsPiped", "|| exit 1", "| tee /tmp/health", "does not notice"},
        Fault{"HealthcheckOfThePort", "curl -fsS http://localhost:8000/health || exit 1", "nc -z localhost 8000",
              "does not notice"},
        Fault{"HealthcheckCatches", "curl -fsS http://localhost:8000/health || exit 1",
              "[\"python\", \"-c\", \"import urllib.request\\ntry:\\n  "
              "urllib.request.urlopen('http://localhost:8000/health')\\nexcept Exception as e:\\n  print(e)\"]",
              "does not notice"},
        Fault{"HealthcheckCatchesAndPasses", "curl -fsS http://localhost:8000/health || exit 1",
              "[\"python\", \"-c\", \"from urllib.request import urlopen\\nimport sys\\ntry:\\n  "
              "urlopen('http://localhost:8000/health')\\nexcept OSError:\\n  sys.exit(0)\"]",
              "does not notice"},
        Fault{"HealthcheckIgnoresTheAnswer", "curl -fsS http://localhost:8000/health || exit 1",
              "python -c \"import http.client; c = http.client.HTTPConnection('localhost', 8000); c.request('GET', "
              "'/health'); c.getresponse()\"",
              "does not notice"},
        Fault{"HealthcheckPrintsTheStatus", "curl -fsS http://localhost:8000/health || exit 1",
              "python -c \"import requests; print(requests.get('http://localhost:8000/health').status_code)\"",
              "does not notice"},
        Fault{"HealthcheckOfAnotherPortInPython", "curl -fsS http://localhost:8000/health || exit 1",
              "python -c \"import http.client; c = http.client.HTTPConnection('localhost', 9000); c.request('GET', "
              "'/'); assert c.getresponse().status == 200\"",
              "another port"},
        Fault{"ScriptDoesNotFindItsPackage",
              "ENTRYPOINT [\"uvicorn\"]\nCMD [\"app.main:app\", \"--port\", \"8000\", \"--host\", \"0.0.0.0\"]",
              "CMD [\"python\", \"app/main.py\"]", "lacks what the started module imports"},
        Fault{"SecretInEnvironment", "WORKDIR /srv\n", "WORKDIR /srv\nENV API_KEY=abcdef\n", "secret"},
        Fault{"BaseLatestInCapitals", "python:${V}-slim", "python:LATEST", "not pinned"},
        Fault{"BaseLatestOfAKind", "python:${V}-slim", "python:latest-slim", "not pinned"},
        Fault{"BaseWithoutVersion", "python:${V}-slim", "python:slim", "not pinned"},
        Fault{"DigestThatIsNone", "python:${V}-slim", "python@sha256:abc", "digest that is none"},
        Fault{"NothingAsBase",
              "python:${V}-slim AS base\nWORKDIR /srv\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt",
              "scratch AS base\nWORKDIR /srv", "no Python"},
        Fault{"BaseWithoutPython",
              "python:${V}-slim AS base\nWORKDIR /srv\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt",
              "busybox:1.36 AS base\nWORKDIR /srv", "no Python"},
        Fault{"MountOfTheLatest", "WORKDIR /srv\n",
              "WORKDIR /srv\nRUN --mount=type=bind,from=nginx:latest,target=/x true\n", "not pinned"},
        Fault{"UserThatNobodyMade", "USER 1000:1000", "USER nosuchuser", "USER names nobody"},
        Fault{"UserWithTheNumberOfRoot", "USER 1000:1000", "RUN useradd -o -u 0 toor\nUSER toor", "runs as root"},
        Fault{"InstalledWhenNothingFails", "RUN pip install", "RUN false && pip install", "lacks"},
        Fault{"InstalledInWords", "RUN pip install", "RUN echo pip install", "lacks"},
        Fault{"InstalledForATry", "pip install -r", "pip install --dry-run -r", "lacks"},
        Fault{"OnlyDownloaded", "pip install -r", "pip download -r", "lacks"},
        Fault{"InstalledElsewhere", "pip install -r", "pip install --target /nowhere -r", "lacks"},
        Fault{"InstalledInAnotherEnvironment", "RUN pip install", "RUN python -m venv /v && /v/bin/pip install",
              "lacks"},
        Fault{"InstalledInAnotherStage", "FROM base\n", "FROM python:3.11\nWORKDIR /srv\nCOPY --from=base /opt /opt\n",
              "lacks"},
        Fault{"UninstalledAgain", "USER 1000:1000\n", "RUN pip uninstall -y fastapi\nUSER 1000:1000\n", "lacks"},
        Fault{"AlwaysFails", "USER 1000:1000\n", "RUN false\nUSER 1000:1000\n", "always fails"},
        Fault{"RemovedAgain", "USER 1000:1000\n", "RUN rm -rf app\nUSER 1000:1000\n", "image does not have"},
        Fault{"MovedAway", "USER 1000:1000\n", "RUN mv app application\nUSER 1000:1000\n", "image does not have"},
        Fault{"NoSuchName", "app.main:app", "app.main:nosuch", "no such name"},
        Fault{"ListensToItself", ", \"--host\", \"0.0.0.0\"", "", "own container only"},
        Fault{"OnlyItsVersion", "\"--port\", \"8000\",", "\"--version\",", "does no work"},
        Fault{"AfterWhatFails", kCommand, "CMD false && uvicorn app.main:app --host 0.0.0.0", "does no work"},
        Fault{"AfterAnExit", kCommand, "CMD exit 0; uvicorn app.main:app --host 0.0.0.0", "does no work"},
        Fault{"InAComment", kCommand, "CMD echo hi # && uvicorn app.main:app --host 0.0.0.0", "does no work"},
        Fault{"ServerIsNotInstalled", "[\"uvicorn\"]", "[\"hypercorn\"]", "lacks the server"},
        Fault{"HealthcheckAfterSuccess", kCheck, "true || curl -f http://localhost:8000/health", "does not notice"},
        Fault{"HealthcheckWithAValueThatLooksLikeAnOption", kCheck, "curl -w -f http://localhost:8000/health",
              "does not notice"},
        Fault{"HealthcheckThatTakesItBack", kCheck, "curl -f --no-fail http://localhost:8000/health",
              "does not notice"},
        Fault{"HealthcheckOfAnotherHost", kCheck, "curl -f http://example.org:8000/health", "another host"},
        Fault{"HealthcheckOfTheUsualPort", kCheck, "curl -f http://localhost/health", "another port"},
        Fault{"HealthcheckOnceInTenYears", "HEALTHCHECK CMD", "HEALTHCHECK --interval=87600h CMD", "does not notice"},
        Fault{"HealthcheckWithEndlessPatience", "HEALTHCHECK CMD", "HEALTHCHECK --retries=100000000 CMD",
              "does not notice"},
        Fault{"PasswordOfAClient", "WORKDIR /srv\n", "WORKDIR /srv\nENV PGPASSWORD=hunter22\n", "secret"},
        Fault{"PassAsAnArgument", "WORKDIR /srv\n", "WORKDIR /srv\nARG DB_PASS=hunter22\n", "secret"},
        Fault{"UnknownInstruction", "WORKDIR /srv", "WORKDIRS /srv", "does not parse"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST_F(DockerfilesAreCompleteTest, HealthchecksThatNoticeHold) {
  Write("check.py",
        "import sys\nimport requests\ntry:\n    answer = requests.get('http://localhost:8000/')\nexcept "
        "requests.RequestException:\n    sys.exit(1)\nsys.exit(0 if answer.status_code == 200 else 1)\n");
  for (const char* check :
       {"curl --silent --fail http://localhost:8000/health", "curl -f http://localhost:8000/health && echo well",
        "if ! curl -f http://localhost:8000/health; then exit 1; fi",
        "[\"sh\", \"-c\", \"curl -f http://localhost:8000/health || exit 1\"]",
        "wget -q -O /dev/null http://localhost:8000/health || exit 1",
        "curl -f http://localhost:8000/health | grep -q ok",
        "[ \"$(curl -s -o /dev/null -w '%{http_code}' http://localhost:8000/health)\" = 200 ]",
        "python -c \"import requests; requests.get('http://localhost:8000/health').raise_for_status()\"",
        "python -c \"import requests, sys; r = requests.get('http://localhost:8000/'); sys.exit(not r.ok)\"",
        "python -c \"import http.client as h; c = h.HTTPConnection('localhost', 8000); c.request('GET', '/'); s = "
        "c.getresponse().status; assert s == 200\"",
        "[\"python\", \"-c\", \"import sys, urllib.request as u\\ntry:\\n  "
        "u.urlopen('http://localhost:8000/')\\nexcept "
        "Exception:\\n  sys.exit(1)\"]",
        "python check.py"}) {
    SCOPED_TRACE(check);
    Replace("curl -fsS http://localhost:8000/health || exit 1", check);
    std::string text = t.source_tree.Read("Dockerfile").value();
    Write("Dockerfile", text.insert(text.find("COPY app"), "COPY check.py ./\n"));
    const std::size_t before = t.findings.violations().size();
    ASSERT_TRUE(Run());
    EXPECT_EQ(t.findings.violations().size(), before);
    EXPECT_TRUE(t.Satisfied("each_command_was_understood"));
  }
}

class DockerfilesAreCompleteUndecidableTest : public DockerfilesAreCompleteTest,
                                              public ::testing::WithParamInterface<const char*> {};

TEST_P(DockerfilesAreCompleteUndecidableTest, WhatTheHealthcheckDependsOn) {
  Replace("curl -fsS http://localhost:8000/health || exit 1", GetParam());
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_FALSE(t.Satisfied("each_command_was_understood"));
}

INSTANTIATE_TEST_SUITE_P(
    Healthchecks, DockerfilesAreCompleteUndecidableTest,
    ::testing::Values("./healthcheck.sh", "curl -s http://localhost:8000/health | grep -q ok", "python -m ours.health",
                      "python -c \"import requests; assert b'fine' in requests.get('http://localhost:8000/').content\"",
                      "curl -f http://localhost:8000/health || ./second-look"));

INSTANTIATE_TEST_SUITE_P(
    FurtherHealthchecks, DockerfilesAreCompleteUndecidableTest,
    ::testing::Values("curl -f http://localhost:8000/nope", "curl -f http://$HOST:8000/health",
                      "python -O -c \"import requests; assert requests.get('http://localhost:8000/').ok\"",
                      "python -c \"import atexit, os, urllib.request; atexit.register(os._exit, 0); "
                      "urllib.request.urlopen('http://localhost:8000/')\"",
                      "[ -f /tmp/off ] || curl -f http://localhost:8000/health"));

class DockerfilesAreCompleteDoubtTest : public DockerfilesAreCompleteTest,
                                        public ::testing::WithParamInterface<Fault> {};

TEST_P(DockerfilesAreCompleteDoubtTest, Undecidable) {
  Write("app/start.sh", "#!/bin/sh\n[ -n \"$ON\" ] && exec uvicorn app.main:app --host 0.0.0.0\necho off\n");
  Replace(GetParam().from, GetParam().to);
  ASSERT_TRUE(Run());
  for (const Violation& one : t.findings.violations()) ADD_FAILURE() << one.what << " " << one.actual;
  EXPECT_FALSE(t.Satisfied("each_command_was_understood"));
}

INSTANTIATE_TEST_SUITE_P(
    Doubts, DockerfilesAreCompleteDoubtTest,
    ::testing::Values(
        Fault{"AScriptWithACondition", kCommand, "CMD [\"sh\", \"app/start.sh\"]", ""},
        Fault{"ACommandWithACondition", kCommand, "CMD [ -n \"$ON\" ] && uvicorn app.main:app --host 0.0.0.0 || true",
              ""},
        Fault{"AnInstallationThatMayFail", "requirements.txt\nFROM", "requirements.txt || true\nFROM", ""},
        Fault{"AUserOfAnotherBase", "FROM base\nCOPY app ./app\nUSER 1000:1000",
              "FROM registry.example.org/base:1\nWORKDIR /srv\nCOPY requirements.txt ./\nRUN pip install -r "
              "requirements.txt\nCOPY app ./app\nUSER service",
              ""},
        Fault{"AnEvaluatedText", "USER 1000:1000\n", "RUN eval \"$X\"\nUSER 1000:1000\n", ""},
        Fault{"AnotherShell", "USER 1000:1000\n", "SHELL [\"pwsh\", \"-c\"]\nUSER 1000:1000\n", ""}),
    [](const auto& one) { return std::string(one.param.name); });

TEST_F(DockerfilesAreCompleteTest, UsualFormsHold) {
  Write("start.sh", "#!/bin/sh\nset -e\npython -m app.model\nexec \"$@\"\n");
  Write("docker/entrypoint", "#!/bin/sh\nset -e\nexec uvicorn app.main:app --host 0.0.0.0\n");
  const std::string stage = "ARG V=3.11\nFROM python:${V}-slim AS build\nWORKDIR /srv\nCOPY requirements.txt ./\n";
  const std::string rest =
      "WORKDIR /srv\nCOPY app ./app\nCOPY start.sh docker/entrypoint ./\n"
      "RUN groupadd -r me && useradd -r -g me me && chown -R me /srv\nUSER me\n"
      "HEALTHCHECK --interval=30s CMD curl -f http://localhost:8000/health || exit 1\n";
  const std::string run = "CMD [\"uvicorn\", \"app.main:app\", \"--host\", \"0.0.0.0\"]\n";
  for (const std::string& text :
       {stage +
            "RUN python -m venv /opt/venv && /opt/venv/bin/pip install -r requirements.txt\nFROM python:3.11\n"
            "COPY --from=build /opt/venv /opt/venv\nENV PATH=\"/opt/venv/bin:$PATH\"\n" +
            rest + run,
        stage +
            "RUN pip install --prefix=/install -r requirements.txt\nFROM python:3.11\n"
            "COPY --from=build /install /usr/local\n" +
            rest + run,
        stage +
            "RUN pip install -r requirements.txt\nFROM python:3.11\nCOPY --from=build "
            "/usr/local/lib/python3.11/site-packages /usr/local/lib/python3.11/site-packages\n"
            "COPY --from=build /usr/local/bin /usr/local/bin\n" +
            rest + run,
        stage +
            "ENV PATH=/venv/bin:$PATH\nRUN python -m venv /venv\nRUN pip install -U pip && pip install -r "
            "requirements.txt && rm -rf /root/.cache\n" +
            rest + run,
        stage +
            "RUN set -eux; apt-get update; apt-get install -y gcc; rm -rf /var/lib/apt/lists/*\n"
            "RUN --mount=type=cache,target=/root/.cache pip3 install --no-cache-dir -r requirements.txt\n" +
            rest + "ENTRYPOINT [\"./start.sh\"]\n" + run,
        stage + "RUN <<EOF\nset -e\npip install -r requirements.txt\nEOF\n" + rest + "CMD [\"./entrypoint\"]\n",
        stage + "RUN pip install -r requirements.txt\n" + rest +
            "CMD python -m app.model && exec uvicorn app.main:app --host 0.0.0.0 --port ${PORT:-8000}\n",
        stage + "RUN pip install -r requirements.txt\n" + rest +
            "CMD [\"sh\", \"-c\", \"uvicorn app.main:app --host 0.0.0.0\"]\n"}) {
    SCOPED_TRACE(text);
    Write("Dockerfile", text);
    const std::size_t before = t.findings.violations().size();
    ASSERT_TRUE(Run());
    for (std::size_t i = before; i < t.findings.violations().size(); ++i)
      ADD_FAILURE() << t.findings.violations()[i].what << " " << t.findings.violations()[i].actual;
    for (const Control& control : t.findings.controls()) EXPECT_TRUE(control.satisfied) << control.seen;
  }
}

TEST_F(DockerfilesAreCompleteTest, AnIgnoreFileOfItsOwnCounts) {
  Write("Dockerfile.dockerignore", "app\n");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Contains(Field(&Violation::what, HasSubstr(".dockerignore keeps it out"))));
}

TEST_F(DockerfilesAreCompleteTest, AScriptThatEndsAtOnceDoesNoWork) {
  Write("app/e.sh", "exit 0\n");
  Replace("ENTRYPOINT [\"uvicorn\"]", "ENTRYPOINT [\"sh\", \"app/e.sh\"]");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Contains(Field(&Violation::what, HasSubstr("does no work"))));
}

TEST_F(DockerfilesAreCompleteTest, RequirementsThatNeverApplyProvideNothing) {
  Write("requirements.txt", "fastapi ; python_version < \"3\"\nuvicorn\n-r more.txt\n");
  Write("requirements-more.txt", "");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Contains(Field(&Violation::actual, HasSubstr("imports fastapi"))));
}

TEST_F(DockerfilesAreCompleteTest, WhatGrowsIsBounded) {
  std::string text = "FROM python:3.11 AS s0\nCOPY . /a\n";
  for (int i = 0; i < 25; ++i)
    text += "FROM s" + std::to_string(i) + " AS s" + std::to_string(i + 1) + "\nCOPY --from=s" + std::to_string(i) +
            " /a /a/x" + std::to_string(i) + "\nCOPY --from=s" + std::to_string(i) + " /a /a/y" + std::to_string(i) +
            "\n";
  Write("Dockerfile", text + "USER 1000\nCMD [\"nginx\"]\n");
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("each_command_was_understood"));
}

TEST_F(DockerfilesAreCompleteTest, AScriptFindsWhatItsPathHolds) {
  for (const char* command :
       {"ENV PYTHONPATH=/srv\nCMD [\"python\", \"app/main.py\"]", "CMD PYTHONPATH=. python app/main.py",
        "CMD [\"env\", \"PYTHONPATH=/srv\", \"python\", \"app/main.py\"]"}) {
    SCOPED_TRACE(command);
    Replace("ENTRYPOINT [\"uvicorn\"]\nCMD [\"app.main:app\", \"--port\", \"8000\", \"--host\", \"0.0.0.0\"]", command);
    ASSERT_TRUE(Run());
    EXPECT_THAT(t.findings.violations(), IsEmpty());
  }
}

TEST_F(DockerfilesAreCompleteTest, DependenciesAreFollowed) {
  Write("requirements.txt", "fastapi\nuvicorn\n");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(),
              Contains(Field(&Violation::actual, HasSubstr("app/model.py:1 imports sklearn"))));
}

TEST_F(DockerfilesAreCompleteTest, IgnoredSourcesAreNotThere) {
  Write(".dockerignore", "app\n");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Contains(Field(&Violation::what, HasSubstr(".dockerignore keeps it out"))));
}

TEST_F(DockerfilesAreCompleteTest, OthersAreJudgedToo) {
  Write("docker/job.Dockerfile", "FROM nginx\n");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Contains(Field(&Violation::actual, HasSubstr("docker/job.Dockerfile"))));
}

TEST_F(DockerfilesAreCompleteTest, AHealthcheckOfNobodyIsADefinitionError) {
  TestContext other({{"required", {"Dockerfile"}},
                     {"others", {"**/*.Dockerfile"}},
                     {"context", "."},
                     {"with_healthcheck", {"docker/Dockerfile"}},
                     {"programs", Json::array()},
                     {"provides", Json::object()}});
  other.source_tree.Write("Dockerfile", kDockerfile);
  const auto ran = probes::dockerfiles_are_complete(other.context());
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().kind, ErrorKind::kDefinition);
  EXPECT_THAT(ran.error().Brief(), HasSubstr("docker/Dockerfile"));
}

}  // namespace
}  // namespace readiness::testing
