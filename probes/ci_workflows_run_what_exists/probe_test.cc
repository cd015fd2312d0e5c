#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readiness/testing.h"

READINESS_DECLARE_PROBE(ci_workflows_run_what_exists);

namespace readiness::testing {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kWorkflow = R"(name: all
"on":
  pull_request:
defaults: {run: {working-directory: backend}}
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
    - uses: actions/checkout@v4
    - uses: ./.github/actions/prepare
    - run: |
        pip install -r requirements.txt
        python -m pytest -q tests/test_x.py::test_one --cov app
        cd scripts && ./lint.sh
    - run: python -m app.tool --fast
  build:
    needs: [test]
    runs-on: ubuntu-latest
    strategy: {matrix: {image: [api, job]}}
    steps:
    - uses: actions/checkout@v4
    - run: docker build -f docker/${{ matrix.image }}.Dockerfile --tag x:${{ github.sha }} .
  deploy:
    needs: build
    runs-on: ubuntu-latest
    steps:
    - uses: actions/checkout@v4
    - run: kubectl apply -f ../k8s
      working-directory: backend
)";

class CiWorkflowsRunWhatExistsTest : public ::testing::Test {
 protected:
  CiWorkflowsRunWhatExistsTest()
      : t({{"workflows", {".github/workflows/*.yml"}},
           {"never_executed", {"ci/*"}},
           {"must_do", {{"test", {"pytest"}}, {"build", {"docker build"}}, {"deploy", {"kubectl apply"}}}}}) {
    Write(".github/workflows/all.yml", kWorkflow);
    for (const char* path : {".github/actions/prepare/action.yml", "backend/requirements.txt",
                             "backend/tests/test_x.py", "backend/scripts/lint.sh", "backend/app/tool.py",
                             "backend/docker/api.Dockerfile", "backend/docker/job.Dockerfile", "k8s/web.yaml"})
      Write(path, "x\n");
  }
  void Write(const std::string& path, const std::string& text) { t.source_tree.Write(path, text); }
  void Replace(const std::string& from, const std::string& to) {
    std::string text = kWorkflow;
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    Write(".github/workflows/all.yml", text.replace(at, from.size(), to));
  }
  Result<void> Run() { return probes::ci_workflows_run_what_exists(t.context()); }
  TestContext t;
};

TEST_F(CiWorkflowsRunWhatExistsTest, Holds) {
  ASSERT_TRUE(Run());
  for (const Violation& one : t.findings.violations()) ADD_FAILURE() << one.what << " " << one.actual;
  EXPECT_TRUE(t.Satisfied("faults_are_found"));
  EXPECT_TRUE(t.Satisfied("workflows_were_read"));
}

TEST_F(CiWorkflowsRunWhatExistsTest, Violated) {
  Write("ci/build.yml", "");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Contains(Field(&Violation::what, HasSubstr("nobody executes"))));
}

TEST_F(CiWorkflowsRunWhatExistsTest, UndecidableWithoutATree) {
  t.source_tree.FailWith(MakeError(ErrorKind::kTimeout));
  EXPECT_FALSE(Run());
}

