#include "lifecycle/run_directory.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/files.h"
#include "base/text.h"
#include "lifecycle/session_json.h"

namespace readiness {
namespace {

namespace fs = std::filesystem;

constexpr int kRunFormat = 1;
constexpr const char* kRunFile = "run.json";
constexpr std::size_t kFolderDigits = 8;
constexpr int kRandomBytes = 8;
constexpr std::size_t kLongestSocketName = 40;

std::string OwnFolder() {
  return fmt::format("readiness-{}", ::geteuid());
}

std::string Temporary() {
  const char* chosen = std::getenv("READINESS_RUNTIME_DIR");
  if (chosen == nullptr || *chosen == '\0') return "/tmp";
  std::error_code error;
  const fs::path absolute = fs::weakly_canonical(fs::absolute(chosen, error), error);
  return error ? std::string(chosen) : absolute.string();
}

std::string RunsFolder() {
  return Temporary() + "/" + OwnFolder() + "/runs";
}

std::string FolderDigits() {
  // Several machines may share a container engine, where a run is but its label.
  char machine[HOST_NAME_MAX + 1] = "";
  (void)::gethostname(machine, sizeof machine - 1);
  return Sha256Hex(fmt::format("{}:{}", machine, RunsFolder())).substr(0, kFolderDigits);
}

/// Makes `directory` (its parent exists) or accepts what is there if nobody else can have prepared it.
Result<void> MakeOwnDirectory(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0711) != 0 && errno != EEXIST) {
    return Fail(Error{ErrorKind::kEnvironment,
                      "cannot make a directory",
                      Place{directory, 0, 0},
                      {},
                      std::strerror(errno),
                      "make it writable, or set READINESS_RUNTIME_DIR to a folder that is"});
  }
  struct stat status {};
  const bool known = ::lstat(directory.c_str(), &status) == 0;
  const bool sound = known && S_ISDIR(status.st_mode) && status.st_uid == ::geteuid() && (status.st_mode & 022) == 0;
  if (!sound) {
    const std::string actual =
        !known ? std::string(std::strerror(errno)) : fmt::format("owner {}, mode {:o}", status.st_uid, status.st_mode);
    return Fail(Error{ErrorKind::kRefused, "a directory for runs cannot be trusted", Place{directory, 0, 0},
                      fmt::format("a directory of user {} that nobody else can write", ::geteuid()), actual,
                      "remove it, or set READINESS_RUNTIME_DIR to a folder of your own"});
  }
  // mkdir is subject to the umask; the unprivileged PostgreSQL must get through.
  if ((status.st_mode & 0777) != 0711 && ::chmod(directory.c_str(), 0711) != 0) {
    return Fail(Error{ErrorKind::kEnvironment,
                      "cannot set the mode of a directory",
                      Place{directory, 0, 0},
                      "0711",
                      std::strerror(errno),
                      {}});
  }
  return {};
}

}  // namespace

std::string NewRunId() {
  return FolderDigits() + RandomHex(kRandomBytes);
}

