// Instances and broken stores of real runs, and what is left of them when items end in every way.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "engines/wait.h"
#include "lifecycle/control.h"
#include "run_fixture.h"

namespace readiness {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr seconds kPatience{60};

const Json kStopped{{"op", "break_store"}, {"store", "main"}, {"fault", "stopped"}};
const Json kHanging{{"op", "break_store"}, {"store", "main"}, {"fault", "hanging"}};
const Json kMend{{"op", "mend_store"}, {"store", "main"}};
const Json kSettle{{"op", "settle"}, {"wait_ready", true}};

Json BreakService(const std::string& fault, const std::string& service = "api") {
  return {{"op", "break_service"}, {"service", service}, {"fault", fault}};
}
const Json kMendService{{"op", "mend_service"}, {"service", "api"}};

Json StartRequest(const std::string& variant = "", bool own_stores = false) {
  return {{"op", "start_instance"}, {"service", "api"}, {"variant", variant}, {"own_stores", own_stores}};
}

class ServiceControlTest : public RunFixture {
 protected:
  void Up(const Definitions& definitions, const std::string& more = {}) {
    Define(definitions);
    ASSERT_EQ(owner_.Do(UpWords(more)), "up 0 started");
    session_ = ReadSession(State().run_directory).value();
  }
  ControlConnection Connect() const {
    return ControlConnection::Open(State().run_directory + "/" + kControlSocket, seconds(5)).value();
  }
  static Result<Json> Ask(ControlConnection& item, const Json& request) { return item.Call(request, kPatience); }

  /// Does the private cluster greet who connects? "answers", "refuses" or "hangs".
  std::string Store() const {
    const std::string url = session_.stores.at("main");
    const Endpoint endpoint = ParseEndpoint("tcp://" + url.substr(url.find('@') + 1)).value();
    const Descriptor connection(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(endpoint.port));
    if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return "refuses";
    // SSLRequest: the server answers one byte.
    const unsigned char request[] = {0, 0, 0, 8, 4, 210, 22, 47};
    ::send(connection.get(), request, sizeof request, MSG_NOSIGNAL);
    char byte = 0;
    if (!WaitReadable(connection.get(), Deadline(milliseconds(300)))) return "hangs";
    return ::recv(connection.get(), &byte, 1, 0) == 1 ? "answers" : "refuses";
  }