TEST_F(CiWorkflowsRunWhatExistsTest, WithoutWorkflowsIsViolated) {
  TestContext none({{"workflows", {"*.yml"}}, {"never_executed", Json::array()}, {"must_do", {{"test", {"pytest"}}}}});
  none.source_tree.Write("a.py", "x");
  ASSERT_TRUE(probes::ci_workflows_run_what_exists(none.context()));
  EXPECT_THAT(none.findings.violations(), Contains(Field(&Violation::what, HasSubstr("no workflow"))));
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
class CiWorkflowsRunWhatExistsFaultTest : public CiWorkflowsRunWhatExistsTest,
                                          public ::testing::WithParamInterface<Fault> {};

TEST_P(CiWorkflowsRunWhatExistsFaultTest, Violated) {
  Replace(GetParam().from, GetParam().to);
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Contains(Field(&Violation::what, HasSubstr(GetParam().what))));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, CiWorkflowsRunWhatExistsFaultTest,
    ::testing::Values(
        Fault{"NoTrigger", "\"on\":\n  pull_request:\n", "", "no trigger"},
        Fault{"TestPathIsMissing", "tests/test_x.py", "test/test_x.py", "not in the tree"},
        Fault{"RequirementsAreMissing", "requirements.txt", "requirements-dev.txt", "not in the tree"},
        Fault{"OneImageOfTheMatrixIsMissing", "[api, job]", "[api, web]", "not in the tree"},
        Fault{"ModuleIsMissing", "app.tool", "app.tools", "module that is not"},
        Fault{"ScriptIsMissing", "./lint.sh", "./check.sh", "not in the tree"},
        Fault{"FolderIsMissing", "cd scripts", "cd script", "folder that is not"},
        Fault{"ActionIsMissing", "actions/prepare", "actions/prepared", "local action"},
        Fault{"ManifestsAreMissing", "../k8s", "k8s", "not in the tree"},
        Fault{"WorkingDirectoryIsMissing", "working-directory: backend\n", "working-directory: back\n",
              "not in the tree"},
        Fault{"JobIsMissing", "needs: build", "needs: builds", "does not exist"},
        Fault{"Circle", "  test:\n", "  test:\n    needs: deploy\n", "circle"},
        Fault{"TestsCannotFail", "--cov app", "--cov app || true", "cannot"},
        Fault{"StepMayFail", "    - run: |\n", "    - continue-on-error: true\n      run: |\n", "cannot"},
        Fault{"JobMayFail", "  test:\n", "  test:\n    continue-on-error: true\n", "cannot"},
        Fault{"JobIsOff", "  deploy:\n", "  deploy:\n    if: ${{ false }}\n", "no step does the work \"deploy\""},
        Fault{"TestsAreOnlyPrinted", "python -m pytest", "echo python -m pytest", "no step does the work \"test\""},
        Fault{"TestsAreACommentOnly", "python -m pytest", "# python -m pytest", "no step does the work \"test\""},
        Fault{"TestsAreOnlyInstalled", "python -m pytest -q tests/test_x.py::test_one --cov app",
              "pip install pytest pytest-cov", "no step does the work \"test\""},
        Fault{"TestsAreOnlyCollected", "-q tests", "--collect-only tests", "no step does the work \"test\""},
        Fault{"TestsAreOnlyAskedForTheirVersion", "-q tests", "--version tests", "no step does the work \"test\""},
        Fault{"TestsArePrintedInQuotes", "python -m pytest -q tests/test_x.py::test_one --cov app",
              "echo \"next: && python -m pytest\"", "no step does the work \"test\""},
        Fault{"DeploymentIsOnlyTried", "kubectl apply", "kubectl apply --dry-run=client",
              "no step does the work \"deploy\""},
        Fault{"DeploymentIsOfAnotherKind", "kubectl apply", "kubectl diff", "no step does the work \"deploy\""},
        Fault{"TestsArePiped", "--cov app", "--cov app | tee log", "cannot"},
        Fault{"TestsAreFollowedBySuccess", "python -m pytest", "set +e\n        python -m pytest", "cannot"},
        Fault{"TestsRunInTheBackground", "--cov app", "--cov app &", "cannot"},
        Fault{"TestsAreNotTheLastOfAChain", "--cov app", "--cov app && echo ok", "cannot"},
        Fault{"SubshellsFolderEndsWithIt", "cd scripts && ./lint.sh", "(cd scripts)\n        ./lint.sh",
              "not in the tree"},
        Fault{"NoSteps", "    steps:\n    - uses: actions/checkout@v4\n    - run: docker",
              "    step:\n    - uses: actions/checkout@v4\n    - run: docker", "no steps"},
        Fault{"ZeroIsOff", "  deploy:\n", "  deploy:\n    if: 0\n", "no step does the work \"deploy\""},
        Fault{"NotTrueIsOff", "  deploy:\n", "  deploy:\n    if: ${{ !true }}\n", "no step does the work \"deploy\""},
        Fault{"FalseAndMore", "  deploy:\n", "  deploy:\n    if: false && github.ref\n",
              "no step does the work \"deploy\""},
        Fault{"AnEventThatStartsNothing", "  deploy:\n", "  deploy:\n    if: github.event_name == 'push'\n",
              "no step does the work \"deploy\""},
        Fault{"OnlyAfterAFailure", "    - run: |\n", "    - if: failure()\n      run: |\n",
              "no step does the work \"test\""},
        Fault{"WhatIsNeededIsOff", "  build:\n", "  build:\n    if: false\n", "no step does the work \"deploy\""},
        Fault{"ToleratedByExpression", "    - run: |\n", "    - continue-on-error: ${{ true }}\n      run: |\n",
              "cannot"},
        Fault{"ToleratedInCapitals", "    - run: |\n", "    - continue-on-error: True\n      run: |\n", "cannot"},
        Fault{"ToleratedByTheMatrix", "  test:\n",
              "  test:\n    continue-on-error: ${{ matrix.e }}\n    strategy: {matrix: {e: [true]}}\n", "cannot"},
        Fault{"EmptyMatrix", "[api, job]", "[]", "no step does the work \"build\""},
        Fault{"AllOfTheMatrixIsExcluded", "{image: [api, job]}", "{image: [api], exclude: [{image: api}]}",
              "no step does the work \"build\""},
        Fault{"NoBranches", "pull_request:", "pull_request: {branches: []}", "never triggered"},
        Fault{"AllBranchesIgnored", "pull_request:", "push: {branches-ignore: ['**']}", "never triggered"},
        Fault{"PathsThatMatchNothing", "pull_request:", "pull_request: {paths: ['nothing/here/**']}",
              "never triggered"},
        Fault{"AfterAnExit", "        pip install", "        exit 0\n        pip install",
              "no step does the work \"test\""},
        Fault{"InADeadBranch", "python -m pytest", "false && python -m pytest", "no step does the work \"test\""},
        Fault{"InAFunctionThatNobodyCalls", "        python -m pytest -q tests/test_x.py::test_one --cov app",
              "        t() {\n        python -m pytest tests\n        }", "no step does the work \"test\""},
        Fault{"ByAFunctionOfThatName", "        python -m pytest -q", "        pytest() { true; }\n        pytest -q",
              "no step does the work \"test\""},
        Fault{"HelpAmongLetters", "-q tests", "-hv tests", "no step does the work \"test\""},
        Fault{"VersionTwice", "-q tests", "-VV tests", "no step does the work \"test\""},
        Fault{"NullRunner", "runs-on: ubuntu-latest", "runs-on:", "no runner"},
        Fault{"NoLabelsOfTheRunner", "runs-on: ubuntu-latest", "runs-on: []", "no runner"},
        Fault{"NoCheckout", "    steps:\n    - uses: actions/checkout@v4\n    - uses: ./", "    steps:\n    - uses: ./",
              "not checked out"},
        Fault{"RunAndUses", "    - run: kubectl", "    - uses: a/b@v1\n      run: kubectl", "both run and uses"},
        Fault{"GluedManifests", "-f ../k8s", "-f../k9s", "not in the tree"},
        Fault{"SeveralManifests", "-f ../k8s", "-f ../k8s,../k9s", "not in the tree"},
        Fault{"UnknownValueOfTheMatrix", "matrix.image }}", "matrix.img }}", "matrix does not have"},
        Fault{"NotYaml", "name: all", "name: [all", "not YAML"}),
    [](const auto& one) { return std::string(one.param.name); });

