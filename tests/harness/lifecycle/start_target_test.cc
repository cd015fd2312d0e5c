#include "lifecycle/start_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "temporary_directory.h"

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Starts nothing; keeps what it was asked.
class FakeEngine : public Engine {
 public:
  Result<int> ReservePort(std::optional<int> fixed) override {
    calls.push_back(fixed ? "port " + std::to_string(*fixed) : "port");
    return fixed ? *fixed : next_port_++;
  }
  Result<void> Start(const ServiceSpec& spec) override {
    calls.push_back("start " + spec.name);
    specs.push_back(spec);
    if (on_start) on_start(spec);
    if (spec.name == fails) return Fail(ErrorKind::kTarget, "exited with code 1");
    return {};
  }
  Result<void> UseCompose(const ComposeSources& sources) override {
    calls.push_back("compose " + sources.environment.at("IMAGE"));
    return {};
  }
  Result<void> StartAll(const std::vector<ServiceSpec>& all) override {
    if (all.size() == 1 && !all.front().container) return Start(all.front());
    std::string names = "together";
    for (const ServiceSpec& spec : all) names += " " + spec.name;
    calls.push_back(names);
    specs.insert(specs.end(), all.begin(), all.end());
    return {};
  }
  Result<void> RunToEnd(const ServiceSpec& spec) override {
    calls.push_back("run " + spec.name);
    return {};
  }
  void Stop(const std::string& name) override { calls.push_back("stop " + name); }
  void Kill(const std::string& name) override { calls.push_back("kill " + name); }
  Result<void> Pause(const std::string&) override { return {}; }
  Result<void> Resume(const std::string&) override { return {}; }
  Result<void> AwaitReady(const std::string&) override { return {}; }
  Result<std::string> ProcessOf(const std::string& name) override { return name; }
  std::vector<std::pair<std::string, std::string>> TakeEnded() override { return {}; }

  std::vector<std::string> calls;
  std::vector<ServiceSpec> specs;
  std::string fails;
  std::function<void(const ServiceSpec&)> on_start;

 private:
  int next_port_ = 2001;
};

class StartTargetTest : public ::testing::Test {
 protected:
  StartTargetTest() {
    target_.id = "ai-x";
    deployment_.file = directory_ / "deployment.json";
    deployment_.stores = {{"main", "postgresql"}};
    deployment_.secrets = {{"key", "generated:16"}};
    deployment_.data_providers["whoop"] =
        DataProviderDeployment{std::nullopt, {"api.example.com"}, "id", "${secret.key}"};
    ServiceDeployment service;
    service.command = {"api"};
    service.environment["URL"] = {"${store.main.url}", false};
    WaitCondition open;
    open.port_open = true;
    service.ready = {open};
    deployment_.services["api"] = service;
    service.port = 4000;
    deployment_.services["worker"] = service;
    deployment_.service_order = {"api", "worker"};
    request_.run_id = "abc";
    request_.run_directory = directory_.path();
    request_.tool_directory = "/opt";
    request_.environment = [](const std::string&) { return std::nullopt; };
  }

  Result<StartedTarget> Start() {
    const StartTools tools{engine_, [this](const std::string& database) -> Result<DatabaseUrls> {
                             engine_.calls.push_back("database " + database);
                             return DatabaseUrls{"postgresql://readiness:pass-w0rd@127.0.0.1:1/" + database,
                                                 "postgresql://readiness:pass-w0rd@postgresql:5432/" + database};
                           }};
    return StartTarget(target_, deployment_, request_, tools, redactor_);
  }

  TemporaryDirectory directory_;
  Target target_;
  Deployment deployment_;
  StartRequest request_;
  FakeEngine engine_;
  Redactor redactor_;
};

TEST_F(StartTargetTest, StartsInOrder) {
  const Result<StartedTarget> started = Start();
  ASSERT_TRUE(started) << started.error().Brief();
  EXPECT_THAT(engine_.calls, ElementsAre("port", "port 4000", "port", "database ai_x_main", "start double-whoop",
                                         "start api", "start worker"));
  EXPECT_TRUE(std::filesystem::exists(directory_ / "double-whoop.json"));
  EXPECT_EQ(std::filesystem::status(directory_ / "double-whoop.json").permissions(), std::filesystem::perms(0600));
  EXPECT_EQ(started->services.size(), 2U);
  EXPECT_EQ(redactor_.Redact("pass-w0rd"), "[redacted]");
}

