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
    - run: docker build -f docker/${{ matrix.image }}.Dockerfile --tag x:${{ github.sha }} .
  deploy:
    needs: build
    runs-on: ubuntu-latest
    steps:
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
        Fault{"NoSteps", "    steps:\n    - run: docker", "    step:\n    - run: docker", "no steps"},
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
        Sound{"InASubshell", "cd scripts && ./lint.sh", "(cd scripts && ./lint.sh)\n        ls tests"}),
    [](const auto& one) { return std::string(one.param.name); });

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
