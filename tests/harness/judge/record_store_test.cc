#include "judge/record_store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "base/files.h"
#include "sample_record.h"

namespace readiness {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class RecordStore : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "record-store-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { fs::remove_all(directory_); }

  std::string File(const std::string& item) const { return directory_ + "/items/" + item + "/record.json"; }
  void Put(const std::string& item, const std::string& text) const {
    fs::create_directories(fs::path(File(item)).parent_path());
    ASSERT_TRUE(WriteFileAtomically(File(item), text));
  }
  Record Append(const Record& record) const {
    const Result<Record> stored = AppendAttempt(directory_, record);
    EXPECT_TRUE(stored) << (stored ? "" : RenderError(stored.error()));
    return stored.value_or(Record());
  }

  std::string directory_;
};

TEST_F(RecordStore, StartsARecord) {
  Append(SampleRecord());
  const Result<Record> read = ReadRecord(directory_, "C2");
  ASSERT_TRUE(read) << RenderError(read.error());
  EXPECT_EQ(Serialize(*read), Serialize(SampleRecord()));
}

// Writes one file whose contents are `text`.
EvidenceSource Evidence(const std::string& text) {
  return [text](const std::string& folder) -> Result<std::vector<EvidenceFile>> {
    READINESS_RETURN_IF_ERROR(WriteFileAtomically(folder + "/seen.txt", text));
    return std::vector<EvidenceFile>{{"seen.txt", "what was seen"}};
  };
}

TEST_F(RecordStore, EveryAttemptKeepsItsOwnEvidence) {
  ASSERT_TRUE(AppendAttempt(directory_, SampleRecord(Outcome::kFail), Evidence("red")));
  const Result<Record> after = AppendAttempt(directory_, SampleRecord(Outcome::kPass), Evidence("green"));
  ASSERT_TRUE(after) << RenderError(after.error());
  ASSERT_EQ(after->evidence.size(), 1U);
  EXPECT_EQ(after->evidence[0].file, "attempt-1/seen.txt");
  EXPECT_EQ(ReadFile(directory_ + "/items/C2/attempt-1/seen.txt").value(), "red");
  EXPECT_EQ(ReadFile(directory_ + "/items/C2/attempt-2/seen.txt").value(), "green");

  Record other_run = SampleRecord(Outcome::kPass);
  other_run.run_id = "another";
  const Result<Record> anew = AppendAttempt(directory_, other_run, Evidence("anew"));
  ASSERT_TRUE(anew) << RenderError(anew.error());
  EXPECT_EQ(anew->evidence[0].file, "attempt-1/seen.txt");
  EXPECT_EQ(ReadFile(directory_ + "/items/C2/attempt-1/seen.txt").value(), "anew");
  EXPECT_FALSE(fs::exists(directory_ + "/items/C2/attempt-2")) << "evidence of a former run";
}

TEST_F(RecordStore, WithoutItsEvidenceNoAttemptPasses) {
  const EvidenceSource fails = [](const std::string& folder) -> Result<std::vector<EvidenceFile>> {
    READINESS_RETURN_IF_ERROR(WriteFileAtomically(folder + "/half.txt", "half"));
    return Fail(ErrorKind::kEnvironment, "the disk is full");
  };
  const Result<Record> passed = AppendAttempt(directory_, SampleRecord(Outcome::kPass), fails);
  ASSERT_TRUE(passed) << RenderError(passed.error());
  EXPECT_EQ(passed->outcome, Outcome::kInconclusive);
  EXPECT_THAT(passed->reason, HasSubstr("the disk is full"));
  EXPECT_TRUE(passed->evidence.empty());
  EXPECT_FALSE(fs::exists(directory_ + "/items/C2/attempt-1"));
  const Result<Record> failed = AppendAttempt(directory_, SampleRecord(Outcome::kFail), fails);
  ASSERT_TRUE(failed) << RenderError(failed.error());
  EXPECT_EQ(failed->outcome, Outcome::kFail);
}

TEST_F(RecordStore, ARedAttemptStaysRedAndKeepsItsFindings) {
  for (const Outcome red : {Outcome::kFail, Outcome::kInconclusive}) {
    Append(SampleRecord(red));
    const Record after = Append(SampleRecord(Outcome::kPass));
    EXPECT_EQ(after.outcome, red);
    EXPECT_EQ(after.attempts.size(), 2u);
    EXPECT_EQ(after.attempts[1].outcome, Outcome::kPass);
    EXPECT_EQ(after.violations.size(), red == Outcome::kFail ? 1u : 0u);
    EXPECT_EQ(after.controls[0].seen, SampleRecord(red).controls[0].seen);
    EXPECT_EQ(after.reason, SampleRecord(red).reason);
    fs::remove_all(directory_ + "/items");
  }
}

TEST_F(RecordStore, TheFirstRedAttemptsFindingsStand) {
  Record first = SampleRecord(Outcome::kFail);
  first.violations[0].actual = "first";
  Record second = SampleRecord(Outcome::kFail);
  second.violations[0].actual = "second";
  Append(SampleRecord());
  Append(first);
  const Record after = Append(second);
  EXPECT_EQ(after.attempts.size(), 3u);
  EXPECT_EQ(after.violations[0].actual, "first");
}

TEST_F(RecordStore, AViolationIsNotHiddenByAnEarlierInconclusiveAttempt) {
  Append(SampleRecord(Outcome::kInconclusive));
  const Record after = Append(SampleRecord(Outcome::kFail));
  EXPECT_EQ(after.outcome, Outcome::kFail);
  EXPECT_EQ(after.violations.size(), 1u);
}

