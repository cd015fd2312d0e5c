// state.json, session.json, run.json and the directories of runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "lifecycle/log_tail.h"
#include "lifecycle/process.h"
#include "lifecycle/run_directory.h"
#include "lifecycle/session.h"
#include "lifecycle/state_update.h"
#include "temporary_directory.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

mode_t ModeOf(const std::string& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
}

class FilesTest : public ::testing::Test {
 protected:
  FilesTest() { ::setenv("READINESS_RUNTIME_DIR", directory_.path().c_str(), 1); }
  ~FilesTest() override { ::unsetenv("READINESS_RUNTIME_DIR"); }

  TargetState MakeState() const {
    TargetState state;
    state.run_id = NewRunId();
    state.target = "local";
    state.owner = {{4711, 99}, "ctest (pid 4711)", std::nullopt};
    state.started = true;
    state.reason = "because\n\"quoted\"";
    state.run_directory = "/x";
    state.spoiled = "api gone";
    return state;
  }
  TemporaryDirectory directory_;
};

TEST_F(FilesTest, StateSurvivesWritingAndReading) {
  TargetState state = MakeState();
  ASSERT_TRUE(WriteState(directory_.path(), state));
  Result<TargetState> read = ReadState(directory_.path());
  ASSERT_TRUE(read) << read.error().Brief();
  EXPECT_EQ(read->run_id, state.run_id);
  EXPECT_EQ(read->owner.process, state.owner.process);
  EXPECT_EQ(read->owner.description, state.owner.description);
  EXPECT_FALSE(read->owner.lease_until);
  EXPECT_TRUE(read->started);
  EXPECT_EQ(read->reason, state.reason);
  EXPECT_EQ(read->spoiled, state.spoiled);

  state.owner = {{}, "lease", std::chrono::system_clock::time_point(std::chrono::milliseconds(1'800'000'000'123))};
  ASSERT_TRUE(WriteState(directory_.path(), state));
  read = ReadState(directory_.path());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->owner.lease_until, state.owner.lease_until);
}

TEST_F(FilesTest, StateThatIsNotOneIsAnError) {
  EXPECT_EQ(ReadState(directory_.path()).error().kind, ErrorKind::kTarget);
  EXPECT_THAT(ReadState(directory_.path()).error().what, HasSubstr("`up` has not run"));
  for (const std::string text :
       {"", "{", "[]", "{}", R"({"format": 2})", R"({"format": 1})",
        R"({"format": 1, "run_id": "x", "target": "t", "owner": {"process": {"pid": -1, "start_ticks": 1},
                                     "description": ""}, "started": true, "reason": "", "run_directory": "", "spoiled": ""})"}) {
    SCOPED_TRACE(text);
    std::ofstream(directory_ / "state.json") << text;
    ASSERT_FALSE(ReadState(directory_.path()));
    EXPECT_EQ(ReadState(directory_.path()).error().kind, ErrorKind::kMalformed);
  }
}

TEST_F(FilesTest, SessionSurvivesWritingAndReading) {
  Session session;
  session.run_id = "1";
  session.target_file = "t";
  session.deployment_id = "d";
  session.deployment_file = "f";
  session.engine = "process";
  session.services["api"] = {"http://127.0.0.1:1", "/log"};
  session.stores["main"] = "postgresql://x";
  session.data_providers["whoop"] = {"/sock"};
  session.commands["check"] = {{"python", "-"}, {{"A", "b"}}, "/work", std::chrono::milliseconds(1234)};
  session.language_models["llm"] = {"/model-sock", "run"};
  session.token_signing_key = "key";
  session.token_algorithm = "HS256";
  session.allowed_hosts = {"a.example.com"};
  session.secrets = {"one", "two"};
  session.defects = {"x.A"};
  ASSERT_TRUE(WriteSession(directory_.path(), session));
  EXPECT_EQ(ModeOf(directory_ / "session.json"), 0600U);
  const Result<Session> read = ReadSession(directory_.path());
  ASSERT_TRUE(read) << read.error().Brief();
  EXPECT_EQ(read->services.at("api").url, "http://127.0.0.1:1");
  EXPECT_EQ(read->services.at("api").log_file, "/log");
  EXPECT_EQ(read->stores, session.stores);
  EXPECT_EQ(read->data_providers.at("whoop").admin_socket, "/sock");
  EXPECT_EQ(read->commands.at("check").command, session.commands["check"].command);
  EXPECT_EQ(read->commands.at("check").environment, session.commands["check"].environment);
  EXPECT_EQ(read->commands.at("check").working_directory, "/work");
  EXPECT_EQ(read->commands.at("check").timeout.count(), 1234);
  EXPECT_EQ(read->language_models.at("llm").admin_socket, "/model-sock");
  EXPECT_EQ(read->language_models.at("llm").channel, "run");
  EXPECT_EQ(read->token_signing_key, "key");
  EXPECT_EQ(read->allowed_hosts, session.allowed_hosts);
  EXPECT_EQ(read->secrets, session.secrets);
  EXPECT_EQ(read->defects, session.defects);

  session.secrets = {"\xff\xfe"};
  EXPECT_FALSE(WriteSession(directory_.path(), session));
  EXPECT_EQ(ReadSession(directory_ / "none").error().kind, ErrorKind::kTarget);
}

