#include "lifecycle/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

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

  /// The answer to `request` with the server serving one client meanwhile.
  Result<Json> Call(const Json& request, const ControlTable& table) {
    std::thread serving([&] {
      if (WaitReadable(server_.descriptor(), Deadline(milliseconds(5'000)))) server_.Serve(table);
    });
    Result<Json> answer = CallControl(socket_, request, milliseconds(5'000));
    serving.join();
    return answer;
  }

  TemporaryDirectory directory_;
  std::string socket_ = directory_ / "control.sock";
  ControlServer server_;
};

TEST_F(ControlTest, OperationsAnswer) {
  const ControlTable table{{"echo", [](const Json& request) -> Result<Json> { return request.at("value"); }},
                           {"fail", [](const Json&) -> Result<Json> { return Fail(ErrorKind::kTimeout, "too late"); }}};
  EXPECT_EQ(Call({{"op", "echo"}, {"value", "line\nbreak"}}, table).value(), "line\nbreak");
  EXPECT_THAT(Call({{"op", "fail"}}, table).error().what, HasSubstr("too late"));
  EXPECT_THAT(Call({{"op", "other"}}, table).error().what, HasSubstr("unknown operation"));
  EXPECT_THAT(Call({{"no", "op"}}, table).error().what, HasSubstr("not a control request"));
  EXPECT_THAT(Call(Json::array({1, 2}), table).error().what, HasSubstr("not a control request"));
}

TEST_F(ControlTest, SocketIsOurs) {
  struct stat status {};
  ASSERT_EQ(::stat(socket_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(ControlTest, ClientThatSaysNothingIsDropped) {
  const Descriptor client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket_.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const auto before = std::chrono::steady_clock::now();
  server_.Serve({});
  EXPECT_LT(std::chrono::steady_clock::now() - before, milliseconds(4'000));
}

TEST_F(ControlTest, NobodyListensIsAnError) {
  EXPECT_EQ(CallControl(directory_ / "none.sock", {{"op", "x"}}, milliseconds(100)).error().kind, ErrorKind::kTarget);
  EXPECT_EQ(CallControl(directory_ / std::string(200, 'x'), {{"op", "x"}}, milliseconds(100)).error().kind,
            ErrorKind::kLimit);
  EXPECT_EQ(ControlServer::Listen(directory_ / std::string(200, 'x')).error().kind, ErrorKind::kLimit);
}

}  // namespace
}  // namespace readiness
