#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capabilities/connection_deadline.h"

namespace readiness {
namespace {

class ConnectionDeadlineTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets_), 0); }
  void TearDown() override {
    ::close(sockets_[0]);
    ::close(sockets_[1]);
  }
  int sockets_[2] = {-1, -1};
};

TEST_F(ConnectionDeadlineTest, EndsABlockingRead) {
  ConnectionDeadline deadline(sockets_[0], std::chrono::milliseconds(20));
  char byte = 0;
  EXPECT_EQ(::recv(sockets_[0], &byte, 1, 0), 0);
  EXPECT_TRUE(deadline.passed());
}

TEST_F(ConnectionDeadlineTest, LeavesTheSocketAloneWhenDoneInTime) {
  {
    ConnectionDeadline deadline(sockets_[0], std::chrono::seconds(60));
    EXPECT_FALSE(deadline.passed());
  }
  EXPECT_EQ(::send(sockets_[0], "x", 1, MSG_NOSIGNAL), 1);
  char byte = 0;
  EXPECT_EQ(::recv(sockets_[1], &byte, 1, 0), 1);
}

}  // namespace
}  // namespace readiness