TEST_F(FilesTest, OwnerIsChecked) {
  TargetState state = MakeState();
  const ProcessIdentity self = Identify(::getpid()).value();
  state.owner = {self, "ctest (pid 1)", std::nullopt};
  EXPECT_TRUE(CheckOwner(state, self));
  const Result<void> other = CheckOwner(state, {self.pid, self.start_ticks + 1});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().kind, ErrorKind::kRefused);
  EXPECT_THAT(other.error().Brief(), HasSubstr("ctest (pid 1)"));
  state.owner = {{}, "lease until then", std::chrono::system_clock::now() + std::chrono::hours(1)};
  EXPECT_TRUE(CheckOwner(state, self));
  state.owner.lease_until = std::chrono::system_clock::now() - std::chrono::seconds(1);
  EXPECT_THAT(CheckOwner(state, self).error().Brief(), HasSubstr("lease until then"));
}

TEST_F(FilesTest, UpdatesTouchOnlyTheirRun) {
  TargetState state = MakeState();
  EXPECT_TRUE(MarkEnded(directory_.path(), state.run_id, "over"));
  ASSERT_TRUE(WriteState(directory_.path(), state));
  EXPECT_TRUE(MarkEnded(directory_.path(), "another", "over"));
  EXPECT_TRUE(ReadState(directory_.path())->started);
  EXPECT_TRUE(MarkEnded(directory_.path(), state.run_id, "over"));
  EXPECT_FALSE(ReadState(directory_.path())->started);
  EXPECT_EQ(ReadState(directory_.path())->reason, "over");
  EXPECT_TRUE(MarkEnded(directory_.path(), state.run_id, "later"));
  EXPECT_EQ(ReadState(directory_.path())->reason, "over");
  EXPECT_FALSE(MarkEnded(directory_ / "no/such/directory", state.run_id, "over"));
}

TEST_F(FilesTest, LockIsExclusiveAndBounded) {
  const Result<Descriptor> first = LockFile(directory_ / "lock", Deadline(std::chrono::milliseconds(0)));
  ASSERT_TRUE(first);
  EXPECT_EQ(LockFile(directory_ / "lock", Deadline(std::chrono::milliseconds(30))).error().kind, ErrorKind::kTimeout);
}

TEST_F(FilesTest, RunDirectoryIsOursAndSearchable) {
  const std::string run_id = NewRunId();
  EXPECT_TRUE(IsRunIdOfThisFolder(run_id));
  EXPECT_FALSE(IsRunIdOfThisFolder(std::string(24, '0')));
  const Result<std::string> made = MakeRunDirectory(run_id);
  ASSERT_TRUE(made) << made.error().Brief();
  EXPECT_EQ(*made, RunDirectoryOf(run_id));
  EXPECT_EQ(ModeOf(*made), 0711U);
  EXPECT_TRUE(IsRunDirectory(*made, run_id));
  EXPECT_EQ(ListRuns(), std::vector<std::string>{run_id});
  std::filesystem::create_directories(*made + "/deep/er");
  std::ofstream(*made + "/run.json") << "{}";
  EXPECT_TRUE(RemoveRunDirectory(*made, run_id));
  EXPECT_TRUE(ListRuns().empty());
  EXPECT_TRUE(RemoveRunDirectory(*made, run_id));
}