struct Sound {
  const char* name;
  const char* from;
  const char* to;
};
void PrintTo(const Sound& sound, std::ostream* stream) {
  *stream << sound.name;
}
class CiWorkflowsRunWhatExistsSoundTest : public CiWorkflowsRunWhatExistsTest,
                                          public ::testing::WithParamInterface<Sound> {};

TEST_P(CiWorkflowsRunWhatExistsSoundTest, Holds) {
  Replace(GetParam().from, GetParam().to);
  ASSERT_TRUE(Run());
  for (const Violation& one : t.findings.violations()) ADD_FAILURE() << one.what << " " << one.actual;
}

INSTANTIATE_TEST_SUITE_P(
    Sound, CiWorkflowsRunWhatExistsSoundTest,
    ::testing::Values(
        Sound{"AStepThatStopsAtErrors", "--cov app", "--cov app; true"},
        Sound{"APipeOfANamedBash", "    - run: |\n",
              "    - shell: bash\n      run: |\n        pytest tests | tee log\n"},
        Sound{"APipeWithPipefail", "--cov app", "--cov app\n        set -o pipefail\n        pytest | tee log"},
        Sound{"AStatusThatIsHandedOn", "--cov app", "--cov app || exit 1"},
        Sound{"ASecondTry", "--cov app", "--cov app || pytest --lf"},
        Sound{"ByAWrapper", "python -m pytest", "sudo -E CI=1 poetry run pytest"},
        Sound{"ByAShell", "python -m pytest -q tests/test_x.py::test_one --cov app", "bash -ec 'pytest tests'"},
        Sound{"WithOptionsBefore", "kubectl apply", "kubectl --namespace web apply"},
        Sound{"WithADryRunFirst", "kubectl apply -f ../k8s",
              "kubectl apply --dry-run=server -f ../k8s && kubectl apply -f ../k8s"},
        Sound{"PipedIntoIt", "kubectl apply -f ../k8s", "kustomize build ../k8s | kubectl apply -f -"},
        Sound{"ByItsOnlyEvent", "  deploy:\n", "  deploy:\n    if: github.event_name == 'pull_request'\n"},
        Sound{"OnAPushToMain", "  pull_request:\n", "  pull_request:\n  push: {branches: [main]}\n"},
        Sound{"ConditionsOfEvents",
              "    runs-on: ubuntu-latest\n    steps:\n    - uses: actions/checkout@v4\n    - run: kubectl",
              "    if: github.event_name != 'push' && !cancelled() && github.base_ref == 'main'\n    runs-on: "
              "ubuntu-latest\n    steps:\n    - uses: actions/checkout@v4\n    - run: kubectl"},
        Sound{"AlwaysAfterwards", "    - run: python -m app.tool", "    - if: always()\n      run: python -m app.tool"},
        Sound{"ARunnerOfTheMatrix", "    runs-on: ubuntu-latest\n    strategy: {matrix: {image: [api, job]}}",
              "    runs-on: ${{ matrix.os }}\n    strategy: {matrix: {image: [api, job], os: [ubuntu-22.04]}}"},
        Sound{"APythonOfTheMatrix", "  test:\n",
              "  test:\n    strategy: {matrix: {python-version: ['3.11', '3.12'], experimental: [true, false]}}\n    "
              "continue-on-error: ${{ matrix.experimental }}\n    name: ${{ matrix.python-version }}\n"},
        Sound{"StrictScript", "        pip install", "        set -euo pipefail\n        pip install"},
        Sound{"UsualOptions", "-q tests/test_x.py::test_one --cov app",
              "-vv -n auto -x --maxfail=2 --cov=app --cov-report xml --junitxml out.xml -m 'not slow' -rA tests"},
        Sound{"AVirtualEnvironment", "        pip install",
              "        python -m venv .venv\n        source .venv/bin/activate\n        pip install"},
        Sound{"AStatusThatIsKept", "        cd scripts && ./lint.sh",
              "        set +e\n        pytest tests\n        status=$?\n        exit $status"},
        Sound{"AFunctionThatIsCalled", "        python -m pytest -q tests/test_x.py::test_one --cov app",
              "        t() {\n        python -m pytest tests\n        }\n        t"},
        Sound{"ALoopOverWords", "    - run: kubectl apply -f ../k8s",
              "    - run: for f in ../k8s/*.yaml; do kubectl apply -f \"$f\"; done"},
        Sound{"PathsOfTheTree", "pull_request:", "pull_request: {paths: ['backend/**', '!**.md']}"},
        Sound{"InASubshell", "cd scripts && ./lint.sh", "(cd scripts && ./lint.sh)\n        ls tests"}),
    [](const auto& one) { return std::string(one.param.name); });

