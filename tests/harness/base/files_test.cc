#include "base/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

namespace readiness {
namespace {

class FilesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "files-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  std::size_t Entries() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory_), {}));
  }

  std::string directory_;
};

TEST_F(FilesTest, WritesWholeWithTheModeAskedFor) {
  ASSERT_TRUE(WriteFileAtomically(Path("a"), "one", 0600));
  ASSERT_TRUE(WriteFileAtomically(Path("a"), "two", 0640));
  EXPECT_EQ(ReadFile(Path("a")).value(), "two");
  struct stat facts {};
  ASSERT_EQ(stat(Path("a").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0640U);
  EXPECT_EQ(Entries(), 1U);
}

TEST_F(FilesTest, AFailedWriteKeepsTheOldContentsAndLeavesNothing) {
  // /dev/full answers every write with "no space left"; a folder in the way makes the rename fail.
  std::filesystem::create_directory(Path("taken"));
  ASSERT_TRUE(WriteFileAtomically(Path("taken/inner"), "kept"));
  const auto written = WriteFileAtomically(Path("taken"), "new");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::kEnvironment);
  EXPECT_EQ(written.error().what, "cannot replace");
  EXPECT_EQ(ReadFile(Path("taken/inner")).value(), "kept");
  EXPECT_EQ(Entries(), 1U);
}

TEST_F(FilesTest, SaysWhatIsMissing) {
  const auto read = ReadFile(Path("none"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().place->file, Path("none"));
  EXPECT_EQ(read.error().actual, "No such file or directory");
  EXPECT_FALSE(WriteFileAtomically(Path("none/b"), "x"));
}

TEST_F(FilesTest, ReadsOnlyRegularFilesWithinTheBound) {
  ASSERT_TRUE(WriteFileAtomically(Path("a"), "12345"));
  EXPECT_EQ(ReadFile(Path("a"), 4).error().kind, ErrorKind::kLimit);
  EXPECT_TRUE(ReadFile(Path("a"), 5));
  ASSERT_EQ(mkfifo(Path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(ReadFile(Path("fifo")).error().actual, "something else");
  EXPECT_EQ(ReadFile("/dev/zero").error().expected, "a regular file");
}

}  // namespace
}  // namespace readiness
