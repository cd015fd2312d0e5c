#include "lifecycle/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "lifecycle/process.h"
#include "temporary_directory.h"

namespace readiness {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

class ControlTest : public ::testing::Test {
 protected:
  ControlTest() : server_(ControlServer::Listen(socket_).value()) {}

  ~ControlTest() override { Stop(); }

  /// From now on a thread serves `table`.
  void Serve(ControlTable table) {
    serving_ = std::thread([this, table = std::move(table)] {
      while (!stop_) {
        std::vector<pollfd> entries;
        server_.AddTo(entries);
        ::poll(entries.data(), entries.size(), 10);
        server_.Serve(table, [this](const ControlClient& client) { closed_.push_back(client.number); });
      }
    });
  }
  void Stop() {
    stop_ = true;
    if (serving_.joinable()) serving_.join();
  }
  Result<Json> Call(const Json& request) { return CallControl(socket_, request, milliseconds(5'000)); }
  Descriptor Connect() const {
    Descriptor client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket_.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return client;
  }
  ControlConnection Open() { return ControlConnection::Open(socket_, milliseconds(5'000)).value(); }

  TemporaryDirectory directory_;
  std::string socket_ = directory_ / "control.sock";
  ControlServer server_;
  std::atomic<bool> stop_ = false;
  std::vector<int> closed_;  // read after Stop
  std::thread serving_;
};

const ControlTable kTable{
    {"echo", [](const Json& request, const ControlClient&) -> Result<Json> { return request.at("value"); }},
    {"who", [](const Json&, const ControlClient& client) -> Result<Json> { return client.number; }},
    {"fail",
     [](const Json&, const ControlClient&) -> Result<Json> { return Fail(ErrorKind::kRefused, "not this one"); }}};

TEST_F(ControlTest, OperationsAnswer) {
  Serve(kTable);
  EXPECT_EQ(Call({{"op", "echo"}, {"value", "line\nbreak"}}).value(), "line\nbreak");
  EXPECT_THAT(Call({{"op", "fail"}}).error().what, HasSubstr("not this one"));
  EXPECT_EQ(Call({{"op", "fail"}}).error().kind, ErrorKind::kRefused);
  EXPECT_THAT(Call({{"op", "other"}}).error().what, HasSubstr("unknown operation"));
  EXPECT_THAT(Call({{"no", "op"}}).error().what, HasSubstr("not a control request"));
  EXPECT_THAT(Call(Json::array({1, 2})).error().what, HasSubstr("not a control request"));
}

TEST_F(ControlTest, AConnectionIsOneClientUntilItCloses) {
  Serve(kTable);
  {
    ControlConnection first = Open();
    ControlConnection second = Open();
    const Json who = first.Call({{"op", "who"}}, milliseconds(5'000)).value();
    EXPECT_EQ(first.Call({{"op", "who"}}, milliseconds(5'000)).value(), who);
    EXPECT_NE(second.Call({{"op", "who"}}, milliseconds(5'000)).value(), who);
  }
  ASSERT_TRUE(Call({{"op", "who"}}));
  ::poll(nullptr, 0, 100);
  Stop();
  EXPECT_EQ(closed_.size(), 3U);
}

TEST_F(ControlTest, LargeAnswersReachASlowClientWhileOthersAreServed) {
  Serve(kTable);
  const Descriptor slow = Connect();
  const std::string request = Json{{"op", "echo"}, {"value", std::string(60'000, 'x')}}.dump() + "\n";
  for (int i = 0; i < 20; ++i) ::send(slow.get(), request.data(), request.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  EXPECT_TRUE(Call({{"op", "who"}}));
}

TEST_F(ControlTest, LinesWithoutEndAreDropped) {
  Serve(kTable);
  const Descriptor client = Connect();
  const std::string bytes(100'000, 'x');
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t count = ::send(client.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) break;
    sent += static_cast<std::size_t>(count);
  }
  char byte = 0;
  ASSERT_TRUE(WaitReadable(client.get(), Deadline(milliseconds(5'000))));
  EXPECT_LE(::recv(client.get(), &byte, 1, 0), 0);
}

TEST_F(ControlTest, SocketIsOurs) {
  struct stat status {};
  ASSERT_EQ(::stat(socket_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(ControlTest, ClientThatSaysNothingKeepsNobodyWaiting) {
  const Descriptor client = Connect();
  const auto before = std::chrono::steady_clock::now();
  server_.Serve({}, [](const ControlClient&) {});
  server_.Serve({}, [](const ControlClient&) {});
  EXPECT_LT(std::chrono::steady_clock::now() - before, milliseconds(1'000));
}

TEST_F(ControlTest, NobodyListensIsAnError) {
  EXPECT_EQ(CallControl(directory_ / "none.sock", {{"op", "x"}}, milliseconds(100)).error().kind, ErrorKind::kTarget);
  EXPECT_EQ(CallControl(directory_ / std::string(200, 'x'), {{"op", "x"}}, milliseconds(100)).error().kind,
            ErrorKind::kLimit);
  EXPECT_EQ(ControlServer::Listen(directory_ / std::string(200, 'x')).error().kind, ErrorKind::kLimit);
}

}  // namespace
}  // namespace readiness