class CiWorkflowsRunWhatExistsUndecidableTest : public CiWorkflowsRunWhatExistsTest,
                                                public ::testing::WithParamInterface<Sound> {};

TEST_P(CiWorkflowsRunWhatExistsUndecidableTest, Undecidable) {
  Replace(GetParam().from, GetParam().to);
  ASSERT_TRUE(Run());
  for (const Violation& one : t.findings.violations()) ADD_FAILURE() << one.what << " " << one.actual;
  EXPECT_FALSE(t.Satisfied("work_is_decidable"));
}

INSTANTIATE_TEST_SUITE_P(
    Undecidable, CiWorkflowsRunWhatExistsUndecidableTest,
    ::testing::Values(
        Sound{"AConditionOfARepository", "  deploy:\n", "  deploy:\n    if: vars.DEPLOY == 'yes'\n"},
        Sound{"AnUnknownEvent", "pull_request:", "pull_requests:"}, Sound{"NoEvent", "  pull_request:", "  false:"},
        Sound{"OnlyCalled", "pull_request:", "workflow_call:"},
        Sound{"AFileThatDecides", "        python -m pytest -q tests/test_x.py::test_one --cov app",
              "        if [ -f nothing ]; then python -m pytest tests; fi"},
        Sound{"ATrap", "        python -m pytest", "        trap 'exit 0' EXIT\n        python -m pytest"},
        Sound{"TooManyBrackets", "        python -m pytest",
              "        ((((((((((((((((((((((((((((((((((((((((((((((((((((((("
              "(((((((((((((((((((((\n        python -m pytest"},
        Sound{"AShellThatOnlyReads", "    - run: |\n", "    - shell: bash -n {0}\n      run: |\n"},
        Sound{"AShellThatIsNone", "    - run: |\n", "    - shell: 'true {0}'\n      run: |\n"},
        Sound{"AnotherShell", "    - run: |\n", "    - shell: pwsh\n      run: |\n"},
        Sound{"SetupOnly", "-q tests", "--setup-only tests"}, Sound{"Deselected", "--cov app", "--deselect tests"},
        Sound{"Selected", "--cov app", "-k 'not test'"},
        Sound{"AllIgnored", "-q tests/test_x.py::test_one --cov app", "tests --ignore=tests"},
        Sound{"OptionsOfTheEnvironment", "    - run: |\n", "    - env: {PYTEST_ADDOPTS: --co}\n      run: |\n"},
        Sound{"OptionsInAVariable", "-q tests", "$OPTIONS tests"},
        Sound{"AFolderWithoutTests", "-q tests/test_x.py::test_one", "scripts"},
        Sound{"AnUnknownRunner", "runs-on: ubuntu-latest", "runs-on: [nobody-has-it]"},
        Sound{"NoTime", "    - run: |\n", "    - timeout-minutes: 0\n      run: |\n"},
        Sound{"AVariableThatIsSetNowhere", "matrix.image }}", "env.IMAGE }}"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST_F(CiWorkflowsRunWhatExistsTest, AWorkThatIsNoneIsADefinitionError) {
  for (const char* part : {"echo", "actions/checkout", "actions/setup-python", "cd backend", "pip install"}) {
    TestContext other(
        Json{{"workflows", {"*.yml"}}, {"never_executed", Json::array()}, {"must_do", {{"test", {part}}}}});
    const auto ran = probes::ci_workflows_run_what_exists(other.context());
    ASSERT_FALSE(ran) << part;
    EXPECT_EQ(ran.error().kind, ErrorKind::kDefinition);
  }
}

TEST_F(CiWorkflowsRunWhatExistsTest, AnEmptyWorkflowIsViolated) {
  Write(".github/workflows/all.yml", "");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Contains(Field(&Violation::what, HasSubstr("a workflow is empty"))));
}

TEST_F(CiWorkflowsRunWhatExistsTest, AWorkThatEveryStepDoesIsADefinitionError) {
  for (const Json& part : {Json(""), Json(" "), Json(7)}) {
    TestContext other(
        Json{{"workflows", {"*.yml"}}, {"never_executed", Json::array()}, {"must_do", {{"test", {part}}}}});
    const auto ran = probes::ci_workflows_run_what_exists(other.context());
    ASSERT_FALSE(ran);
    EXPECT_EQ(ran.error().kind, ErrorKind::kDefinition);
    EXPECT_THAT(ran.error().Brief(), HasSubstr("must_do"));
  }
}

}  // namespace
}  // namespace readiness::testing
