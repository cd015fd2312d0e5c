#include "engines/log_channel.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LogChannelTest : public ::testing::Test {
 protected:
  LogChannelTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "log-test-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    file_ = directory_ + "/log";
  }
  ~LogChannelTest() override { std::filesystem::remove_all(directory_); }

  void Put(LogChannel& channel, const std::string& text) {
    ASSERT_EQ(::write(channel.write_end(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    channel.Drain();
  }
  std::string Contents() const {
    std::ostringstream text;
    text << std::ifstream(file_).rdbuf();
    return text.str();
  }

  std::string directory_;
  std::string file_;
};

TEST_F(LogChannelTest, LinesAcrossPiecesMatchOnce) {
  const auto channel = LogChannel::Open(file_, {"^hello world$", "never"}, 1'000'000).value();
  Put(*channel, "noise\nhello ");
  EXPECT_FALSE(channel->Found(0));
  Put(*channel, "world");
  EXPECT_FALSE(channel->Found(0)) << "the line has not ended";
  Put(*channel, "\nmore");
  EXPECT_TRUE(channel->Found(0));
  EXPECT_FALSE(channel->Found(1));
  EXPECT_FALSE(channel->Found(2));
  pollfd polled{channel->event(), POLLIN, 0};
  EXPECT_EQ(::poll(&polled, 1, 0), 1);
  channel->ClearEvent();
  EXPECT_EQ(::poll(&polled, 1, 0), 0);
  EXPECT_THAT(channel->LastLines(), ElementsAre("noise", "hello world", "more"));
  EXPECT_EQ(Contents(), "noise\nhello world\nmore");
}

TEST_F(LogChannelTest, UnfinishedLastLineCountsAtTheEnd) {
  const auto channel = LogChannel::Open(file_, {"^end$"}, 1'000'000).value();
  Put(*channel, "end");
  EXPECT_FALSE(channel->Found(0));
  channel->CloseWriteEnd();
  EXPECT_EQ(channel->Drain(), LogChannel::State::kEnded);
  EXPECT_TRUE(channel->Found(0));
}

TEST_F(LogChannelTest, EndlessLineIsSearchedInPieces) {
  const auto channel = LogChannel::Open(file_, {"needle"}, 10'000'000).value();
  for (int piece = 0; piece < 64; ++piece) Put(*channel, std::string(4096, 'x'));
  EXPECT_EQ(channel->lines_seen(), 4u);
  Put(*channel, "needle\n");
  EXPECT_TRUE(channel->Found(0));
  EXPECT_EQ(channel->LastLines().at(0), std::string(1000, 'x') + " [64536 more bytes]");
}

TEST_F(LogChannelTest, BytesThatAreNoTextAreSearchedAndKept) {
  const auto channel = LogChannel::Open(file_, {"ready$"}, 1'000'000).value();
  const std::string bytes("\xff\xfe\0 ready\n", 10);
  Put(*channel, bytes);
  EXPECT_TRUE(channel->Found(0));
  EXPECT_EQ(Contents(), bytes);
}

TEST_F(LogChannelTest, FileIsCutOverAllStarts) {
  for (int start = 0; start < 3; ++start) {
    const auto channel = LogChannel::Open(file_, {"last"}, 1'000).value();
    for (int line = 0; line < 9; ++line) Put(*channel, std::string(99, 'a') + "\n");
    Put(*channel, "last\n");
    EXPECT_TRUE(channel->Found(0)) << "what is not kept is searched all the same";
  }
  const std::string contents = Contents();
  EXPECT_EQ(contents.size(), 1'000u);
  EXPECT_THAT(contents, HasSubstr("[log cut here"));
  EXPECT_EQ(contents.find("[log cut here"), contents.rfind("[log cut here"));
}

TEST_F(LogChannelTest, PrivateRegularFilesOnly) {
  ASSERT_TRUE(LogChannel::Open(file_, {}, 1'000));
  struct stat status {};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  const std::string link = directory_ + "/link";
  std::filesystem::create_symlink(file_, link);
  EXPECT_FALSE(LogChannel::Open(link, {}, 1'000));
  const std::string fifo = directory_ + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_FALSE(LogChannel::Open(fifo, {}, 1'000));
  EXPECT_FALSE(LogChannel::Open(file_, {"*"}, 1'000));
}

}  // namespace
}  // namespace readiness