  /// Does the service of the run? "answers", "refuses" or "hangs".
  std::string Service() const {
    const Endpoint endpoint = ParseEndpoint(session_.services.at("api").url).value();
    const Descriptor connection(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(endpoint.port));
    if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return "refuses";
    ::send(connection.get(), "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL);
    char byte = 0;
    if (!WaitReadable(connection.get(), Deadline(milliseconds(500)))) return "hangs";
    return ::recv(connection.get(), &byte, 1, 0) == 1 ? "answers" : "refuses";
  }

  /// An item of its own process that asks `requests` and then waits to be killed.
  pid_t ItemThatAsks(const std::vector<Json>& requests) {
    int done[2];
    if (::pipe2(done, O_CLOEXEC) != 0) std::abort();
    const pid_t pid = ::fork();
    if (pid == 0) {
      ControlConnection item = Connect();
      bool ok = true;
      for (const Json& request : requests) ok = Ask(item, request).has_value() && ok;
      [[maybe_unused]] const ssize_t written = ::write(done[1], ok ? "1" : "0", 1);
      for (;;) ::pause();
    }
    ::close(done[1]);
    const Descriptor end(done[0]);
    char answer = 0;
    EXPECT_EQ(::read(end.get(), &answer, 1), 1);
    EXPECT_EQ(answer, '1');
    return pid;
  }
  static void Kill(pid_t pid) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  std::string Url() const { return session_.services.at("api").url + "/"; }
  bool HasInstances() const { return Leftovers().find("instance") != std::string::npos || CountServices() > 1; }
  /// Processes that run the service: two each, one of them a daemon.
  int CountServices() const {
    int count = 0;
    const std::string left = Leftovers();
    for (std::size_t at = left.find("serve"); at != std::string::npos; at = left.find("serve", at + 1)) ++count;
    return count / 2;
  }

  OwnerProcess owner_;
  Session session_;
};

TEST_F(ServiceControlTest, AnInstanceRunsBesideTheServiceUntilItIsStopped) {
  Up({.store = true, .variants = {{"loud", {{"EXTRA", "1"}}}}});
  ControlConnection item = Connect();
  const Result<Json> instance = Ask(item, StartRequest("loud"));
  ASSERT_TRUE(instance) << instance.error().Brief();
  EXPECT_EQ(instance->at("name"), "instance-1-api");
  EXPECT_NE(instance->at("url"), session_.services.at("api").url);
  EXPECT_THAT(instance->at("log_file").get<std::string>(), EndsWith("/instance-1-api.log"));
  EXPECT_TRUE(instance->at("stores").empty());
  EXPECT_THAT(Get(instance->at("url").get<std::string>() + "/"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Get(Url()), StartsWith("HTTP/1.1 200"));
  const Json of_instance = Ask(item, {{"op", "process"}, {"service", "api"}}).value();

  ASSERT_TRUE(Ask(item, {{"op", "stop_instance"}, {"service", "api"}}));
  EXPECT_EQ(Get(instance->at("url").get<std::string>() + "/"), "");
  EXPECT_NE(Ask(item, {{"op", "process"}, {"service", "api"}}).value(), of_instance);
  EXPECT_TRUE(Ask(item, {{"op", "stop_instance"}, {"service", "api"}}));
  EXPECT_EQ(State().spoiled, "");
}

TEST_F(ServiceControlTest, OwnStoresAreOthersAndGoWithTheInstance) {
  Up({.store = true});
  ControlConnection item = Connect();
  const Result<Json> instance = Ask(item, StartRequest("", true));
  ASSERT_TRUE(instance) << instance.error().Brief();
  const std::string url = instance->at("stores").at("main");
  EXPECT_NE(url, session_.stores.at("main"));
  EXPECT_THAT(url, EndsWith("/instance_1_api_main"));
  const Result<Json> second = Ask(item, StartRequest("", true));
  ASSERT_TRUE(second) << second.error().Brief();
  EXPECT_EQ(Get(instance->at("url").get<std::string>() + "/"), "") << "a second start replaces the first";
  EXPECT_TRUE(Ask(item, kSettle));
  EXPECT_EQ(CountServices(), 1);
}

TEST_F(ServiceControlTest, WhatCannotBeIsSaid) {
  Up({.variants = {{"broken", {{"FAIL", "3"}}}}});
  ControlConnection item = Connect();
  EXPECT_EQ(Ask(item, StartRequest("unheard-of")).error().kind, ErrorKind::kNotAvailable);
  Json other = StartRequest();
  other["service"] = "web";
  EXPECT_EQ(Ask(item, other).error().kind, ErrorKind::kNotAvailable);
  const Result<Json> broken = Ask(item, StartRequest("broken"));
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().kind, ErrorKind::kTarget);
  EXPECT_THAT(broken.error().what, HasSubstr("exited with code 3"));
  EXPECT_THAT(broken.error().what, ::testing::Not(HasSubstr(session_.secrets.at(0)))) << "its log shows its key";
  EXPECT_EQ(Ask(item, kStopped).error().kind, ErrorKind::kNotAvailable) << "there is no store";
  EXPECT_EQ(Ask(item, {{"op", "start_instance"}}).error().kind, ErrorKind::kMalformed);
  EXPECT_TRUE(Ask(item, kSettle));
  EXPECT_EQ(State().spoiled, "");
}

TEST_F(ServiceControlTest, DefectsOfAnInstanceAreThoseOfTheRun) {
  const std::string defects = R"({"defects": [{"id": "x.A", "what": "w", "reddens": ["A"]}]})";
  Up({.defects = defects,
      .environment = {{"ACKNOWLEDGE", "[\"x.A\"]"}},
      .variants = {{"same", {{"EXTRA", "1"}}}, {"other", {{"ACKNOWLEDGE", "[]"}}}}},
     "--defects x.A");
  ControlConnection item = Connect();
  const Result<Json> same = Ask(item, StartRequest("same"));
  ASSERT_TRUE(same) << same.error().Brief();
  const Result<Json> other = Ask(item, StartRequest("other"));
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().what, HasSubstr("x.A"));
  EXPECT_EQ(CountServices(), 1);
}

TEST_F(ServiceControlTest, AStoppedStoreRefusesAndComesBack) {
  Up({.store = true});
  ControlConnection item = Connect();
  EXPECT_EQ(Store(), "answers");
  ASSERT_TRUE(Ask(item, kStopped));
  EXPECT_EQ(Store(), "refuses");
  ASSERT_TRUE(Ask(item, kMend));
  EXPECT_EQ(Store(), "answers");
  EXPECT_TRUE(Ask(item, kMend)) << "without a fault: nothing";
  ASSERT_TRUE(Ask(item, kHanging));
  EXPECT_EQ(Store(), "hangs");
  ASSERT_TRUE(Ask(item, kStopped)) << "one fault replaces the other";
  EXPECT_EQ(Store(), "refuses");
  ASSERT_TRUE(Ask(item, kSettle));
  EXPECT_EQ(Store(), "answers");
  EXPECT_EQ(State().spoiled, "");
}

TEST_F(ServiceControlTest, KilledItemsLeaveNothingBehind) {
  Up({.store = true});
  for (const std::vector<Json>& requests : std::vector<std::vector<Json>>{{kStopped},
                                                                          {kHanging},
                                                                          {StartRequest()},
                                                                          {StartRequest("", true), kHanging},
                                                                          {StartRequest("", true), kStopped}}) {
    const pid_t item = ItemThatAsks(requests);
    Kill(item);
    EXPECT_TRUE(Eventually([&] { return Store() == "answers" && CountServices() == 1; })) << Json(requests).dump();
    ControlConnection next = Connect();
    EXPECT_TRUE(Ask(next, kSettle));
    EXPECT_THAT(Get(Url()), StartsWith("HTTP/1.1 200"));
    EXPECT_EQ(State().spoiled, "");
  }
}

TEST_F(ServiceControlTest, AnInstanceThatNobodyWaitsForAnyMoreIsGivenUp) {
  Up({.variants = {{"hanging", {{"HANG", "1"}}}}});
  const pid_t item = ::fork();
  if (item == 0) {
    ControlConnection connection = Connect();
    (void)Ask(connection, StartRequest("hanging"));
    ::_exit(0);
  }
  ASSERT_TRUE(Eventually([&] { return CountServices() == 2; }));
  Kill(item);
  EXPECT_TRUE(Eventually([&] { return CountServices() == 1; }));
  ControlConnection next = Connect();
  EXPECT_TRUE(Ask(next, kSettle));
}

TEST_F(ServiceControlTest, AnInstanceThatEndsByItselfIsAnErrorOfItsItemOnly) {
  Up({});
  ControlConnection item = Connect();
  const std::string url = Ask(item, StartRequest()).value().at("url");
  Get(url + "/exit");
  ASSERT_TRUE(Eventually([&] { return CountServices() == 1; }));
  const Result<Json> settled = Ask(item, kSettle);
  ASSERT_FALSE(settled);
  EXPECT_THAT(settled.error().what, HasSubstr("an instance ended by itself"));
  EXPECT_THAT(settled.error().what, HasSubstr("exited with code 1"));
  EXPECT_EQ(State().spoiled, "");
  EXPECT_TRUE(Ask(item, kSettle)) << "said once";
}

TEST_F(ServiceControlTest, AServiceThatEndsWhileTheStoreIsAwayIsStartedAgain) {
  Up({.store = true});
  ControlConnection item = Connect();
  ASSERT_TRUE(Ask(item, kHanging));
  Get(session_.services.at("api").url + "/exit");
  ASSERT_TRUE(Eventually([&] { return !Ask(item, {{"op", "process"}, {"service", "api"}}); }));
  EXPECT_EQ(State().spoiled, "");
  ASSERT_TRUE(Ask(item, kSettle));
  EXPECT_THAT(Get(Url()), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(State().spoiled, "");
}

TEST_F(ServiceControlTest, ABrokenServiceIsAwayAndComesBack) {
  Up({.store = true});
  ControlConnection item = Connect();
  const Json kProcess{{"op", "process"}, {"service", "api"}};
  for (const std::string fault : {"stopped", "killed", "hanging"}) {
    const Json before = Ask(item, kProcess).value();
    const Result<Json> broken = Ask(item, BreakService(fault));
    ASSERT_TRUE(broken) << broken.error().Brief();
    EXPECT_EQ(Service(), fault == "hanging" ? "hangs" : "refuses") << fault;
    const Result<Json> mended = Ask(item, kMendService);
    ASSERT_TRUE(mended) << mended.error().Brief();
    EXPECT_EQ(Service(), "answers") << fault;
    EXPECT_EQ(Ask(item, kProcess).value() == before, fault == "hanging");
  }
  EXPECT_TRUE(Ask(item, kMendService)) << "without a fault: nothing";
  ASSERT_TRUE(Ask(item, BreakService("hanging")));
  ASSERT_TRUE(Ask(item, BreakService("killed"))) << "one fault replaces the other";
  EXPECT_EQ(Service(), "refuses");
  ASSERT_TRUE(Ask(item, kStopped)) << "and a store may be away at the same time";
  ASSERT_TRUE(Ask(item, kSettle));
  EXPECT_EQ(Service(), "answers");
  EXPECT_EQ(Store(), "answers");
  EXPECT_EQ(CountServices(), 1);
  EXPECT_EQ(State().spoiled, "");
}

TEST_F(ServiceControlTest, WhatServiceFaultsCannotBeIsSaid) {
  Up({});
  ControlConnection item = Connect();
  EXPECT_EQ(Ask(item, BreakService("cut_off")).error().kind, ErrorKind::kNotAvailable);
  EXPECT_EQ(Ask(item, BreakService("stopped", "web")).error().kind, ErrorKind::kNotAvailable);
  EXPECT_EQ(Ask(item, BreakService("broken")).error().kind, ErrorKind::kMalformed);
  EXPECT_EQ(Service(), "answers") << "a fault that cannot be leaves all as it was";
  EXPECT_TRUE(Ask(item, BreakService("killed")));
  ControlConnection other = Connect();
  EXPECT_EQ(Ask(other, BreakService("stopped")).error().kind, ErrorKind::kRefused);
  EXPECT_EQ(Ask(other, kMendService).error().kind, ErrorKind::kRefused);
  EXPECT_TRUE(Ask(item, kSettle));
  EXPECT_EQ(State().spoiled, "");
}

TEST_F(ServiceControlTest, ABreakOfAServiceLeavesInstancesAlone) {
  Up({});
  ControlConnection item = Connect();
  const std::string url = Ask(item, StartRequest()).value().at("url");
  ASSERT_TRUE(Ask(item, BreakService("killed")));
  EXPECT_THAT(Get(url + "/"), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(Service(), "refuses");
  ASSERT_TRUE(Ask(item, kSettle));
  EXPECT_EQ(Service(), "answers");
}

TEST_F(ServiceControlTest, ItemsThatAreKilledLeaveNoServiceBroken) {
  Up({.store = true});
  for (const std::vector<Json>& requests :
       std::vector<std::vector<Json>>{{BreakService("stopped")},
                                      {BreakService("killed")},
                                      {BreakService("hanging")},
                                      {kStopped, BreakService("hanging")},
                                      {StartRequest("", true), BreakService("killed"), kHanging}}) {
    Kill(ItemThatAsks(requests));
    EXPECT_TRUE(Eventually([&] { return Store() == "answers" && Service() == "answers" && CountServices() == 1; }))
        << Json(requests).dump();
    ControlConnection next = Connect();
    EXPECT_TRUE(Ask(next, kSettle));
    EXPECT_EQ(State().spoiled, "");
  }
}

TEST_F(ServiceControlTest, AServiceThatEndsWhileItHangsIsStartedAgain) {
  Up({});
  ControlConnection item = Connect();
  ASSERT_TRUE(Ask(item, BreakService("hanging")));
  const std::string process = Ask(item, {{"op", "process"}, {"service", "api"}}).value();
  ::kill(std::stoi(process.substr(std::string("pid ").size())), SIGKILL);
  ASSERT_TRUE(Eventually([&] { return !Ask(item, {{"op", "process"}, {"service", "api"}}); }));
  const Result<Json> mended = Ask(item, kMendService);
  ASSERT_TRUE(mended) << mended.error().Brief();
  EXPECT_EQ(Service(), "answers");
  EXPECT_TRUE(Ask(item, kSettle));
  EXPECT_EQ(State().spoiled, "");
}

TEST_F(ServiceControlTest, ABrokenServiceThatDoesNotComeBackSpoilsTheTarget) {
  const std::string sick = directory_ / "sick";
  Up({.environment = {{"SICK", sick}}, .startup_timeout_ms = 1'500});
  {
    ControlConnection item = Connect();
    ASSERT_TRUE(Ask(item, BreakService("killed")));
    std::ofstream(sick) << "x";
  }
  EXPECT_TRUE(Eventually([&] { return State().spoiled.find("did not come back") != std::string::npos; }));
}

TEST_F(ServiceControlTest, ATargetThatDoesNotComeBackIsSpoiled) {
  const std::string sick = directory_ / "sick";
  Up({.store = true, .environment = {{"SICK", sick}}, .startup_timeout_ms = 1'500});
  {
    ControlConnection item = Connect();
    ASSERT_TRUE(Ask(item, kStopped));
    std::ofstream(sick) << "x";
    const Result<Json> settled = Ask(item, kSettle);
    ASSERT_FALSE(settled);
    EXPECT_THAT(settled.error().what, HasSubstr("was not ready within 1500 ms"));
  }
  EXPECT_THAT(State().spoiled, HasSubstr("did not come back"));
}

TEST_F(ServiceControlTest, TwoItemsHaveInstancesAtOnce) {
  Up({.store = true});
  ControlConnection first = Connect();
  ControlConnection second = Connect();
  std::string urls[2];
  std::thread other([&] { urls[1] = Ask(second, StartRequest("", true)).value().at("url"); });
  urls[0] = Ask(first, StartRequest()).value().at("url");
  other.join();
  EXPECT_NE(urls[0], urls[1]);
  ASSERT_TRUE(Ask(second, kSettle));
  EXPECT_EQ(Get(urls[1] + "/"), "");
  EXPECT_THAT(Get(urls[0] + "/"), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(Ask(first, kStopped).has_value(), true);
  EXPECT_EQ(Ask(second, kStopped).error().kind, ErrorKind::kRefused);
}

TEST_F(ServiceControlTest, DownWhileAnInstanceRuns) {
  Up({.store = true});
  ControlConnection item = Connect();
  ASSERT_TRUE(Ask(item, StartRequest("", true)));
  EXPECT_EQ(owner_.Do(DownWords()), "down ok");
  EXPECT_EQ(Leftovers(), "");
}

TEST_F(ServiceControlTest, DownAndOwnersEndAreHeardWhileAnInstanceStarts) {
  for (const bool kill_owner : {false, true}) {
    OwnerProcess owner;
    Define({.store = true, .startup_timeout_ms = 600'000, .variants = {{"hanging", {{"HANG", "1"}}}}});
    ASSERT_EQ(owner.Do(UpWords()), "up 0 started");
    ControlConnection item = Connect();
    std::thread waiting([&] { EXPECT_FALSE(Ask(item, StartRequest("hanging"))); });
    EXPECT_TRUE(Eventually([&] { return CountServices() == 2; }));
    if (kill_owner) {
      owner.Kill();
      EXPECT_EQ(LeftoversAfterTenSeconds(), "");
    } else {
      EXPECT_EQ(owner.Do(DownWords()), "down ok");
      EXPECT_EQ(Leftovers(), "");
    }
    waiting.join();
    EXPECT_THAT(State().reason, StartsWith("the run has ended"));
  }
}

TEST_F(ServiceControlTest, SupervisorKilledWhileTheStoreIsPaused) {
  Up({.store = true});
  ControlConnection item = Connect();
  ASSERT_TRUE(Ask(item, kHanging));
  Signal(Record().supervisor, SIGKILL);
  EXPECT_EQ(LeftoversAfterTenSeconds(), "");
}

TEST_F(ServiceControlTest, SupervisorJanitorAndOwnerKilledWhileTheStoreIsPausedThenReap) {
  Up({.store = true});
  const RunRecord record = Record();
  {
    ControlConnection item = Connect();
    ASSERT_TRUE(Ask(item, kHanging));
    Signal(record.supervisor, SIGSTOP);  // so that it cannot replace the janitor, nor mend
    Signal(record.janitor, SIGKILL);
    Signal(record.supervisor, SIGKILL);
    owner_.Kill();
  }
  ASSERT_TRUE(WaitGone(record.supervisor, Deadline(seconds(5))));
  ASSERT_TRUE(Reap());
  EXPECT_EQ(Leftovers(), "");
}

TEST_F(ServiceControlTest, DownAndOwnersEndWhileTheStoreIsPaused) {
  for (const bool kill_owner : {false, true}) {
    OwnerProcess owner;
    Define({.store = true});
    ASSERT_EQ(owner.Do(UpWords()), "up 0 started");
    ControlConnection item = Connect();
    ASSERT_TRUE(Ask(item, kHanging));
    if (kill_owner) {
      owner.Kill();
      EXPECT_EQ(LeftoversAfterTenSeconds(), "");
    } else {
      EXPECT_EQ(owner.Do(DownWords()), "down ok");
      EXPECT_EQ(Leftovers(), "");
    }
  }
}

}  // namespace
}  // namespace readiness
