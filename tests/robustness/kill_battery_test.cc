// Whatever of an audit is killed, whenever: within ten seconds nothing of the run is left, and the next audit works.
// READINESS_KILLS says how often (default 12), READINESS_TEST_SEED repeats a series.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <random>
#include <set>

#include "engines/descriptor.h"
#include "sandbox.h"

namespace readiness {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::chrono::seconds kRunLimit{100};

enum class Victim { kCTestKill, kCTestTerminate, kCTestInterrupt, kItem, kUp, kSupervisor, kJanitor };
constexpr Victim kVictims[] = {Victim::kCTestKill, Victim::kCTestTerminate, Victim::kCTestInterrupt, Victim::kItem,
                               Victim::kUp,        Victim::kSupervisor,     Victim::kJanitor};

const char* Name(Victim victim) {
  switch (victim) {
    case Victim::kCTestKill:
      return "ctest by SIGKILL";
    case Victim::kCTestTerminate:
      return "ctest by SIGTERM";
    case Victim::kCTestInterrupt:
      return "ctest by SIGINT";
    case Victim::kItem:
      return "an item";
    case Victim::kUp:
      return "up";
    case Victim::kSupervisor:
      return "the supervisor";
    case Victim::kJanitor:
      return "the janitor";
  }
  return "?";
}

const char* Command(Victim victim) {
  switch (victim) {
    case Victim::kItem:
      return "run";
    case Victim::kUp:
      return "up";
    case Victim::kSupervisor:
      return "supervise";
    case Victim::kJanitor:
      return "janitor";
    default:
      return "";
  }
}

long Number(const char* variable, long otherwise) {
  const char* given = std::getenv(variable);
  return given == nullptr || *given == '\0' ? otherwise : std::stol(given);
}

bool IsListening(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const Descriptor connection(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

class KillBattery : public ::testing::Test {
 protected:
  void SetUp() override {
    seed_ =
        static_cast<unsigned>(Number("READINESS_TEST_SEED", static_cast<long>(std::random_device()() & 0x7fffffffU)));
    fmt::print("READINESS_TEST_SEED={}\n", seed_);
    random_.seed(seed_);
    ASSERT_NO_FATAL_FAILURE(sandbox_.Build());
  }

  void RunGreen() {
    const Clock::time_point begin = Clock::now();
    const Ran ran = sandbox_.Run(sandbox_.WholeCTest(), {}, kRunLimit);
    ASSERT_EQ(ran.code, 0) << ran.output;
    EXPECT_EQ(sandbox_.LeftoversAfterTenSeconds(), "");
    // Somewhat beyond the end, so that a run that is just over is among the moments.
    length_ = std::chrono::duration_cast<milliseconds>(Clock::now() - begin) * 11 / 10;
  }

  milliseconds Somewhere(milliseconds most) {
    return milliseconds(std::uniform_int_distribution<long>(0, std::max<long>(1, most.count()))(random_));
  }

  // Ports that the present run has given to somebody.
  void NotePorts() {
    const std::string state = ReadWhole(sandbox_.state() + "/state.json");
    const Json json = Json::parse(state, nullptr, false);
    if (!json.is_object()) return;
    const Json session = ReadJsonFile(json.value("run_directory", "") + "/session.json");
    if (!session.is_object()) return;
    std::vector<std::string> urls;
    for (const auto& [name, service] : session["services"].items()) urls.push_back(service.value("url", ""));
    for (const auto& [name, url] : session["stores"].items()) urls.push_back(url.get<std::string>());
    for (const std::string& url : urls) {
      const std::size_t host = url.rfind("127.0.0.1:");
      if (host != std::string::npos) ports_.insert(std::atoi(url.c_str() + host + 10));
    }
  }

  // The process that is `victim`, once there is one, a random time after that; 0 when `ctest` ends before.
  pid_t Await(Victim victim, const Running& ctest) {
    std::vector<pid_t> found;
    const auto look = [&] {
      found = sandbox_.Find("readiness", Command(victim));
      return !found.empty() || ctest.HasEnded();
    };
    if (!Eventually(look, kRunLimit)) return 0;
    const milliseconds part = victim == Victim::kUp || victim == Victim::kItem ? length_ / 4 : length_ / 2;
    ::poll(nullptr, 0, static_cast<int>(Somewhere(part).count()));
    NotePorts();
    found = sandbox_.Find("readiness", Command(victim));
    return found.empty() ? 0 : found[Somewhere(milliseconds(found.size() - 1)).count() % found.size()];
  }

  // Returns what was done.
  std::string KillOnce(Victim victim) {
    Running ctest = sandbox_.Start(sandbox_.WholeCTest());
    if (*Command(victim) != '\0') {
      if (const pid_t pid = Await(victim, ctest); pid > 0) {
        ::kill(pid, SIGKILL);
        const Ran ran = ctest.Wait(kRunLimit);
        EXPECT_TRUE(ran.in_time) << "ctest hangs:\n" << ran.output;
        Judge(victim, ran);
        return Name(victim);
      }
    } else {
      ::poll(nullptr, 0, static_cast<int>(Somewhere(length_).count()));
      NotePorts();
    }
    // What was to be killed was not there any more: kill somebody who is.
    ctest.Signal(victim == Victim::kCTestTerminate ? SIGTERM : victim == Victim::kCTestInterrupt ? SIGINT : SIGKILL);
    const Ran ran = ctest.Wait(kRunLimit);
    EXPECT_TRUE(ran.in_time) << "ctest hangs:\n" << ran.output;
    return *Command(victim) == '\0' ? Name(victim) : fmt::format("ctest instead of {}", Name(victim));
  }

  // What a CTest says whose helper was killed.
  void Judge(Victim victim, const Ran& ran) {
    if (victim == Victim::kJanitor) {
      EXPECT_EQ(ran.code, 0) << ran.output;
    }
    if (victim == Victim::kItem) {
      EXPECT_NE(ran.code, 0) << ran.output;
    }
    // An item that is killed when its record is complete has been judged; no other way leads to GO. M3 does not gate.
    const Json verdict = ReadJsonFile(sandbox_.suite() + "/verdict.json");
    if (!verdict.is_object() || verdict.value("verdict", "") != "GO") return;
    for (const char* id : {"C2", "M3", "STEP-R"}) {
      const Json record = ReadJsonFile(fmt::format("{}/items/{}/record.json", sandbox_.suite(), id));
      ASSERT_TRUE(record.is_object()) << id;
      EXPECT_EQ(record.value("run_id", ""), verdict.value("run_id", "none")) << id;
      if (std::string(id) != "M3") {
        EXPECT_EQ(record.value("outcome", ""), "pass") << id;
      }
    }
  }

  void CheckNothingIsLeft() {
    EXPECT_EQ(sandbox_.LeftoversAfterTenSeconds(), "");
    for (const int port : ports_) EXPECT_FALSE(IsListening(port)) << "port " << port;
    ports_.clear();
    const Json state = ReadJsonFile(sandbox_.state() + "/state.json");
    if (state.is_object()) {
      EXPECT_FALSE(state.value("started", true)) << state.dump(2);
    }
    if (state.is_object()) {
      EXPECT_NE(state.value("reason", ""), "starting");
    }
  }

  unsigned seed_ = 0;
  std::mt19937 random_;
  Sandbox sandbox_;
  milliseconds length_{3'000};
  std::set<int> ports_;
};

TEST_F(KillBattery, NothingIsLeftAndTheNextRunWorks) {
  ASSERT_NO_FATAL_FAILURE(RunGreen());
  const long kills = Number("READINESS_KILLS", 12);
  std::vector<Victim> order;
  std::map<std::string, int> done;
  milliseconds longest{0};
  for (long i = 1; i <= kills; ++i) {
    if (order.empty()) {
      order.assign(std::begin(kVictims), std::end(kVictims));
      std::shuffle(order.begin(), order.end(), random_);
    }
    const Victim victim = order.back();
    order.pop_back();
    SCOPED_TRACE(fmt::format("kill {} of {}: {} (seed {})", i, kills, Name(victim), seed_));
    ++done[KillOnce(victim)];
    const Clock::time_point begin = Clock::now();
    CheckNothingIsLeft();
    longest = std::max(longest, std::chrono::duration_cast<milliseconds>(Clock::now() - begin));
    ASSERT_FALSE(HasFailure());
    if (i % 10 == 0 || i == kills) {
      ASSERT_NO_FATAL_FAILURE(RunGreen());
    }
  }
  for (const auto& [what, times] : done) fmt::print("{:4} x {}\n", times, what);
  fmt::print("longest until nothing was left: {} ms\n", longest.count());
}

}  // namespace
}  // namespace readiness
