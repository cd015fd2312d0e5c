// The engine "external" as its users have it: somebody else runs the target (here another trial, whose run plays the
// part of a staging system), and a deployment tells where. What items may do to it is what the deployment allows; what
// only the one who runs a target can do, nobody gets.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "conformance/vacuity.h"
#include "lifecycle/session.h"

namespace readiness::conformance {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// A port of this machine that was free a moment ago.
int FreePort() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  EXPECT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), length), 0);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
  ::close(socket);
  return ntohs(address.sin_port);
}

/// The system that runs already. It reaches the provider where the audit's double will be, and signs with a known key.
class Staging {
 public:
  Staging() : provider_port(FreePort()), trial(kTool, kSuite) {
    const Json patch = {
        {{"op", "replace"}, {"path", "/secrets/jwt_key"}, {"value", "a-signing-key-that-the-audit-knows-of"}},
        {{"op", "replace"}, {"path", "/secrets/whoop_client_secret"}, {"value", "the-provider's-secret"}},
        {{"op", "replace"},
         {"path", "/services/api/environment/WHOOP_BASE_URL"},
         {"value", "http://127.0.0.1:" + std::to_string(provider_port)}}};
    const Ended up = trial.Up(Changed(trial.folder(), "staging", {{}, {}, patch.dump()}));
    EXPECT_THAT(up.output, HasSubstr("is up"));
    const auto state = ReadState(trial.StateDirectory());
    const auto read = state ? ReadSession(state->run_directory) : Fail(state.error());
    EXPECT_TRUE(read) << read.error().Brief();
    if (read) session = *read;
  }
  ~Staging() { ExpectCleanEnd(trial); }

  std::string Log() const {
    std::ifstream stream(session.services.at("api").log_file);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  const int provider_port;
  Trial trial;
  Session session;
};

Staging& TheStaging() {
  static Staging staging;
  return staging;
}

/// A deployment that audits it. `allow`: empty: not said.
Definitions Audit(const Trial& trial, const std::string& allow) {
  const Staging& staging = TheStaging();
  Json deployment = {
      {"deployment", "staging"},
      {"target", "ai-health"},
      {"engine", "external"},
      {"secrets", {{"jwt_key", "${env.STAGING_KEY}"}, {"whoop_client_secret", "the-provider's-secret"}}},
      {"stores", {{"main", "${env.STAGING_DATABASE}"}}},
      {"data_providers",
       {{"whoop",
         {{"port", staging.provider_port},
          {"client_id", "readiness"},
          {"client_secret", "${secret.whoop_client_secret}"}}}}},
      {"token", {{"algorithm", "HS256"}, {"signing_key", "${secret.jwt_key}"}}},
      {"source_tree", kSuites + "/ai-health/standin/tree"},
      {"services",
       {{"api",
         {{"url", "${env.STAGING_URL}"},
          {"ready", {{{"http", {{"path", "/api/v1/health/ready"}, {"status", {200}}}}}}},
          {"startup_timeout_ms", 5000}}}}},
      {"commands", {{"check_claim", {{"command", {"${tool.directory}/standin-ai-health", "check-claim"}}}}}}};
  if (!allow.empty()) deployment["allow"] = allow;
  ::setenv("STAGING_KEY", "a-signing-key-that-the-audit-knows-of", 1);
  ::setenv("STAGING_DATABASE", staging.session.stores.at("main").c_str(), 1);
  ::setenv("STAGING_URL", (staging.session.services.at("api").url + "/").c_str(), 1);
  const fs::path file = trial.folder() / "staging.json";
  std::ofstream(file) << deployment.dump(2);
  const std::string suite = kSuites + "/ai-health";
  return {suite + "/suite.json", suite + "/target.json", file};
}

class ExternalTest : public ::testing::Test {
 protected:
  void UpWith(const std::string& allow) {
    const Definitions definitions = Audit(trial_, allow);
    const Ended resolved = trial_.Resolve(definitions);
    ASSERT_EQ(resolved.code, 0) << resolved.output;
    const Ended up = trial_.Up(definitions);
    ASSERT_THAT(up.output, HasSubstr("is up"));
  }
  void TearDown() override { ExpectCleanEnd(trial_); }

