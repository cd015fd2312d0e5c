#include "judge/record_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <set>
#include <thread>

#include "base/files.h"
#include "base/located_json.h"
#include "judge/judge.h"
#include "judge/one_line.h"
#include "judge/record_bounds.h"

namespace readiness {
namespace {

constexpr std::size_t kMaxNameBytes = 200;
constexpr std::size_t kMaxItems = 100'000;
constexpr std::string_view kAttemptPrefix = "attempt-";
constexpr std::chrono::seconds kLockTimeout{10};
constexpr std::chrono::milliseconds kLockPoll{5};

// An exclusive lock on a folder, released when this ends (or the process does).
class FolderLock {
 public:
  static Result<FolderLock> Take(const std::string& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0)
      return Fail({ErrorKind::kEnvironment,
                   "cannot open the item's folder",
                   Place{folder, 0, 0},
                   "a folder",
                   std::strerror(errno),
                   {}});
    FolderLock lock(descriptor);
    // flock knows no deadline, and no event tells of its release: ask again until the deadline.
    const auto deadline = std::chrono::steady_clock::now() + kLockTimeout;
    while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR)
        return Fail({ErrorKind::kEnvironment,
                     "cannot lock the item's folder",
                     Place{folder, 0, 0},
                     {},
                     std::strerror(errno),
                     {}});
      if (std::chrono::steady_clock::now() >= deadline)
        return Fail({ErrorKind::kTimeout, "another process holds the item's record", Place{folder, 0, 0},
                     fmt::format("free within {} s", kLockTimeout.count()), "still locked",
                     "end the other run of this item"});
      std::this_thread::sleep_for(kLockPoll);
    }
    return lock;
  }
  FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

bool Exists(const std::string& file) {
  struct stat status {};
  return ::lstat(file.c_str(), &status) == 0 || errno != ENOENT;
}

// Does the unreadable record at `file` at least say that it is of another run than `run_id`?
bool IsPlainlyOfAnotherRun(const std::string& file, const std::string& run_id) {
  const Result<std::string> text = ReadFile(file, kMaxRecordBytes);
  if (!text) return false;
  const Result<Json> json = ParseStrictJson(*text, file);
  if (!json || !json->is_object()) return false;
  const auto found = json->find("run_id");
  return found != json->end() && found->is_string() && !found->get_ref<const std::string&>().empty() &&
         *found != run_id;
}

// `run` with `attempt` put before its own.
Record WithUnreadableBefore(const Record& run, const Error& error) {
  Record merged = run;
  Attempt attempt;
  attempt.outcome = Outcome::kInconclusive;
  attempt.reason = "an earlier record of this item could not be read: " + error.Brief();
  attempt.started_at = run.attempts.front().started_at;
  merged.attempts.insert(merged.attempts.begin(), std::move(attempt));
  return merged;
}

Record Merge(Record earlier, const Record& run) {
  Record merged = run;
  merged.attempts = earlier.attempts;
  merged.attempts.push_back(run.attempts.front());
  for (const std::string& defect : earlier.defects) {
    if (std::find(merged.defects.begin(), merged.defects.end(), defect) == merged.defects.end())
      merged.defects.push_back(defect);
  }
  // A later pass replaces the findings of an earlier one only: both show the same, and its evidence is the fresher.
  const bool run_decides = Combine(merged.attempts).outcome != earlier.outcome || earlier.outcome == Outcome::kPass;
  if (!run_decides) {
    merged.controls = std::move(earlier.controls);
    merged.observations = std::move(earlier.observations);
    merged.violations = std::move(earlier.violations);
    merged.evidence = std::move(earlier.evidence);
    merged.remediation = std::move(earlier.remediation);
  }
  return merged;
}

Result<void> RemoveFolder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  if (!error) return {};
  return Fail({ErrorKind::kEnvironment,
               "cannot remove old evidence",
               Place{folder.string(), 0, 0},
               {},
               error.message(),
               "remove it by hand"});
}

// Removes the evidence of every attempt but the first `attempts`: of former runs, and of processes that were killed
// before they had a record.
Result<void> RemoveStaleEvidence(const std::string& folder, std::size_t attempts) {
  std::set<std::string> keep;
  for (std::size_t i = 1; i <= attempts; ++i) keep.insert(fmt::format("{}{}", kAttemptPrefix, i));
  std::vector<std::filesystem::path> stale;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(kAttemptPrefix) && !keep.contains(name)) stale.push_back(entry->path());
  }
  for (const auto& path : stale) READINESS_RETURN_IF_ERROR(RemoveFolder(path));
  return {};
}

// `run` with the evidence that `source` writes, as attempt number `number` of the item in `folder`.
Record WithEvidence(Record run, const EvidenceSource& source, const std::string& folder, std::size_t number) {
  const std::string name = fmt::format("{}{}", kAttemptPrefix, number);
  const auto write = [&]() -> Result<std::vector<EvidenceFile>> {
    READINESS_RETURN_IF_ERROR(RemoveStaleEvidence(folder, number - 1));
    if (!source) return run.evidence;
    READINESS_RETURN_IF_ERROR(MakeDirectories(folder + "/" + name));
    READINESS_ASSIGN(std::vector<EvidenceFile> files, source(folder + "/" + name));
    for (EvidenceFile& file : files) file.file = name + "/" + file.file;
    return files;
  };
  Result<std::vector<EvidenceFile>> files = write();
  if (files) {
    run.evidence = std::move(*files);
    return run;
  }
  (void)RemoveFolder(std::filesystem::path(folder) / name);  // half of it proves nothing
  run.evidence.clear();
  Attempt& attempt = run.attempts.front();
  if (attempt.outcome == Outcome::kFail) return run;
  attempt.outcome = run.outcome = Outcome::kInconclusive;
  attempt.reason = run.reason = OneLine("no evidence could be kept: " + files.error().Brief());
  return run;
}

