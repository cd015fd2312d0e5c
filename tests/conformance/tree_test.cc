// No green without proof of work: source trees in which nothing is to be seen, and items that look past them.

#include <fstream>
#include <map>
#include <memory>

#include "conformance/vacuity.h"

namespace readiness::conformance {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr const char* kSourceSuite = "customer-intelligence";
constexpr Outcome kFail = Outcome::kFail;
constexpr Outcome kOpen = Outcome::kInconclusive;

void Git(const fs::path& folder, std::vector<std::string> words) {
  words.insert(words.begin(), {"git", "-c", "user.name=r", "-c", "user.email=r@example.com"});
  const Ended ended = Run({std::move(words), {}, folder});
  ASSERT_EQ(ended.code, 0) << ended.output;
}

template <typename Change>
void ForEachFile(const fs::path& folder, const Change& change) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  for (const fs::path& file : files) change(file);
}

void Write(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

// What is done to a copy of the healthy tree.
void Spoil(const std::string& how, const fs::path& tree) {
  if (how == "Empty") {
    fs::remove_all(tree);
    fs::create_directories(tree);
  } else if (how == "Binary") {
    ForEachFile(tree, [](const fs::path& file) { Write(file, std::string("\0\xff\xfe\x80", 4)); });
  } else if (how == "Blank") {
    ForEachFile(tree, [](const fs::path& file) { Write(file, "\n"); });
  } else if (how == "NotTracked") {
    Git(tree, {"init", "-q"});
  } else if (how == "Ignored") {
    Write(tree / ".gitignore", "*.py\n*.Dockerfile\n*.yml\n*.yaml\n");
    Git(tree, {"init", "-q"});
    Git(tree, {"add", "."});
    Git(tree, {"commit", "-q", "-m", "nothing"});
  } else if (how == "Elsewhere") {
    ForEachFile(tree, [](const fs::path& file) { fs::remove(file); });
    Write(tree / "README.md", "Nothing is here.\n");
  }
}

// A run that has one such tree to look at; nothing serves.
class Tree {
 public:
  explicit Tree(const std::string& how) : trial(kTool, kSourceSuite) {
    const fs::path tree = trial.folder() / "tree";
    fs::copy(fs::path(kSuites) / kSourceSuite / "standin/tree", tree, fs::copy_options::recursive);
    Spoil(how, tree);
    deployment = Json::array({{{"op", "replace"}, {"path", "/source_tree"}, {"value", tree.string()}}}).dump();
    const Ended up = trial.Up(Changed(trial.folder(), "tree-of-" + how, {{}, {}, deployment}, kSourceSuite));
    EXPECT_THAT(up.output, HasSubstr("is up"));
  }
  ~Tree() { ExpectCleanEnd(trial); }

  Trial trial;
  std::string deployment;
};

// The item on undefined names belongs to the other suite; here it looks at this tree.
const char* const kNames = R"({"op":"add","path":"/items/-","value":{
  "id":"NAMES","title":"Every name is defined","severity":"critical","category":"reliability","section":"C",
  "source":{"line":80,"sha256":"7cf40af54ad06feae1ed7128b56e6037552c6307de09e8c85f163cc4daf3e278"},
  "probe":"code_has_no_undefined_names","parameters":{"files":["backend/**/*.py"],"import_roots":["."],"minimum_files":1,"minimum_names":1}}})";

struct Sight {
  const char* name;
  const char* tree;
  const char* item;
  std::optional<Outcome> outcome;
  const char* because;
  Json parameters = Json::object();
};

void PrintTo(const Sight& sight, std::ostream* stream) {
  *stream << sight.name;
}

class TreeTest : public ::testing::TestWithParam<Sight> {
 protected:
  static void TearDownTestSuite() { trees_.clear(); }
  static Tree& Of(const std::string& how) {
    std::unique_ptr<Tree>& tree = trees_[how];
    if (!tree) tree = std::make_unique<Tree>(how);
    return *tree;
  }
  static std::map<std::string, std::unique_ptr<Tree>> trees_;
};
std::map<std::string, std::unique_ptr<Tree>> TreeTest::trees_;

TEST_P(TreeTest, IsNoGreen) {
  const Sight& sight = GetParam();
  Tree& tree = Of(sight.tree);
  const bool names = std::string(sight.item) == "NAMES";
  Json suite = Json::array();
  if (names) suite.push_back(Json::parse(kNames));
  // It is the last one, which has a number only.
  const std::string item =
      names ? "/items/" + std::to_string(AllItems(kSourceSuite).size()) : std::string("/items/") + sight.item;
  suite.push_back({{"op", "add"}, {"path", item + "/minimum_observations"}, {"value", 1}});
  for (const auto& [name, value] : sight.parameters.items())
    suite.push_back({{"op", "add"}, {"path", item + "/parameters/" + name}, {"value", value}});
  ExpectNoGreenAlone(tree.trial, sight.name, sight.item, {{}, suite.dump(), tree.deployment}, sight.outcome,
                     sight.because, kSourceSuite);
}

constexpr const char* kDocker = "CHK-INFRA-1";
constexpr const char* kManifests = "P1-2";
constexpr const char* kOrigins = "P2-5.source";
constexpr const char* kWorkflows = "G5.1";
constexpr const char* kSecrets = "CHK-INFRA-5.tracked";