TEST_F(RecordStore, AnotherRunStartsAnew) {
  Append(SampleRecord(Outcome::kFail));
  Record next = SampleRecord();
  next.run_id = "run-2";
  const Record after = Append(next);
  EXPECT_EQ(after.outcome, Outcome::kPass);
  EXPECT_EQ(after.attempts.size(), 1u);
}

TEST_F(RecordStore, ActiveDefectsOfAnyAttemptStay) {
  Record first = SampleRecord(Outcome::kFail);
  first.defects = {"ai-health.C2"};
  Append(first);
  EXPECT_EQ(Append(SampleRecord()).defects, first.defects);
}

TEST_F(RecordStore, AnUnreadableRecordCountsAsRed) {
  for (const std::string text : {"", "{", "not json", "{\"run_id\": \"run-1\"}"}) {
    Put("C2", text);
    const Record after = Append(SampleRecord());
    EXPECT_EQ(after.outcome, Outcome::kInconclusive) << text;
    EXPECT_EQ(after.attempts.size(), 2u);
    EXPECT_THAT(after.reason, HasSubstr("could not be read"));
    const Record failed = Append(SampleRecord(Outcome::kFail));
    EXPECT_EQ(failed.outcome, Outcome::kFail);
  }
}

TEST_F(RecordStore, AnUnreadableRecordOfAnotherRunDoesNotCount) {
  Put("C2", "{\"schema_version\": 0, \"run_id\": \"old\"}");
  EXPECT_EQ(Append(SampleRecord()).outcome, Outcome::kPass);
}

TEST_F(RecordStore, RefusesUnsafeNamesAndInvalidRuns) {
  const std::vector<std::string> unsafe = {
      "", ".", "..", "a/b", "../x", "a b", "a\nb", "\\x", "\xC3\xA4", std::string("a\0", 2), std::string(201, 'a')};
  for (const std::string& item : unsafe) {
    EXPECT_FALSE(IsSafeName(item)) << item;
    const Result<Record> stored = AppendAttempt(directory_, SampleRecord(Outcome::kPass, item));
    ASSERT_FALSE(stored) << item;
    EXPECT_EQ(stored.error().kind, ErrorKind::kUsage);
  }
  for (const std::string item : {"C2", "a.b-c_D", "...", "-x"}) EXPECT_TRUE(IsSafeName(item)) << item;

  Record two = SampleRecord();
  two.attempts.push_back(two.attempts[0]);
  EXPECT_FALSE(AppendAttempt(directory_, two));
  Record none = SampleRecord();
  none.attempts.clear();
  EXPECT_FALSE(AppendAttempt(directory_, none));
  Record without_run = SampleRecord();
  without_run.run_id.clear();
  const Result<Record> stored = AppendAttempt(directory_, without_run);
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().kind, ErrorKind::kInternal);
  EXPECT_FALSE(fs::exists(File("C2")));
}

TEST_F(RecordStore, NoAttemptIsLostBetweenProcesses) {
  constexpr int kProcesses = 6;
  constexpr int kAppends = 15;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      int failures = 0;
      for (int n = 0; n < kAppends; ++n)
        failures += AppendAttempt(directory_, SampleRecord(i == 3 && n == 7 ? Outcome::kFail : Outcome::kPass)) ? 0 : 1;
      ::_exit(failures);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  const Result<Record> record = ReadRecord(directory_, "C2");
  ASSERT_TRUE(record) << RenderError(record.error());
  EXPECT_EQ(record->attempts.size(), static_cast<std::size_t>(kProcesses * kAppends));
  EXPECT_EQ(record->outcome, Outcome::kFail);
  EXPECT_EQ(record->violations.size(), 1u);
}

TEST_F(RecordStore, AFolderThatIsALinkIsRefused) {
  fs::create_directories(directory_ + "/elsewhere");
  fs::create_directories(directory_ + "/items");
  fs::create_directory_symlink(directory_ + "/elsewhere", directory_ + "/items/C2");
  EXPECT_FALSE(AppendAttempt(directory_, SampleRecord()));
  EXPECT_TRUE(fs::is_empty(directory_ + "/elsewhere"));
}

TEST_F(RecordStore, ReadsAllRecordsInOrder) {
  EXPECT_TRUE(ReadRecords(directory_, "ai-health")->empty()) << "no folder yet";
  for (const char* item : {"C10", "A1", "C2"}) Append(SampleRecord(Outcome::kPass, item));
  fs::create_directories(directory_ + "/items/only-evidence");
  const Result<std::vector<Record>> records = ReadRecords(directory_, "ai-health");
  ASSERT_TRUE(records) << RenderError(records.error());
  ASSERT_EQ(records->size(), 3u);
  EXPECT_EQ((*records)[0].item, "A1");
  EXPECT_EQ((*records)[2].item, "C2");
}

TEST_F(RecordStore, ReadingFailsOnWhatDoesNotBelong) {
  Append(SampleRecord());
  Put("C3", Serialize(SampleRecord()));
  Result<std::vector<Record>> records = ReadRecords(directory_, "ai-health");
  ASSERT_FALSE(records) << "a copy of C2's record under C3";
  EXPECT_THAT(records.error().what, HasSubstr("another item"));
  fs::remove_all(directory_ + "/items/C3");

  records = ReadRecords(directory_, "other-suite");
  ASSERT_FALSE(records);
  EXPECT_THAT(records.error().what, HasSubstr("another suite"));

  for (const char* item : {"C4", "C5", "C6"}) Put(item, "{");
  records = ReadRecords(directory_, "ai-health");
  ASSERT_FALSE(records);
  EXPECT_THAT(records.error().what, HasSubstr("and 2 further unusable records"));
  EXPECT_THAT(records.error().place->file, HasSubstr("items/C4/record.json"));
}

}  // namespace
}  // namespace readiness