  void ExpectOutcome(const std::string& item, Outcome outcome, const std::string& because = {}) {
    const ItemResult result = trial_.RunItem(item);
    ASSERT_TRUE(result.record) << item << ": " << result.output;
    EXPECT_EQ(result.record->outcome, outcome) << item << ": " << result.record->reason << "\n" << result.output;
    EXPECT_THAT(result.record->reason, HasSubstr(because)) << item;
    EXPECT_EQ(result.record->engine, "external");
    EXPECT_EQ(result.record->deployment, "staging");
  }

  Trial trial_{kTool, kSuite};
};

constexpr Outcome kPass = Outcome::kPass;
constexpr Outcome kOpen = Outcome::kInconclusive;

TEST_F(ExternalTest, WithoutPermissionNothingIsSent) {
  UpWith("");
  const std::string before = TheStaging().Log();
  const std::string file = (trial_.folder() / "staging.json").string();
  ExpectOutcome("C2", kOpen, "nothing was sent: the probe touches own_data");
  ExpectOutcome("STEP-R", kOpen, "deployment allows nothing (" + file);
  ExpectOutcome("S1.tokens", kOpen, R"(write "allow": "whole_target" there)");
  ExpectOutcome("STEP-O.health", kOpen, "touches whole_target");
  EXPECT_EQ(TheStaging().Log(), before) << "the control: with permission its log grows";
  ExpectOutcome("C1.names", kPass);
  ExpectOutcome("W2-4", kPass);
  EXPECT_EQ(trial_.Report().code, 3) << "incomplete";
}

TEST_F(ExternalTest, WithOwnDataOnlyWhatTouchesMoreIsLeftOut) {
  UpWith("own_data");
  const std::string before = TheStaging().Log();
  for (const char* item : {"C2", "STEP-R", "M3", "H3", "W2-10", "M5"}) ExpectOutcome(item, kPass);
  EXPECT_GT(TheStaging().Log().size(), before.size());
  ExpectOutcome("S1.tokens", kOpen, "touches whole_target");
  // Instances, logs and faults are of whoever runs the target.
  ExpectOutcome("STEP-O.logs", kOpen, "runs already");
  ExpectOutcome("S20", kOpen);
  ExpectOutcome("H4", kOpen);
}

TEST_F(ExternalTest, WithTheWholeTargetThereAreStillNoFaults) {
  UpWith("whole_target");
  ExpectOutcome("S1.tokens", kPass);
  ExpectOutcome("STEP-O.health", kOpen, "is not ours to change");
  ExpectOutcome("C1.runtime", kOpen, "runs already");
  EXPECT_TRUE(ReadState(trial_.StateDirectory())->spoiled.empty());
}

TEST_F(ExternalTest, ATargetThatDoesNotAnswerIsToldSo) {
  const Definitions definitions = Audit(trial_, "own_data");
  ASSERT_EQ(trial_.Resolve(definitions).code, 0);
  ::setenv("STAGING_URL", ("http://127.0.0.1:" + std::to_string(FreePort())).c_str(), 1);
  const Ended up = trial_.Up(definitions, {}, {"--startup-timeout", "1"});
  EXPECT_THAT(up.output, AllOf(HasSubstr("connection refused"), Not(HasSubstr("postgresql://"))));
  const ItemResult result = trial_.RunItem("C2");
  ASSERT_TRUE(result.record) << result.output;
  EXPECT_EQ(result.record->outcome, kOpen);
  EXPECT_THAT(result.record->reason, HasSubstr("does not answer as it should"));
}

}  // namespace
}  // namespace readiness::conformance