std::vector<Sight> Trees() {
  std::vector<Sight> sights = {{"DockerfilesAreBinary", "Binary", kDocker, kFail, "Dockerfile"},
                               {"ManifestsAreBinary", "Binary", kManifests, kFail, "a manifest is not YAML"},
                               {"OriginsAreBinary", "Binary", kOrigins, kOpen, "middleware_was_found"},
                               {"WorkflowsAreBinary", "Binary", kWorkflows, kFail, "a workflow is not YAML"},
                               {"SecretsAreBinary", "Binary", kSecrets, kOpen, "does not parse"},
                               {"NamesAreBinary", "Binary", "NAMES", kFail, "does not parse"},
                               {"DockerfilesAreBlank", "Blank", kDocker, kFail, "the Dockerfile is empty"},
                               {"ManifestsAreBlank", "Blank", kManifests, kFail, "a manifest is empty"},
                               {"OriginsAreBlank", "Blank", kOrigins, kOpen, "middleware_was_found"},
                               {"WorkflowsAreBlank", "Blank", kWorkflows, kFail, "a workflow is empty"},
                               {"SecretsAreBlank", "Blank", kSecrets, kFail, "no secrets management"},
                               {"NamesAreBlank", "Blank", "NAMES", kOpen, "enough_was_checked"}};
  static std::vector<std::string> names;  // of the cases
  names.reserve(64);
  const auto add = [&](const char* what, const char* how, const char* item, Outcome outcome, const char* because) {
    names.push_back(std::string(what) + how);
    sights.push_back({names.back().c_str(), how, item, outcome, because});
  };
  for (const char* item : {kDocker, kManifests, kOrigins, kWorkflows, kSecrets, "NAMES"}) {
    names.push_back(std::string("NothingIsTrackedFor") + static_cast<char>('A' + names.size()));
    sights.push_back({names.back().c_str(), "NotTracked", item, kOpen, "it tracks no file"});
  }
  for (const char* how : {"Empty", "Ignored", "Elsewhere"}) {
    const bool nothing = std::string(how) == "Empty";
    add("Dockerfiles", how, kDocker, nothing ? kOpen : kFail, nothing ? "the source tree is empty" : "is missing");
    add("Manifests", how, kManifests, kFail, "there is no");
    add("Origins", how, kOrigins, kOpen, "no Python file was found");
    add("Workflows", how, kWorkflows, nothing ? kOpen : kFail, nothing ? "tree is empty" : "there is no workflow");
    add("Secrets", how, kSecrets, kFail, "no secrets management");
    add("Names", how, "NAMES", kOpen, "no Python file was found");
  }
  return sights;
}

INSTANTIATE_TEST_SUITE_P(Vacuity, TreeTest, ::testing::ValuesIn(Trees()),
                         [](const auto& one) { return std::string(one.param.name); });

// The healthy tree, looked past.
INSTANTIATE_TEST_SUITE_P(
    LookedPast, TreeTest,
    ::testing::Values(
        Sight{"NoDockerfileIsRequired",
              "Healthy",
              kDocker,
              kRejected,
              "\"required\" is empty",
              {{"required", Json::array()}, {"others", Json::array()}, {"with_healthcheck", Json::array()}}},
        Sight{"HealthcheckIsWantedOfNoDockerfile",
              "Healthy",
              kDocker,
              kOpen,
              "with_healthcheck",
              {{"with_healthcheck", {"backend/docker/apii.Dockerfile"}}}},
        Sight{"NoManifestIsRequired",
              "Healthy",
              kManifests,
              kRejected,
              "\"folders\" is empty",
              {{"folders", Json::object()}, {"files", Json::array()}}},
        Sight{"ManifestsAreLookedForElsewhere", "Healthy", kManifests, kFail, "there is no", {{"files", {"k8s/**"}}}},
        Sight{"OriginsAreLookedForElsewhere", "Healthy", kOrigins, kOpen, "no Python file", {{"files", {"app/**.py"}}}},
        Sight{"OriginsAreLookedForWhereNoneAre",
              "Healthy",
              kOrigins,
              kOpen,
              "middleware_was_found",
              {{"files", {"backend/jobs/*.py"}}, {"minimum_middlewares", 0}}},
        Sight{"WorkflowsAreLookedForElsewhere",
              "Healthy",
              kWorkflows,
              kFail,
              "there is no workflow",
              {{"workflows", {".gitlab-ci.yml"}}}},
        Sight{
            "NoWorkIsWanted", "Healthy", kWorkflows, kRejected, "\"must_do\" is empty", {{"must_do", Json::object()}}},
        Sight{"SecretsAreLookedForElsewhere",
              "Healthy",
              kSecrets,
              kOpen,
              "files_were_read",
              {{"manifests", {"k8s/**"}}, {"code", {"app/**.py"}}, {"expected", false}}},
        Sight{"EveryStepDoesTheWork",
              "Healthy",
              kWorkflows,
              kOpen,
              "must_do",
              {{"must_do", {{"build", {""}}, {"test", {""}}}}}},
        Sight{"SecretsAreLookedForNowhere",
              "Healthy",
              kSecrets,
              kRejected,
              "\"manifests\" is empty",
              {{"manifests", Json::array()}, {"code", Json::array()}, {"texts", Json::array()}, {"expected", false}}},
        Sight{"SecretsOfNobodyAreCompared",
              "Healthy",
              kSecrets,
              kFail,
              "no code reads a secret",
              {{"code", {"backend/jobs/*.py"}}}},
        Sight{"NamesAreLookedForElsewhere", "Healthy", "NAMES", kOpen, "no Python file", {{"files", {"app/**/*.py"}}}},
        Sight{"NamesAreAllExcepted", "Healthy", "NAMES", kOpen, "no Python file", {{"except", {"**"}}}},
        Sight{"NamesAreFewerThanWanted", "Healthy", "NAMES", kOpen, "enough_was_checked", {{"minimum_names", 9999}}}),
    [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace readiness::conformance
