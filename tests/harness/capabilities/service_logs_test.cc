#include "capabilities/service_logs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace readiness {
namespace {

class ServiceLogsTest : public ::testing::Test {
 protected:
  ServiceLogsTest() : file_(::testing::TempDir() + "/service_logs_" + std::to_string(::getpid()) + ".log") {
    session_.services["api"] = {"http://127.0.0.1:1", file_};
    session_.services["silent"] = {"http://127.0.0.1:1", ""};
    session_.services["gone"] = {"http://127.0.0.1:1", file_ + ".gone"};
  }
  ~ServiceLogsTest() override { ::unlink(file_.c_str()); }

  void Write(const std::string& text, std::ios::openmode mode = std::ios::app) {
    std::ofstream(file_, std::ios::binary | mode) << text;
  }

  std::string file_;
  Session session_;
  ServiceLogs logs_{session_};
};

TEST_F(ServiceLogsTest, GivesWhatWasWrittenSinceTheMark) {
  Write("before\n");
  const std::uint64_t mark = logs_.Mark("api").value();
  EXPECT_EQ(logs_.Since("api", mark).value(), "");
  Write(std::string("after\0\xff\n", 8));
  EXPECT_EQ(logs_.Since("api", mark).value(), std::string("after\0\xff\n", 8));
  EXPECT_EQ(logs_.Since("api", 0).value(), std::string("before\nafter\0\xff\n", 15));
}

TEST_F(ServiceLogsTest, IsBoundedToTheLatest) {
  Write(std::string(2 * kMaxLogTail, 'a'));
  Write("end");
  const std::string tail = logs_.Since("api", 3).value();
  EXPECT_EQ(tail.size(), kMaxLogTail);
  EXPECT_TRUE(tail.ends_with("aend"));
}

TEST_F(ServiceLogsTest, AFileStartedAnewIsAllLater) {
  Write("a long first part\n");
  const std::uint64_t mark = logs_.Mark("api").value();
  Write("new\n", std::ios::trunc);
  EXPECT_EQ(logs_.Since("api", mark).value(), "new\n");
}

TEST_F(ServiceLogsTest, SaysWhyThereIsNone) {
  session_.services["pipe"] = {"", file_ + ".pipe"};
  ASSERT_EQ(::mkfifo((file_ + ".pipe").c_str(), 0600), 0);
  for (const char* service : {"unknown", "silent", "gone", "pipe"}) {
    EXPECT_EQ(logs_.Mark(service).error().kind, ErrorKind::kNotAvailable) << service;
    EXPECT_EQ(logs_.Since(service, 0).error().kind, ErrorKind::kNotAvailable) << service;
    EXPECT_THAT(logs_.Mark(service).error().what, ::testing::HasSubstr(service));
  }
  ::unlink((file_ + ".pipe").c_str());
}

}  // namespace
}  // namespace readiness
