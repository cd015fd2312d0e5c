// A build tree on a disk that fills up: no half-written file, a clear error, no judgement without its record, and
// nothing left running. Needs root for the mount; without it these tests are skipped, loudly.

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "engines/descriptor.h"
#include "sandbox.h"

namespace readiness {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kLimit{100};
constexpr const char* kNoSpace = "No space left on device";

class SmallDisk {
 public:
  SmallDisk() {
    char name[] = "/tmp/rd-XXXXXX";
    path_ = ::mkdtemp(name);
    if (::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=3m") != 0) problem_ = std::strerror(errno);
  }
  ~SmallDisk() {
    if (problem_.empty()) ::umount2(path_.c_str(), MNT_DETACH);
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  const std::string& path() const { return path_; }
  const std::string& problem() const { return problem_; }

  /// Leaves `blocks` pages of it free.
  void FillBut(std::size_t blocks) const {
    Free();
    struct statvfs facts {};
    ASSERT_EQ(::statvfs(path_.c_str(), &facts), 0);
    const std::size_t size = facts.f_bfree > blocks ? (facts.f_bfree - blocks) * facts.f_frsize : 0;
    const Descriptor file(::open((path_ + "/filling").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    const std::string page(4096, 'x');
    for (std::size_t written = 0; written < size; written += page.size())
      ASSERT_EQ(::write(file.get(), page.data(), page.size()), static_cast<ssize_t>(page.size()));
  }
  void Free() const { ::unlink((path_ + "/filling").c_str()); }

 private:
  std::string path_;
  std::string problem_;
};

class FullDiskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!disk_.problem().empty())
      GTEST_SKIP() << "SKIPPED: a tmpfs cannot be mounted (" << disk_.problem() << "); run as root to test full disks";
    ASSERT_NO_FATAL_FAILURE(sandbox_.Build());
  }

  // Whatever is there is whole, and no temporary file is.
  void ExpectNothingHalfWritten() const {
    for (const auto& entry : fs::recursive_directory_iterator(sandbox_.build() + "/readiness")) {
      const std::string name = entry.path().filename().string();
      EXPECT_FALSE(name.ends_with(".tmp")) << entry.path();
      if (!entry.is_regular_file()) continue;
      const std::string text = ReadWhole(entry.path());
      if (name.ends_with(".json")) {
        EXPECT_FALSE(Json::parse(text, nullptr, false).is_discarded()) << entry.path() << ": " << text;
      }
      if (name == "junit.xml") {
        EXPECT_THAT(text, HasSubstr("</testsuites>"));
      }
    }
  }

  Ran Up() const {
    return sandbox_.Run(
        {Tool(), "up", "--lease", "120", "--name", "ai-health-target", "--target", sandbox_.target_file(),
         "--deployment", sandbox_.deployment_file(), "--state-directory", sandbox_.state()},
        {}, kLimit);
  }
  Ran Item(const std::string& id) const { return sandbox_.Run({Tool(), "run", sandbox_.item(id)}, {}, kLimit); }
  Ran Report() const { return sandbox_.Run({Tool(), "report", "--suite-directory", sandbox_.suite()}, {}, kLimit); }
  Ran Down() const { return sandbox_.Run({Tool(), "down", "--state-directory", sandbox_.state()}, {}, kLimit); }
  std::string Record() const { return ReadWhole(sandbox_.suite() + "/items/STEP-R/record.json"); }

  SmallDisk disk_;
  Sandbox sandbox_{disk_.path() + "/b"};
};

TEST_F(FullDiskTest, WholeCTestAtSeveralFillLevels) {
  for (const std::size_t blocks : {0U, 1U, 3U, 8U, 20U, 40U}) {
    SCOPED_TRACE(fmt::format("{} blocks free", blocks));
    ASSERT_NO_FATAL_FAILURE(disk_.FillBut(blocks));
    const Ran ran = sandbox_.Run(sandbox_.WholeCTest(), {}, kLimit);
    EXPECT_TRUE(ran.in_time);
    if (ran.code != 0) {
      EXPECT_THAT(ran.output, HasSubstr(kNoSpace));
    }
    // Green only with everything written.
    if (ran.code == 0) {
      EXPECT_EQ(ReadJsonFile(sandbox_.suite() + "/verdict.json").value("verdict", ""), "GO");
    }
    ExpectNothingHalfWritten();
    EXPECT_EQ(sandbox_.LeftoversAfterTenSeconds(), "");
  }
  disk_.Free();
  const Ran ran = sandbox_.Run(sandbox_.WholeCTest(), {}, kLimit);
  EXPECT_EQ(ran.code, 0) << ran.output;
}

TEST_F(FullDiskTest, ItemIsNotJudgedWithoutItsRecord) {
  ASSERT_EQ(Up().code, 0);
  for (const std::size_t blocks : {0U, 1U, 2U}) {
    SCOPED_TRACE(fmt::format("{} blocks free", blocks));
    ASSERT_NO_FATAL_FAILURE(disk_.FillBut(blocks));
    const std::string before = Record();
    const Ran item = Item("STEP-R");
    EXPECT_EQ(item.code, 3) << item.output;
    // Said to whoever is looking on, or in the record of the attempt.
    EXPECT_THAT(item.output + Record(), HasSubstr(kNoSpace));
    // Either as it was, or a whole one that says that the evidence is missing.
    if (Record() != before) {
      EXPECT_NE(Json::parse(Record())["outcome"], "pass");
    }
    ExpectNothingHalfWritten();
  }
  disk_.Free();
  // An attempt that could not be recorded left nothing; one that could is not mended by a later one.
  const Ran item = Item("STEP-R");
  EXPECT_TRUE(item.code == 0 || item.code == 3) << item.output;
  EXPECT_EQ(Down().code, 0);
  EXPECT_EQ(sandbox_.LeftoversAfterTenSeconds(), "");
}

TEST_F(FullDiskTest, ReportIsNoVerdictWithoutItsFiles) {
  const Ran green = sandbox_.Run(sandbox_.WholeCTest(), {}, kLimit);
  ASSERT_EQ(green.code, 0) << green.output;
  for (const char* file : {"/verdict.json", "/junit.xml"}) fs::remove(sandbox_.suite() + file);
  ASSERT_NO_FATAL_FAILURE(disk_.FillBut(0));
  const Ran report = Report();
  EXPECT_EQ(report.code, 2) << report.output;
  EXPECT_THAT(report.output, HasSubstr(kNoSpace));
  EXPECT_FALSE(fs::exists(sandbox_.suite() + "/verdict.json"));
  ExpectNothingHalfWritten();
}

}  // namespace
}  // namespace readiness
