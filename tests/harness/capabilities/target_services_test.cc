// What an item does to services, against a supervisor that a test plays, and where the item's traffic goes then.
#include "capabilities/target_services.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "capabilities/runtime.h"
#include "readiness/testing.h"
#include "sample_target.h"

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TargetServicesTest : public ::testing::Test {
 protected:
  TargetServicesTest() {
    std::string pattern = "/tmp/rs-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    socket_ = directory_ + "/control.sock";
    server_.emplace(ControlServer::Listen(socket_).value());
    for (const char* op : {"start_instance", "stop_instance", "break_store", "mend_store", "break_service", "mend_service", "settle", "process"}) {
      table_[op] = [this, op](const Json& request, const ControlClient&) -> Result<Json> {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
        if (const auto error = errors_.find(op); error != errors_.end()) return Fail(error->second);
        const auto answer = answers_.find(op);
        return answer == answers_.end() ? Json(nullptr) : answer->second;
      };
    }
    answers_["process"] = "pid 7 of tick 8";
    serving_ = std::thread([this] { Serve(); });
  }
  ~TargetServicesTest() override {
    stop_ = true;
    serving_.join();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  void Serve() {
    while (!stop_) {
      std::vector<pollfd> entries;
      server_->AddTo(entries);
      ::poll(entries.data(), entries.size(), 10);
      server_->Serve(table_, [this](const ControlClient&) { ++closed_; });
    }
  }

  /// As the supervisor tells of an instance whose log holds `log`.
  void InstanceIs(const std::string& name, const std::string& url, const Json& stores = Json::object()) {
    const std::string file = directory_ + "/" + name + ".log";
    std::ofstream(file) << "log of " << name << "\n";
    const std::lock_guard lock(mutex_);
    answers_["start_instance"] = {{"name", name},
                                  {"url", url},
                                  {"log_file", file},
                                  {"stores", stores},
                                  {"secrets", {"a-secret-of-the-instance"}}};
  }

  std::unique_ptr<Runtime> Make(Isolation isolation) {
    Session session = SampleSession();
    session.language_models["llm"] = {"/run/llm.sock", "run"};
    session.stores["main"] = "postgresql://x@127.0.0.1:1/run";
    std::ofstream(directory_ + "/api.log") << "log of the run\n";
    session.services["api"].log_file = directory_ + "/api.log";
    RuntimeParts parts;
    auto http = std::make_unique<testing::FakeHttp>();
    http_ = http.get();
    http_->Answer("GET", "/me/7", 200, "{}");
    parts.http = std::move(http);
    parts.control_socket = socket_;
    parts.isolation = isolation;
    return std::make_unique<Runtime>(session, SampleTarget(), "ai-health", "C1", Parameters(Json::object()), findings_,
                                     redactor_, std::move(parts));
  }
  std::vector<Json> Requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  std::string directory_, socket_;
  std::optional<ControlServer> server_;
  ControlTable table_;
  std::mutex mutex_;
  std::vector<Json> requests_;
  std::map<std::string, Json> answers_;
  std::map<std::string, Error> errors_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> closed_ = 0;
  std::thread serving_;
  Findings findings_;
  Redactor redactor_;
  testing::FakeHttp* http_ = nullptr;
};

TEST_F(TargetServicesTest, TrafficFollowsTheInstance) {
  InstanceIs("instance-1-api", "http://127.0.0.1:4711", {{"main", "postgresql://x@127.0.0.1:1/own"}});
  const auto runtime = Make(Isolation::kShared);
  Context& context = runtime->context();
  const Identity owner = SampleOwner();
  Store* of_run = context.stores.Open("main").value();
  ASSERT_TRUE(context.services.StartInstance("api", {"llm-on", true}));
  ASSERT_TRUE(context.actions.Run("whoami", owner));
  EXPECT_THAT(http_->requests.back().url, HasSubstr("http://127.0.0.1:4711/"));
  EXPECT_THAT(context.logs.Since("api", 0).value(), HasSubstr("log of instance-1-api"));
  EXPECT_NE(context.stores.Open("main").value(), of_run);
  EXPECT_EQ(redactor_.Redact("a-secret-of-the-instance").find("a-secret"), std::string::npos);

  ASSERT_TRUE(context.services.StopInstance("api"));
  ASSERT_TRUE(context.actions.Run("whoami", owner));
  EXPECT_THAT(http_->requests.back().url, HasSubstr("http://127.0.0.1:4000/"));
  EXPECT_THAT(context.logs.Since("api", 0).value(), HasSubstr("log of the run"));
  EXPECT_EQ(context.stores.Open("main").value(), of_run);
  ASSERT_THAT(Requests(), ::testing::SizeIs(2));
  EXPECT_EQ(Requests()[0],
            Json({{"op", "start_instance"}, {"service", "api"}, {"variant", "llm-on"}, {"own_stores", true}}));
  EXPECT_THAT(runtime->instance_logs(), ::testing::SizeIs(1));
}

TEST_F(TargetServicesTest, EndpointsChangeWhatBelongsToTheServiceAndNothingElse) {
  Session session = SampleSession();
  session.services["worker"] = {"http://127.0.0.1:5000", "/worker.log"};
  session.stores = {{"main", "run"}, {"other", "run"}};
  session.language_models["llm"] = {"/llm.sock", "run"};
  Endpoints endpoints(session);
  endpoints.Use("api", {"instance-1-api", {"http://127.0.0.1:1", "/1.log"}, {{"main", "own"}}});
  EXPECT_EQ(session.services.at("api").url, "http://127.0.0.1:1");
  EXPECT_EQ(session.services.at("worker").url, "http://127.0.0.1:5000");
  EXPECT_EQ(session.stores.at("main"), "own");
  EXPECT_EQ(session.stores.at("other"), "run");
  EXPECT_EQ(session.language_models.at("llm").channel, "instance-1-api");
  EXPECT_EQ(session.language_models.at("llm").admin_socket, "/llm.sock");
  endpoints.Use("api", {"instance-2-api", {"http://127.0.0.1:2", "/2.log"}, {}});
  EXPECT_EQ(session.stores.at("main"), "run") << "the second instance has none of its own";
  EXPECT_EQ(session.language_models.at("llm").channel, "instance-2-api");
  endpoints.UseRun("api");
  EXPECT_EQ(session.services.at("api").url, SampleSession().services.at("api").url);
  EXPECT_EQ(session.language_models.at("llm").channel, "run");
  EXPECT_THAT(endpoints.instance_logs(),
              ElementsAre(std::pair<const std::string, std::string>("instance-1-api", "/1.log"),
                          std::pair<const std::string, std::string>("instance-2-api", "/2.log")));
}

TEST_F(TargetServicesTest, AFailedStartLeavesTheTrafficToTheRun) {
  errors_["start_instance"] = Error{ErrorKind::kTimeout, "it was not ready", {}, {}, {}, {}};
  const auto runtime = Make(Isolation::kShared);
  const Result<void> started = runtime->context().services.StartInstance("api", {});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::kTimeout);
  ASSERT_TRUE(runtime->context().actions.Run("whoami", SampleOwner()));
  EXPECT_THAT(http_->requests.back().url, HasSubstr("http://127.0.0.1:4000/"));
}

