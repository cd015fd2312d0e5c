#include "engines/ports.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <filesystem>
#include <set>

#include "engines/process_table.h"

namespace readiness {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;

class PortsTest : public ::testing::Test {
 protected:
  PortsTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "ports-test-XXXXXX";
    base_ = ::mkdtemp(pattern.data());
    directory_ = base_ + "/user/ports";
  }
  ~PortsTest() override { std::filesystem::remove_all(base_); }

  std::string base_;
  std::string directory_;
};

Descriptor ListenOn(in_addr_t host, int* port) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(host);
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(socket.get(), 1), 0);
  socklen_t length = sizeof address;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length);
  *port = ntohs(address.sin_port);
  return socket;
}

TEST_F(PortsTest, EveryPortOnce) {
  PortReservations one(directory_, "run one");
  PortReservations two(directory_, "run two");
  std::set<int> ports;
  for (int count = 0; count < 50; ++count) {
    ports.insert(one.Reserve(std::nullopt).value());
    ports.insert(two.Reserve(std::nullopt).value());
  }
  EXPECT_EQ(ports.size(), 100u);
}

TEST_F(PortsTest, ReservedPortNamesItsHolderUntilThatEnds) {
  int port = 0;
  {
    PortReservations one(directory_, "run one (pid 17)");
    port = one.Reserve(std::nullopt).value();
    PortReservations two(directory_, "run two");
    const Result<int> refused = two.Reserve(port);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::kEnvironment);
    EXPECT_THAT(refused.error().actual, HasSubstr("run one (pid 17)"));
  }
  PortReservations three(directory_, "run three");
  EXPECT_EQ(three.Reserve(port).value(), port);
}

TEST_F(PortsTest, BusyPortNamesTheProcess) {
  int port = 0;
  const Descriptor listener = ListenOn(INADDR_LOOPBACK, &port);
  PortReservations ports(directory_, "run");
  const Result<int> refused = ports.Reserve(port);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kEnvironment);
  EXPECT_THAT(refused.error().what, HasSubstr("port " + std::to_string(port) + " is busy"));
  EXPECT_THAT(refused.error().actual, HasSubstr("pid " + std::to_string(::getpid()) + " (engines_ports)"));
}

TEST_F(PortsTest, ImpossiblePorts) {
  PortReservations ports(directory_, "run");
  for (const int port : {-1, 0, 65'536}) EXPECT_EQ(ports.Reserve(port).error().kind, ErrorKind::kDefinition);
}

TEST_F(PortsTest, FoldersOfOthersAndLinksAreRefused) {
  std::filesystem::create_directories(base_ + "/elsewhere");
  std::filesystem::create_directory_symlink(base_ + "/elsewhere", base_ + "/user");
  EXPECT_FALSE(PortReservations(directory_, "run").Reserve(std::nullopt));
  std::filesystem::remove(base_ + "/user");
  std::filesystem::create_directories(base_ + "/user");
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown((base_ + "/user").c_str(), 65'534, 65'534), 0);
    const Result<int> refused = PortReservations(directory_, "run").Reserve(std::nullopt);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().actual, HasSubstr("owned by user 65534"));
    ASSERT_EQ(::chown((base_ + "/user").c_str(), 0, 0), 0);
  }
  ::chmod((base_ + "/user").c_str(), 0777);
  ASSERT_TRUE(PortReservations(directory_, "run").Reserve(std::nullopt));
  struct stat status {};
  ASSERT_EQ(::stat((base_ + "/user").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0711u);
}

TEST_F(PortsTest, LockThatIsALinkIsRefused) {
  std::filesystem::create_directories(directory_);
  std::filesystem::create_symlink(base_ + "/victim", directory_ + "/12345.lock");
  EXPECT_FALSE(PortReservations(directory_, "run").Reserve(12'345));
  EXPECT_FALSE(std::filesystem::exists(base_ + "/victim"));
}

TEST(ListenersAtTest, TheMoreExactAddressWins) {
  int port = 0;
  const Descriptor second = ListenOn(INADDR_LOOPBACK + 1, &port);
  EXPECT_TRUE(ListenersAt("127.0.0.1", port).empty());
  EXPECT_TRUE(ListenersAt("::1", port).empty());
  EXPECT_EQ(ListenersAt("127.0.0.2", port), ListenersOn(port));
  EXPECT_EQ(ListenersAt("localhost", port), ListenersOn(port)) << "a name may be any address";
  EXPECT_EQ(ListenersOn(port).size(), 1u);
  EXPECT_TRUE(HoldsSocket(::getpid(), ListenersOn(port)).value());
}

TEST(ChooseRangeTest, BesideTheEphemeralPorts) {
  const struct {
    PortRange ephemeral;
    PortRange expected;
  } cases[] = {
      {{32'768, 60'999}, {10'000, 32'767}},
      {{1'024, 60'000}, {60'001, 65'535}},
      {{1'024, 65'535}, {10'000, 65'535}},
      {{10'500, 65'000}, {10'000, 65'535}},
  };
  for (const auto& one : cases) {
    const PortRange range = ChooseRange(one.ephemeral);
    EXPECT_EQ(range.first, one.expected.first);
    EXPECT_EQ(range.last, one.expected.last);
  }
}

}  // namespace
}  // namespace readiness