TEST_F(FilesTest, DirectoriesThatSomebodyPreparedAreRefused) {
  const std::string folder = directory_ / ("readiness-" + std::to_string(::geteuid()));
  std::filesystem::create_directory(directory_ / "elsewhere");
  std::filesystem::create_directory_symlink(directory_ / "elsewhere", folder);
  EXPECT_EQ(MakeRunDirectory(NewRunId()).error().kind, ErrorKind::kRefused);
  std::filesystem::remove(folder);
  std::filesystem::create_directory(folder);
  ASSERT_EQ(::chmod(folder.c_str(), 0777), 0);
  EXPECT_EQ(MakeRunDirectory(NewRunId()).error().kind, ErrorKind::kRefused);
  std::filesystem::remove(folder);
  std::ofstream(folder.c_str()) << "a file";
  EXPECT_EQ(MakeRunDirectory(NewRunId()).error().kind, ErrorKind::kRefused);
}

TEST_F(FilesTest, LongPathIsRefusedBeforeAnythingIsMade) {
  const std::string deep = directory_ / std::string(100, 'x');
  ::setenv("READINESS_RUNTIME_DIR", deep.c_str(), 1);
  EXPECT_EQ(MakeRunDirectory(NewRunId()).error().kind, ErrorKind::kLimit);
  EXPECT_FALSE(std::filesystem::exists(deep));
}

TEST_F(FilesTest, NothingButRunDirectoriesIsRemoved) {
  const std::string run_id = NewRunId();
  ASSERT_TRUE(MakeRunDirectory(run_id));
  const std::string precious = directory_ / run_id;
  std::filesystem::create_directory(precious);
  for (const std::string& path :
       {precious, directory_.path(), std::string("/"), RunDirectoryOf(run_id) + "/..", RunDirectoryOf(run_id) + "/."}) {
    SCOPED_TRACE(path);
    EXPECT_FALSE(RemoveRunDirectory(path, run_id));
  }
  EXPECT_FALSE(RemoveRunDirectory(RunDirectoryOf(run_id), NewRunId()));
  const std::string other = NewRunId();
  std::filesystem::create_directory_symlink(precious, RunDirectoryOf(other));
  EXPECT_FALSE(RemoveRunDirectory(RunDirectoryOf(other), other));
  EXPECT_TRUE(std::filesystem::exists(precious));
}

TEST_F(FilesTest, RunRecordSurvivesWritingAndReading) {
  RunRecord record;
  record.run_id = NewRunId();
  record.state_directory = "/state";
  record.target = "local";
  record.target_file = "/t";
  record.deployment_file = "/d";
  record.variant = "v";
  record.tool_directory = "/bin";
  record.containers = true;
  record.defects = "x.A";
  record.startup_timeout = std::chrono::milliseconds(1500);
  record.owner = {{1, 2}, "somebody", std::nullopt};
  record.up = {3, 4};
  record.supervisor = {5, 6};
  ASSERT_TRUE(WriteRunRecord(directory_.path(), record));
  EXPECT_EQ(ModeOf(directory_ / "run.json"), 0600U);
  const Result<RunRecord> read = ReadRunRecord(directory_.path());
  ASSERT_TRUE(read) << read.error().Brief();
  EXPECT_EQ(read->run_id, record.run_id);
  EXPECT_TRUE(read->containers);
  EXPECT_EQ(read->startup_timeout, record.startup_timeout);
  EXPECT_EQ(read->owner.process, record.owner.process);
  EXPECT_EQ(read->supervisor, record.supervisor);
  EXPECT_EQ(read->janitor, ProcessIdentity());
}

TEST_F(FilesTest, LogTailIsRedactedAlsoAtItsEdge) {
  const std::string file = directory_ / "x.log";
  Redactor redactor;
  redactor.Add("TOPSECRETVALUE");
  EXPECT_EQ(ReasonWithLog("no log", file, redactor), "no log");
  for (const int padding : {2020, 2030, 2034, 2040, 2047}) {
    std::ofstream(file) << std::string(3000, 'a') << "TOPSECRETVALUE"
                        << std::string(static_cast<std::size_t>(padding), 'b') << "\n";
    const std::string reason = ReasonWithLog("died", file, redactor);
    EXPECT_THAT(reason, HasSubstr("died; end of its log:\n"));
    EXPECT_THAT(reason, Not(HasSubstr("SECRET")));
    EXPECT_THAT(reason, Not(HasSubstr("VALUE")));
  }
  std::ofstream(file) << "one\ntwo \x1b[31m TOPSECRETVALUE\n";
  EXPECT_EQ(ReasonWithLog("died", file, redactor), "died; end of its log:\none\ntwo \\x1b[31m [redacted]");
  std::ofstream(file) << std::string(5000, 'a') << "\nlast line\n";
  EXPECT_EQ(ReadLogTail(file), "last line\n");
}

}  // namespace
}  // namespace readiness