TEST_F(TargetServicesTest, OnlyExclusiveItemsBreakStores) {
  for (const Isolation isolation : {Isolation::kShared, Isolation::kPrivate}) {
    const auto runtime = Make(isolation);
    EXPECT_EQ(runtime->context().services.BreakStore("main", StoreFault::kStopped).error().kind, ErrorKind::kRefused);
    EXPECT_TRUE(runtime->context().services.MendStore("main"));
    EXPECT_TRUE(runtime->Settle());
  }
  EXPECT_THAT(Requests(), IsEmpty());
  const auto runtime = Make(Isolation::kExclusive);
  EXPECT_TRUE(runtime->context().services.BreakStore("main", StoreFault::kHanging));
  EXPECT_TRUE(runtime->context().services.MendStore("main"));
  EXPECT_EQ(runtime->context().services.ProcessOf("api").value(), "pid 7 of tick 8");
  ASSERT_THAT(Requests(), ::testing::SizeIs(3));
  EXPECT_EQ(Requests()[0].at("fault"), "hanging");
}

TEST_F(TargetServicesTest, OnlyExclusiveItemsBreakServices) {
  const auto refused = Make(Isolation::kShared);
  EXPECT_EQ(refused->context().services.BreakService("api", ServiceFault::kKilled).error().kind, ErrorKind::kRefused);
  EXPECT_TRUE(refused->context().services.MendService("api"));
  EXPECT_THAT(Requests(), IsEmpty());
  const auto runtime = Make(Isolation::kExclusive);
  for (const ServiceFault fault :
       {ServiceFault::kStopped, ServiceFault::kKilled, ServiceFault::kHanging, ServiceFault::kCutOff})
    EXPECT_TRUE(runtime->context().services.BreakService("api", fault));
  EXPECT_TRUE(runtime->context().services.MendService("api"));
  ASSERT_THAT(Requests(), ::testing::SizeIs(5));
  EXPECT_EQ(Requests()[1], Json({{"op", "break_service"}, {"service", "api"}, {"fault", "killed"}}));
  EXPECT_EQ(Requests()[3].at("fault"), "cut_off");
  EXPECT_EQ(Requests()[4], Json({{"op", "mend_service"}, {"service", "api"}}));
}

TEST_F(TargetServicesTest, ExclusiveItemsSettleEvenIfTheyDidNothing) {
  errors_["settle"] = Error{ErrorKind::kTarget, "the target did not come back", {}, {}, {}, {}};
  const auto runtime = Make(Isolation::kExclusive);
  EXPECT_THAT(runtime->Settle().error().what, HasSubstr("did not come back"));
  ASSERT_THAT(Requests(), ::testing::SizeIs(1));
  EXPECT_EQ(Requests()[0], Json({{"op", "settle"}, {"wait_ready", true}}));
}

TEST_F(TargetServicesTest, OneConnectionLastsAsLongAsTheItem) {
  InstanceIs("instance-1-api", "http://127.0.0.1:4711");
  {
    const auto runtime = Make(Isolation::kShared);
    ASSERT_TRUE(runtime->context().services.StartInstance("api", {}));
    ASSERT_TRUE(runtime->context().services.StartInstance("api", {}));
    EXPECT_EQ(closed_, 0);
  }
  for (int i = 0; i < 500 && closed_ == 0; ++i) ::poll(nullptr, 0, 10);
  EXPECT_EQ(closed_, 1);
}

TEST_F(TargetServicesTest, AnswersThatMakeNoSenseAreErrors) {
  for (const Json& answer : {Json("text"), Json(nullptr), Json({{"name", 1}}),
                             Json({{"name", "x"}, {"stores", {{"main", 1}}}, {"secrets", Json::array()}})}) {
    {
      const std::lock_guard lock(mutex_);
      answers_["start_instance"] = answer;
    }
    const auto runtime = Make(Isolation::kShared);
    EXPECT_EQ(runtime->context().services.StartInstance("api", {}).error().kind, ErrorKind::kMalformed)
        << answer.dump();
  }
}

}  // namespace
}  // namespace readiness
