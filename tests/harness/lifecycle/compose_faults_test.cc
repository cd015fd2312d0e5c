// Faults of a service that runs in a container, all four, as items ask for them.
#include <gmock/gmock.h>
#include <poll.h>
#include <stdlib.h>

#include <filesystem>

#include "base/text.h"
#include "containers/compose_engine.h"
#include "containers/images.h"
#include "engines/http_try.h"
#include "lifecycle/service_control.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;

class ComposeFaultsTest : public ::testing::Test {
 protected:
  ComposeFaultsTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "compose-faults-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~ComposeFaultsTest() override {
    control_.reset();
    engine_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  void SetUp() override {
    const std::string run_id = "test" + RandomHex(8);
    Result<std::unique_ptr<Engine>> engine = MakeComposeEngine(run_id, directory_);
    ASSERT_TRUE(engine) << RenderError(engine.error());
    engine_ = std::move(*engine);
    const Result<std::string> image = ProgramImage(ContainerCli::Find(run_id).value(), ENGINE_HELPER, directory_);
    ASSERT_TRUE(image) << RenderError(image.error());
    ServiceSpec spec;
    spec.name = "api";
    spec.command = {"/engine_helper", "serve", "8000"};
    spec.environment = {{"LISTEN_ON_ALL", "1"}};
    spec.log_file = directory_ + "/api.log";
    url_ = spec.url = "http://127.0.0.1:" + std::to_string(engine_->ReservePort(std::nullopt).value());
    spec.container.emplace();
    spec.container->image = *image;
    spec.container->port = 8000;
    WaitCondition answers;
    answers.http = WaitCondition::HttpAnswers{"/", {200}};
    spec.ready = {answers};
    const Result<void> started = engine_->Start(spec);
    ASSERT_TRUE(started) << RenderError(started.error());
    started_.services = {spec};
    control_.emplace(record_, directory_,
                     ServiceControlTools{*engine_, started_, postgres_, redactor_,
                                         [this](const std::string& reason) { spoiled_ += reason; }});
  }

  Result<Json> Ask(const char* operation, const std::string& fault = {}) {
    return control_->Table().at(operation)({{"op", operation}, {"service", "api"}, {"fault", fault}}, client_);
  }
  std::string Process() { return Ask("process").value_or(Json("none")).get<std::string>(); }
  bool Answers() const { return TryHttp(url_, Milliseconds(1'000), -1).status == 200; }

  std::string directory_, url_, spoiled_;
  std::unique_ptr<Engine> engine_;
  RunRecord record_;
  StartedTarget started_;
  std::optional<PostgresCluster> postgres_;
  Redactor redactor_;
  std::optional<ServiceControl> control_;
  const ControlClient client_{1, -1};
};

TEST_F(ComposeFaultsTest, AllFourTakeItAwayAndItComesBack) {
  for (const std::string fault : {"stopped", "killed", "hanging", "cut_off"}) {
    const std::string before = Process();
    const Result<Json> broken = Ask("break_service", fault);
    ASSERT_TRUE(broken) << fault << ": " << broken.error().Brief();
    EXPECT_FALSE(Answers()) << fault;
    control_->CollectEnded();
    const bool ended = fault == "stopped" || fault == "killed";
    EXPECT_EQ(Process(), ended ? "none" : before) << fault;
    const Result<Json> mended = Ask("mend_service");
    ASSERT_TRUE(mended) << fault << ": " << mended.error().Brief();
    EXPECT_TRUE(Answers()) << fault;
    EXPECT_EQ(Process() == before, !ended) << fault;
  }
  EXPECT_EQ(spoiled_, "");
}

TEST_F(ComposeFaultsTest, WhatAnItemLeavesBrokenIsMended) {
  for (const std::string fault : {"killed", "hanging", "cut_off"}) {
    ASSERT_TRUE(Ask("break_service", fault));
    control_->Closed(client_);
    EXPECT_TRUE(Answers()) << fault;
  }
  EXPECT_EQ(spoiled_, "");
}

}  // namespace
}  // namespace readiness