TEST_F(StartTargetTest, FailedServiceEndsTheStart) {
  engine_.fails = "api";
  const Result<StartedTarget> started = Start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().what, HasSubstr("exited with code 1"));
  EXPECT_EQ(engine_.calls.back(), "start api");
}

TEST_F(StartTargetTest, StartupTimeBoundsEveryService) {
  request_.deadline.emplace(Milliseconds(5'000));
  ASSERT_TRUE(Start());
  for (const ServiceSpec& spec : engine_.specs) EXPECT_LE(spec.startup_timeout, Milliseconds(5'000));
  request_.deadline.emplace(Milliseconds(0));
  engine_.calls.clear();
  EXPECT_EQ(Start().error().kind, ErrorKind::kTimeout);
  EXPECT_THAT(engine_.calls, ::testing::Not(::testing::Contains("start double-whoop")));
}

TEST_F(StartTargetTest, DefectsMustBeAcknowledged) {
  deployment_.defects_file = directory_ / "defects.json";
  std::ofstream(deployment_.defects_file)
      << R"({"defects": [{"id": "ai-x.A"}, {"id": "ai-x.B"}], "sets": {"all": ["ai-x.A", "ai-x.B"]}})";
  request_.defects = "ai-x.all,other.Z";
  EXPECT_THAT(Start().error().what, HasSubstr("did not acknowledge"));
  engine_.on_start = [](const ServiceSpec& spec) {
    const auto file = spec.environment.find("READINESS_DEFECTS_ACKNOWLEDGE");
    if (file == spec.environment.end()) return;
    EXPECT_EQ(spec.environment.at("READINESS_DEFECTS"), "ai-x.all,other.Z");
    std::ofstream(file->second) << (spec.name == "api" ? R"(["ai-x.A"])" : R"(["ai-x.B"])");
  };
  const Result<StartedTarget> started = Start();
  ASSERT_TRUE(started) << started.error().Brief();
  EXPECT_THAT(started->session.defects, ElementsAre("ai-x.A", "ai-x.B"));
}

TEST_F(StartTargetTest, DefectThatNobodyAskedForFailsTheStart) {
  deployment_.defects_file = directory_ / "defects.json";
  engine_.on_start = [](const ServiceSpec& spec) {
    const auto file = spec.environment.find("READINESS_DEFECTS_ACKNOWLEDGE");
    if (file != spec.environment.end()) std::ofstream(file->second) << R"(["ai-x.A"])";
  };
  EXPECT_THAT(Start().error().what, HasSubstr("not asked for"));
}

TEST_F(StartTargetTest, DefectsOfADeploymentWithoutAnyFailBeforeAnythingStarts) {
  request_.defects = "ai-x.A";
  EXPECT_EQ(Start().error().kind, ErrorKind::kUsage);
  EXPECT_TRUE(engine_.calls.empty());
}

TEST_F(StartTargetTest, ContainersStartTogether) {
  deployment_.engine = EngineKind::kCompose;
  deployment_.compose.files = {"/compose.yaml"};
  deployment_.compose.environment["IMAGE"] = {"${image.api}", false};
  deployment_.data_providers["whoop"].port = 4100;
  for (auto& [name, service] : deployment_.services) {
    service.command.clear();
    service.container_port = 8000;
  }
  request_.images.images["api"] = "api:1";
  request_.images.double_images["readiness-double-data-provider"] = "provider:1";
  const Result<StartedTarget> started = Start();
  ASSERT_TRUE(started) << started.error().Brief();
  EXPECT_THAT(engine_.calls, ElementsAre("port", "port 4000", "port 4100", "database ai_x_main", "compose api:1",
                                         "together double-whoop", "together api worker"));
  EXPECT_EQ(engine_.specs.at(1).environment.at("URL"), "postgresql://readiness:pass-w0rd@postgresql:5432/ai_x_main");
  EXPECT_EQ(started->session.stores.at("main"), "postgresql://readiness:pass-w0rd@127.0.0.1:1/ai_x_main");
  EXPECT_EQ(std::filesystem::status(directory_ / "double-whoop-ca").permissions(), std::filesystem::perms(0755));
}

}  // namespace
}  // namespace readiness