// One error that stands for all: the first, and how many more there are.
Error Summed(const std::vector<Error>& errors) {
  Error error = errors.front();
  if (error.fix.empty()) error.fix = "run the item again, or delete its folder if it is no longer registered";
  if (errors.size() > 1) error.what += fmt::format(" (and {} further unusable records)", errors.size() - 1);
  return error;
}

Result<std::vector<std::string>> ListFolders(const std::string& directory) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(directory.c_str()), ::closedir);
  if (folder == nullptr) {
    if (errno == ENOENT) return names;
    return Fail(
        {ErrorKind::kEnvironment, "cannot list the records", Place{directory, 0, 0}, {}, std::strerror(errno), {}});
  }
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(folder.get());
    if (entry == nullptr) break;
    if (IsSafeName(entry->d_name)) names.emplace_back(entry->d_name);
    if (names.size() > kMaxItems)
      return Fail({ErrorKind::kLimit,
                   "too many item folders",
                   Place{directory, 0, 0},
                   fmt::format("at most {}", kMaxItems),
                   "more",
                   {}});
  }
  if (errno != 0)
    return Fail(
        {ErrorKind::kEnvironment, "cannot list the records", Place{directory, 0, 0}, {}, std::strerror(errno), {}});
  std::sort(names.begin(), names.end());
  return names;
}

Error Misplaced(const std::string& file, const char* what, const std::string& expected, const std::string& actual) {
  return Error{ErrorKind::kMalformed,
               fmt::format("record of another {} than its folder's", what),
               Place{file, 0, 0},
               expected,
               actual,
               "delete the folder and run the item again"};
}

}  // namespace

bool IsSafeName(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes || name == "." || name == "..") return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

Result<std::string> ItemDirectory(const std::string& suite_directory, const std::string& item) {
  if (!IsSafeName(item))
    return Fail({ErrorKind::kUsage,
                 "item id cannot name a folder",
                 std::nullopt,
                 "letters, digits, '.', '_' and '-', at most 200",
                 item,
                 {}});
  return suite_directory + "/items/" + item;
}

Result<std::string> RecordFile(const std::string& suite_directory, const std::string& item) {
  READINESS_ASSIGN(const std::string folder, ItemDirectory(suite_directory, item));
  return folder + "/record.json";
}

Result<Record> ReadRecord(const std::string& suite_directory, const std::string& item) {
  READINESS_ASSIGN(const std::string file, RecordFile(suite_directory, item));
  if (!Exists(file)) return Fail({ErrorKind::kNotAvailable, "no record", Place{file, 0, 0}, {}, {}, "run the item"});
  READINESS_ASSIGN(const std::string text, ReadFile(file, kMaxRecordBytes));
  READINESS_ASSIGN(Record record, ParseRecord(text, file));
  if (record.item != item) return Fail(Misplaced(file, "item", item, record.item));
  return record;
}

Result<Record> AppendAttempt(const std::string& suite_directory, const Record& run, const EvidenceSource& evidence) {
  READINESS_ASSIGN(const std::string folder, ItemDirectory(suite_directory, run.item));
  if (run.attempts.size() != 1)
    return Fail({ErrorKind::kUsage,
                 "a run of an item is one attempt",
                 std::nullopt,
                 "1 attempt",
                 fmt::format("{} attempts", run.attempts.size()),
                 {}});
  READINESS_RETURN_IF_ERROR(MakeDirectories(folder));
  READINESS_ASSIGN(const FolderLock lock, FolderLock::Take(folder));

  Result<Record> earlier = ReadRecord(suite_directory, run.item);
  const bool continues = earlier && earlier->run_id == run.run_id;
  const Record attempt = WithEvidence(run, evidence, folder, continues ? earlier->attempts.size() + 1 : 1);
  Record merged = attempt;
  const std::string file = folder + "/record.json";
  if (continues) {
    merged = Merge(std::move(*earlier), attempt);
  } else if (!earlier && earlier.error().kind != ErrorKind::kNotAvailable && !IsPlainlyOfAnotherRun(file, run.run_id)) {
    merged = WithUnreadableBefore(attempt, earlier.error());
  }
  const Judgement judgement = Combine(merged.attempts);
  merged.outcome = judgement.outcome;
  merged.reason = judgement.reason;

  const std::string text = Serialize(merged);
  Result<Record> stored = ParseRecord(text, file);
  if (!stored) {
    Error error = stored.error();
    error.kind = ErrorKind::kInternal;
    error.what = "the record would not be readable: " + error.what;
    return Fail(std::move(error));
  }
  READINESS_RETURN_IF_ERROR(WriteFileAtomically(file, text));
  return stored;
}

Result<std::vector<Record>> ReadRecords(const std::string& suite_directory, const std::string& suite) {
  READINESS_ASSIGN(const std::vector<std::string> items, ListFolders(suite_directory + "/items"));
  std::vector<Record> records;
  std::vector<Error> errors;
  for (const std::string& item : items) {
    Result<Record> record = ReadRecord(suite_directory, item);
    if (record && record->suite != suite) {
      errors.push_back(Misplaced(suite_directory + "/items/" + item + "/record.json", "suite", suite, record->suite));
    } else if (record) {
      records.push_back(std::move(*record));
    } else if (record.error().kind != ErrorKind::kNotAvailable) {
      errors.push_back(record.error());
    }
  }
  if (!errors.empty()) return Fail(Summed(errors));
  return records;
}

}  // namespace readiness