bool IsRunId(const std::string& text) {
  return text.size() == kFolderDigits + 2 * kRandomBytes &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

bool IsRunIdOfThisFolder(const std::string& run_id) {
  return IsRunId(run_id) && run_id.starts_with(FolderDigits());
}

std::string RunDirectoryOf(const std::string& run_id) {
  return RunsFolder() + "/" + run_id;
}

Result<std::string> MakeRunDirectory(const std::string& run_id) {
  const std::string directory = RunDirectoryOf(run_id);
  if (directory.size() + kLongestSocketName >= sizeof(sockaddr_un::sun_path)) {
    return Fail(Error{ErrorKind::kLimit, "path of the run directory is too long for Unix sockets",
                      Place{directory, 0, 0},
                      fmt::format("at most {} characters", sizeof(sockaddr_un::sun_path) - kLongestSocketName - 1),
                      fmt::format("{} characters", directory.size()), "set READINESS_RUNTIME_DIR to a shorter path"});
  }
  READINESS_RETURN_IF_ERROR(MakeDirectories(Temporary()));
  READINESS_RETURN_IF_ERROR(MakeOwnDirectory(Temporary() + "/" + OwnFolder()));
  READINESS_RETURN_IF_ERROR(MakeOwnDirectory(RunsFolder()));
  READINESS_RETURN_IF_ERROR(MakeOwnDirectory(directory));
  return directory;
}

std::vector<std::string> ListRuns() {
  std::vector<std::string> runs;
  std::error_code error;
  for (fs::directory_iterator entry(RunsFolder(), error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (IsRunId(name) && IsRunDirectory(entry->path().string(), name)) runs.push_back(name);
  }
  std::sort(runs.begin(), runs.end());
  return runs;
}

Result<RunRecord> ReadRunRecord(const std::string& run_directory) {
  const std::string file = run_directory + "/" + kRunFile;
  READINESS_ASSIGN(const Json json, ReadJsonObject(file, kRunFormat));
  FieldReader fields(json, file);
  RunRecord record;
  record.run_id = fields.String("run_id");
  record.state_directory = fields.String("state_directory");
  record.target = fields.String("target");
  record.target_file = fields.String("target_file");
  record.deployment_file = fields.String("deployment_file");
  record.variant = fields.String("variant");
  record.tool_directory = fields.String("tool_directory");
  record.containers = fields.Has("containers") && fields.Boolean("containers");
  record.defects = fields.String("defects");
  if (fields.Has("startup_timeout_ms")) {
    record.startup_timeout = std::chrono::milliseconds(fields.Integer("startup_timeout_ms"));
  }
  record.owner = ReadOwner(fields, "owner", file);
  record.up = ReadIdentity(fields, "up", file);
  record.supervisor = ReadIdentity(fields, "supervisor", file);
  record.janitor = ReadIdentity(fields, "janitor", file);
  READINESS_RETURN_IF_ERROR(fields.Check());
  return record;
}

Result<void> WriteRunRecord(const std::string& run_directory, const RunRecord& record) {
  Json json{{"format", kRunFormat},
            {"run_id", record.run_id},
            {"state_directory", record.state_directory},
            {"target", record.target},
            {"target_file", record.target_file},
            {"deployment_file", record.deployment_file},
            {"variant", record.variant},
            {"tool_directory", record.tool_directory},
            {"containers", record.containers},
            {"defects", record.defects},
            {"owner", ToJson(record.owner)},
            {"up", ToJson(record.up)},
            {"supervisor", ToJson(record.supervisor)},
            {"janitor", ToJson(record.janitor)}};
  if (record.startup_timeout) json["startup_timeout_ms"] = record.startup_timeout->count();
  std::string text;
  try {
    text = json.dump(2);
  } catch (const nlohmann::json::exception& exception) {
    return Fail(Error{ErrorKind::kUsage, "a path or name is not UTF-8", std::nullopt, "UTF-8", exception.what(), {}});
  }
  return WriteFileAtomically(run_directory + "/" + kRunFile, text + "\n", 0600);
}

bool IsRunDirectory(const std::string& run_directory, const std::string& run_id) {
  if (!IsRunId(run_id)) return false;
  const fs::path path(run_directory);
  const bool named = path.is_absolute() && path.filename() == run_id && path.parent_path().filename() == "runs" &&
                     path.parent_path().parent_path().filename() == OwnFolder();
  struct stat status {};
  return named && ::lstat(run_directory.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
         status.st_uid == ::geteuid();
}

Result<void> RemoveRunDirectory(const std::string& run_directory, const std::string& run_id) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(run_directory, error))) return {};
  if (!IsRunDirectory(run_directory, run_id)) {
    return Fail(Error{ErrorKind::kRefused,
                      "not the directory of a run, so it is not removed",
                      Place{run_directory, 0, 0},
                      RunDirectoryOf(run_id),
                      {},
                      {}});
  }
  // A last process may have made a file between listing and removal; it cannot go on doing so.
  for (int attempt = 0; attempt < 3; ++attempt) {
    error.clear();
    std::vector<fs::path> entries;
    for (fs::directory_iterator entry(run_directory, error), end; !error && entry != end; entry.increment(error)) {
      if (entry->path().filename() != kRunFile) entries.push_back(entry->path());
    }
    std::error_code first;
    for (const fs::path& entry : entries) {
      std::error_code failed;
      fs::remove_all(entry, failed);
      if (failed && !first) first = failed;
    }
    if (!first) fs::remove_all(run_directory, first);
    if (!first || !fs::exists(run_directory, error)) return {};
    error = first;
  }
  return Fail(Error{ErrorKind::kEnvironment,
                    "cannot remove the directory of a run",
                    Place{run_directory, 0, 0},
                    {},
                    error.message(),
                    "remove it by hand"});
}

}  // namespace readiness
